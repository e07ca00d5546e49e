"""An export in lines: the test as a list that is ticked off, and the files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from orca_local.domain.events import AcceptanceChecked
from orca_local.store.results import ExportRow
from orca_local.views.export import Choice, ExportView
from tui.text import percent, size
from tui.widgets.lines import Line, wrapped

NAME_WIDTH = 25
EMPTY = "The files that are written have to pass a test first; what is tested appears here."


def state_lines(view: ExportView) -> tuple[str, str]:
    """What goes on or how it ended, and `good`, `bad` or nothing."""
    run = view.run
    if run is None:
        return "No export yet: choose types with Space, then press g.", ""
    what = "the base" if view.is_base else "the adapter" if view.is_adapter else "the tuned model"
    if run.status == "running":
        return f"▶ exporting {what}" + (f": {view.note}" if view.note else ""), "good"
    if run.status == "failed":
        remedy = view.failed.hint if view.failed is not None and view.failed.hint else "press g to export again"
        return f"✗ run {run.run_id} failed: {run.error}\n→ {remedy}", "bad"
    if run.status == "dead":
        return f"✗ run {run.run_id} ended without a word\n→ press g: it begins again, nothing half-written stays", "bad"
    if run.status == "interrupted":
        return f"■ run {run.run_id} was stopped\n→ press g to export again", ""
    return f"✓ {what} passed its test", "good"


def check_lines(view: ExportView, width: int) -> list[Line]:
    """A line a check: whether it passed, its name, value and bound; files where they were written."""
    if not view.steps and view.run is None:
        return wrapped(EMPTY, "muted", width)
    lines: list[Line] = []
    for step in view.steps:
        if not isinstance(step, AcceptanceChecked):
            lines.append([(f"→ {Path(step.path).name}, {size(step.bytes)}", "title")])
            continue
        lines += _check(step, width)
    if view.run is not None and view.run.status == "running" and view.note:
        lines += wrapped(f"· {view.note} …", "muted", width, indent=2)
    for warning in view.warnings:
        lines += wrapped(f"! {warning.message}: {warning.hint}".rstrip(": "), "bad", width, indent=2)
    return lines


def _check(check: AcceptanceChecked, width: int) -> list[Line]:
    """Value and bound stand beside the name, or below it where there is no room."""
    style, mark = ("", ("✓ ", "good")) if check.passed else ("bad", ("✗ ", "bad"))
    bound = f"  ({check.bound})" if check.bound else ""
    beside = f"{check.name:{NAME_WIDTH}} {check.value}"
    if 2 + len(beside) + len(bound) <= width:
        return [[mark, (beside, style), (bound, "muted")]]
    if 2 + len(beside) <= width:
        return [[mark, (beside, style)], [(f"  {bound}", "muted")]]
    below = wrapped(f"    {check.value}{bound}", style or "muted", width, indent=4)
    return [[mark, (check.name, style)], *below]


def file_lines(view: ExportView, width: int) -> list[Line]:
    """The tuned files that are there: type, size, how near to F16, which is recommended, name; the adapter's last."""
    if not view.files and view.adapter is None:
        return []
    lines: list[Line] = [[(f"{'type':9}{'size':>9}{'KL to F16':>11}{'same token':>12}  file", "title")]]
    for row in view.files:
        kl, agreement = _nearness(row)
        star = "★" if row.quantization == view.recommended else " "
        figures = f"{row.quantization:9}{size(row.bytes):>9}{kl:>11}{agreement:>12}"
        lines.append([(f"{figures} {star}", ""), (Path(row.path).name, "muted")])
    if view.adapter is not None:
        figures = f"{'adapter':9}{size(view.adapter.bytes):>9}{'–':>11}{'–':>12}"
        lines.append([(f"{figures}   ", ""), (Path(view.adapter.path).name, "muted")])
    if view.reason:
        lines += wrapped(f"★ {view.reason}", "good", width, indent=2)
    return lines


def choice_label(choice: Choice, files: Sequence[ExportRow]) -> str:
    """Such as `Q8_0  ~145 MB  ✓`: the real size, and a mark, where there is such a file."""
    made = next((row for row in files if row.quantization == choice.quantization), None)
    if made is not None:
        return f"{choice.quantization:8}{size(made.bytes):>9} ✓"
    about = f"~{size(choice.bytes)}" if choice.bytes else "?"
    return f"{choice.quantization:8}{about:>9}"


def _nearness(row: ExportRow) -> tuple[str, str]:
    found = row.acceptance.get("quantized_vs_f16")
    return ("–", "–") if found is None else (f"{found['kl']:.4f}", percent(found["agreement"]))
