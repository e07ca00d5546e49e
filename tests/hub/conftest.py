from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def own_datasets(datasets: Path) -> None:
    """Every test here has a directory for datasets of its own."""
