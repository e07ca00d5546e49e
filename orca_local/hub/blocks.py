"""A file of the hub that is read in blocks: each is fetched once, when it is needed, and kept on this machine.

So the footer and the needed row groups of a Parquet file suffice, a download goes on where it stopped, and what was
read once can be read again without the network.
"""

from __future__ import annotations

import hashlib
import io
import time
from collections import OrderedDict
from collections.abc import Iterator
from typing import Any

from orca_local.domain.errors import MissingError, RemoteError
from orca_local.domain.frozen import Frozen
from orca_local.hub import client
from orca_local.hub.answer import received
from orca_local.hub.entries import Entries
from orca_local.hub.failures import MAX_ATTEMPTS, PAUSE_S, Wanted, explained, is_network
from orca_local.hub.room import make_room

BLOCK_BYTES = 1 << 18
MAX_AHEAD = 32
"""Blocks that one request fetches beyond those that are needed, when a file is read from one block to the next."""
MAX_KEPT = 16
"""Blocks of one file in memory."""


class HubFile(Frozen):
    """A file of a repository at one commit."""

    path: str
    bytes: int
    sha256: str
    """Hash of a large file; empty for one that the repository holds itself."""
    blob: str
    """Git's hash of a file that the repository holds itself."""


class BlockReader(io.RawIOBase):
    """The bytes of a file of the hub. A file that is read from beginning to end is compared with its announced hash."""

    def __init__(self, url: str, file: HubFile, entries: Entries, wanted: Wanted, *, offline: bool) -> None:
        """Open a file at its URL. Nothing is fetched yet."""
        super().__init__()
        self._url, self._file, self._entries, self._wanted = url, file, entries, wanted
        self._offline = offline
        self._position = 0
        self._kept: OrderedDict[int, bytes] = OrderedDict()
        self._next = self._ahead = 0  # where the last request ended, and how many blocks the next one adds
        self._hash, self._hashed = _announced_hash(file), 0
        entries.touch()

    def readable(self) -> bool:
        """Always true."""
        return True

    def seekable(self) -> bool:
        """Always true."""
        return True

    def tell(self) -> int:
        """Return the position."""
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Move to a position, and return it."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._file.bytes}[whence]
        self._position = max(0, base + offset)
        return self._position

    def readinto(self, buffer: Any) -> int:
        """Fill the buffer, if the file has as many bytes. Raises `OrcaError` if a block cannot be fetched."""
        end = min(self._position + len(buffer), self._file.bytes)
        count = max(0, end - self._position)
        done = 0
        while done < count:
            number, start = divmod(self._position, BLOCK_BYTES)
            piece = self._block(number, (end - 1) // BLOCK_BYTES)[start : start + count - done]
            buffer[done : done + len(piece)] = piece
            done += len(piece)
            self._position += len(piece)
        return count

    def _block(self, number: int, last: int) -> bytes:
        """Return a block. If it has to be fetched, so are the missing ones behind it, up to `last`."""
        block = self._kept.get(number) or self._load(number)
        if block is None:
            self._fetch(number, last)
            block = self._kept.get(number) or self._load(number)
            if block is None:
                raise RemoteError(f"{self._entries.directory} loses what is written to it", hint="check the disk")
        self._keep(number, block)
        self._compare(number, block)
        return block

    def _load(self, number: int) -> bytes | None:
        block = self._entries.load(_name(number))
        return block if block is not None and len(block) == self._length(number) else None

    def _fetch(self, number: int, last: int) -> None:
        if self._offline:
            raise MissingError(
                f"{self._wanted.file} of {self._wanted.repo} is not whole on this machine, and nothing is downloaded "
                "offline",
                hint="run the same command once without --offline and HF_HUB_OFFLINE",
            )
        self._ahead = min(2 * self._ahead or 1, MAX_AHEAD) if number == self._next else 0
        final = min(last + self._ahead, self._blocks - 1, number + 2 * MAX_AHEAD)
        end = next((n - 1 for n in range(number + 1, final + 1) if self._load(n) is not None), final)
        self._entries.remove_abandoned()
        make_room((end - number + 1) * BLOCK_BYTES)
        with explained(self._wanted, self._entries.directory):
            self._receive(number, end)
        self._next = end + 1

    def _receive(self, number: int, last: int) -> None:
        """Fetch and keep the blocks from `number` to `last`, connecting again after a break."""
        from huggingface_hub import errors

        attempts = MAX_ATTEMPTS
        while number <= last:
            before = number
            try:
                for received_number, block in self._blocks_received(number, last):
                    self._entries.save(_name(received_number), block)
                    self._keep(received_number, block)
                    number = max(number, received_number + 1)
            except errors.HfHubHTTPError as error:
                if error.response.status_code == 416:
                    raise self._wrong_size("has no such part") from error
                raise
            except Exception as error:
                attempts = MAX_ATTEMPTS if number > before else attempts - 1
                if not (is_network(error) and attempts):
                    raise
                time.sleep(PAUSE_S)
                continue
            if number <= before:
                raise self._wrong_size("sends less")

    def _blocks_received(self, number: int, last: int) -> Iterator[tuple[int, bytes]]:
        end = min((last + 1) * BLOCK_BYTES, self._file.bytes)
        with client.get(self._url, first=number * BLOCK_BYTES, last=end - 1) as response:
            if not self._check_size(response, number * BLOCK_BYTES):
                number = 0  # the server ignores ranges: the file comes from its beginning
            rest = bytearray()
            for chunk in received(response, self._wanted):
                rest += chunk
                while number <= last and len(rest) >= self._length(number):
                    yield number, bytes(rest[: self._length(number)])
                    del rest[: self._length(number)]
                    number += 1
                if number > last:
                    return

    def _check_size(self, response: Any, first: int) -> bool:
        """Whether the response is the range from `first`, that was asked for.

        Raises `RemoteError` if it is another range, or if the file has another size.
        """
        is_range = bool(response.status_code == 206)
        if is_range:
            part, _, size = response.headers.get("content-range", "").partition("/")
            start = part.lower().removeprefix("bytes").strip().partition("-")[0]
            if start.isdecimal() and int(start) != first:
                raise self._wrong_size(f"sends it from byte {int(start):,} where it was asked for byte {first:,}")
        else:
            size = response.headers.get("content-length", "")
        if (
            size.isdecimal()
            and int(size) != self._file.bytes
            and "html" not in response.headers.get("content-type", "")
        ):
            raise self._wrong_size(f"now says {int(size):,}")
        return is_range

    def _wrong_size(self, said: str) -> RemoteError:
        return RemoteError(
            f"{client.endpoint()} listed {self._wanted.file} of {self._wanted.repo} with {self._file.bytes:,} bytes "
            f"and {said}",
            hint="try again later, or name another commit: hub:OWNER/NAME@COMMIT",
        )

    def _keep(self, number: int, block: bytes) -> None:
        self._kept[number] = block
        self._kept.move_to_end(number)
        while len(self._kept) > MAX_KEPT:
            self._kept.popitem(last=False)

    def _compare(self, number: int, block: bytes) -> None:
        """Raise `RemoteError` at the last block of a file whose bytes have another hash than was announced."""
        if self._hash is None or number != self._hashed:
            return
        self._hash.update(block)
        self._hashed += 1
        announced = self._file.sha256 or self._file.blob
        if self._hashed == self._blocks and self._hash.hexdigest() != announced:
            for n in range(self._blocks):
                (self._entries.directory / _name(n)).unlink(missing_ok=True)
            raise RemoteError(
                f"{self._wanted.file} of {self._wanted.repo} is another file than announced: it has the hash "
                f"{self._hash.hexdigest()}, announced was {announced}",
                hint="run the command again; if it stays so, check HF_ENDPOINT",
            )

    @property
    def _blocks(self) -> int:
        return -(-self._file.bytes // BLOCK_BYTES)

    def _length(self, number: int) -> int:
        return min(BLOCK_BYTES, self._file.bytes - number * BLOCK_BYTES)


def _name(number: int) -> str:
    return f"{number:06}"


def _announced_hash(file: HubFile) -> Any:
    """The beginning of the hash that was announced for a file; None if none was."""
    if file.sha256:
        return hashlib.sha256()
    return hashlib.sha1(b"blob %d\0" % file.bytes, usedforsecurity=False) if len(file.blob) == 40 else None
