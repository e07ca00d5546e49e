"""Samples on their way into the store: they wait in a temporary table on disk until all of them are checked.

Reading a large file takes minutes. Nobody else waits for that: only `store` writes to the database.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

from orca_local.domain.errors import InputError
from orca_local.domain.frozen import Frozen
from orca_local.domain.types import Sample
from orca_local.store.connection import Connection, Table
from orca_local.store.encoding import utc_now
from orca_local.store.samples import SAMPLE_COLUMNS, sample_row

_COLUMNS = ", ".join(SAMPLE_COLUMNS)
_CREATE = f"CREATE TEMP TABLE incoming (seq INTEGER PRIMARY KEY, file INTEGER, line INTEGER, {_COLUMNS})"
_INSERT = f"INSERT INTO incoming VALUES (NULL, ?, ?, {', '.join('?' * len(SAMPLE_COLUMNS))})"
_CLASHES = """
CREATE TEMP TABLE clashes AS
SELECT seq, (
  SELECT min(first.seq) FROM incoming AS first
  WHERE first.id = checked.id AND first.content_hash = owner AND first.seq < checked.seq
) AS place FROM (
  SELECT incoming.seq AS seq, incoming.id AS id, incoming.content_hash AS content_hash,
    coalesce(samples.content_hash, first_value(incoming.content_hash) OVER same_id) AS owner
  FROM incoming LEFT JOIN main.samples ON samples.id = incoming.id
  WINDOW same_id AS (PARTITION BY incoming.id ORDER BY incoming.seq)
) AS checked WHERE content_hash != owner ORDER BY seq
"""
"""An id belongs to the sample that is stored, or to the first one that comes with it."""
_ELSEWHERE = """
SELECT incoming.task AS task, samples.task AS present_in, count(*) AS samples, incoming.id AS example,
  min(incoming.seq) AS seq
FROM incoming JOIN main.samples ON samples.content_hash = incoming.content_hash
WHERE samples.task != incoming.task GROUP BY incoming.task, samples.task ORDER BY min(incoming.seq)
"""
_STORE = f"""
INSERT INTO main.samples ({_COLUMNS}, created_at)
SELECT {_COLUMNS}, ? FROM incoming WHERE seq > ? AND seq <= ? ORDER BY seq ON CONFLICT (content_hash) DO NOTHING
"""
_STORED_AT_ONCE = 20_000
"""Number of samples that one statement stores: a statement cannot be interrupted."""

_CACHE_KIB = 64 * 1024
"""Size of the page cache while samples are stored: their hashes come in no order, so that each changes another page."""


class Clash(Frozen):
    """A sample whose id belongs to a sample with other content."""

    id: str
    file: int
    line: int
    other_file: int | None
    """Where the other sample is: number of its file; None if it is in the store."""
    other_line: int | None


class Elsewhere(Frozen):
    """Samples of a task that are present, with the same prompt and answer, under another task."""

    task: str
    present_in: str
    samples: int
    example: str
    """Id of one of them."""


class IncomingSamples(Table):
    """The temporary tables `incoming` and `clashes` of one connection. One import at a time uses them."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self.clear()
        connection.execute(_CREATE)

    def clear(self) -> None:
        """Delete the tables."""
        for table in ("incoming", "clashes"):
            self._connection.execute(f"DROP TABLE IF EXISTS temp.{table}")

    def add(self, rows: Iterable[tuple[int, int, Sample, str]]) -> None:
        """Keep samples, each with the number of its file, its line and its content hash."""
        self._connection.execute_many(
            _INSERT, ((file, line, *sample_row(sample, content_hash)) for file, line, sample, content_hash in rows)
        )

    def find_clashes(self) -> int:
        """Take out the samples whose id belongs to another sample, and return how many there are.

        Call it once, after the last `add`.
        """
        self._connection.execute("CREATE INDEX temp.incoming_by_id ON incoming(id, seq, content_hash)")
        self._connection.execute(_CLASHES)
        return int(self._connection.one("SELECT count(*) FROM clashes")[0])

    def clashes(self, limit: int) -> list[Clash]:
        """The first clashes that `find_clashes` found."""
        return self._connection.records(
            Clash,
            "SELECT this.id, this.file, this.line, other.file AS other_file, other.line AS other_line"
            " FROM clashes JOIN incoming AS this ON this.seq = clashes.seq"
            " LEFT JOIN incoming AS other ON other.seq = clashes.place ORDER BY this.seq LIMIT ?",
            [limit],
        )

    def store(self, sources: Sequence[str]) -> int:
        """Store the samples without clashes in one transaction, and return how many were not in the store yet.

        `sources` has the name of each file, by its number. Content that is already stored is not changed: a sample
        never moves to another split. Raises `InputError` if another process has just stored another sample with one
        of the ids.
        """
        now = utc_now()
        with self._connection.cache(_CACHE_KIB), self._connection.transaction(durable=True):
            self._connection.execute("DELETE FROM incoming WHERE seq IN (SELECT seq FROM clashes)")
            for task, file in self._first_files():
                values = {"name": task, "source": self._connection.places.stored(sources[file]), "created_at": now}
                self._connection.insert("tasks", values, "ON CONFLICT DO NOTHING")
            last = self._connection.one("SELECT coalesce(max(seq), 0) FROM incoming")[0]
            return sum(self._store(now, first) for first in range(0, last, _STORED_AT_ONCE))

    def tasks(self) -> list[str]:
        """The names of the tasks, ordered by name."""
        return sorted(task for task, _ in self._first_files())

    def elsewhere(self) -> tuple[Elsewhere, ...]:
        """What was not stored because another task has the same content."""
        rows = self._connection.rows(_ELSEWHERE)
        return tuple(Elsewhere(row["task"], row["present_in"], row["samples"], row["example"]) for row in rows)

    def _store(self, now: str, first: int) -> int:
        """Store the samples behind position `first`, and return how many were new."""
        try:
            return self._connection.execute(_STORE, [now, first, first + _STORED_AT_ONCE]).rowcount
        except sqlite3.IntegrityError as error:
            if "samples.id" not in str(error):
                raise
            message = "another process has just added a sample with the id of one of these"
            raise InputError(message, hint="run this again, to see which") from error

    def _first_files(self) -> list[tuple[str, int]]:
        """Each task with the number of the file that its first sample is in."""
        rows = self._connection.rows("SELECT task, file, min(seq) FROM incoming GROUP BY task ORDER BY min(seq)")
        return [(row["task"], row["file"]) for row in rows]
