"""A training in words and figures."""

from __future__ import annotations

from dataclasses import dataclass

from orca_local.runs.progress import Progress
from orca_local.views.training import TrainingView
from tui.text import duration, size

NONE = "–"


@dataclass(frozen=True, slots=True)
class State:
    """What is going on, or how it ended."""

    text: str
    kind: str = ""
    """"", `good` or `bad`."""


def state_of(view: TrainingView) -> State:
    """One line, and where something failed the remedy on a second."""
    run, training = view.run, view.training
    if run is None:
        return State("")
    if view.is_running:
        if training is None:
            return State("▶ preparing: rows, memory, model", "good")
        resumed = f", taken up after step {view.resumed.step}" if view.resumed else ""
        return State(f"▶ training on {training.rows} rows{resumed}", "good")
    go_on = f"press g: it goes on after step {view.goes_on_after}" if view.goes_on_after else "press g to train"
    if run.status == "failed":
        remedy = view.failed.hint if view.failed is not None and view.failed.hint else go_on
        below = "; shown is the training before it" if training is not None and training.run_id != run.run_id else ""
        return State(f"✗ run {run.run_id} failed: {run.error}{below}\n→ {remedy}", "bad")
    if run.status == "dead":
        return State(f"✗ run {run.run_id} ended without a word: its process is gone\n→ {go_on}", "bad")
    if training is not None and training.status == "running":
        return State(f"■ stopped after step {view.done_steps} of {view.total_steps}\n→ {go_on}")
    if run.status == "interrupted":
        return State(f"■ run {run.run_id} was stopped\n→ {go_on}")
    kept = training.summary.get("best_step") if training is not None else None
    return State(f"✓ done; the adapter is that of step {kept}" if kept is not None else "✓ done", "good")


def figures_of(view: TrainingView, progress: Progress | None) -> list[tuple[str, str]]:
    """Names and figures; `progress` is that of the run where it goes on."""
    step, training = view.step, view.training
    done = max(view.done_steps, step.step if step is not None else 0)
    best, last = view.best, view.validation[-1][1] if view.validation else None
    left = progress.seconds_left if progress is not None else None
    rows = [
        ("step", f"{done}/{view.total_steps}"),
        ("loss", _loss(step.loss if step is not None else None)),
        ("validation", _loss(last) + (" ★" if best is not None and best[0] == view.validation[-1][0] else "")),
        ("★ best (step)", NONE if best is None else f"{best[1]:.4f} ({best[0]})"),
        ("tokens/s", _rate(view, progress)),
        ("time left", NONE if left is None else duration(left)),
        ("learning rate", NONE if step is None or step.learning_rate is None else f"{step.learning_rate:.2e}"),
        ("gradient norm", NONE if step is None or step.grad_norm is None else f"{step.grad_norm:.3f}"),
        ("memory plan", NONE if view.memory is None else size(view.memory.total)),
        ("memory used", _peak(view)),
        ("saved step", _saved(view)),
    ]
    if training is not None:
        recipe = training.recipe
        rows += [("rank", str(recipe.get("rank", NONE))), ("batch", f"{recipe.get('batch_size', NONE)} rows")]
    return rows


def _loss(value: float | None) -> str:
    return NONE if value is None else f"{value:.4f}"


def _rate(view: TrainingView, progress: Progress | None) -> str:
    if progress is not None and progress.rate:
        return f"{progress.rate:,.0f}"
    if view.training is not None and view.training.summary.get("tokens_per_second"):
        return f"{view.training.summary['tokens_per_second']:,.0f}"
    step = view.step
    return f"{step.tokens / step.seconds:,.0f}" if step is not None and step.seconds else NONE


def _peak(view: TrainingView) -> str:
    memory = view.training.summary.get("memory", {}) if view.training is not None else {}
    peak = memory.get("peak")
    return size(peak) if peak else "when done" if view.is_running else NONE


def _saved(view: TrainingView) -> str:
    if not view.saved_step:
        return NONE
    stopping = view.checkpoint is not None and view.checkpoint.stopping and view.is_running
    return f"{view.saved_step}, stopping" if stopping else str(view.saved_step)
