"""What is offered where there is no workspace."""

from __future__ import annotations

from contextlib import suppress
from itertools import islice
from pathlib import Path

from orca_local.runs.workspace import DATABASE_FILE, SETTINGS_FILE

_MOST = 1000
"""Of a directory that is full of other things, only so much is looked through."""

_TEXT = """There is no workspace here yet.

s   Quickstart: the whole method once, on a small student
    and tasks that come with it. No key, no network, ten to
    twenty minutes on two cores.

n   An empty workspace here, for tasks of your own.
{}
All is kept in one directory; nothing leaves this machine
but what you send to a teacher."""


def nearby(directory: Path) -> Path | None:
    """The workspace in a directory right below this one; of several, the one that was used last."""
    found: dict[Path, float] = {}
    with suppress(OSError):
        for path in islice(directory.iterdir(), _MOST):
            with suppress(OSError):  # one that may not be looked into is none
                if (path / SETTINGS_FILE).is_file():
                    found[path] = _used(path)
    return max(found, key=found.__getitem__, default=None)


def welcome(near: Path | None) -> str:
    """The choices; with one more where there is a workspace nearby."""
    return _TEXT.format(f"\no   Open {near.name}, which is here already.\n" if near is not None else "")


def _used(workspace: Path) -> float:
    database = workspace / DATABASE_FILE
    return (database if database.exists() else workspace).stat().st_mtime
