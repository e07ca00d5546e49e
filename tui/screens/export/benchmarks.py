"""Results on benchmarks as lines of text."""

from __future__ import annotations

from orca_local.domain.figures import interval, points
from orca_local.domain.suite_evaluation import SuiteEvaluation, SuiteResult
from tui.text import percent
from tui.widgets.lines import Line, wrapped

NAME_WIDTH, MODEL_WIDTH = 14, 12
INTERVAL_WIDTH = 14


def benchmark_lines(summary: SuiteEvaluation | None, width: int) -> list[Line]:
    """A line for each benchmark, system message and model; then the differences, the means and the literature."""
    if summary is None:
        return []
    lines: list[Line] = [[("Benchmarks", "title"), (f"  run {summary.run_id}", "muted")]]
    for text in dict.fromkeys(one.system_message for one in summary.results):
        lines += wrapped(_message(text), "muted", width, indent=2)
        headings = f"  {'':{NAME_WIDTH + MODEL_WIDTH}}{'n':>6}{'ours':>9} {'':{INTERVAL_WIDTH}}reference"
        lines.append([(headings, "muted")])
        for one in (one for one in summary.results if one.system_message == text):
            names, ours = f"  {_names(one.suite, one.model)}{one.n:>6}", f"{percent(one.ours.accuracy):>9} "
            shares = f"{interval(one.ours.ci):{INTERVAL_WIDTH}}{percent(one.references[0].accuracy):>9}"
            lines.append([(names, ""), (ours, "title"), (shares, "")])
            lines += wrapped(f"    {_notes(one)}", "muted", width, indent=4)
        for gain in (gain for gain in summary.differences if gain.system_message == text):
            style = "good" if gain.ci[0] > 0 else "bad" if gain.ci[1] < 0 else ""
            change = f"{points(gain.value)} points {interval(gain.ci)}, p = {gain.p_holm:.2g} (Holm)"
            lines += wrapped(f"{gain.suite}: {gain.before} → {gain.after} {change}", style, width, indent=2)
        for mean in (mean for mean in summary.means if mean.system_message == text):
            figures = f"{percent(mean.ours)} {interval(mean.ci)}, reference {percent(mean.reference)}"
            lines += wrapped(f"mean over {mean.suites}: {mean.model} {figures}", "", width, indent=2)
    for model in summary.further:
        missing = sum(one.missing for one in summary.results if one.model == model.model)
        cost = "" if model.cost_usd is None else f", ${model.cost_usd:.4f} in this workspace"
        left = f", {missing:,} answers missing" if missing else ""
        style = "bad" if missing else "muted"
        lines += wrapped(f"{model.model}: {model.source}{cost}{left}", style, width, indent=2)
    if summary.reported:
        means = ", ".join(f"{one.model} {percent(one.mean)}" for one in summary.reported)
        text = f"reported in the literature, with another harness: {means} ({summary.reported[0].source})"
        lines += wrapped(text, "muted", width, indent=2)
    return lines


def _message(text: str) -> str:
    return f"system message “{text}”" if text else "empty system message"


def _names(suite: str, model: str) -> str:
    cells = ((suite, NAME_WIDTH), (model, MODEL_WIDTH))
    return "".join(f"{text if len(text) < width else text[: width - 2] + '…':{width}}" for text, width in cells)


def _notes(one: SuiteResult) -> str:
    """A text such as "4 % no answer, 49 % cut off, 3 too long, 112 tokens an answer"."""
    long = f", {one.too_long:,} too long" if one.too_long else ""
    return (
        f"{percent(one.no_answer)} no answer, {percent(one.truncated)} cut off{long}, {one.tokens:.0f} tokens an answer"
    )
