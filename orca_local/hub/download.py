"""Downloads a file of the hub: resumable, checked, and complete before the file gets its name.

`hf_hub_download` is not used: it deletes a partial file when it is interrupted
(https://github.com/huggingface/huggingface_hub/issues/4196).
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from orca_local.domain.errors import MissingError, RemoteError
from orca_local.domain.frozen import Frozen
from orca_local.hub import client
from orca_local.hub.failures import MAX_ATTEMPTS, PAUSE_S, Wanted, is_network

Progress = Callable[[int, int], None]
"""Called with the bytes downloaded so far and the total size."""
CHUNK_BYTES = 1 << 18


class RemoteFile(Frozen):
    """Facts about a file that the hub reports before the download."""

    url: str
    etag: str
    bytes: int
    """0 if the hub does not say."""

    @property
    def sha256(self) -> str:
        """The hash of the file; empty if the etag is no SHA-256, as for small files."""
        etag = self.etag.lower()
        return etag if len(etag) == 64 and not set(etag) - set("0123456789abcdef") else ""


def request_metadata(path: str) -> RemoteFile:
    """Ask the hub for the facts about the file at an address below the endpoint."""
    client.prepare()
    import huggingface_hub

    address = client.endpoint()
    url = f"{address}/{path}"
    try:
        metadata = huggingface_hub.get_hf_file_metadata(url, endpoint=address)
    except (ValueError, ImportError) as error:
        raise client.unusable(address, error) from error
    return RemoteFile(url, metadata.etag or "", metadata.size or 0)


def download(
    remote: RemoteFile, target: Path, wanted: Wanted, progress: Progress, accept: Callable[[Path], None]
) -> None:
    """Download a file to `target`, continuing where an earlier download stopped.

    `accept` is called with the complete file before it gets its name, and raises if it must not get it.
    """
    from huggingface_hub.utils import WeakFileLock  # type: ignore[attr-defined]

    target.parent.mkdir(parents=True, exist_ok=True)
    with WeakFileLock(target.with_name(target.name + ".lock")):
        if target.is_file():  # another process downloaded it
            return
        part = _part(target, remote)
        _require_space(remote.bytes - _size(part), target.parent, wanted)
        _download(remote, part, progress)
        accept(part)
        part.replace(target)


def partial_bytes(target: Path) -> int:
    """Bytes that an unfinished or running download to `target` has so far."""
    try:
        return max((part.stat().st_size for part in target.parent.glob(f"{target.name}.*.part")), default=0)
    except OSError:  # the download finished and renamed it
        return 0


def _part(target: Path, remote: RemoteFile) -> Path:
    """The partial file. Its name contains the etag, so that a resumed download continues the same file.

    A resumed download needs a name that can be foreseen. It lies in the user's own cache, and a link in its place is
    removed, not followed.
    """
    name = "".join(c for c in remote.etag if c.isalnum() and c.isascii())[:16] or "unnamed"
    part = target.with_name(f"{target.name}.{name}.part")
    for other in target.parent.glob(f"{target.name}.*.part"):
        if other != part:
            other.unlink()
    is_file = not part.is_symlink() and part.is_file()
    if not is_file or not remote.bytes or _size(part) > remote.bytes:
        part.unlink(missing_ok=True)
    return part


def _download(remote: RemoteFile, part: Path, progress: Progress) -> None:
    """Append to `part` until it is complete, connecting again after a break."""
    attempts = MAX_ATTEMPTS
    while not remote.bytes or _size(part) < remote.bytes:
        before = _size(part)
        try:
            _stream(remote, part, progress)
        except Exception as error:
            attempts = MAX_ATTEMPTS if _size(part) > before else attempts - 1
            if not (is_network(error) and remote.bytes and attempts):
                raise
            time.sleep(PAUSE_S)
            continue
        if not remote.bytes:
            return
        if _size(part) <= before:
            raise RemoteError(
                f"the hub announced {remote.bytes:,} bytes and sent {_size(part):,}", hint="try again later"
            )


def _stream(remote: RemoteFile, part: Path, progress: Progress) -> None:
    done = _size(part)
    with client.get(remote.url, first=done) as response:
        if response.status_code != 206:
            done = 0  # the server ignores ranges: start again
        most = remote.bytes or _free(part.parent)
        with open(part, "ab" if done else "wb", opener=_open_part) as file:
            progress(done, remote.bytes)
            # Not unpacked: no encoding was asked for, and a packed file would have another size and hash.
            for chunk in response.iter_raw(CHUNK_BYTES):
                done += len(chunk)
                if done > most:
                    said = f"the hub sends more than the {most:,} bytes that it announced"
                    raise RemoteError(said, hint="try again later")
                file.write(chunk)
                progress(done, remote.bytes)
            file.flush()
            os.fsync(file.fileno())


def _open_part(path: str, flags: int) -> int:
    """Open the partial file, which no other user may read, and which is never a link."""
    return os.open(path, flags | getattr(os, "O_NOFOLLOW", 0), 0o600)


def _require_space(needed: int, directory: Path, wanted: Wanted) -> None:
    free = _free(directory)
    if free < needed:
        raise MissingError(
            f"{directory} has {free / 1e9:.2f} GB free; the download needs {needed / 1e9:.2f} GB",
            hint=f"free some space, or set {wanted.variable} to another disk",
        )


def _free(directory: Path) -> int:
    return shutil.disk_usage(directory).free


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
