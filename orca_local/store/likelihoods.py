"""The likelihood of answers under the student. Each value is computed once."""

from __future__ import annotations

from orca_local.domain.keys import content_key
from orca_local.store.connection import Table


class Likelihoods(Table):
    """The table `likelihoods`."""

    def get(self, text: str, sample_id: str, model_sha256: str, system_message: str) -> float | None:
        """Mean log-probability of the answer's tokens given the erased prompt, in nats; None if not stored."""
        row = self._connection.row(
            "SELECT value FROM likelihoods WHERE text_hash = ? AND sample_id = ? AND model_sha256 = ?"
            " AND system_message = ?",
            [content_key(text), sample_id, model_sha256, system_message],
        )
        return None if row is None else float(row["value"])

    def put(self, text: str, sample_id: str, model_sha256: str, system_message: str, value: float) -> None:
        """Store a mean log-probability in nats."""
        values = {
            "text_hash": content_key(text),
            "sample_id": sample_id,
            "model_sha256": model_sha256,
            "system_message": system_message,
            "value": value,
        }
        self._connection.insert("likelihoods", values, "ON CONFLICT DO UPDATE SET value = excluded.value")
