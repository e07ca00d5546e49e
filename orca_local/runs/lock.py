"""One stage at a time in a workspace: a lock file that names its holder."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from orca_local.domain.errors import BusyError
from orca_local.domain.frozen import Frozen
from orca_local.store.store import Store
from orca_local.system.files import PUBLIC_MODE, write_whole
from orca_local.system.processes import host_name, is_running, process_started

LOCK_FILE = "orca.lock"


class LockHolder(Frozen):
    """The process that holds the lock of a workspace."""

    pid: int
    process_started: str
    """When the process started: a later process may have the same number."""
    host: str
    stage: str


@contextmanager
def workspace_lock(store: Store, directory: Path, stage: str) -> Iterator[None]:
    """Hold the lock of the workspace for `stage`. The lock of a dead process is taken over.

    Raises `BusyError` if a living process holds it.
    """
    path = directory / LOCK_FILE
    holder = LockHolder(os.getpid(), process_started(os.getpid()) or "", host_name(), stage)
    # Read and written under the database's write lock: otherwise, of two processes that see a dead holder, one
    # could remove the new lock of the other.
    with store.transaction():
        other = read_holder(path)
        if other is not None and _is_alive(store, other):
            raise _busy_error(path, other)
        store.runs.mark_dead()
        # Whoever shares the workspace must be able to read it; otherwise they would take over a lock that is held.
        hint = "check the directory and its permissions"
        write_whole(path, json.dumps(asdict(holder)), hint=hint, mode=PUBLIC_MODE)
    try:
        yield
    finally:
        if read_holder(path) == holder:
            path.unlink(missing_ok=True)


def refuse_if_held(directory: Path) -> None:
    """Raise `BusyError` if a living process on this machine holds the lock of the workspace."""
    path = directory / LOCK_FILE
    holder = read_holder(path)
    if holder is not None and holder.host == host_name() and is_running(holder.pid, holder.process_started):
        raise _busy_error(path, holder)


def read_holder(path: Path) -> LockHolder | None:
    """The holder of the lock file at `path`; None if the file is missing or unreadable."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return LockHolder(
            int(content["pid"]), str(content["process_started"]), str(content["host"]), str(content["stage"])
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _is_alive(store: Store, holder: LockHolder) -> bool:
    if holder.host == host_name():
        return is_running(holder.pid, holder.process_started)
    return any(run.status == "running" for run in store.runs.list())


def _busy_error(path: Path, other: LockHolder) -> BusyError:
    if other.host != host_name():
        return BusyError(
            f"{other.stage} runs in this workspace on {other.host} (process {other.pid})",
            hint=f"wait until it is done; if it was cut off, wait a minute, or delete {path}",
        )
    return BusyError(
        f"{other.stage} is running in this workspace (process {other.pid})",
        hint=f"wait until it is done, or end it with `kill {other.pid}`",
    )
