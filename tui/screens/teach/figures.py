"""The figures of teaching as lines of text."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orca_local.domain.settings import TeacherSettings
from orca_local.views.teach_progress import Standing
from tui.text import duration

_MARKS = {"running": "▶", "done": "✓", "failed": "✗", "dead": "✗", "interrupted": "■"}


def teacher_line(settings: TeacherSettings) -> str:
    """Who is asked."""
    if settings.kind == "openai":
        return f"teacher {settings.model or '(teacher.model is not set)'} at {settings.base_url}"
    about = {
        "file": f"answers of {settings.file}" if settings.file else "the samples' own rationales",
        "starter": "the answers that come with the starter tasks",
        "local": f"{settings.model or '(teacher.model is not set)'} on this machine",
        "self": f"the student itself, {settings.model or 'base'}",
    }
    return f"teacher: {about[settings.kind]}"


def standing_lines(found: Standing, settings: TeacherSettings, seconds_left: float | None) -> str:
    """What the newest run has done, at what speed and cost."""
    run = found.run
    if run is None:
        return ""
    first = [f"{_MARKS[run.status]} {run.status}"]
    if found.total:
        first.append(f"{found.done:,} of {found.total:,} samples")
    if found.calls_per_minute is not None:
        first.append(f"{found.calls_per_minute:.0f} calls/min")
    if seconds_left is not None and run.status == "running":
        first.append(f"{duration(seconds_left)} left")
    calls = (
        f"calls: {found.new:,} new, {found.cached:,} cached, {found.failed:,} failed"
        f" · {found.right:,} right, {found.wrong:,} differ"
    )
    lines = [" · ".join(first), calls, _spent(found, settings)]
    if found.waiting:
        lines.append(f"{found.waiting:,} questions wait in a batch: g, with the batch ticked, collects them")
    lines += [f"! {said}" for said in (run.error, found.warning) if said]
    return "\n".join(filter(None, lines))


def _spent(found: Standing, settings: TeacherSettings) -> str:
    """Money and calls of the workspace against their caps; nothing where neither is bounded nor paid."""
    parts = []
    if settings.kind == "openai" and found.usd is None:
        parts.append("spent: the price is not known, write it into prices.toml")
    elif settings.max_usd:
        share = 100 * (found.usd or 0.0) / settings.max_usd
        parts.append(f"spent: ${found.usd or 0.0:.4f} of ${settings.max_usd:g} ({share:.0f} %)")
    elif found.usd or settings.kind == "openai":
        parts.append(f"spent: ${found.usd or 0.0:.4f}, no cap (teacher.max_usd)")
    if settings.max_calls:
        parts.append(f"{found.calls_made:,} of {settings.max_calls:,} calls (teacher.max_calls)")
    return " · ".join(parts)


def estimate_lines(found: Mapping[str, Any], settings: TeacherSettings) -> str:
    """What teaching would take."""
    answers, usd = found["completion_tokens"], found["usd"]
    if not found["calls"]:
        return f"nothing: all {found['questions']:,} questions are answered already"
    calls = (
        f"{found['questions']:,} questions, {found['cached']:,} answered already: about {found['calls']:,} calls,"
        f" about {duration(found['seconds'])}"
    )
    tokens = (
        f"{found['prompt_tokens']:,} tokens to read, {answers['expected']:,} to write"
        f" ({answers['low']:,} to {answers['high']:,})"
    )
    return "\n".join((calls, tokens, _cost(usd, found["price"], settings), found["basis"]))


def _cost(usd: Mapping[str, float] | None, price: str, settings: TeacherSettings) -> str:
    if usd is None:
        return "cost: the price is not known, write it into prices.toml"
    if not usd["at_most"]:
        return "cost: none" + (f" ({price})" if settings.kind != "openai" else f" at the price of {price}")
    return (
        f"cost: ${usd['expected']:.4f} (${usd['low']:.4f} to ${usd['high']:.4f}, never more than"
        f" ${usd['at_most']:.4f}), price: {price}"
    )
