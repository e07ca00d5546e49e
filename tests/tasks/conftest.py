from __future__ import annotations

from pathlib import Path

import pytest

from orca_local.hub import blocks, failures


@pytest.fixture
def datasets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty directory for datasets, nobody's token, and no pause between two connections."""
    monkeypatch.setenv("ORCA_LOCAL_DATASETS", str(tmp_path / "datasets"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    for variable in ("HF_HUB_OFFLINE", "HF_TOKEN"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(blocks, "PAUSE_S", 0.0)
    monkeypatch.setattr(failures, "PAUSE_S", 0.0)
    return tmp_path / "datasets"
