"""Shows the samples that failed in a stage that ended."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from orca_local.cli.diagnostics import note

SHOWN_REASONS = 5


def show_failures(result: Mapping[str, Any]) -> bool:
    """Write to stderr what failed, why, and how to try it again; returns whether anything did.

    `result` is the summary of a stage, or an object with the summaries of several.
    """
    found = False
    for stage, failures in _failures(result):
        found = True
        final = f", {failures['final']} of them for good" if failures["final"] else ""
        note(f"{stage}{failures['count']} failed{final}:")
        reasons = [*failures["reasons"].items()]
        for reason, count in reasons[:SHOWN_REASONS]:
            note(f"  {count} × {reason}")
        if len(reasons) > SHOWN_REASONS:
            note(f"  and {len(reasons) - SHOWN_REASONS} other reasons; `orca-local runs show` lists all")
        note(f"hint: {failures['again']}")
    return found


def _failures(result: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The failures of each stage, with the name of the stage where there are several."""
    for stage, summary in (("", result), *((f"{key}: ", value) for key, value in result.items())):
        failures = summary.get("failures") if isinstance(summary, Mapping) else None
        if isinstance(failures, Mapping):
            yield stage, failures
