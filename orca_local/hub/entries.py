"""What was fetched from the hub, on this machine: small files whose content is checked each time they are read."""

from __future__ import annotations

import hashlib
import os
import secrets
import time
from contextlib import suppress
from pathlib import Path

from orca_local.domain.frozen import Frozen
from orca_local.system.cache import cache_directory
from orca_local.system.files import ABANDONED_S, PRIVATE_MODE

VARIABLE = "ORCA_LOCAL_DATASETS"
_DIGEST_BYTES = 16


def datasets_directory() -> Path:
    """The directory for what was fetched of datasets: `ORCA_LOCAL_DATASETS`, else one in the user's cache."""
    directory = os.environ.get(VARIABLE)
    return Path(directory) if directory else cache_directory() / "datasets"


class Entries(Frozen):
    """A directory of entries. Each is a file of the user's own that begins with the hash of its content.

    An entry need not survive a loss of power: one that is cut off or changed counts as missing, and is fetched again.
    """

    directory: Path

    def load(self, name: str) -> bytes | None:
        """Return the content of an entry; None if there is none, or if it is damaged."""
        try:
            handle = os.open(self.directory / name, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
            with os.fdopen(handle, "rb") as file:
                digest, content = file.read(_DIGEST_BYTES), file.read()
        except OSError:
            return None
        return content if digest == _digest(content) else None

    def save(self, name: str, content: bytes) -> None:
        """Write an entry, whole or not at all. Raises `OSError` as the system does."""
        path = self.directory / name
        if not self.directory.is_dir():
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = path.with_name(f"{name}.{os.getpid()}.{secrets.token_hex(4)}.part")
        handle = os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY | getattr(os, "O_NOFOLLOW", 0), PRIVATE_MODE)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(_digest(content))
                file.write(content)
            part.replace(path)
        except BaseException:
            part.unlink(missing_ok=True)
            raise

    def touch(self) -> None:
        """Take note that the entries are in use: those of other directories are removed before them."""
        with suppress(OSError):  # there are none yet
            os.utime(self.directory)

    def remove_abandoned(self) -> None:
        """Remove the unfinished files of processes that were killed."""
        for part in self.directory.glob("*.part"):
            with suppress(OSError):  # another process removed it first
                if time.time() - part.lstat().st_mtime > ABANDONED_S:
                    part.unlink()


def _digest(content: bytes) -> bytes:
    return hashlib.blake2b(content, digest_size=_DIGEST_BYTES).digest()
