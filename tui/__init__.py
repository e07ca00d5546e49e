"""The terminal interface. It reads the store, starts runs, and edits reviews and choices."""

from __future__ import annotations

from pathlib import Path


def run(directory: Path | None = None) -> None:
    """Open the interface on the workspace in `directory`, else on the nearest one at or above the current directory.

    Without a workspace it offers to create one. Raises `InputError` if `directory` is not a workspace or its settings
    are wrong.
    """
    from orca_local.runs.workspace import SETTINGS_FILE
    from tui.app import OrcaApp

    current = Path.cwd()
    parents = (path for path in (current, *current.parents) if (path / SETTINGS_FILE).is_file())
    app = OrcaApp(directory if directory is not None else next(parents, None), current)
    app.run()
    if app.failure is not None:
        raise app.failure
