from __future__ import annotations

from orca_local.tasks.mix.spool import Spool
from orca_local.tasks.sources.base import Record


def record(line: int, text: str = "x") -> Record:
    return Record("f", line, {"text": text, "list": [1, None]})


def test_rows_come_back_by_task_in_their_order() -> None:
    with Spool(3) as spool:
        for line in range(10):
            spool.add(f"t{line % 2}", record(line))
        assert spool.counts() == {"t0": 3, "t1": 3} and len(spool) == 2
        assert [row.line for row in spool.rows("t1")] == [1, 3, 5]
        rows = spool.rows("t0")
        assert rows[0] == record(0) and rows[-1] == record(4) and rows[1:] == [record(2), record(4)]
        assert list(spool.rows("none")) == []


def test_rows_can_be_kept_after_others_were_read() -> None:
    with Spool(2) as spool:
        assert spool.add("a", record(1, "é" * 10_000)) == 1
        assert list(spool.rows("a")) == [record(1, "é" * 10_000)]
        assert (spool.add("a", record(2)), spool.add("a", record(3)), spool.add("b", record(4))) == (2, 0, 1)
        assert [[row.line for row in spool.rows(task)] for task in "ab"] == [[1, 2], [4]]
