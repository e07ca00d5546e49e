"""The progress and the estimate of teaching as lines of text."""

from __future__ import annotations

from orca_local.domain.settings import TeacherSettings
from orca_local.domain.teach_summary import CostRange, TeachEstimate
from orca_local.kinds.verdict import describe_counts
from orca_local.views.teach_progress import Spending, TeachProgress
from tui.text import duration

_MARKS = {"running": "▶", "done": "✓", "failed": "✗", "dead": "✗", "interrupted": "■"}


def teacher_line(settings: TeacherSettings) -> str:
    """Which teacher answers."""
    if settings.kind == "openai":
        return f"teacher: {settings.model or '(teacher.model is not set)'} at {settings.base_url}"
    about = {
        "file": f"answers in {settings.file}" if settings.file else "the worked answers that come with the tasks",
        "starter": "the worked answers that come with the starter tasks",
        "local": f"{settings.model or '(teacher.model is not set)'} on this machine",
        "self": f"the student itself ({settings.model or 'base'})",
    }
    return f"teacher: {about[settings.kind]}"


def progress_lines(progress: TeachProgress, settings: TeacherSettings, seconds_left: float | None) -> str:
    """The newest run's state, speed, calls, cost and warnings; empty without a run."""
    run = progress.run
    if run is None:
        return ""
    first = [f"{_MARKS[run.status]} {run.status}"]
    if progress.total:
        first.append(f"{progress.done:,} of {progress.total:,} samples")
    if progress.calls_per_minute is not None:
        first.append(f"{progress.calls_per_minute:.0f} calls/min")
    if seconds_left is not None and run.status == "running":
        first.append(f"{duration(seconds_left)} left")
    calls = f"calls: {progress.new:,} new, {progress.cached:,} cached, {progress.failed:,} failed"
    lines = [" · ".join(first), f"{calls} · {describe_counts(progress.verdicts)}", _spent(progress, settings)]
    if progress.waiting:
        lines.append(f"{progress.waiting:,} questions wait in a batch: press g and tick the batch to collect them")
    lines += [f"! {text}" for text in (run.error, progress.warning) if text]
    return "\n".join(filter(None, lines))


def _spent(progress: TeachProgress, settings: TeacherSettings) -> str:
    """Cost and calls of the workspace with their limits; empty if the teacher is free and has no limits."""
    spent, parts = progress.spent_usd or 0.0, []
    if settings.kind == "openai" and progress.spent_usd is None:
        parts.append("spent: unknown, because prices.toml has no price for this model")
    elif settings.max_usd:
        parts.append(f"spent: ${spent:.4f} of ${settings.max_usd:g} ({100 * spent / settings.max_usd:.0f} %)")
    elif spent or settings.kind == "openai":
        parts.append(f"spent: ${spent:.4f}, without a limit (teacher.max_usd)")
    if settings.max_calls:
        parts.append(f"{progress.calls_made:,} of {settings.max_calls:,} calls (teacher.max_calls)")
    return " · ".join(parts)


def limits_line(settings: TeacherSettings, spending: Spending) -> str:
    """The limits on cost and calls, or that there is none; empty for a teacher that is no endpoint."""
    if settings.kind != "openai":
        return ""
    spent, limits = spending.spent, []
    if settings.max_usd:
        limits.append(f"${settings.max_usd:g} for this workspace, ${spent.usd:.4f} of it spent (teacher.max_usd)")
    if settings.max_calls:
        limits.append(f"{settings.max_calls:,} calls, {spent.calls:,} of them made (teacher.max_calls)")
    if not limits:
        return "NO LIMIT on cost or calls: set teacher.max_usd or teacher.max_calls in orca.toml"
    return "limit: " + "; ".join(limits)


def estimate_lines(estimate: TeachEstimate, settings: TeacherSettings) -> str:
    """The calls, tokens, time and cost that teaching would take."""
    answers = estimate.completion_tokens
    if not estimate.calls:
        return f"nothing to ask: all {estimate.questions:,} questions are answered already"
    calls = (
        f"{estimate.questions:,} questions, {estimate.cached:,} answered already: about {estimate.calls:,}"
        f" calls in {duration(estimate.seconds)}"
    )
    tokens = f"tokens: {estimate.prompt_tokens:,} in, {answers.expected:,} out ({answers.low:,} to {answers.high:,})"
    return "\n".join((calls, tokens, _cost(estimate.usd, estimate.price, settings), estimate.basis))


def _cost(usd: CostRange | None, price: str, settings: TeacherSettings) -> str:
    if usd is None:
        return "cost: unknown; write the price into prices.toml"
    if not usd.at_most:
        return "cost: none" + (f" ({price})" if settings.kind != "openai" else f" at the price of {price}")
    return (
        f"cost: ${usd.expected:.4f} (${usd.low:.4f} to ${usd.high:.4f}, never more than"
        f" ${usd.at_most:.4f}), price: {price}"
    )
