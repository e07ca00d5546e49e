"""An evaluation as lines of text: accuracy of base and tuned as bars with intervals, and the gain."""

from __future__ import annotations

from collections.abc import Sequence

from orca_local.domain.copy_fields import copy_fields
from orca_local.domain.evaluation_summary import Accuracy, EvaluationSummary, Gain
from orca_local.domain.figures import interval, points, size
from orca_local.domain.quantized import QuantizedFile
from orca_local.store.results import EvaluationRow
from orca_local.views.evaluation import EvaluationView
from tui.screens.export.benchmarks import benchmark_lines
from tui.text import duration, percent
from tui.widgets.bars import LEGEND, interval_bar
from tui.widgets.lines import Line, wrapped
from tui.widgets.state_line import State, failed_state

TASK_WIDTH, MODEL_WIDTH, NUMBERS_WIDTH = 16, 7, 31
PROMPT_WIDTH = 32
NAME_WIDTH, MAX_NAME, FIGURES_WIDTH = 12, 40, 56
MIN_BAR, MAX_BAR = 12, 60


def evaluation_state(view: EvaluationView) -> State:
    """The state of the newest evaluation, or its outcome."""
    run = view.run
    if run is None:
        return State("No evaluation yet: press v to compare the base and the tuned model on the holdout samples.")
    note = "; below: the evaluation before it" if view.summary and not view.rows else ""
    if run.status == "running":
        return State(f"▶ evaluating{note}", "good")
    done = State(f"✓ evaluated in {duration(view.summary.seconds if view.summary else 0.0)}", "good")
    return failed_state(run, view.failed, "press v to resume: earlier answers are kept", note) or done


def result_lines(view: EvaluationView, width: int) -> list[Line]:
    """The overall results, then each task, then benchmarks; or the results so far of a running evaluation."""
    if view.rows:
        return _lines_so_far(view.rows, width)
    lines: list[Line] = []
    if view.summary:
        lines = [line for part in (_overall, _beside, _prompted, _split, _tasks) for line in part(view.summary, width)]
    return lines + benchmark_lines(view.suites, width)


def _overall(summary: EvaluationSummary, width: int) -> list[Line]:
    models = summary.models
    samples = f"  {max(model.n for model in models)} samples"
    lines: list[Line] = [
        [("All tasks", "title"), (samples, "")],
        [(LEGEND, "muted")],
    ]
    lines += _bars("", [(model.model, model) for model in models], width)
    for model in models:
        if model.strict_accuracy is not None:
            lines += wrapped(f"{model.model}: {_readings(model)}", "muted", width, indent=2)
    unseen = [(model.model, model.unseen) for model in models if model.unseen is not None]
    if len(unseen) == len(models):
        lines.append([("Question types not seen in training", "title")])
        lines += _bars("", unseen, width)
    gain = summary.gain
    if gain:
        p_value = "" if gain.p_value is None else f", p = {gain.p_value:.2g} (McNemar)"
        text = f"gain {points(gain.value)} points, 95 % interval {interval(gain.ci)}, n = {gain.n}{p_value}"
        lines += wrapped(text, _style(gain.ci), width, indent=2)
        if gain.strict_value is not None and gain.strict_ci is not None:
            text = f"in the asked form: {points(gain.strict_value)} points {interval(gain.strict_ci)}"
            lines += wrapped(text, _style(gain.strict_ci), width, indent=2)
        if gain.covers is not None:
            lines += wrapped(f"over {gain.covers}", "muted", width, indent=2)
        if gain.ci_tasks is not None:
            text = f"over {gain.covers_tasks}: {interval(gain.ci_tasks)}"
            lines += wrapped(text, _style(gain.ci_tasks), width, indent=2)
        for row in gain.by_system_message:
            label = f"system message “{row.system_message}”" if row.system_message else "empty system message"
            lines += wrapped(f"{points(row.value):>7} {interval(row.ci):15} {label}", "muted", width, indent=24)
    return lines


def _beside(summary: EvaluationSummary, width: int) -> list[Line]:
    """All models with the shares that explain their accuracy, and their differences to the tuned one."""
    models, beside = summary.models, summary.beside
    if len(models) <= 2 and not any(model.source for model in models):
        return []
    name = max(NAME_WIDTH, min(MAX_NAME, width - FIGURES_WIDTH))
    headings = f"  {'':{name}}{'n':>6}{'no answer':>11}{'cut off':>9}{'tokens':>8}{'missing':>9}{'US$':>9}"
    lines: list[Line] = [[("Models", "title")], [(headings, "muted")]]
    for model in models:
        tokens = "–" if model.tokens is None else f"{model.tokens:.0f}"
        cost = "–" if model.cost_usd is None else f"{model.cost_usd:.4f}"
        shares = f"{model.n:>6}{percent(1 - model.extracted):>11}{percent(model.truncated):>9}"
        figures = f"{shares}{tokens:>8}{model.missing or 0:>9}{cost:>9}"
        lines.append([(f"  {_cut(model.model, name - 1):{name}}", ""), (figures, "bad" if model.missing else "")])
        if model.source:
            lines += wrapped(model.source, "muted", width, indent=4)
    if beside is not None:
        lines.append([(f"Against {beside.reference}", "title"), ("  in points; p is corrected for all models", "")])
        for one in beside.models:
            change = f"{points(one.value):>6} {interval(one.ci):15} p {one.p_holm:<8.2g} n = {one.n}"
            lines.append([(f"  {_cut(one.model, name - 1):{name}}", ""), (change, _style(one.ci))])
    return lines


def _prompted(summary: EvaluationSummary, width: int) -> list[Line]:
    """The base under other prompts, and the gain of the last model over it."""
    if summary.prompted is None:
        return []
    others = [model.model for model in summary.models if model.model != "base"]
    last = "tuned" if "tuned" in others else (others or [""])[-1]
    over = f"gain of {_cut(last, MODEL_WIDTH)} over it"
    lines: list[Line] = [[("What prompting alone gives", "title"), ("  without training", "")]]
    for label, row in summary.prompted.labelled:
        figures = f"{100 * row.accuracy:5.1f} % {interval(row.ci)}"
        lines.append([(f"  {label:{PROMPT_WIDTH}}", ""), (figures, "")])
        if row.strict_accuracy is not None:
            lines += wrapped(_readings(row), "muted", width, indent=4)
        if row.gain is not None:
            change = f"{points(row.gain.value):>6}   {interval(row.gain.ci)}"
            lines.append([(f"  {over:>{PROMPT_WIDTH}}", "muted"), (change, _style(row.gain.ci))])
    if summary.prompted.without_strategy:
        tasks = ", ".join(summary.prompted.without_strategy)
        lines += wrapped(f"without a chosen strategy, left out: {tasks}", "muted", width, indent=2)
    return lines


def _split(summary: EvaluationSummary, width: int) -> list[Line]:
    split = summary.split
    if split is None:
        return []
    lines: list[Line] = [[("Gain and loss", "title")]]
    names = ("from training", "from quantizing", "total")
    for name, (models, _, _, change) in zip(names, split.steps, strict=True):
        p_value = "–" if change.p_value is None else f"{change.p_value:.2g}"
        figures = f"{points(change.value):>6} {interval(change.ci):15} p {p_value:8}"
        lines.append([(f"  {name:16}", ""), (figures, _style(change.ci)), (models, "muted")])
    lines += _quantizations(summary.types)
    if summary.recommendation is not None:
        lines += wrapped(f"★ {summary.recommendation.reason}", "good", width, indent=2)
    return lines


def _quantizations(types: Sequence[QuantizedFile]) -> list[Line]:
    """A line for each type of the tuned model: size, accuracy, and the shares that explain it."""
    if not types:
        return []
    headings = f"  {'type':9}{'size':>9}{'accuracy':>10}{'asked form':>12}{'unreadable':>12}{'cut off':>9}"
    lines: list[Line] = [[("Each quantization", "title")], [(headings, "muted")]]
    for row in types:
        shares = f"{percent(row.strict_accuracy):>12}{percent(row.unreadable):>12}{percent(row.truncated):>9}"
        figures = f"  {row.quantization:9}{size(row.bytes):>9}{percent(row.accuracy):>10}{shares}"
        lines.append([(figures, "")])
    return lines


def _tasks(summary: EvaluationSummary, width: int) -> list[Line]:
    gains = {row.task: row for row in summary.gain.tasks} if summary.gain is not None else {}
    per_model = [(model.model, {row.task: row for row in model.tasks}) for model in summary.models]
    lines: list[Line] = [[("By task", "title")]]
    for task in summary.tasks:
        measured = [(name, tasks[task]) for name, tasks in per_model if task in tasks]
        lines += _bars(task, measured, width, gains.get(task))
    return lines


def _lines_so_far(rows: Sequence[EvaluationRow], width: int) -> list[Line]:
    headline = rows[0].system_message
    lines: list[Line] = [[("By task, so far", "title")], [(LEGEND, "muted")]]
    for task in dict.fromkeys(row.task for row in rows):
        of_task = [row for row in rows if row.task == task and row.system_message == headline]
        measured = [(row.model, copy_fields(Accuracy, row, ci=(row.ci_low, row.ci_high))) for row in of_task]
        lines += _bars(task, measured, width)
    return lines


def _bars(task: str, measured: Sequence[tuple[str, Accuracy]], width: int, gain: Gain | None = None) -> list[Line]:
    """A line for each model, with the task's name on the first, and a line for the gain."""
    bar = max(MIN_BAR, min(MAX_BAR, width - TASK_WIDTH - MODEL_WIDTH - NUMBERS_WIDTH))
    lines: list[Line] = []
    for number, (model, result) in enumerate(measured):
        name = _cut(task, TASK_WIDTH - 1) if number == 0 else ""
        is_last = number == len(measured) - 1
        drawn = interval_bar(result.accuracy, *result.ci, bar)
        cut = f" cut {100 * result.truncated:.0f}%" if result.truncated else ""
        figures = f" {100 * result.accuracy:5.1f} % {interval(result.ci):13}{cut}"
        lines.append(
            [
                (f"{name:{TASK_WIDTH}}", ""),
                (f"{_cut(model, MODEL_WIDTH - 1):{MODEL_WIDTH}}", "" if is_last else "muted"),
                (drawn, "title" if is_last else "muted"),
                (figures, ""),
            ]
        )
    if gain is not None:
        label = f"{'':{TASK_WIDTH}}{'gain':{MODEL_WIDTH}}"
        lines.append([(label, "muted"), (f"{points(gain.value)} {interval(gain.ci)}", _style(gain.ci))])
    return lines


def _readings(measured: Accuracy) -> str:
    """A text such as "31.2 % right in the asked form, 4.1 % not readable, 48.9 % cut off"."""
    shares = (
        (measured.strict_accuracy, "right in the asked form"),
        (measured.unreadable, "not readable"),
        (measured.truncated, "cut off"),
    )
    return ", ".join(f"{100 * (share or 0.0):.1f} % {label}" for share, label in shares)


def _cut(text: str, length: int) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


def _style(ci: Sequence[float]) -> str:
    """`good` or `bad` only if the interval excludes zero."""
    return "good" if ci[0] > 0 else "bad" if ci[1] < 0 else ""
