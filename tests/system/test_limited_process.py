"""The replies of a child process that is ended when a request takes too much."""

from __future__ import annotations

from io import BytesIO
from queue import SimpleQueue

import pytest

from orca_local.system.limited_process import _read_lines


@pytest.mark.parametrize(
    ("output", "replies"),
    [
        (b"[1]\n[2]\n", [b"[1]\n", b"[2]\n", b""]),
        (b'[1]\n{"half', [b"[1]\n", b""]),
        (b"[1]\n" + b"x" * 99, [b"[1]\n", b"x" * 20, b""]),
        (b"", [b""]),
    ],
)
def test_half_a_reply_is_the_end_of_the_process_and_not_a_long_reply(output: bytes, replies: list[bytes]) -> None:
    queue: SimpleQueue[bytes] = SimpleQueue()
    _read_lines(BytesIO(output), 20, queue)
    assert [queue.get_nowait() for _ in replies] == replies and queue.empty()
