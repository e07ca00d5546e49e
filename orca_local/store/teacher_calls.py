"""Calls to teachers. A call is reserved before it is made, and its answer is never deleted."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from typing import Any

from orca_local.domain.frozen import Frozen
from orca_local.domain.text import storable
from orca_local.domain.types import Message
from orca_local.store.connection import Table
from orca_local.store.encoding import from_json, from_row, to_json, utc_now


class TeacherCallRow(Frozen):
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


class PastCall(Frozen):
    """Tokens and time of an answered call."""

    messages: tuple[Message, ...]
    strategy: str
    prompt_tokens: int
    completion_tokens: int
    verified: bool | None
    seconds: float


class TeacherCalls(Table):
    """The table `teacher_calls`."""

    def get(self, key: str) -> TeacherCallRow | None:
        """The call with this key, in any state; None if there is none."""
        return self._connection.record(TeacherCallRow, "SELECT * FROM teacher_calls WHERE key = ?", [key])

    def answered(self, keys: Iterable[str]) -> set[str]:
        """The subset of `keys` whose answer is in the store."""
        return {row["key"] for row in self._select("key", keys, "state = 'done'")}

    def texts(self, keys: Iterable[str]) -> dict[str, str]:
        """Answer texts by key, for those of `keys` that are answered."""
        rows = self._select("key, response_json", keys, "state = 'done'")
        # Not with `json_extract`, which reads the escapes of earlier versions as texts that are not valid.
        return {row["key"]: from_json(row["response_json"]).get("text") or "" for row in rows}

    def failures(self, keys: Iterable[str]) -> dict[str, str]:
        """Errors by key, for those of `keys` that failed and would fail again."""
        rows = self._select("key, error", keys, "state = 'failed' AND final")
        return {row["key"]: row["error"] for row in rows}

    def _select(self, columns: str, keys: Iterable[str], condition: str) -> list[sqlite3.Row]:
        return self._connection.rows(
            f"SELECT {columns} FROM teacher_calls WHERE {condition} AND key IN (SELECT value FROM json_each(?))",
            [to_json([*keys])],
        )

    def past(self, endpoint: str, model: str, limit: int = 500) -> list[PastCall]:
        """The newest answered calls to a teacher, at most `limit`."""
        return self._connection.read(
            _past_call,
            "SELECT t.key, t.request_json, d.strategy, t.prompt_tokens, t.completion_tokens, d.verified,"
            " max(0, (julianday(t.finished_at) - julianday(t.created_at)) * 86400) AS seconds"
            " FROM teacher_calls AS t JOIN demonstrations AS d ON d.teacher_call_key = t.key"
            " WHERE t.state = 'done' AND t.endpoint = ? AND t.model = ? ORDER BY t.finished_at DESC LIMIT ?",
            [endpoint, model, limit],
        )

    def last_form(self, endpoint: str, model: str) -> Any:
        """The form of the request that this teacher answered last, as JSON; empty for the usual form."""
        row = self._connection.rows(
            "SELECT response_json FROM teacher_calls"
            " WHERE state = 'done' AND endpoint = ? AND model = ? ORDER BY finished_at DESC, rowid DESC LIMIT 1",
            [endpoint, model],
        )
        return from_json(row[0]["response_json"]).get("form", {}) if row else {}

    def make_final(self, keys: Iterable[str]) -> None:
        """Record that these failed calls would fail again."""
        self._connection.execute(
            "UPDATE teacher_calls SET final = 1 WHERE state = 'failed' AND key IN (SELECT value FROM json_each(?))",
            [to_json([*keys])],
        )

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


def _past_call(row: sqlite3.Row) -> PastCall:
    messages = tuple(Message(**message) for message in from_json(row["request_json"])["messages"])
    return from_row(PastCall, row, messages=messages)
