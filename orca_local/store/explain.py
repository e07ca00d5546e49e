"""What an error of SQLite means for the user."""

from __future__ import annotations

import re
import shutil
import sqlite3
from pathlib import Path

from orca_local.domain.errors import BusyError, InputError, MissingError, OrcaError, StoreError

MIN_FREE_BYTES = 1 << 16
"""SQLite needs at least this for its shared memory; if it is missing, SQLite only says that an operation failed."""
_DAMAGE_NAMES = ("SQLITE_NOTADB", "SQLITE_CORRUPT", "SQLITE_TOOBIG", "SQLITE_MISMATCH", "SQLITE_FORMAT")
_DAMAGE_TEXTS = ("Could not decode to UTF-8", "malformed JSON", "integer overflow", "JSON path", "vtable constructor")
"""Texts of errors without a code of their own. The statements are ours, so what they stumble over is a stored value."""
_TABLE = re.compile(r"\bFROM (\w+)")
_KEYS = ("id", "key", "run_id", "seq", "sample_id", "name", "task")
"""Columns that name a row, the best first."""


def explain(error: sqlite3.DatabaseError, path: Path) -> OrcaError | None:
    """The error for the user that an SQLite error means; None if it is a bug."""
    name = getattr(error, "sqlite_errorname", "") or ""
    if name.startswith(("SQLITE_BUSY", "SQLITE_LOCKED")):
        return BusyError(f"{path} is locked by another process", hint="wait until it is done, then run this again")
    if name.startswith(_DAMAGE_NAMES) or any(text in str(error) for text in _DAMAGE_TEXTS):
        return damaged(path, str(error))
    if name.startswith("SQLITE_FULL") or (name.startswith("SQLITE_IOERR") and _is_full(path)):
        # A large import waits in a temporary file, which may be on another disk.
        place = (
            f"of {path}" if not name.startswith("SQLITE_FULL") or _is_full(path) else f"of {path} or of temporary files"
        )
        return MissingError(f"no space is left on the disk {place}", hint="free some space, then run this again")
    if name.startswith(("SQLITE_READONLY", "SQLITE_PERM", "SQLITE_CANTOPEN", "SQLITE_AUTH")):
        return InputError(f"{path} cannot be opened or written: {error}", hint="check the path and its permissions")
    if name.startswith("SQLITE_IOERR"):
        return OrcaError(f"reading or writing {path} failed: {error}", hint="check the disk, then run this again")
    return None


def damaged(path: Path, what: str) -> StoreError:
    """The error for a damaged database; `what` says what is wrong with it."""
    return StoreError(
        f"{path} is damaged or not a database: {what}",
        hint=f"save what is intact with `orca-local rescue {path.parent}`, or restore a copy of the file",
    )


def row_name(sql: str, row: sqlite3.Row) -> str:
    """Names a row that the query `sql` returned: its table, and the columns that identify it."""
    table = _TABLE.search(sql)
    names = [name for name in _KEYS if name in row.keys()][:2]  # noqa: SIM118  # a row iterates over its values
    where = ", ".join(f"{name} {str(row[name])[:40]!r}" for name in names)
    return f"a row of {table[1] if table else 'a table'}" + (f" ({where})" if where else "")


def _is_full(path: Path) -> bool:
    try:
        return shutil.disk_usage(path.parent).free < MIN_FREE_BYTES
    except OSError:
        return False
