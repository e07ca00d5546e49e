"""The terminal interface; it launches runs, edits review states and reads the store."""

from __future__ import annotations

from pathlib import Path


def run(directory: Path | None = None) -> None:
    """Open the interface on the workspace in `directory`, else on the nearest one above the current directory.

    Without a workspace it offers to make one. Raises `InputError` where `directory` is none, or its settings are wrong.
    """
    from orca_local.runs.workspace import SETTINGS_FILE, Workspace
    from tui.app import OrcaApp

    here = Path.cwd()
    is_inside = any((above / SETTINGS_FILE).is_file() for above in (here, *here.parents))
    workspace = Workspace.open(directory) if directory else Workspace.find(here) if is_inside else None
    OrcaApp(workspace, here).run()
