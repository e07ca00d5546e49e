"""The state and the figures of a training as text."""

from __future__ import annotations

from orca_local.domain.figures import size
from orca_local.runs.progress import Progress
from orca_local.views.training import TrainingView
from tui.text import duration
from tui.widgets.state_line import State, failed_state

NONE = "–"


def state_of(view: TrainingView) -> State:
    """The state of the training, or its outcome and the next action."""
    run, training = view.run, view.training
    if run is None:
        return State("")
    if view.is_running:
        if training is None:
            return State("▶ preparing: rows, memory, model", "good")
        resumed = f", resumed from step {view.resumed.step}" if view.resumed else ""
        return State(f"▶ training on {training.rows} rows{resumed}", "good")
    advice = f"press g to resume from step {view.resume_step}" if view.resume_step else "press g to train"
    if run.status not in ("failed", "dead") and training is not None and training.status == "running":
        return State(f"■ stopped after step {view.done_steps} of {view.total_steps}\n→ {advice}")
    note = "; below: the training before it" if training is not None and training.run_id != run.run_id else ""
    done = State(f"✓ done; best step: {view.result.best_step}" if view.result else "✓ done", "good")
    return failed_state(run, view.failed, advice, note) or done


def figures_of(view: TrainingView, progress: Progress | None) -> list[tuple[str, str]]:
    """Pairs of a name and a value; `progress` is that of the run, if it is running."""
    step, training = view.last_step, view.training
    done = max(view.done_steps, step.step if step is not None else 0)
    best, last = view.best, view.validation[-1][1] if view.validation else None
    left = progress.seconds_left if progress is not None else None
    rows = [
        ("step", f"{done}/{view.total_steps}"),
        ("loss", _loss(step.loss if step is not None else None)),
        ("validation loss", _loss(last) + (" ★" if best is not None and best[0] == view.validation[-1][0] else "")),
        ("★ best (step)", NONE if best is None else f"{best[1]:.4f} ({best[0]})"),
        ("tokens/s", _tokens_per_second(view, progress)),
        ("time left", NONE if left is None else duration(left)),
        ("learning rate", NONE if step is None or step.learning_rate is None else f"{step.learning_rate:.2e}"),
        ("gradient norm", NONE if step is None or step.grad_norm is None else f"{step.grad_norm:.3f}"),
        ("memory planned", NONE if view.memory is None else size(view.memory.total)),
        ("memory used", _peak_memory(view)),
        ("saved step", _saved_step(view)),
    ]
    if training is not None:
        recipe = training.recipe
        rows += [("rank", str(recipe.get("rank", NONE))), ("batch", f"{recipe.get('batch_size', NONE)} rows")]
    return rows


def _loss(value: float | None) -> str:
    return NONE if value is None else f"{value:.4f}"


def _tokens_per_second(view: TrainingView, progress: Progress | None) -> str:
    if progress is not None and progress.rate:
        return f"{progress.rate:,.0f}"
    if view.result is not None and view.result.tokens_per_second:
        return f"{view.result.tokens_per_second:,.0f}"
    step = view.last_step
    return f"{step.tokens / step.seconds:,.0f}" if step is not None and step.seconds else NONE


def _peak_memory(view: TrainingView) -> str:
    peak = view.result.memory.peak if view.result is not None else None
    return size(peak) if peak else "when done" if view.is_running else NONE


def _saved_step(view: TrainingView) -> str:
    if not view.saved_step:
        return NONE
    stopping = view.checkpoint is not None and view.checkpoint.stopping and view.is_running
    return f"{view.saved_step}, stopping" if stopping else str(view.saved_step)
