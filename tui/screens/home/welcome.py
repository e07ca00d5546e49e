"""The welcome text that is shown without a workspace."""

from __future__ import annotations

from contextlib import suppress
from itertools import islice
from pathlib import Path

from orca_local.runs.workspace import DATABASE_FILE, SETTINGS_FILE

MAX_ENTRIES = 1000
"""Number of directory entries that are searched for a workspace."""

_TEXT = """This directory has no workspace yet.

s   Quickstart: run the whole method once, on a small model
    and tasks that come with the program. It needs no key
    and no network, and takes 10 to 20 minutes on two cores.

n   New: create an empty workspace here for your own tasks.
{}
A workspace is one directory. Nothing leaves this machine
except the questions you send to a teacher."""


def find_workspace(directory: Path) -> Path | None:
    """The workspace directly below this directory; the one that was used last if there are several."""
    last_used: dict[Path, float] = {}
    with suppress(OSError):
        for path in islice(directory.iterdir(), MAX_ENTRIES):
            with suppress(OSError):  # a directory that cannot be read
                if (path / SETTINGS_FILE).is_file():
                    last_used[path] = _time_used(path)
    return max(last_used, key=last_used.__getitem__, default=None)


def render_welcome(nearby: Path | None) -> str:
    """The choices, with the workspace nearby if there is one."""
    return _TEXT.format(f"\no   Open the existing workspace {nearby.name}.\n" if nearby is not None else "")


def _time_used(workspace: Path) -> float:
    database = workspace / DATABASE_FILE
    return (database if database.exists() else workspace).stat().st_mtime
