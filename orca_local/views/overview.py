"""The state of every stage of a workspace, its main result, and what to do next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from orca_local.domain.evaluation_summary import EvaluationSummary
from orca_local.domain.frozen import Frozen
from orca_local.domain.stages import BASE, STAGES, Stage
from orca_local.domain.summaries import DatasetSummary, TrainResult
from orca_local.runs.summaries import last_summary, newest_summary

if TYPE_CHECKING:
    from orca_local.store.runs import RunRow
    from orca_local.store.store import Store

State = Literal["done", "running", "failed", "ready", "waiting"]

_RUN_STATES: Mapping[str, State] = {"running": "running", "failed": "failed", "dead": "failed"}


class StageView(Frozen):
    """One stage of the pipeline."""

    name: str
    state: State
    figure: str
    """The stage's main result in a few words; empty if it has none."""
    action: str
    """The next action, such as "train the student"; empty if there is none."""


def load_overview(store: Store) -> list[StageView]:
    """All stages in their order. A stage is ready if the stage before it has a result."""
    runs = store.runs.newest_by_stage()
    figures = _figures(store)
    shown = dict(figures)
    base = runs.get(BASE)
    if base is not None and base.status == "running":
        # It is shown as part of the stage that needs it.
        runs = {**runs, "export" if figures["probe"] else "probe": base}
        shown["probe"] = figures["probe"] or "making the base model"
    stages: list[StageView] = []
    has_input = True
    for stage in STAGES:
        is_done = bool(figures[stage.name])
        state = _state(runs.get(stage.name), is_done=is_done, has_input=has_input)
        stages.append(StageView(stage.name, state, shown[stage.name], _action(stage, state)))
        has_input = is_done
    return stages


def next_stage(stages: list[StageView]) -> StageView | None:
    """The first stage that is not done; None if all are done or one is running."""
    if any(stage.state == "running" for stage in stages):
        return None
    return next((stage for stage in stages if stage.state != "done"), None)


def choice_figure(tasks: int, chosen: int, certain: int) -> str:
    """A text such as "9 of 9 chosen, 4 certain": tasks with a chosen strategy, and tasks whose choice is certain."""
    certainty = "none" if not certain else "all" if certain == chosen else f"{certain:,}"
    return f"{chosen:,} of {max(tasks, chosen):,} chosen, {certainty} certain"


def _figures(store: Store) -> dict[str, str]:
    """The main result of each stage; empty for a stage without one."""
    tasks, samples = store.samples.count()
    chosen, certain = store.selections.count()
    answers, matches = store.demonstrations.count()
    build = last_summary(store, "dataset", DatasetSummary)
    tuned = store.exports.latest("tuned")
    return {
        "tasks": f"{tasks:,} task{'s' if tasks > 1 else ''}, {samples:,} samples" if tasks else "",
        "probe": choice_figure(tasks, chosen, certain) if chosen else "",
        "teach": f"{matches:,} of {answers:,} match the reference" if answers else "",
        "dataset": f"{build.rows:,} rows" if build is not None and build.rows else "",
        "train": _training_figure(store),
        "export": f"{tuned.quantization}, {tuned.bytes / 1e6:.0f} MB" if tuned else "",
        "evaluate": _accuracies(store),
    }


def _training_figure(store: Store) -> str:
    training = store.trainings.latest()
    if training is None or training.status != "done":
        return ""
    return f"loss {TrainResult.from_dict(training.summary).train_loss:.3f}"


def _accuracies(store: Store) -> str:
    """Accuracy of base and tuned in the newest evaluation, under its first system message."""
    summary = newest_summary(store, "evaluate", EvaluationSummary)
    accuracy: dict[str, float] = {}
    for model in summary.models if summary is not None else ():
        name, _, quantization = model.model.partition(":")
        if quantization != "F16" or name not in accuracy:  # with --split, the tuned model is also listed in F16
            accuracy[name] = model.accuracy
    if "base" not in accuracy or "tuned" not in accuracy:
        return ""
    return f"{100 * accuracy['base']:.0f} % → {100 * accuracy['tuned']:.0f} % right"


def _state(run: RunRow | None, *, is_done: bool, has_input: bool) -> State:
    if run is not None and run.status in _RUN_STATES:
        return _RUN_STATES[run.status]
    if is_done:
        return "done"
    return "ready" if has_input else "waiting"


def _action(stage: Stage, state: State) -> str:
    return {"ready": stage.action, "failed": f"{stage.action} again"}.get(state, "")
