"""Stores for generation."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from orca_local.store.store import Store
from tests.generation.scene import Scene, make_samples


@pytest.fixture
def scene(tmp_path: Path, tiny_gguf: Path) -> Iterator[Scene]:
    """Ten samples of one task."""
    with Store.open(tmp_path / "orca.db", create=True) as store:
        opened = Scene.make(store, tiny_gguf, make_samples(10))
        yield opened
        opened.renderer.close()
