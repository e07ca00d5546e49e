"""The estimate of a probe."""

from __future__ import annotations

from pathlib import Path

from orca_local.domain.probe_summary import GenerationRange
from orca_local.domain.settings import ProbeSettings
from orca_local.probe.estimate import estimate
from orca_local.probe.stage import group_tasks
from orca_local.store.store import Store
from tests.generation.scene import make_samples

TASKS = group_tasks([*make_samples(20), *make_samples(4, task="small")], ["a", "b", "c"])


def test_without_an_earlier_probe_lengths_are_guessed(tmp_path: Path) -> None:
    with Store.open(tmp_path / "orca.db", create=True) as store:
        result = estimate(store, TASKS, ProbeSettings())
    assert result.generations == GenerationRange(36, 36, 72)
    assert "assumes" in result.basis and result.completion_tokens == 36 * 60


def test_an_earlier_probe_is_the_basis(tmp_path: Path) -> None:
    with Store.open(tmp_path / "orca.db", create=True) as store:
        run_id = store.runs.start("probe", "{}", {})
        summary = {"run_id": run_id, "generations": {"new": 10, "cached": 3}, "completion_tokens": 200, "seconds": 5.0}
        store.runs.add_event(run_id, "StageFinished", {"stage": "probe", "summary": summary})
        store.runs.finish(run_id, "done")
        result = estimate(store, TASKS, ProbeSettings(method="exhaustive"))
    assert result.generations == GenerationRange(72, 72, 72)
    assert (result.completion_tokens, result.seconds) == (72 * 20, 36.0)
    assert result.basis == f"from the 10 answers of run {run_id}"
