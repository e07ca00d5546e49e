"""Imports a task file in a thread, and shows the problems in it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from orca_local.domain.text import counted
from orca_local.runs.workspace import Workspace
from tui.dialogs.text_dialog import TextDialog
from tui.screens.tasks.import_progress import ImportProgress, ImportStopped, ReadingState
from tui.screens.tasks.source_picker import shown_name

if TYPE_CHECKING:
    from orca_local.tasks.add import AddedTasks, RejectedTasks
    from orca_local.tasks.import_request import ImportRequest
    from orca_local.tasks.sources.base import Problem
    from tui.app import OrcaApp


QUICK_SECONDS = 0.3
"""An import that takes longer shows its progress."""


async def import_tasks(app: OrcaApp, path: Path, request: ImportRequest) -> AddedTasks | None:
    """Add the samples of a file; if some are bad, ask whether to import the others.

    Returns None if the user declines or stops it. Raises `OrcaError` if the file cannot be imported.
    """
    try:
        return await _add_or_ask(app, path, request)
    except ImportStopped:
        app.notify(f"{shown_name(path)}: stopped, and nothing was added", markup=False)
        return None


def report(added: AddedTasks) -> str:
    """Return sentences about an imported file."""
    skipped = f"{counted(added.duplicates, 'duplicate')} skipped"
    text = f"{counted(added.added, 'sample')} added, {skipped}, {added.rejected:,} rejected"
    return "\n".join([text, *added.notes()])


def problems_text(problems: Sequence[Problem]) -> str:
    """Return every problem, under the name of its file."""
    parts: list[str] = []
    file = ""
    for problem in problems:
        if problem.file != file:
            file = problem.file
            parts.append(file)
        parts.append(f"{problem.line:>6}  {problem.message}" if problem.line else f"        {problem.message}")
    return "\n".join(parts)


def _question(path: Path, rejected: RejectedTasks) -> TextDialog:
    count = counted(rejected.count, "problem")
    title = f"{shown_name(path)}: {count}, nothing imported yet"
    lines = "the good line" if rejected.good == 1 else f"the {rejected.good:,} good lines"
    yes = f"Import {lines}" if rejected.good else ""
    text = problems_text(rejected.problems)
    if (more := rejected.count - len(rejected.problems)) > 0:
        text += f"\n… and {more:,} more"
    return TextDialog(title, text, yes=yes, no="Import nothing")


async def _add_or_ask(app: OrcaApp, path: Path, request: ImportRequest) -> AddedTasks | None:
    """Add the samples, or the good ones if the user wants to. Raises `ImportStopped`."""
    from orca_local.tasks.add import RejectedTasks

    try:
        return await _add(app, path, request, skip_bad=False)
    except RejectedTasks as rejected:
        if not rejected.good and all(problem.line == 0 for problem in rejected.problems):
            raise
        if not await app.push_screen_wait(_question(path, rejected)):
            return None
    return await _add(app, path, request, skip_bad=True)


async def _add(app: OrcaApp, path: Path, request: ImportRequest, *, skip_bad: bool) -> AddedTasks:
    """Add the samples in a thread. Raises `ImportStopped` if the user stops it."""
    workspace = app.workspace
    assert workspace is not None
    state = ReadingState()
    task = asyncio.create_task(asyncio.to_thread(_add_now, workspace, path, request, state, skip_bad=skip_bad))
    await asyncio.wait({task}, timeout=QUICK_SECONDS)
    if not task.done():
        await app.push_screen_wait(ImportProgress(shown_name(path), state, task))
    return await task


def _add_now(
    workspace: Workspace, path: Path, request: ImportRequest, state: ReadingState, *, skip_bad: bool
) -> AddedTasks:
    from orca_local.tasks.add import add_tasks

    # A store of its own: the one that the screens read must not wait for a large file.
    with workspace.store() as store:
        return add_tasks(store, [path], request, skip_bad=skip_bad, progress=state.update)
