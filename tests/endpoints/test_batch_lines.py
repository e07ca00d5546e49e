"""Lines of a result file, however they arrive."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from orca_local.endpoints import batch
from orca_local.endpoints.batch import iter_lines


@pytest.mark.parametrize("size", [1, 2, 3, 7, 1000])
def test_lines_are_the_same_in_pieces_of_any_size(monkeypatch: pytest.MonkeyPatch, size: int) -> None:
    monkeypatch.setattr(batch, "MAX_LINE_BYTES", 5)
    data = "one\n\nfive5\nsix666\nseventy7\u2028\nend".encode()
    pieces = [data[i : i + size] for i in range(0, len(data), size)]
    lines = [*iter_lines(pieces)]
    assert lines == [
        (b"one", True),
        (b"", True),
        (b"five5", True),
        (b"six66", False),
        (b"seven", False),
        (b"end", True),
    ]


def test_a_file_without_end_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batch, "MAX_FILE_BYTES", 1_000_000)

    def endless() -> Iterator[bytes]:
        while True:
            yield b"x" * 1000

    assert [*iter_lines(endless())] == []
