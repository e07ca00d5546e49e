"""Teacher answers as material for training, and what the reviewer said of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from orca_local.domain.errors import InputError
from orca_local.store.connection import Connection
from orca_local.store.encoding import optional_bool, storable, to_json, utc_now

Review = Literal["pending", "accepted", "rejected", "edited"]

_SELECT = """
SELECT d.id, d.sample_id, d.strategy, d.teacher_call_key, d.sample_index, d.text, d.verified, d.review,
  d.hinted
FROM demonstrations AS d JOIN samples AS s ON s.id = d.sample_id
"""


@dataclass(frozen=True, slots=True)
class DemonstrationRow:
    """One teacher answer to one sample."""

    sample_id: str
    strategy: str
    teacher_call_key: str
    sample_index: int
    text: str
    verified: bool | None
    """Whether its answer matches the reference; None where there is none to match."""
    review: Review = "pending"
    hinted: bool = False
    """Whether the teacher was shown the reference."""
    demonstration_id: int = 0
    """Given by the store."""


class Demonstrations:
    """The table `demonstrations`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def upsert(self, row: DemonstrationRow) -> int:
        """Keep an answer; returns its id. One that is there keeps its review, and an edited one its text."""
        found = self._connection.row(
            "INSERT INTO demonstrations (sample_id, strategy, teacher_call_key, sample_index, text, verified, review,"
            " hinted, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
            " ON CONFLICT (sample_id, strategy, teacher_call_key, sample_index) DO UPDATE SET"
            " text = CASE review WHEN 'edited' THEN text ELSE excluded.text END,"
            " verified = CASE review WHEN 'edited' THEN verified ELSE excluded.verified END RETURNING id",
            [
                row.sample_id,
                row.strategy,
                row.teacher_call_key,
                row.sample_index,
                storable(row.text),
                row.verified,
                row.review,
                row.hinted,
                utc_now(),
            ],
        )
        assert found is not None
        return int(found["id"])

    def list(
        self,
        *,
        tasks: Sequence[str] | None = None,
        sample_id: str | None = None,
        strategy: str | None = None,
        review: Review | None = None,
    ) -> list[DemonstrationRow]:
        """Answers ordered by task, sample, strategy and index. None means any."""
        conditions = {"d.sample_id": sample_id, "d.strategy": strategy, "d.review": review}
        given: dict[str, Any] = {column: value for column, value in conditions.items() if value is not None}
        clauses = [f"{column} = ?" for column in given]
        parameters: list[Any] = [*given.values()]
        if tasks is not None:
            clauses.append("s.task IN (SELECT value FROM json_each(?))")
            parameters.append(to_json([*tasks]))
        where = " WHERE " + " AND ".join(clauses) if clauses else ""
        order = " ORDER BY s.task, d.sample_id, d.strategy, d.sample_index, d.id"
        return [_demonstration(row) for row in self._connection.rows(_SELECT + where + order, parameters)]

    def get(self, demonstration_id: int) -> DemonstrationRow:
        """One answer. Raises `InputError` where there is none."""
        row = self._connection.row(_SELECT + " WHERE d.id = ?", [demonstration_id])
        if row is None:
            raise _missing(demonstration_id)
        return _demonstration(row)

    def set_review(self, demonstration_id: int, review: Review) -> None:
        """Accept or reject an answer. Raises `InputError` where there is none."""
        changed = self._connection.execute_durably(
            "UPDATE demonstrations SET review = ? WHERE id = ?", [review, demonstration_id]
        )
        if not changed:
            raise _missing(demonstration_id)

    def edit(self, demonstration_id: int, text: str, verified: bool | None) -> None:
        """Put the reviewer's words in place of the teacher's, which stay in `teacher_calls`.

        Raises `InputError` where there is no such answer.
        """
        changed = self._connection.execute_durably(
            "UPDATE demonstrations SET text = ?, verified = ?, review = 'edited' WHERE id = ?",
            [storable(text), verified, demonstration_id],
        )
        if not changed:
            raise _missing(demonstration_id)


def _missing(demonstration_id: int) -> InputError:
    return InputError(f"there is no demonstration {demonstration_id}", hint="see `orca-local dataset list`")


def _demonstration(row: sqlite3.Row) -> DemonstrationRow:
    return DemonstrationRow(
        sample_id=row["sample_id"],
        strategy=row["strategy"],
        teacher_call_key=row["teacher_call_key"],
        sample_index=row["sample_index"],
        text=row["text"],
        verified=optional_bool(row["verified"]),
        review=row["review"],
        hinted=bool(row["hinted"]),
        demonstration_id=row["id"],
    )
