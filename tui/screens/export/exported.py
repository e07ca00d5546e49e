"""An export as lines of text: the acceptance test as a checklist, and the files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from orca_local.domain.events import AcceptanceChecked
from orca_local.domain.figures import size
from orca_local.store.results import ExportRow
from orca_local.views.export import ExportView, QuantizationOption
from tui.text import percent
from tui.widgets.lines import Line, wrapped
from tui.widgets.state_line import State, failed_state

NAME_WIDTH = 25
EMPTY = "A file is written only if it passes the acceptance test. The results of the test appear here."


def export_state(view: ExportView) -> State:
    """The state of the newest export, or its outcome."""
    run = view.run
    if run is None:
        return State("No export yet: select types with Space, then press g.")
    model = "the base" if view.is_base else "the adapter" if view.is_adapter else "the tuned model"
    if run.status == "running":
        return State(f"▶ exporting {model}" + (f": {view.note}" if view.note else ""), "good")
    done = State(f"✓ {model} passed the acceptance test", "good")
    return failed_state(run, view.failed, "press g to export again; no incomplete file is left") or done


def check_lines(view: ExportView, width: int) -> list[Line]:
    """A line for each check (passed or not, name, value, bound) and each written file."""
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
    """Value and bound beside the name, or below it if there is no room."""
    style, mark = ("", ("✓ ", "good")) if check.passed else ("bad", ("✗ ", "bad"))
    bound = f"  (need {check.bound})" if check.bound else ""
    beside = f"{check.name:{NAME_WIDTH}} {check.value}"
    if 2 + len(beside) + len(bound) <= width:
        return [[mark, (beside, style), (bound, "muted")]]
    if 2 + len(beside) <= width:
        return [[mark, (beside, style)], [(f"  {bound}", "muted")]]
    below = wrapped(f"    {check.value}{bound}", style or "muted", width, indent=4)
    return [[mark, (check.name, style)], *below]


def file_lines(view: ExportView, width: int) -> list[Line]:
    """The tuned files on disk: type, size, difference from F16, recommendation and name; the adapter last."""
    if not view.files and view.adapter is None:
        return []
    lines: list[Line] = [[(f"{'type':9}{'size':>9}{'KL from F16':>13}{'same token':>12}  file", "title")]]
    for row in view.files:
        kl, agreement = _difference(row)
        star = "★" if row.quantization == view.recommended else " "
        figures = f"{row.quantization:9}{size(row.bytes):>9}{kl:>13}{agreement:>12}"
        lines.append([(f"{figures} {star}", ""), (Path(row.path).name, "muted")])
    if view.adapter is not None:
        figures = f"{'adapter':9}{size(view.adapter.bytes):>9}{'–':>13}{'–':>12}"
        lines.append([(f"{figures}   ", ""), (Path(view.adapter.path).name, "muted")])
    if view.reason:
        lines += wrapped(f"★ {view.reason}", "good", width, indent=2)
    return lines


def option_label(option: QuantizationOption, files: Sequence[ExportRow]) -> str:
    """A label such as `Q8_0 ~145 MB`, or `Q8_0  144 MB ✓` with the real size if the file exists."""
    file = next((row for row in files if row.quantization == option.quantization), None)
    if file is not None:
        return f"{option.quantization:8}{size(file.bytes):>9} ✓"
    estimate = f"~{size(option.bytes)}" if option.bytes else "?"
    return f"{option.quantization:8}{estimate:>9}"


def _difference(row: ExportRow) -> tuple[str, str]:
    """KL from F16 in nats, and the share of positions with the same most likely token."""
    divergence = row.acceptance.get("quantized_vs_f16")
    return ("–", "–") if divergence is None else (f"{divergence['kl']:.4f}", percent(divergence["agreement"]))
