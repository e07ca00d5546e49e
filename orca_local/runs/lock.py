"""One stage at a time in a workspace: a lock file that names its holder."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from orca_local.domain.errors import BusyError
from orca_local.store.store import Store
from orca_local.system.files import write_whole
from orca_local.system.processes import host_name, is_running, process_started

LOCK_FILE = "orca.lock"


@dataclass(frozen=True, slots=True)
class Holder:
    """The process that holds a workspace."""

    pid: int
    process_started: str
    """Tells it from another process that got the same number later."""
    host: str
    stage: str


@contextmanager
def workspace_lock(store: Store, directory: Path, stage: str) -> Iterator[None]:
    """Hold the workspace for `stage`; the lock of a holder that is dead is taken over.

    Raises `BusyError` where a living process holds it.
    """
    path = directory / LOCK_FILE
    holder = Holder(os.getpid(), process_started(os.getpid()) or "", host_name(), stage)
    # Looking and writing happen under the database's write lock: of two processes that find a dead
    # holder, one must not remove the other's fresh lock.
    with store.transaction():
        other = read_holder(path)
        if other is not None and _lives(store, other):
            raise _busy(path, other)
        store.runs.mark_dead()
        _write(path, holder)
    try:
        yield
    finally:
        if read_holder(path) == holder:
            path.unlink(missing_ok=True)


def read_holder(path: Path) -> Holder | None:
    """Who holds the lock at `path`; None where nobody does or the file says nothing."""
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return Holder(int(content["pid"]), str(content["process_started"]), str(content["host"]), str(content["stage"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _write(path: Path, holder: Holder) -> None:
    write_whole(path, json.dumps(asdict(holder)), hint="check the directory and its permissions")


def _lives(store: Store, holder: Holder) -> bool:
    if holder.host == host_name():
        return is_running(holder.pid, holder.process_started)
    return any(run.status == "running" for run in store.runs.list())


def _busy(path: Path, other: Holder) -> BusyError:
    if other.host != host_name():
        return BusyError(
            f"{other.stage} runs in this workspace on {other.host} (process {other.pid})",
            hint=f"wait until it is done, or a minute if it was cut off; else delete {path}",
        )
    return BusyError(
        f"{other.stage} is running in this workspace (process {other.pid})",
        hint=f"wait until it is done, or end it with `kill {other.pid}`",
    )
