"""The newest export: its tests and files, and the quantizations to choose from for the next one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from orca_local.domain.copy_fields import copy_fields
from orca_local.domain.events import AcceptanceChecked, FileWritten, RunFailed, StageProgressed, Warned, parse_event
from orca_local.domain.export_summary import ExportSummary
from orca_local.domain.frozen import Frozen
from orca_local.domain.settings import Settings
from orca_local.domain.stages import BASE
from orca_local.export.estimate import BITS_PER_WEIGHT, estimate_bytes
from orca_local.gguf.header import Header
from orca_local.models.student import load_student
from orca_local.runs.summaries import iter_summaries, summary_of
from orca_local.store.results import ExportRow
from orca_local.store.runs import RunRow
from orca_local.store.store import Store


class QuantizationOption(Frozen):
    """A quantization in which the tuned model can be written."""

    quantization: str
    bytes: int
    """Estimated size of the file; 0 if it is unknown."""
    is_chosen: bool
    """Whether the settings ask for it."""


class ExportView(Frozen):
    """The newest export of the tuned model, or any export that is running, and the files on disk."""

    run: RunRow | None = None
    steps: tuple[AcceptanceChecked | FileWritten, ...] = ()
    """Tests and written files in their order."""
    warnings: tuple[Warned, ...] = ()
    note: str = ""
    """The present activity of the run."""
    failed: RunFailed | None = None
    """The run's error, with its hint."""
    is_base: bool = False
    """Whether the run makes the base model, which the tuned one is compared with."""
    is_adapter: bool = False
    """Whether the run writes only the adapter."""
    files: tuple[ExportRow, ...] = ()
    """The newest tuned file of each quantization that is still on disk, the largest first."""
    adapter: ExportRow | None = None
    """The newest adapter file, if it is still on disk."""
    recommended: str = ""
    """The recommended quantization of the newest export of several."""
    reason: str = ""
    """Why it is recommended."""


def load_quantization_options(settings: Settings, directory: Path) -> list[QuantizationOption]:
    """The usual quantizations and those of the settings with their estimated sizes, the largest first.

    Raises `MissingError` or `InputError` if the student cannot be found or read.
    """
    student = load_student(settings.student, directory)
    chosen = [name.upper() for name in settings.export.quantizations] or [student.quantization]
    return quantization_options(student.weights, chosen)


def quantization_options(weights: Header, chosen: Sequence[str]) -> list[QuantizationOption]:
    """The same for a model's header; quantizations of unknown size come last."""
    options = [
        QuantizationOption(name, estimate_bytes(name, weights) if name in BITS_PER_WEIGHT else 0, name in chosen)
        for name in dict.fromkeys([*BITS_PER_WEIGHT, *chosen])
    ]
    return sorted(options, key=lambda option: -option.bytes)


def load_export_view(store: Store) -> ExportView:
    """The newest export."""
    tuned = (summary for summary in iter_summaries(store, "export", ExportSummary) if summary.name == "tuned")
    newest = next(tuned, None)
    recommendation = newest.recommendation if newest is not None else None
    run = _newest_run(store)
    rows = [] if run is None else store.runs.events(run.run_id)
    events = [parse_event(row.kind, row.payload) for row in rows]
    steps = tuple(event for event in events if isinstance(event, AcceptanceChecked | FileWritten))
    return ExportView(
        run=run,
        steps=steps or _earlier_checks(store, run),
        warnings=tuple(event for event in events if isinstance(event, Warned)),
        note=next((event.note for event in reversed(events) if isinstance(event, StageProgressed)), ""),
        failed=next((event for event in reversed(events) if isinstance(event, RunFailed)), None),
        is_base=run is not None and run.stage == BASE,
        is_adapter=run is not None and "adapter_only" in run.inputs,
        files=_newest_files(store),
        adapter=next((row for row in store.exports.list("adapter")[:1] if Path(row.path).is_file()), None),
        recommended=recommendation.quantization if recommendation is not None else "",
        reason=recommendation.reason if recommendation is not None else "",
    )


def _newest_run(store: Store) -> RunRow | None:
    """A running export; else the newest of a tuned model, finished or not; else the newest."""
    runs = [run for run in store.runs.list() if run.stage in ("export", BASE)]
    newest = next(iter(runs), None)
    if newest is not None and newest.status == "running":
        return newest
    return next((run for run in runs if run.stage != BASE), newest)


def _newest_files(store: Store) -> tuple[ExportRow, ...]:
    newest: dict[str, ExportRow] = {}
    for row in store.exports.list("tuned"):
        newest.setdefault(row.quantization, row)
    on_disk = [row for row in newest.values() if Path(row.path).is_file()]
    return tuple(sorted(on_disk, key=lambda row: -row.bytes))


def _earlier_checks(store: Store, run: RunRow | None) -> tuple[AcceptanceChecked, ...]:
    """The stored tests of files that an earlier run made, if this run had nothing to make."""
    summary = summary_of(store, run.run_id, ExportSummary) if run is not None else None
    checks: dict[str, AcceptanceChecked] = {}
    for acceptance in summary.acceptance.values() if summary is not None else ():
        for check in acceptance.checks:
            checks.setdefault(check.name, copy_fields(AcceptanceChecked, check))
    return tuple(checks.values())
