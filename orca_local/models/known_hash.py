"""The SHA-256 that a model's file must have: from the catalog, or recorded when it was first downloaded."""

from __future__ import annotations

import re
from contextlib import suppress
from pathlib import Path

from orca_local.domain.errors import InputError, RemoteError
from orca_local.domain.frozen import Frozen
from orca_local.domain.input_file import load_text
from orca_local.models.catalog import CatalogModel
from orca_local.models.locate import local_path
from orca_local.system.digest import file_sha256
from orca_local.system.files import write_whole


class KnownHash(Frozen):
    """What a file must hash to, and who says so."""

    sha256: str
    record: Path | None
    """The file that holds the hash; None: the catalog."""

    @property
    def origin(self) -> str:
        """Where the hash comes from, for a message."""
        return f"recorded in {self.record}" if self.record else "in the catalog"

    def other_file(self, model: CatalogModel, actual: str) -> RemoteError:
        """The error for a hub that sends a file with the hash `actual`."""
        accept = f"delete {self.record} and pull again" if self.record else "update orca-local"
        return RemoteError(
            f"{model.file} from {model.repo} is another file than expected: it has sha256 {actual}, "
            f"expected is {self.sha256} ({self.origin})",
            hint=f"if you know why it changed, {accept}; or download a GGUF by hand and give its path",
        )


def record_path(path: Path) -> Path:
    """The record of the hash of the model at `path`, in the format of `sha256sum`."""
    return path.with_name(path.name + ".sha256")


def known_hash(model: CatalogModel, path: Path) -> KnownHash | None:
    """The hash that the model's file at `path` must have; None if neither the catalog nor a record says it.

    Raises `InputError` if the record cannot be read.
    """
    if model.sha256:
        return KnownHash(model.sha256, None)
    record = record_path(path)
    if not record.exists():
        return None
    sha256 = load_text(record).partition(" ")[0]
    if not re.fullmatch("[0-9a-f]{64}", sha256):
        raise InputError(f"{record} does not begin with a sha256", hint="delete it; the next pull writes it again")
    return KnownHash(sha256, record)


def known_sha256(model: CatalogModel) -> str:
    """The hash that the catalog or the record of the first download names; empty if there is none yet."""
    path = local_path(model)
    known = known_hash(model, path) if path is not None else None
    return known.sha256 if known else model.sha256


def record_hash(model: CatalogModel, path: Path, sha256: str) -> None:
    """Record the hash of a model that the catalog does not name, for every later pull."""
    if not model.sha256:
        write_whole(record_path(path), f"{sha256}  {path.name}\n", hint="set ORCA_LOCAL_MODELS to a directory of yours")


def check_file(model: CatalogModel, path: Path) -> None:
    """Check a model on this machine. One that an earlier version downloaded gets its record now.

    Raises `InputError` if the file is not the one that was downloaded.
    """
    known, actual = known_hash(model, path), file_sha256(path)
    if known is None:
        with suppress(InputError):  # a directory that cannot be written has no pulls either
            record_hash(model, path, actual)
    elif known.sha256 != actual:
        accept = f"; to accept it, delete {known.record}" if known.record else ""
        raise InputError(
            f"{path} is not the file that was downloaded: it has sha256 {actual}, expected is {known.sha256} "
            f"({known.origin})",
            hint=f"delete it and run `orca-local models pull {model.id}`{accept}",
        )
