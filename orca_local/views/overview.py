"""Where a workspace stands: each stage's state, its key figure, and what to do next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from orca_local.domain.stages import STAGES, Stage
from orca_local.runs.summaries import summaries

if TYPE_CHECKING:
    from orca_local.store.runs import RunRow
    from orca_local.store.store import Store

State = Literal["done", "running", "failed", "ready", "waiting"]

_RUN_STATES: Mapping[str, State] = {"running": "running", "failed": "failed", "dead": "failed"}


@dataclass(frozen=True, slots=True)
class StageView:
    """One stage of the pipeline as it is now."""

    name: str
    state: State
    figure: str
    """What it came to, in a few words."""
    action: str
    """What to do next; empty where there is nothing."""


def overview(store: Store) -> list[StageView]:
    """The stages in their order. A stage is ready where the one before it has something for it."""
    runs = store.runs.newest_by_stage()
    figures = _figures(store, runs)
    exporting = runs.get("export")
    is_running = exporting is not None and exporting.status == "running"
    if exporting is not None and is_running and is_of_base(exporting) and not figures["probe"][1]:
        # What is measured has to be made first.
        runs = {**runs, "probe": exporting}
        del runs["export"]
        figures["probe"] = ("making the base", figures["probe"][1])
    found: list[StageView] = []
    is_open = True
    for stage in STAGES:
        figure, is_done = figures[stage.name]
        state = _state(runs.get(stage.name), is_done=is_done, is_open=is_open)
        found.append(StageView(stage.name, state, figure, _action(stage, state)))
        is_open = is_done
    return found


def is_of_base(export: RunRow) -> bool:
    """Whether what a run exports is the base: it says which adapter anything else is made from."""
    return "orca_local.adapter_sha256" not in export.inputs


def next_stage(stages: list[StageView]) -> StageView | None:
    """The first stage that has something left to do; None where all is done or something runs."""
    if any(stage.state == "running" for stage in stages):
        return None
    return next((stage for stage in stages if stage.state != "done"), None)


def _figures(store: Store, runs: Mapping[str, RunRow]) -> dict[str, tuple[str, bool]]:
    """For each stage, what it came to and whether that is something to go on with."""
    tasks, samples = store.samples.count()
    chosen, decided = store.selections.count()
    answers, verified = store.demonstrations.count()
    training, tuned = store.trainings.latest(), store.exports.latest("tuned")
    rows = _dataset_rows(store, runs.get("dataset"))
    trained = training is not None and training.status == "done"
    loss = training.summary.get("train_loss") if training is not None else None
    return {
        "tasks": (f"{tasks}: {samples:,} samples" if tasks else "", bool(tasks)),
        "probe": (f"{decided}/{chosen} decided" if chosen else "", bool(chosen)),
        "teach": (f"{verified:,}/{answers:,} right" if answers else "", bool(answers)),
        "dataset": (f"{rows:,} rows" if rows else "", bool(rows)),
        "train": (f"loss {loss:.3f}" if trained and loss is not None else "", trained),
        "export": (f"{tuned.quantization}, {tuned.bytes / 1e6:.0f} MB" if tuned else "", tuned is not None),
        "evaluate": _gain(store),
    }


def _dataset_rows(store: Store, run: RunRow | None) -> int:
    if run is None or run.status != "done":
        return 0
    last = store.runs.last_events(run.run_id, 1)
    return int(last[0].payload.get("summary", {}).get("rows", 0)) if last else 0


def _gain(store: Store) -> tuple[str, bool]:
    """As the evaluation itself says it: under the first system message."""
    summary = next(summaries(store, "evaluate"), {})
    accuracy: dict[str, float] = {}
    for model in summary.get("models", []):
        name, _, quantization = model["model"].partition(":")
        if quantization != "F16" or name not in accuracy:  # a split has the tuned model in F16 too
            accuracy[name] = model["accuracy"]
    if "base" not in accuracy or "tuned" not in accuracy:
        return ("", False)
    return (f"{100 * accuracy['base']:.0f} → {100 * accuracy['tuned']:.0f} %", True)


def _state(run: RunRow | None, *, is_done: bool, is_open: bool) -> State:
    if run is not None and run.status in _RUN_STATES:
        return _RUN_STATES[run.status]
    if is_done:
        return "done"
    return "ready" if is_open else "waiting"


def _action(stage: Stage, state: State) -> str:
    return {"ready": stage.action, "failed": f"{stage.action} again"}.get(state, "")
