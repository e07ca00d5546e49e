"""The student that settings name."""

from __future__ import annotations

from pathlib import Path

import pytest

from orca_local.domain.errors import InputError
from orca_local.domain.settings import StudentSettings
from orca_local.models.student import load_student
from tests.shards import split_model


def test_weights_in_parts_are_refused_with_what_joins_them(tiny_gguf: Path, tmp_path: Path) -> None:
    first, _ = split_model(tiny_gguf, tmp_path / "m", 2)
    settings = StudentSettings(file=str(tiny_gguf), weights=str(first))
    with pytest.raises(InputError, match=r"student\.weights .* is in 2 files") as raised:
        load_student(settings, tmp_path)
    assert "llama-gguf-split --merge" in raised.value.hint
