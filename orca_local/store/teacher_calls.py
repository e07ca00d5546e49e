"""Calls to teachers. A call is reserved before it is made, and its answer is never deleted."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from orca_local.domain.types import Message
from orca_local.store.connection import Connection
from orca_local.store.encoding import from_json, from_row, optional_bool, storable, to_json, utc_now


@dataclass(frozen=True, slots=True)
class TeacherCallRow:
    """One call, identified by the hash of its whole request."""

    key: str
    endpoint: str
    model: str
    request: dict[str, Any]
    response: dict[str, Any] | None
    """The endpoint's answer; None until there is one."""
    state: str
    """`reserved` (in flight or cut off), `done` or `failed`."""
    prompt_tokens: int
    completion_tokens: int
    reserved_usd: float | None
    cost_usd: float | None
    attempts: int
    error: str
    final: bool
    """Whether the same request would fail again, so that it is not repeated."""


@dataclass(frozen=True, slots=True)
class PastCall:
    """Tokens and time of an answered call."""

    messages: tuple[Message, ...]
    strategy: str
    prompt_tokens: int
    completion_tokens: int
    verified: bool | None
    seconds: float


class TeacherCalls:
    """The table `teacher_calls`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, key: str) -> TeacherCallRow | None:
        """The call with this key, in any state; None if there is none."""
        row = self._connection.row("SELECT * FROM teacher_calls WHERE key = ?", [key])
        return None if row is None else _call(row)

    def answered(self, keys: Iterable[str]) -> set[str]:
        """The subset of `keys` whose answer is in the store."""
        rows = self._connection.rows(
            "SELECT key FROM teacher_calls WHERE state = 'done' AND key IN (SELECT value FROM json_each(?))",
            [to_json([*keys])],
        )
        return {row["key"] for row in rows}

    def texts(self, keys: Iterable[str]) -> dict[str, str]:
        """Answer texts by key, for those of `keys` that are answered."""
        rows = self._connection.rows(
            "SELECT key, json_extract(response_json, '$.text') AS text FROM teacher_calls"
            " WHERE state = 'done' AND key IN (SELECT value FROM json_each(?))",
            [to_json([*keys])],
        )
        return {row["key"]: row["text"] or "" for row in rows}

    def failures(self, keys: Iterable[str]) -> dict[str, str]:
        """Errors by key, for those of `keys` that failed and would fail again."""
        rows = self._connection.rows(
            "SELECT key, error FROM teacher_calls"
            " WHERE state = 'failed' AND final AND key IN (SELECT value FROM json_each(?))",
            [to_json([*keys])],
        )
        return {row["key"]: row["error"] for row in rows}

    def past(self, endpoint: str, model: str, limit: int = 500) -> list[PastCall]:
        """The newest answered calls to a teacher, at most `limit`."""
        rows = self._connection.rows(
            "SELECT t.request_json, d.strategy, t.prompt_tokens, t.completion_tokens, d.verified,"
            " max(0, (julianday(t.finished_at) - julianday(t.created_at)) * 86400) AS seconds"
            " FROM teacher_calls AS t JOIN demonstrations AS d ON d.teacher_call_key = t.key"
            " WHERE t.state = 'done' AND t.endpoint = ? AND t.model = ? ORDER BY t.finished_at DESC LIMIT ?",
            [endpoint, model, limit],
        )
        return [
            PastCall(
                tuple(Message(**message) for message in from_json(row["request_json"])["messages"]),
                row["strategy"],
                row["prompt_tokens"],
                row["completion_tokens"],
                optional_bool(row["verified"]),
                row["seconds"],
            )
            for row in rows
        ]

    def reserve(
        self,
        key: str,
        endpoint: str,
        model: str,
        request: Mapping[str, Any],
        reserved_usd: float | None = None,
    ) -> bool:
        """Record that the call is about to be made; returns False if its answer is already in the store."""
        changed = self._connection.execute_durably(
            "INSERT INTO teacher_calls (key, endpoint, model, request_json, state, prompt_tokens, completion_tokens,"
            " reserved_usd, attempts, error, created_at) VALUES (?, ?, ?, ?, 'reserved', 0, 0, ?, 1, '', ?)"
            " ON CONFLICT (key) DO UPDATE SET state = 'reserved', attempts = attempts + 1, error = '', final = 0,"
            " reserved_usd = excluded.reserved_usd WHERE state != 'done'",
            [key, endpoint, model, to_json(dict(request)), reserved_usd, utc_now()],
        )
        return changed > 0

    def complete(
        self,
        key: str,
        response: Mapping[str, Any],
        prompt_tokens: int,
        completion_tokens: int,
        cost_usd: float | None = None,
    ) -> None:
        """Store the answer to a reserved call. It is on disk when this returns."""
        self._connection.execute_durably(
            "UPDATE teacher_calls SET state = 'done', response_json = ?, prompt_tokens = ?, completion_tokens = ?,"
            " cost_usd = ?, error = '', finished_at = ? WHERE key = ?",
            [to_json(dict(response)), prompt_tokens, completion_tokens, cost_usd, utc_now(), key],
        )

    def fail(self, key: str, error: str, *, final: bool = False, cost_usd: float | None = None) -> None:
        """Record that the call got no usable answer. A later run tries again, unless the failure is `final`."""
        self._connection.execute_durably(
            "UPDATE teacher_calls SET state = 'failed', error = ?, final = ?, cost_usd = ?, finished_at = ?"
            " WHERE key = ? AND state != 'done'",
            [storable(error), final, cost_usd, utc_now(), key],
        )


def _call(row: sqlite3.Row) -> TeacherCallRow:
    response = None if row["response_json"] is None else from_json(row["response_json"])
    request, final = from_json(row["request_json"]), bool(row["final"])
    return from_row(TeacherCallRow, row, request=request, response=response, final=final)
