"""The scene that evaluations share."""

from __future__ import annotations

from pathlib import Path

import pytest

from orca_local.store.store import Store
from tests.evaluate.test_prompted import Scene


@pytest.fixture
def scene(store: Store, tiny_gguf: Path) -> Scene:
    return Scene(store, tiny_gguf)
