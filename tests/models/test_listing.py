"""The catalog as it stands on a machine."""

from __future__ import annotations

from pathlib import Path

import pytest

from orca_local.models.catalog import find_model
from orca_local.models.listing import view_model, view_models
from orca_local.models.locate import local_path

MODEL = find_model("qwen3-0.6b")


@pytest.fixture
def target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the model's file would be; its directory is there."""
    monkeypatch.setenv("ORCA_LOCAL_MODELS", str(tmp_path / "models"))
    path = local_path(MODEL)
    assert path is not None
    path.parent.mkdir(parents=True)
    return path


def test_a_model_is_away_then_partly_then_wholly_here(target: Path) -> None:
    assert (view_model(MODEL).path, view_model(MODEL).partial) == (None, 0)
    target.with_name(target.name + ".abc.part").write_bytes(b"x" * 10)
    assert (view_model(MODEL).path, view_model(MODEL).partial) == (None, 10)
    target.touch()
    assert (view_model(MODEL).path, view_model(MODEL).partial) == (target, 0)
    assert MODEL.id in {view.model.id for view in view_models() if view.path == target}


def test_what_fits_depends_on_the_memory() -> None:
    view = view_model(MODEL)
    need = int(MODEL.memory_gb * 1e9)
    assert (view.fits(need), view.fits(need - 1), view.fits(None)) == (True, False, None)
