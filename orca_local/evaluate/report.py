"""The report: the measurements of a workspace as Markdown."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from orca_local.domain.evaluation_summary import Accuracy, EvaluationSummary, Gain, GainSplit, Prompted
from orca_local.domain.export_summary import ExportSummary
from orca_local.domain.figures import interval, points
from orca_local.domain.judge_summary import Judged
from orca_local.domain.probe_summary import ProbeSummary, TaskSelection
from orca_local.domain.quantized import QuantizedFile, Recommendation
from orca_local.domain.stages import SUITES
from orca_local.domain.suite_evaluation import SuiteEvaluation
from orca_local.domain.summaries import DatasetSummary, TrainSummary
from orca_local.domain.teach_summary import TeachSummary
from orca_local.domain.teacher_request import STARTER_ENDPOINT, STARTER_MODEL
from orca_local.evaluate.beside_report import render_models
from orca_local.evaluate.markdown import cell as _cell
from orca_local.evaluate.markdown import percent as _percent
from orca_local.evaluate.markdown import table as _table
from orca_local.evaluate.results import load_summary
from orca_local.evaluate.suite_report import render_suites
from orca_local.kinds.scoring import SCORER_VERSION
from orca_local.kinds.verdict import describe_counts
from orca_local.runs.grading import judge_lines
from orca_local.runs.summaries import iter_summaries, newest_summary
from orca_local.store.selections import SelectionRow
from orca_local.store.store import Store
from orca_local.system.files import write_whole

STARTER_NOTE = (
    "The teacher of this workspace is a program that wrote worked answers for the starter tasks; the student is real."
)


def render_report(store: Store) -> str:
    """The report in Markdown: strategies, teacher, training, files, and the accuracy before and after training.

    Stages without a finished run are left out.
    """
    sections = [render(store) for render in (_probe, _teacher, _dataset, _training, _export, _evaluation, _benchmarks)]
    texts = list(filter(None, sections)) or ["Nothing was measured yet: run `orca-local probe` first.\n"]
    return "\n".join(["# Report of orca-local\n", *texts])


def write_report(path: Path, text: str) -> None:
    """Write the whole report or nothing. Raises `InputError` where the path cannot be written."""
    write_whole(path, text, hint="choose another place with --output")


def _accuracy(measured: Accuracy) -> str:
    return f"{_percent(measured.accuracy)} {interval(measured.ci)}"


def _gain(gain: Gain) -> str:
    return f"{points(gain.value)} {interval(gain.ci)}"


def _probe(store: Store) -> str:
    summary = newest_summary(store, "probe", ProbeSummary)
    if summary is None:
        return ""
    names = list(dict.fromkeys(cell.strategy for task in summary.tasks for cell in task.cells))
    rows = [(task.task, *_matrix_row(task, names), "yes" if task.decided else "no") for task in summary.tasks]
    reasons = [f"- {_cell(s.task)}: {_cell(s.reason)}{_outdated(s)}" for s in store.selections.current().values()]
    gain = summary.selection_gain
    return "\n".join(
        [
            "## Strategies\n",
            "Accuracy of the untuned student in percent: answers in the form that the strategy asks for. In brackets: "
            "the percentage of completions with such an answer, the accuracy if any form counts, the percentage that "
            "`max_tokens` cut off; and the number of samples. The chosen strategy is bold. *Certain* is yes if a "
            "sequential test shows that it beats every other strategy.\n",
            _table(["task", *names, "certain"], rows),
            *reasons,
            *([f"\nOver {gain.tasks} tasks, {gain.reason}."] if gain is not None else []),
            _judged(store, summary.judged),
            "",
        ]
    )


def _judged(store: Store, judged: Judged | None) -> str:
    """What a judge scored; empty without one."""
    lines = [f"- {_cell(line[0].upper() + line[1:])}.\n" for line in judge_lines(store, judged)]
    return "\n" + "".join(lines) if lines else ""


def _outdated(selection: SelectionRow) -> str:
    is_outdated = selection.is_outdated(SCORER_VERSION)
    return " (out of date: chosen by scores of an earlier version; run `orca-local probe`)" if is_outdated else ""


def _matrix_row(task: TaskSelection, names: Sequence[str]) -> list[str]:
    cells = {cell.strategy: cell for cell in task.cells}
    row = []
    for name in names:
        cell = cells.get(name)
        if cell is None:
            row.append("")
            continue
        shares = (cell.extracted, cell.lenient_accuracy, cell.truncated)
        text = f"{_percent(cell.accuracy)} ({', '.join(map(_percent, shares))}; {cell.n})" if cell.n else "–"
        row.append(f"**{text}**" if name == task.strategy else text)
    return row


def _teacher(store: Store) -> str:
    summary = newest_summary(store, "teach", TeachSummary)
    if summary is None:
        return ""
    answers = f"{summary.verified} answers match the reference, {summary.rejected} do not"
    if summary.verdicts is not None:
        answers = f"of the answers, {describe_counts(summary.verdicts)}"
    calls = summary.calls
    text = f"{calls.new} new calls, {calls.cached} cached, {calls.failed} failed; {answers}."
    starter = [f"\n{STARTER_NOTE}"] if store.teacher_calls.past(STARTER_ENDPOINT, STARTER_MODEL, 1) else []
    return "\n".join(["## Teacher\n", text, *starter, ""])


def _dataset(store: Store) -> str:
    """What the training rows were compared with, if suites are on the machine."""
    summary = newest_summary(store, "dataset", DatasetSummary)
    if summary is None or not summary.suites:
        return ""
    rows = [(suite.name, f"{suite.questions:,}", suite.digest[:16], suite.dropped) for suite in summary.suites]
    text = f"{summary.rows:,} rows. No row asks a question of these suites; answers to samples that do were dropped.\n"
    return "\n".join(["## Training rows\n", text, _table(["suite", "questions", "sha256", "dropped"], rows)])


def _training(store: Store) -> str:
    summary = newest_summary(store, "train", TrainSummary)
    if summary is None:
        return ""
    row = (
        summary.steps,
        f"{summary.train_loss:.4f}",
        "–" if summary.validation_loss is None else f"{summary.validation_loss:.4f}",
        f"{summary.tokens_per_second:.0f}",
        f"{summary.seconds:.0f}",
    )
    return "## Training\n\n" + _table(["steps", "training loss", "validation loss", "tokens/s", "seconds"], [row])


def _export(store: Store) -> str:
    summaries = list(iter_summaries(store, "export", ExportSummary))
    # The base is also exported whenever something is compared with it.
    summary = next((one for one in summaries if one.name != "base"), next(iter(summaries), None))
    if summary is None:
        return ""
    rows = [
        (Path(file.path).name, file.quantization, f"{file.bytes / 1e6:.1f}", f"`{file.sha256[:16]}…`")
        for file in summary.files
    ]
    files = _table(["file", "type", "MB", "sha256"], rows)
    return f"## Files\n\n{files}\n{_types(summary.types, summary.recommendation)}"


def _types(types: Sequence[QuantizedFile], recommendation: Recommendation | None) -> str:
    """The table of quantizations with their sizes and losses, and the recommended one."""
    if not types:
        return ""
    is_scored = any(row.change is not None for row in types)
    headings = ["type", "MB", "bits per weight", "stored as", "importance matrix", "KL from F16", "same token, %"]
    headings += (
        ["accuracy, %", "in the asked form, %", "not readable, %", "cut off, %", "against F16, points"]
        if is_scored
        else []
    )
    text = _table(headings, (_type_row(row, is_scored=is_scored) for row in types))
    return text + (f"\nRecommended: {_cell(recommendation.reason)}.\n" if recommendation is not None else "")


def _type_row(row: QuantizedFile, *, is_scored: bool) -> list[str]:
    cells = [row.quantization, f"{row.bytes / 1e6:.1f}", f"{row.bits_per_weight:.2f}"]
    cells.append(", ".join(f"{count} {kind}" for kind, count in row.tensor_types.items()))
    cells += ["yes" if row.imatrix else "no", f"{row.kl:.4f}", _percent(row.agreement)]
    if is_scored:
        shares = (row.accuracy, row.strict_accuracy, row.unreadable, row.truncated)
        cells += map(_percent, shares)
        cells.append("–" if row.change is None else f"{points(row.change.value)} {interval(row.change.ci)}")
    return cells


def _split(split: GainSplit) -> str:
    """The effect of training and the effect of quantizing."""
    rows = [
        (
            *(f"{name} ({models})", _percent(before.accuracy), _percent(after.accuracy), _gain(gain)),
            *(_both(before.strict_accuracy, after.strict_accuracy), _both(before.truncated, after.truncated)),
            "–" if gain.p_value is None else f"{gain.p_value:.2g}",
        )
        for name, (models, before, after, gain) in zip(("training", "quantizing", "total"), split.steps, strict=True)
    ]
    return _table(
        ["", "before, %", "after, %", "points", "in the asked form, %", "cut off, %", "p (McNemar, exact)"], rows
    )


def _both(before: float | None, after: float | None) -> str:
    """Return a share before and after a step."""
    return f"{_percent(before)} → {_percent(after)}"


def _evaluation(store: Store) -> str:
    summary = load_summary(store)
    if summary is None:
        return ""
    names = [model.model for model in summary.models]
    parts = [
        "## Before and after\n",
        "Accuracy of the exported files on the holdout samples in percent, zero-shot and greedy, with 95 % "
        "intervals over new samples of these tasks.\n",
        _table(["task", "n", *names, "gain"], _accuracy_rows(summary)),
        "Accuracy counts the answer that a careful person takes from the text, because no model is told a form. By "
        "contrast, *in the asked form* counts only `Answer: …` and the like: a gain that is much larger there is one "
        "of form. *Not readable*: no answer in either way. *Cut off*: by `max_tokens`. All in percent.\n",
        _table(["task", "model", "in the asked form", "not readable", "cut off"], _reading_rows(summary)),
    ]
    parts += render_models(summary)
    gain = summary.gain
    if gain is not None:
        p_value = "" if gain.p_value is None else f"; exact McNemar p = {gain.p_value:.2g}"
        covers = "" if gain.covers is None else f" over {gain.covers}"
        parts.append(f"Gain {points(gain.value)} points, 95 % interval {interval(gain.ci)}{covers}{p_value}.\n")
        if gain.strict_value is not None and gain.strict_ci is not None:
            strict = f"{points(gain.strict_value)} points, 95 % interval {interval(gain.strict_ci)}"
            parts.append(f"In the asked form, the gain is {strict}.\n")
        if gain.ci_tasks is not None:
            parts.append(f"Over {gain.covers_tasks}, the 95 % interval is {interval(gain.ci_tasks)}.\n")
        messages = [
            (row.system_message or "(empty)", points(row.value), interval(row.ci)) for row in gain.by_system_message
        ]
        parts.append(_table(["system message", "gain", "interval"], messages))
    if summary.prompted is not None:
        parts.append(_prompted(summary.prompted))
    parts += [_judged(store, summary.judged)]
    if summary.split is not None:
        parts += [_split(summary.split), _types(summary.types, summary.recommendation)]
    return "\n".join(parts)


def _benchmarks(store: Store) -> str:
    summary = newest_summary(store, SUITES, SuiteEvaluation)
    return "" if summary is None else render_suites(summary)


def _prompted(prompted: Prompted) -> str:
    """The base under other prompts, and the gain over it."""
    rows = [
        (
            *(label, row.n, _accuracy(row), _percent(row.strict_accuracy), _percent(row.truncated)),
            "–" if row.gain is None else _gain(row.gain),
        )
        for label, row in prompted.labelled
    ]
    text = "What prompting alone gives, without training, on the same samples:\n\n"
    text += _table(
        ["", "n", "accuracy, %", "in the asked form, %", "cut off, %", "gain of the tuned model over it, points"], rows
    )
    if prompted.without_strategy:
        tasks = ", ".join(map(_cell, prompted.without_strategy))
        text += f"\nTasks without a chosen strategy, left out of its row: {tasks}.\n"
    return text


def _reading_rows(summary: EvaluationSummary) -> Iterator[tuple[object, ...]]:
    """How each model's answers could be read, by task and for all tasks."""
    measured = [(row.task, model.model, row) for model in summary.models for row in model.tasks]
    order = {task: number for number, task in enumerate(summary.tasks)}
    measured.sort(key=lambda one: order.get(one[0], len(order)))
    for task, model, row in (*measured, *(("**all**", model.model, model) for model in summary.models)):
        yield task, model, *(_percent(value) for value in (row.strict_accuracy, row.unreadable, row.truncated))


def _accuracy_rows(summary: EvaluationSummary) -> list[tuple[object, ...]]:
    """A row per task, one for all tasks, and one for question types not seen in training."""
    models, gain = summary.models, summary.gain
    gains = {row.task: _gain(row) for row in gain.tasks} if gain is not None else {}
    by_task = [{row.task: row for row in model.tasks} for model in models]
    rows: list[tuple[object, ...]] = []
    for task in summary.tasks:
        measured = [tasks.get(task) for tasks in by_task]
        n = max(row.n for row in measured if row is not None)
        rows.append((task, n, *("–" if row is None else _accuracy(row) for row in measured), gains.get(task, "")))
    total = _gain(gain) if gain is not None else ""
    rows.append(("**all**", max(model.n for model in models), *(_accuracy(model) for model in models), total))
    unseen = [model.unseen for model in models if model.unseen is not None]
    if len(unseen) == len(models):
        rows.append(("question types not seen in training", unseen[0].n, *(_accuracy(m) for m in unseen), ""))
    return rows
