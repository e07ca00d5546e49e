"""An evaluation in lines: base and tuned as bars with their intervals, and what the difference is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from orca_local.store.results import EvaluationRow
from orca_local.views.export import EvaluationView
from tui.text import duration
from tui.widgets.bars import LEGEND, interval_bar
from tui.widgets.lines import Line, wrapped

TASK_WIDTH, MODEL_WIDTH, NUMBERS_WIDTH = 16, 7, 31
LEAST_BAR, MOST_BAR = 12, 60


def state_lines(view: EvaluationView) -> tuple[str, str]:
    """What goes on or how it ended, and `good`, `bad` or nothing."""
    run = view.run
    if run is None:
        return "No evaluation yet: v compares base and tuned on the holdout samples.", ""
    before = "; below, the evaluation before it" if view.summary else ""
    if run.status == "running":
        return f"▶ evaluating{before if not view.rows else ''}", "good"
    if run.status == "failed":
        remedy = view.failed.hint if view.failed is not None and view.failed.hint else "press v to evaluate again"
        return f"✗ run {run.run_id} failed: {run.error}{before}\n→ {remedy}", "bad"
    if run.status == "dead":
        return f"✗ run {run.run_id} ended without a word{before}\n→ press v: answers that were made are kept", "bad"
    if run.status == "interrupted":
        return f"■ run {run.run_id} was stopped{before}\n→ press v: answers that were made are kept", ""
    return f"✓ evaluated in {duration(view.summary.get('seconds', 0.0))}", "good"


def result_lines(view: EvaluationView, width: int) -> list[Line]:
    """Everything overall first, then the tasks; of a run that goes on, what it has so far."""
    if view.rows:
        return _lines_so_far(view.rows, width)
    if not view.summary:
        return []
    return [*_overall(view.summary, width), *_split(view.summary, width), *_tasks(view.summary, width)]


def _overall(summary: Mapping[str, Any], width: int) -> list[Line]:
    models = summary["models"]
    lines: list[Line] = [[("All tasks", "title"), (f"  {models[0]['n']} samples", "")], [(LEGEND, "muted")]]
    lines += _bars("", [(model["model"], model) for model in models], width)
    if all("unseen" in model for model in models):
        lines.append([("Of these, forms that no training sample has", "title")])
        lines += _bars("", [(model["model"], model["unseen"]) for model in models], width)
    gain = summary.get("gain")
    if gain:
        p_value = "" if gain["p_value"] is None else f", p = {gain['p_value']:.2g} (McNemar, exact)"
        said = f"gain {_points(gain['value'])} points, 95 % interval {_interval(gain['ci'])}, n = {gain['n']}{p_value}"
        lines += wrapped(said, _judged(gain["ci"]), width, indent=2)
        for row in gain.get("by_system_message", []):
            label = f"system message “{row['system_message']}”" if row["system_message"] else "empty system message"
            lines += wrapped(f"{_points(row['value']):>7} {_interval(row['ci']):15} {label}", "muted", width, indent=24)
    return lines


def _split(summary: Mapping[str, Any], width: int) -> list[Line]:
    split = summary.get("split")
    if not split:
        return []
    at = split["quantization"]
    lines: list[Line] = [[("Gain and loss", "title")]]
    for what, between, change in (
        ("training gave", f"base {at} → tuned F16", "trained"),
        ("quantizing took", f"tuned F16 → tuned {at}", "quantized"),
        ("in all", f"base {at} → tuned {at}", "total"),
    ):
        found = split[change]
        p_value = "–" if found["p_value"] is None else f"{found['p_value']:.2g}"
        figures = f"{_points(found['value']):>6} {_interval(found['ci']):15} p {p_value:8}"
        lines.append([(f"  {what:16}", ""), (figures, _judged(found["ci"])), (between, "muted")])
    if "recommendation" in summary:
        lines += wrapped(f"★ {summary['recommendation']['reason']}", "good", width, indent=2)
    return lines


def _tasks(summary: Mapping[str, Any], width: int) -> list[Line]:
    gains = {row["task"]: row for row in summary.get("gain", {}).get("tasks", [])}
    per_model = [(model["model"], {row["task"]: row for row in model["tasks"]}) for model in summary["models"]]
    lines: list[Line] = [[("By task", "title")]]
    for task in per_model[0][1]:
        measured = [(name, tasks[task]) for name, tasks in per_model if task in tasks]
        lines += _bars(task, measured, width, gains.get(task))
    return lines


def _lines_so_far(rows: Sequence[EvaluationRow], width: int) -> list[Line]:
    headline = rows[0].system_message
    lines: list[Line] = [[("By task, so far", "title")], [(LEGEND, "muted")]]
    for task in dict.fromkeys(row.task for row in rows):
        mine = [row for row in rows if row.task == task and row.system_message == headline]
        measured = [
            (row.model, {"accuracy": row.accuracy, "ci": (row.ci_low, row.ci_high), "n": row.n}) for row in mine
        ]
        lines += _bars(task, measured, width)
    return lines


def _bars(
    task: str, measured: Sequence[tuple[str, Mapping[str, Any]]], width: int, gain: Mapping[str, Any] | None = None
) -> list[Line]:
    """A line a model, the task's name on the first and its gain on the last."""
    bar = max(LEAST_BAR, min(MOST_BAR, width - TASK_WIDTH - MODEL_WIDTH - NUMBERS_WIDTH))
    lines: list[Line] = []
    for number, (model, found) in enumerate(measured):
        name = _cut(task, TASK_WIDTH - 1) if number == 0 else ""
        is_last = number == len(measured) - 1
        drawn = interval_bar(found["accuracy"], found["ci"][0], found["ci"][1], bar)
        figures = f" {100 * found['accuracy']:5.1f} % {_interval(found['ci']):15}"
        lines.append(
            [
                (f"{name:{TASK_WIDTH}}", ""),
                (f"{_cut(model, MODEL_WIDTH - 1):{MODEL_WIDTH}}", "" if is_last else "muted"),
                (drawn, "title" if is_last else "muted"),
                (figures, ""),
                (_points(gain["value"]) if gain and is_last else "", _judged(gain["ci"]) if gain else ""),
            ]
        )
    return lines


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


def _points(share: float) -> str:
    return f"{100 * share:+.1f}"


def _interval(ci: Sequence[float]) -> str:
    return f"[{100 * ci[0]:.1f}, {100 * ci[1]:.1f}]"


def _judged(ci: Sequence[float]) -> str:
    """Only what its interval says is called good or bad."""
    return "good" if ci[0] > 0 else "bad" if ci[1] < 0 else ""
