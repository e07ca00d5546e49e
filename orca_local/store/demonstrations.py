"""Teacher answers to train on, and their review."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any, Literal

from orca_local.domain.errors import InputError
from orca_local.domain.frozen import Frozen
from orca_local.domain.text import storable
from orca_local.kinds.verdict import Verdict
from orca_local.store.connection import Table
from orca_local.store.encoding import to_json, utc_now

Review = Literal["pending", "accepted", "rejected", "edited"]

_SELECT = "SELECT d.*, d.id AS demonstration_id FROM demonstrations AS d JOIN samples AS s ON s.id = d.sample_id"


class DemonstrationRow(Frozen):
    """One teacher answer to one sample."""

    sample_id: str
    strategy: str
    teacher_call_key: str
    sample_index: int
    text: str
    verified: bool | None
    """Whether the answer matches the reference; None if that was not checked or is only similar."""
    review: Review = "pending"
    hinted: bool = False
    """Whether the teacher saw the right answer."""
    edited: bool = False
    """Whether a reviewer changed the text."""
    demonstration_id: int = 0
    """Given by the store."""
    verdict: str = Verdict.UNCHECKED.value
    """How the answer relates to the reference: a value of `Verdict`."""
    scorer_version: int = 1
    """Version of the scorer that gave the verdict."""


_OUTDATED = "scorer_version < ? AND review = 'pending' AND NOT edited"
_JUDGED = "verified = ?, verdict = ?, scorer_version = ?"
_INSERTED = [field.name for field in fields(DemonstrationRow) if field.name not in ("edited", "demonstration_id")]


class Demonstrations(Table):
    """The table `demonstrations`."""

    def upsert(self, row: DemonstrationRow) -> int:
        """Store an answer and return its id. An existing answer keeps its review, and its text if it was edited."""
        values = {name: getattr(row, name) for name in _INSERTED}
        return self._connection.insert_for_id(
            "demonstrations",
            values | {"text": storable(row.text), "created_at": utc_now()},
            "ON CONFLICT (sample_id, strategy, teacher_call_key, sample_index) DO UPDATE SET"
            " text = CASE edited WHEN 1 THEN text ELSE excluded.text END,"
            " verified = CASE edited WHEN 1 THEN verified ELSE excluded.verified END,"
            " verdict = CASE edited WHEN 1 THEN verdict ELSE excluded.verdict END,"
            " scorer_version = CASE edited WHEN 1 THEN scorer_version ELSE excluded.scorer_version END",
        )

    def judged(self, sample_ids: Sequence[str], scorer_version: int) -> Sequence[DemonstrationRow]:
        """The answers to some samples that this version of the scorer compared, without those that were edited."""
        query = f"{_SELECT} WHERE d.sample_id IN (SELECT value FROM json_each(?)) AND scorer_version = ? AND NOT edited"
        return self._connection.records(DemonstrationRow, query, [to_json([*sample_ids]), scorer_version])

    def newest(self, limit: int) -> list[DemonstrationRow]:
        """The newest answers, newest first."""
        return self._connection.records(DemonstrationRow, _SELECT + " ORDER BY d.id DESC LIMIT ?", [limit])

    def list(
        self,
        *,
        tasks: Sequence[str] | None = None,
        strategy: str | None = None,
        review: Review | None = None,
        hinted: bool | None = None,
        search: str = "",
    ) -> list[DemonstrationRow]:
        """Answers ordered by task, sample, strategy and index; with `search`, those that contain all its words.

        None means any.
        """
        conditions = {"d.strategy": strategy, "d.review": review, "d.hinted": hinted}
        filters: dict[str, Any] = {column: value for column, value in conditions.items() if value is not None}
        clauses = [f"{column} = ?" for column in filters]
        parameters: list[Any] = [*filters.values()]
        if words := search.split():
            clauses.append("d.id IN (SELECT rowid FROM demonstration_texts WHERE demonstration_texts MATCH ?)")
            # Quoted, so that no word is read as an operator of the search language.
            parameters.append(" ".join('"' + word.replace('"', '""') + '"' for word in words))
        if tasks is not None:
            clauses.append("s.task IN (SELECT value FROM json_each(?))")
            parameters.append(to_json([*tasks]))
        where = " WHERE " + " AND ".join(clauses) if clauses else ""
        order = " ORDER BY s.task, d.sample_id, d.strategy, d.sample_index, d.id"
        return self._connection.records(DemonstrationRow, _SELECT + where + order, parameters)

    def count(self) -> tuple[int, int]:
        """The number of answers, and of those that match their reference."""
        answers, verified = self._connection.one("SELECT count(*), coalesce(sum(verified), 0) FROM demonstrations")
        return answers, verified

    def get(self, demonstration_id: int) -> DemonstrationRow:
        """One answer. Raises `InputError` if there is none with this id."""
        row = self._connection.record(DemonstrationRow, _SELECT + " WHERE d.id = ?", [demonstration_id])
        if row is None:
            raise _missing(demonstration_id)
        return row

    def set_review(self, demonstration_id: int, review: Review) -> None:
        """Set the review state of an answer. Raises `InputError` if there is no such answer."""
        assignment = "review = CASE WHEN edited AND ? = 'pending' THEN 'edited' ELSE ? END"
        self._update(demonstration_id, assignment, review, review)

    def edit(
        self, demonstration_id: int, text: str, verdict: Verdict, scorer_version: int, *, restores: bool = False
    ) -> None:
        """Replace the text by a reviewer's, or restore the teacher's, which stays in `teacher_calls`.

        Raises `InputError` if there is no such answer.
        """
        review: Review = "pending" if restores else "edited"
        judged = (verdict.verified, verdict, scorer_version)
        assignment = f"text = ?, {_JUDGED}, review = ?, edited = ?"
        self._update(demonstration_id, assignment, storable(text), *judged, review, not restores)

    def outdated(self, scorer_version: int) -> Sequence[DemonstrationRow]:
        """The answers that an earlier version of the scorer compared, except those that a person reviewed."""
        query = f"{_SELECT} WHERE {_OUTDATED}"
        return self._connection.records(DemonstrationRow, query, [scorer_version])

    def set_verdict(self, demonstration_id: int, verdict: Verdict, scorer_version: int) -> None:
        """Set how an answer that is `outdated` relates to its reference; a person may have reviewed it meanwhile."""
        self._connection.execute(
            f"UPDATE demonstrations SET {_JUDGED} WHERE id = ? AND {_OUTDATED}",
            [verdict.verified, verdict, scorer_version, demonstration_id, scorer_version],
        )

    def _update(self, demonstration_id: int, assignment: str, *values: Any) -> None:
        statement = f"UPDATE demonstrations SET {assignment} WHERE id = ?"
        if not self._connection.execute_durably(statement, [*values, demonstration_id]):
            raise _missing(demonstration_id)


def _missing(demonstration_id: int) -> InputError:
    return InputError(f"there is no demonstration {demonstration_id}", hint="see `orca-local dataset list`")
