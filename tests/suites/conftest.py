from __future__ import annotations

import json
from pathlib import Path

import pytest

from orca_local.hub.benchmarks import load_suites
from orca_local.store.store import Store
from orca_local.suites.choose import ChosenQuestions, choose
from orca_local.suites.library import pull
from tests.suites import rows
from tests.suites.scene import Choose, Scene


@pytest.fixture(autouse=True)
def datasets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty directory for datasets, and nobody's token."""
    monkeypatch.setenv("ORCA_LOCAL_DATASETS", str(tmp_path / "datasets"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    for variable in ("HF_HUB_OFFLINE", "HF_TOKEN"):
        monkeypatch.delenv(variable, raising=False)
    return tmp_path / "datasets"


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A directory with made rows of every suite."""
    directory = tmp_path / "files"
    directory.mkdir()
    made = {
        "agieval.lsat-ar": rows.AGIEVAL,
        "bbh": rows.BBH,
        "drop.validation": rows.DROP,
        "race.test": rows.RACE,
        "gsm8k.test": rows.GSM8K,
        "mmlu.test": rows.MMLU,
        "arc-challenge.test": rows.ARC,
    }
    for name, entries in made.items():
        text = "".join(json.dumps(entry) + "\n" for entry in entries)
        (directory / f"{name}.jsonl").write_text(text, encoding="utf-8")
    (directory / "crass.csv").write_text(rows.CRASS, encoding="utf-8")
    return directory


@pytest.fixture
def scene(store: Store, tiny_gguf: Path) -> Scene:
    return Scene(store, tiny_gguf)


@pytest.fixture
def chosen(files: Path) -> Choose:
    """Pulls suites of the made rows, and chooses questions of them."""

    def of(*names: str, limit: int = 0) -> list[ChosenQuestions]:
        suites = [load_suites()[name] for name in names]
        for suite in suites:
            pull(suite, files)
        return [choose(suite, limit) for suite in suites]

    return of
