"""Calls to teachers: reserved before they are made, kept for ever once they are answered."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from orca_local.domain.types import Message
from orca_local.store.connection import Connection
from orca_local.store.encoding import from_json, optional_bool, storable, to_json, utc_now


@dataclass(frozen=True, slots=True)
class TeacherCallRow:
    """One call, named by the hash of its whole request."""

    key: str
    endpoint: str
    model: str
    request: dict[str, Any]
    response: dict[str, Any] | None
    """None until it is answered."""
    state: str
    """reserved (on its way, or cut off), done, failed."""
    prompt_tokens: int
    completion_tokens: int
    reserved_usd: float | None
    cost_usd: float | None
    attempts: int
    error: str
    final: bool
    """Of a failed one: whether asking the same again would end the same."""


@dataclass(frozen=True, slots=True)
class PastCall:
    """What an answered call took."""

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
        """The call under this key, in whatever state."""
        row = self._connection.row("SELECT * FROM teacher_calls WHERE key = ?", [key])
        return None if row is None else _call(row)

    def answered(self, keys: Iterable[str]) -> set[str]:
        """Those of `keys` whose answer is in the store."""
        found = self._connection.rows(
            "SELECT key FROM teacher_calls WHERE state = 'done' AND key IN (SELECT value FROM json_each(?))",
            [to_json([*keys])],
        )
        return {row["key"] for row in found}

    def texts(self, keys: Iterable[str]) -> dict[str, str]:
        """Answer texts of those of `keys` that are answered."""
        found = self._connection.rows(
            "SELECT key, json_extract(response_json, '$.text') AS text FROM teacher_calls"
            " WHERE state = 'done' AND key IN (SELECT value FROM json_each(?))",
            [to_json([*keys])],
        )
        return {row["key"]: row["text"] or "" for row in found}

    def failures(self, keys: Iterable[str]) -> dict[str, str]:
        """Errors of those of `keys` that failed and would fail again."""
        found = self._connection.rows(
            "SELECT key, error FROM teacher_calls"
            " WHERE state = 'failed' AND final AND key IN (SELECT value FROM json_each(?))",
            [to_json([*keys])],
        )
        return {row["key"]: row["error"] for row in found}

    def past(self, endpoint: str, model: str, limit: int = 500) -> list[PastCall]:
        """The newest answered calls to a teacher."""
        found = self._connection.rows(
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
            for row in found
        ]

    def reserve(
        self,
        key: str,
        endpoint: str,
        model: str,
        request: Mapping[str, Any],
        reserved_usd: float | None = None,
    ) -> bool:
        """Say that the call is about to be made; False where its answer is here already."""
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
        """Keep the answer to a reserved call; on the disk when this returns."""
        self._connection.execute_durably(
            "UPDATE teacher_calls SET state = 'done', response_json = ?, prompt_tokens = ?, completion_tokens = ?,"
            " cost_usd = ?, error = '', finished_at = ? WHERE key = ?",
            [to_json(dict(response)), prompt_tokens, completion_tokens, cost_usd, utc_now(), key],
        )

    def fail(self, key: str, error: str, *, final: bool = False, cost_usd: float | None = None) -> None:
        """The call got no answer to use; unless that is `final`, a later run tries again."""
        self._connection.execute_durably(
            "UPDATE teacher_calls SET state = 'failed', error = ?, final = ?, cost_usd = ?, finished_at = ?"
            " WHERE key = ? AND state != 'done'",
            [storable(error), final, cost_usd, utc_now(), key],
        )


def _call(row: sqlite3.Row) -> TeacherCallRow:
    return TeacherCallRow(
        key=row["key"],
        endpoint=row["endpoint"],
        model=row["model"],
        request=from_json(row["request_json"]),
        response=None if row["response_json"] is None else from_json(row["response_json"]),
        state=row["state"],
        prompt_tokens=row["prompt_tokens"],
        completion_tokens=row["completion_tokens"],
        reserved_usd=row["reserved_usd"],
        cost_usd=row["cost_usd"],
        attempts=row["attempts"],
        error=row["error"],
        final=bool(row["final"]),
    )
