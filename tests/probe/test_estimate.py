"""What a probe will take."""

from __future__ import annotations

from pathlib import Path

from orca_local.domain.settings import ProbeSettings
from orca_local.probe.estimate import estimate
from orca_local.probe.stage import group_tasks
from orca_local.store.store import Store
from tests.generation.scene import make_samples

TASKS = group_tasks([*make_samples(20), *make_samples(4, task="small")], ["a", "b", "c"])


def test_without_a_probe_the_assumption_is_said(tmp_path: Path) -> None:
    with Store.open(tmp_path / "orca.db", create=True) as store:
        found = estimate(store, TASKS, ProbeSettings())
    assert found["generations"] == {"least": 36, "expected": 36, "most": 72}
    assert "assumes" in found["basis"] and found["completion_tokens"] == 36 * 60


def test_an_earlier_probe_is_the_basis(tmp_path: Path) -> None:
    with Store.open(tmp_path / "orca.db", create=True) as store:
        run_id = store.runs.start("probe", "{}", {})
        summary = {"generations": {"new": 10, "cached": 3}, "completion_tokens": 200, "seconds": 5.0}
        store.runs.add_event(run_id, "StageFinished", {"stage": "probe", "summary": summary})
        store.runs.finish(run_id, "done")
        found = estimate(store, TASKS, ProbeSettings(method="exhaustive"))
    assert found["generations"] == {"least": 72, "expected": 72, "most": 72}
    assert (found["completion_tokens"], found["seconds"]) == (72 * 20, 36.0)
    assert found["basis"] == f"from the 10 answers of run {run_id}"
