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
  d.hinted, d.edited
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
    edited: bool = False
    """Whether the text is a reviewer's; it stays, whatever is decided of it."""
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
            " text = CASE edited WHEN 1 THEN text ELSE excluded.text END,"
            " verified = CASE edited WHEN 1 THEN verified ELSE excluded.verified END RETURNING id",
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

    def newest(self, limit: int) -> list[DemonstrationRow]:
        """The answers that came last, the newest first."""
        return [_demonstration(row) for row in self._connection.rows(_SELECT + " ORDER BY d.id DESC LIMIT ?", [limit])]

    def list(
        self,
        *,
        tasks: Sequence[str] | None = None,
        sample_id: str | None = None,
        strategy: str | None = None,
        review: Review | None = None,
        hinted: bool | None = None,
        search: str = "",
    ) -> list[DemonstrationRow]:
        """Answers ordered by task, sample, strategy and index; with `search`, those that hold all its words.

        None means any.
        """
        conditions = {"d.sample_id": sample_id, "d.strategy": strategy, "d.review": review, "d.hinted": hinted}
        given: dict[str, Any] = {column: value for column, value in conditions.items() if value is not None}
        clauses = [f"{column} = ?" for column in given]
        parameters: list[Any] = [*given.values()]
        if words := search.split():
            clauses.append("d.id IN (SELECT rowid FROM demonstration_texts WHERE demonstration_texts MATCH ?)")
            # In quotes a word means itself: the search has a language of its own.
            parameters.append(" ".join('"' + word.replace('"', '""') + '"' for word in words))
        if tasks is not None:
            clauses.append("s.task IN (SELECT value FROM json_each(?))")
            parameters.append(to_json([*tasks]))
        where = " WHERE " + " AND ".join(clauses) if clauses else ""
        order = " ORDER BY s.task, d.sample_id, d.strategy, d.sample_index, d.id"
        return [_demonstration(row) for row in self._connection.rows(_SELECT + where + order, parameters)]

    def count(self) -> tuple[int, int]:
        """Answers, and those of them that match their references."""
        row = self._connection.row("SELECT count(*), coalesce(sum(verified), 0) FROM demonstrations")
        assert row is not None
        return int(row[0]), int(row[1])

    def get(self, demonstration_id: int) -> DemonstrationRow:
        """One answer. Raises `InputError` where there is none."""
        row = self._connection.row(_SELECT + " WHERE d.id = ?", [demonstration_id])
        if row is None:
            raise _missing(demonstration_id)
        return _demonstration(row)

    def set_review(self, demonstration_id: int, review: Review) -> None:
        """Accept or reject an answer, or take that back. Raises `InputError` where there is none."""
        changed = self._connection.execute_durably(
            "UPDATE demonstrations SET review = CASE WHEN edited AND ? = 'pending' THEN 'edited' ELSE ? END"
            " WHERE id = ?",
            [review, review, demonstration_id],
        )
        if not changed:
            raise _missing(demonstration_id)

    def edit(self, demonstration_id: int, text: str, verified: bool | None) -> None:
        """Put the reviewer's words in place of the teacher's, which stay in `teacher_calls`.

        Raises `InputError` where there is no such answer.
        """
        changed = self._connection.execute_durably(
            "UPDATE demonstrations SET text = ?, verified = ?, review = 'edited', edited = 1 WHERE id = ?",
            [storable(text), verified, demonstration_id],
        )
        if not changed:
            raise _missing(demonstration_id)

    def restore(self, demonstration_id: int, text: str, verified: bool | None) -> None:
        """The teacher's words again, as `text`. Raises `InputError` where there is no such answer."""
        changed = self._connection.execute_durably(
            "UPDATE demonstrations SET text = ?, verified = ?, review = 'pending', edited = 0 WHERE id = ?",
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
        edited=bool(row["edited"]),
        demonstration_id=row["id"],
    )
