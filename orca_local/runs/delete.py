"""Deletes runs that nothing depends on any more."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from orca_local.domain.errors import InputError, explain_os_error
from orca_local.domain.export_summary import ExportSummary
from orca_local.domain.frozen import Frozen
from orca_local.runs.summaries import summary_of
from orca_local.runs.workspace import Workspace
from orca_local.store.runs import RunRow
from orca_local.store.store import Store
from orca_local.system.processes import host_name, is_running

FAILED = ("failed", "dead", "interrupted")
_USES = {
    "calls": ("teacher call", "teacher calls"),
    "trainings": ("training", "trainings"),
    "files": ("exported file", "exported files"),
    "results": ("result of an evaluation", "results of an evaluation"),
    "choices": ("current choice", "current choices"),
    "measured": ("measured answer", "measured answers"),
}
"""The fields of `RunUses` in words."""
_FIGURES = "the newest results of its stage"


class Kept(Frozen):
    """A run that was not deleted, and why."""

    run_id: int
    reason: str


def check_deletable(store: Store, run_id: int, runs: Sequence[RunRow] | None = None) -> RunRow:
    """The run, if it can be deleted; `runs` are all runs, if the caller has them.

    Raises `InputError` if it is running or in use.
    """
    run = store.runs.get(run_id)
    cancel = f"end it first: `orca-local runs cancel {run_id}`"
    if run.status == "running":
        raise InputError(f"run {run_id} ({run.stage}) is running", hint=cancel)
    if run.inputs.get("output") and run.host == host_name() and is_running(run.pid, run.process_started):
        hint = "wait until it is done, or end it: `orca-local runs cancel`"
        raise InputError(f"run {run_id} ({run.stage}) is over, but its command still runs", hint=hint)
    uses = _uses(store, run, store.runs.list() if runs is None else runs)
    if uses:
        raise InputError(
            f"run {run_id} ({run.stage}) is in use, so it cannot be deleted: {', '.join(uses)}",
            hint="it can be deleted once later runs have replaced its choices, answers and results; "
            "a run with teacher calls, trainings, files or evaluations is always kept",
        )
    return run


def delete_runs(store: Store, workspace: Workspace, run_ids: Iterable[int]) -> list[int]:
    """Delete all of these runs or none; returns their numbers. Raises `InputError` if one cannot be deleted."""
    run_ids = list(dict.fromkeys(run_ids))
    outputs: list[Path] = []
    with store.transaction():
        runs = store.runs.list()
        for run_id in run_ids:
            outputs += _delete(store, workspace, check_deletable(store, run_id, runs), runs)
    _remove(outputs)
    return run_ids


def delete_failed(store: Store, workspace: Workspace) -> tuple[list[int], list[Kept]]:
    """Delete every run that failed, died or was interrupted and is not in use; returns the deleted and the kept."""
    deleted: list[int] = []
    kept: list[Kept] = []
    outputs: list[Path] = []
    with store.transaction():
        runs = store.runs.list()
        for run in [run for run in runs if run.status in FAILED]:
            try:
                outputs += _delete(store, workspace, check_deletable(store, run.run_id, runs), runs)
            except InputError as error:
                kept.append(Kept(run.run_id, error.message))
            else:
                deleted.append(run.run_id)
    _remove(outputs)
    return deleted, kept


def _uses(store: Store, run: RunRow, runs: Sequence[RunRow]) -> list[str]:
    row = store.runs.uses(run.run_id)
    counts = {name: int(getattr(row, name)) for name in _USES}
    uses = [f"{count:,} {_USES[name][count > 1]}" for name, count in counts.items() if count]
    return [*uses, _FIGURES] if _has_newest_figures(store, run, runs) else uses


def _has_newest_figures(store: Store, run: RunRow, runs: Sequence[RunRow]) -> bool:
    """Whether screens and report show the results of this run: the newest finished run of its stage and name."""
    if run.status != "done":
        return False
    later = (other for other in runs if other.run_id > run.run_id and other.stage == run.stage)
    name = _name(store, run)
    return not any(other.status == "done" and _name(store, other) == name for other in later)


def _name(store: Store, run: RunRow) -> str:
    """Name of the exported model; empty for another stage."""
    summary = summary_of(store, run.run_id, ExportSummary)
    return summary.name if summary is not None else ""


def _delete(store: Store, workspace: Workspace, run: RunRow, runs: list[RunRow]) -> tuple[Path, ...]:
    """Delete the run from the store and from `runs`; returns the output files that belong to it alone."""
    store.runs.delete(run.run_id)
    runs[:] = [other for other in runs if other.run_id != run.run_id]
    output = str(run.inputs.get("output", ""))
    # Only the name is used: the workspace may have been moved, and nothing outside it may be deleted.
    path = workspace.runs_dir / Path(output).name
    if path.suffix != ".log":
        return ()
    # The output belongs to all runs of the command: another of them takes it over.
    for other in runs:
        if other.process == run.process:
            store.runs.record_inputs(other.run_id, {"output": output})
            return ()
    return path, path.with_suffix(".json")


def _remove(paths: Iterable[Path]) -> None:
    failed: list[tuple[Path, OSError]] = []
    for path in paths:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            failed.append((path, error))
    if failed:
        path, first = failed[0]
        more = f", and {len(failed) - 1} more" if len(failed) > 1 else ""
        hint = f"the runs are gone; delete this file{more} by hand"
        raise explain_os_error(first, path, hint=hint) or first from first
