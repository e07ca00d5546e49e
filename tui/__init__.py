"""The terminal interface; it launches runs, edits review states and reads the store."""

from __future__ import annotations

from pathlib import Path


def run(directory: Path | None = None) -> None:
    """Open the interface on the workspace in `directory`, else on the nearest one above the current directory.

    Without a workspace it offers to make one. Raises `InputError` where `directory` is none, or its settings are wrong.
    """
    from orca_local.runs.workspace import SETTINGS_FILE
    from tui.app import OrcaApp

    here = Path.cwd()
    above = (place for place in (here, *here.parents) if (place / SETTINGS_FILE).is_file())
    found = directory if directory is not None else next(above, None)
    app = OrcaApp(found, here)
    app.run()
    if app.failure is not None:
        raise app.failure
