"""What a probe will take, before it is begun."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from orca_local.domain.settings import ProbeSettings
from orca_local.probe.probed_task import ProbedTask
from orca_local.probe.race import rounds
from orca_local.store.store import Store

RACE_SHARE = 0.45
"""Share of the grid's answers that a race asks for; measured, see docs/log.md."""
TOKENS, TOKENS_PER_SECOND = 60.0, 100.0
"""Assumed length and speed of an answer before the first probe of the workspace."""


def estimate(store: Store, tasks: Sequence[ProbedTask], settings: ProbeSettings) -> dict[str, Any]:
    """The object of `probe --estimate --json`. Answers that are in the store already count like others."""
    most = sum(len(task.samples) * len(task.strategies) for task in tasks)
    least = sum(rounds(max(1, len(task.samples)))[0] * len(task.strategies) for task in tasks)
    race = settings.method == "race"
    expected = max(least, round(RACE_SHARE * most)) if race else most
    tokens, seconds, basis = _per_answer(store)
    return {
        "tasks": len(tasks),
        "generations": {"least": least if race else most, "expected": expected, "most": most},
        "completion_tokens": round(expected * tokens),
        "seconds": round(expected * seconds, 1),
        "basis": basis,
    }


def _per_answer(store: Store) -> tuple[float, float, str]:
    """Tokens and seconds of one answer, and where that comes from."""
    for run in store.runs.list():
        if run.stage == "probe" and run.status == "done":
            finished = [event for event in store.runs.events(run.run_id) if event.kind == "StageFinished"]
            summary = finished[-1].payload["summary"] if finished else {}
            new = summary.get("generations", {}).get("new", 0)
            if new:
                basis = f"from the {new} answers of run {run.run_id}"
                return summary["completion_tokens"] / new, summary["seconds"] / new, basis
    return (
        TOKENS,
        TOKENS / TOKENS_PER_SECOND,
        f"estimate; assumes {TOKENS:.0f} tokens an answer and {TOKENS_PER_SECOND:.0f} tokens/s",
    )
