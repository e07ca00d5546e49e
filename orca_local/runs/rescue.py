"""Replaces a damaged database by a new one with what is intact of it."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path

from orca_local.domain.errors import InputError, os_errors_explained
from orca_local.domain.record import Record
from orca_local.runs.lock import refuse_if_held
from orca_local.store.check import find_damage
from orca_local.store.image import log_path
from orca_local.store.rescue import RescuedTable, rescue_into
from orca_local.system.files import sync, whole_file


class RescueResult(Record):
    """Result of `rescue`."""

    path: str
    """The database with what was saved."""
    damage: str
    """The first damage that was found; empty if the database is intact."""
    kept: str | None
    """The damaged database; null if nothing was moved."""
    tables: tuple[RescuedTable, ...]
    """The tables that had rows; empty if the database is intact."""


def rescue(path: Path, to: Path | None = None) -> RescueResult:
    """Save what is intact of the database at `path`, into `to` or in its place.

    The damaged file is only read until the new one is whole, and is then kept beside it. An intact database stays as
    it is, unless `to` is given. Raises `InputError` if `to` exists or if nothing can be read, and `BusyError` if a run
    is using the workspace.
    """
    if to is not None and to.exists():
        raise InputError(f"{to} exists already", hint="name another file")
    if not path.is_file():
        raise InputError(f"there is no database {path}", hint="name the directory of a workspace")
    refuse_if_held(path.parent)
    damage = find_damage(path)
    if not damage and to is None:
        return RescueResult(str(path), "", None, ())
    kept = _kept_name(path)
    target = to or path.with_name(path.name + ".rescued")
    with os_errors_explained(target, hint="name another file with --to"):
        with whole_file(target, many_writers=True) as part:
            tables = rescue_into(path, _log(path, kept), part)
            if not any(table.saved for table in tables):
                raise InputError(f"no row of orca-local can be read in {path}", hint="restore a copy of the file")
            shutil.copymode(path, part)
        if to is not None:
            return RescueResult(str(to), damage, None, tuple(tables))
        _put_in_place(path, target, kept)
    return RescueResult(str(path), damage, str(kept), tuple(tables))


def _kept_name(path: Path) -> Path:
    """A free name for the damaged file; or that which an interrupted rescue gave it."""
    number = 1
    while True:
        kept = path.with_name(f"{path.name}.damaged" + (f"-{number}" if number > 1 else ""))
        if not kept.exists() or kept.samefile(path):
            return kept
        number += 1


def _log(path: Path, kept: Path) -> Path:
    """The log of the damaged file, which an interrupted rescue may have moved already."""
    moved = log_path(kept)
    return moved if moved.exists() else log_path(path)


def _put_in_place(path: Path, rescued: Path, kept: Path) -> None:
    """Give the damaged file the name `kept`, and the new file its name. There is a database at every moment."""
    if not kept.exists():
        try:
            os.link(path, kept)
        except OSError:  # a file system without links
            shutil.copy2(path, kept)
            sync(kept)
    # Before the new file gets the name: SQLite would apply a log of the old one to it.
    with suppress(FileNotFoundError):
        log_path(path).rename(log_path(kept))
    path.with_name(path.name + "-shm").unlink(missing_ok=True)
    rescued.replace(path)
    sync(path.parent)
