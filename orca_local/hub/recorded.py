"""The commit of a repository that was read first on this machine, for those whose commit nobody has read before."""

from __future__ import annotations

import re
from pathlib import Path

from orca_local.domain.errors import InputError, RemoteError
from orca_local.domain.input_file import load_text
from orca_local.hub.address import MAIN
from orca_local.hub.dataset import Snapshot, open_snapshot
from orca_local.hub.entries import VARIABLE
from orca_local.hub.repository import NoRevision, Repository
from orca_local.system.files import write_whole


def record_path(repository: Repository) -> Path:
    """The file that names the commit of a repository."""
    return repository.directory / "commit"


def open_recorded(repository: Repository) -> Snapshot:
    """Return a repository at its recorded commit. The first time, it is that of `main`, which is recorded.

    Raises as `open_snapshot` does, `RemoteError` if the hub does not have the recorded commit any more, and
    `InputError` if the record cannot be read.
    """
    record = record_path(repository)
    if not record.exists():
        snapshot = open_snapshot(repository, MAIN)
        text = f"{snapshot.commit}  {repository.name}\n"
        record.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(record, text, hint=f"set {VARIABLE} to a directory of yours")
        return snapshot
    commit = load_text(record).partition(" ")[0]
    if not re.fullmatch("[0-9a-f]{40}", commit):
        raise InputError(f"{record} does not begin with a commit", hint="delete it; the next pull writes it again")
    try:
        return open_snapshot(repository, commit)
    except NoRevision as error:
        raise RemoteError(
            f"{repository.name} has no commit {commit} any more, which was read first (recorded in {record})",
            hint=f"if you know why it changed, delete {record} and run the command again",
        ) from error
