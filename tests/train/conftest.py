"""The rows that trainings share."""

from __future__ import annotations

from pathlib import Path

import pytest

from orca_local.rows.training_row import TrainingRow
from tests.train.data import make_rows


@pytest.fixture(scope="module")
def rows(tiny_gguf: Path) -> list[TrainingRow]:
    return make_rows(tiny_gguf)
