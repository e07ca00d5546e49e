"""Batches of teacher calls. A batch is stored before it is sent, so that it is collected exactly once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from orca_local.domain.frozen import Frozen
from orca_local.store.connection import Table
from orca_local.store.encoding import utc_now


class BatchRow(Frozen):
    """A batch that is not collected yet."""

    batch_id: int
    mark: str
    """Our name for the batch, sent to the endpoint as metadata."""
    remote_id: str
    """The endpoint's id of the batch; empty if it never arrived."""


class BatchCall(Frozen):
    """One call of a batch."""

    key: str
    sample_id: str
    strategy: str
    hinted: bool
    charge_id: int
    reserved_usd: float
    request: dict[str, Any]


class Batches(Table):
    """The tables `batches` and `batch_calls`."""

    def begin(self, mark: str, endpoint: str, model: str, calls: Sequence[tuple[str, str, str, bool, int]]) -> int:
        """Store a batch before it is sent, and return its id.

        `calls` are tuples of key, sample id, strategy, hinted and charge id.
        """
        with self._connection.transaction(durable=True):
            values = {"mark": mark, "endpoint": endpoint, "model": model, "created_at": utc_now()}
            batch_id = self._connection.insert_for_id("batches", values | {"remote_id": "", "state": "submitting"})
            for call in calls:
                self._connection.execute("INSERT INTO batch_calls VALUES (?, ?, ?, ?, ?, ?)", [batch_id, *call])
        return batch_id

    def opened(self, batch_id: int, remote_id: str) -> None:
        """Record that the endpoint accepted the batch."""
        self._connection.execute_durably(
            "UPDATE batches SET remote_id = ?, state = 'open' WHERE id = ?", [remote_id, batch_id]
        )

    def finish(self, batch_id: int) -> None:
        """Record that everything the batch returned is in the store."""
        self._connection.execute_durably(
            "UPDATE batches SET state = 'done', finished_at = ? WHERE id = ?", [utc_now(), batch_id]
        )

    def unfinished(self, endpoint: str, model: str) -> list[BatchRow]:
        """The batches of a teacher that are not collected yet."""
        return self._connection.records(
            BatchRow,
            "SELECT *, id AS batch_id FROM batches WHERE state != 'done' AND endpoint = ? AND model = ? ORDER BY id",
            [endpoint, model],
        )

    def calls(self, batch_id: int) -> list[BatchCall]:
        """The calls of a batch."""
        return self._connection.records(
            BatchCall,
            "SELECT b.*, b.call_key AS key, c.reserved_usd, t.request_json"
            " FROM batch_calls AS b JOIN charges AS c ON c.id = b.charge_id"
            " JOIN teacher_calls AS t ON t.key = b.call_key"
            " WHERE b.batch_id = ? ORDER BY b.call_key",
            [batch_id],
        )

    def waiting_keys(self, endpoint: str, model: str) -> set[str]:
        """Keys of the calls in batches that are not collected yet."""
        rows = self._connection.rows(
            "SELECT c.call_key FROM batch_calls AS c JOIN batches AS b ON b.id = c.batch_id"
            " WHERE b.state != 'done' AND b.endpoint = ? AND b.model = ?",
            [endpoint, model],
        )
        return {row["call_key"] for row in rows}
