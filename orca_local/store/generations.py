"""What models generated: text only, named by the hash of all that could change it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from orca_local.domain.types import Completion
from orca_local.store.connection import Connection
from orca_local.store.encoding import from_json, storable, to_json, utc_now


@dataclass(frozen=True, slots=True)
class GenerationRow:
    """One completion."""

    key: str
    prompt: str
    """The rendered text that was completed."""
    completion: str
    prompt_tokens: int
    completion_tokens: int
    finish_reason: str
    duration_ms: int
    config: dict[str, Any]
    """Model, engine and sampling: what the key was made of, but for the prompt."""


class Generations:
    """The table `generations`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def get(self, key: str) -> GenerationRow | None:
        """The completion under this key, where there is one."""
        row = self._connection.row(
            "SELECT key, prompt, completion, prompt_tokens, completion_tokens, finish_reason, duration_ms, config_json"
            " FROM generations WHERE key = ?",
            [key],
        )
        if row is None:
            return None
        return GenerationRow(
            key=row["key"],
            prompt=row["prompt"],
            completion=row["completion"],
            prompt_tokens=row["prompt_tokens"],
            completion_tokens=row["completion_tokens"],
            finish_reason=row["finish_reason"],
            duration_ms=row["duration_ms"],
            config=from_json(row["config_json"]),
        )

    def known(self, keys: Iterable[str]) -> set[str]:
        """Those of `keys` that are in the store."""
        found = self._connection.rows(
            "SELECT key FROM generations WHERE key IN (SELECT value FROM json_each(?))", [to_json([*keys])]
        )
        return {row["key"] for row in found}

    def record(self, key: str, prompt: str, completion: Completion, config: Mapping[str, Any]) -> None:
        """Keep a completion; one that is there already stays."""
        self._connection.execute(
            "INSERT INTO generations (key, prompt, completion, prompt_tokens, completion_tokens, finish_reason,"
            " duration_ms, config_json, created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
            [
                key,
                storable(prompt),
                storable(completion.text),
                completion.prompt_tokens,
                completion.completion_tokens,
                completion.finish_reason,
                completion.duration_ms,
                to_json(dict(config)),
                utc_now(),
            ],
        )
