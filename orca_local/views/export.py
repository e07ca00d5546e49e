"""The newest export and the newest evaluation as they are now, and the types that may be chosen for the next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from orca_local.domain.events import AcceptanceChecked, FileWritten, RunFailed, StageProgressed, Warned, event_of
from orca_local.domain.settings import Settings
from orca_local.export.estimate import BITS_PER_WEIGHT, estimate_bytes
from orca_local.gguf.header import Header
from orca_local.models.student import load_student
from orca_local.runs.summaries import summaries
from orca_local.store.results import EvaluationRow, ExportRow
from orca_local.store.runs import EventRow, RunRow
from orca_local.store.store import Store
from orca_local.views.overview import is_of_base


@dataclass(frozen=True, slots=True)
class Choice:
    """A type that the tuned model can be written as."""

    quantization: str
    bytes: int
    """About how large the file will be."""
    is_chosen: bool
    """Whether the settings ask for it."""


@dataclass(frozen=True, slots=True)
class ExportView:
    """What there is to see of the newest export of the tuned model, or of any that runs."""

    run: RunRow | None = None
    steps: tuple[AcceptanceChecked | FileWritten, ...] = ()
    """What was tested and written, in its order."""
    warnings: tuple[Warned, ...] = ()
    note: str = ""
    """What is being done."""
    failed: RunFailed | None = None
    is_base: bool = False
    """Whether it is the base that is made, as it is when something is compared with it."""
    is_adapter: bool = False
    """Whether it is the adapter alone."""
    files: tuple[ExportRow, ...] = ()
    """Of the tuned model, the newest of each type that is still there, the largest first."""
    adapter: ExportRow | None = None
    """The newest file of an adapter alone, where it is still there."""
    recommended: str = ""
    """The type among those of the newest export that is recommended, where there was a choice."""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class EvaluationView:
    """What there is to see of the newest evaluation."""

    run: RunRow | None = None
    failed: RunFailed | None = None
    rows: tuple[EvaluationRow, ...] = ()
    """What a run that goes on has measured so far."""
    summary: dict[str, Any] = field(default_factory=dict)
    """Of the newest that was finished; empty where there is none."""


def export_choices(settings: Settings, directory: Path) -> list[Choice]:
    """The usual types and those of the settings, with about their sizes, the largest first.

    Raises `MissingError` or `InputError` where the student cannot be found or read.
    """
    student = load_student(settings.student, directory)
    chosen = [name.upper() for name in settings.export.quantizations] or [student.quantization]
    return choices(student.weights, chosen)


def choices(weights: Header, chosen: Sequence[str]) -> list[Choice]:
    """The same for the header of the weights; a type whose size cannot be told has 0 bytes and comes last."""
    names = dict.fromkeys([*BITS_PER_WEIGHT, *chosen])
    found = [
        Choice(name, estimate_bytes(name, weights) if name in BITS_PER_WEIGHT else 0, name in chosen) for name in names
    ]
    return sorted(found, key=lambda choice: -choice.bytes)


def export_view(store: Store) -> ExportView:
    """The newest export."""
    files = _newest_files(store)
    summary = next((found for found in summaries(store, "export") if found.get("name") == "tuned"), {})
    recommended = summary.get("recommendation", {})
    run = _export_run(store)
    said = [] if run is None else store.runs.events(run.run_id)
    found = [event_of(event.kind, event.payload) for event in said]
    steps = tuple(event for event in found if isinstance(event, AcceptanceChecked | FileWritten))
    return ExportView(
        run=run,
        steps=steps or _kept_checks(said),
        warnings=tuple(event for event in found if isinstance(event, Warned)),
        note=next((event.note for event in reversed(found) if isinstance(event, StageProgressed)), ""),
        failed=next((event for event in reversed(found) if isinstance(event, RunFailed)), None),
        is_base=run is not None and is_of_base(run),
        is_adapter=run is not None and "adapter_only" in run.inputs,
        files=files,
        adapter=next((row for row in store.exports.list("adapter")[:1] if Path(row.path).is_file()), None),
        recommended=str(recommended.get("quantization", "")),
        reason=str(recommended.get("reason", "")),
    )


def evaluation_view(store: Store) -> EvaluationView:
    """The newest evaluation."""
    run = store.runs.newest_by_stage().get("evaluate")
    if run is None:
        return EvaluationView()
    failed = store.runs.last_of(run.run_id, RunFailed.__name__)
    rows = [row for row in store.evaluations.latest() if row.run_id == run.run_id]
    return EvaluationView(
        run=run,
        failed=RunFailed(**failed.payload) if failed is not None else None,
        rows=tuple(rows) if run.status == "running" else (),
        summary=next(summaries(store, "evaluate"), {}),
    )


def _export_run(store: Store) -> RunRow | None:
    """The one that goes on; else the newest that made a tuned model or tried to; else the newest."""
    found = [run for run in store.runs.list() if run.stage == "export"]
    first = next(iter(found), None)
    if first is not None and first.status == "running":
        return first
    return next((run for run in found if not is_of_base(run)), first)


def _newest_files(store: Store) -> tuple[ExportRow, ...]:
    newest: dict[str, ExportRow] = {}
    for row in store.exports.list("tuned"):
        newest.setdefault(row.quantization, row)
    there = [row for row in newest.values() if Path(row.path).is_file()]
    return tuple(sorted(there, key=lambda row: -row.bytes))


def _kept_checks(events: Sequence[EventRow]) -> tuple[AcceptanceChecked, ...]:
    """Those that files passed when they were made, where a run found them all made already."""
    finished = next((event.payload for event in reversed(events) if event.kind == "StageFinished"), {})
    kept: dict[str, AcceptanceChecked] = {}
    for acceptance in finished.get("summary", {}).get("acceptance", {}).values():
        for check in acceptance.get("checks", []):
            kept.setdefault(check["name"], AcceptanceChecked(**check))
    return tuple(kept.values())
