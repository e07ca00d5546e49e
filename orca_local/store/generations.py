"""Texts that models generated, stored under a hash of everything that could change them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from orca_local.domain.frozen import Frozen
from orca_local.domain.text import storable
from orca_local.domain.types import Completion
from orca_local.store.connection import Table
from orca_local.store.encoding import to_json, utc_now


class GenerationRow(Frozen):
    """One generated text."""

    key: str
    prompt: str
    """The rendered prompt."""
    completion: str
    prompt_tokens: int
    completion_tokens: int
    finish_reason: str
    duration_ms: int
    config: dict[str, Any]
    """Model, engine and sampling settings. The key is a hash of these and the prompt."""


class Generations(Table):
    """The table `generations`."""

    def get(self, key: str) -> GenerationRow | None:
        """The generation with this key; None if there is none."""
        return self._connection.record(GenerationRow, "SELECT * FROM generations WHERE key = ?", [key])

    def existing(self, keys: Iterable[str]) -> set[str]:
        """The subset of `keys` that is in the store."""
        rows = self._connection.rows(
            "SELECT key FROM generations WHERE key IN (SELECT value FROM json_each(?))", [to_json([*keys])]
        )
        return {row["key"] for row in rows}

    def record(self, key: str, prompt: str, completion: Completion, config: Mapping[str, Any]) -> None:
        """Store a completion, unless the key is already in the store."""
        values = {
            "key": key,
            "prompt": storable(prompt),
            "completion": storable(completion.text),
            "prompt_tokens": completion.prompt_tokens,
            "completion_tokens": completion.completion_tokens,
            "finish_reason": completion.finish_reason,
            "duration_ms": completion.duration_ms,
            "config_json": to_json(dict(config)),
            "created_at": utc_now(),
        }
        self._connection.insert("generations", values, "ON CONFLICT DO NOTHING")
