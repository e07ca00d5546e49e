"""The ledger of money: one line a try, written before it is made."""

from __future__ import annotations

from dataclasses import dataclass

from orca_local.store.connection import Connection
from orca_local.store.encoding import utc_now


@dataclass(frozen=True, slots=True)
class Spent:
    """What teachers have cost in this workspace."""

    usd: float
    """Tries of which nothing came back count at the worst that they may have cost."""
    calls: int
    """Tries."""


class Charges:
    """The table `charges`. Lines are added and settled once, never taken out."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def reserve(self, run_id: int, call_key: str, usd: float) -> int:
        """A try is about to be made; returns the line's id. Durable with the transaction around it."""
        row = self._connection.row(
            "INSERT INTO charges (run_id, call_key, reserved_usd, created_at) VALUES (?, ?, ?, ?) RETURNING id",
            [run_id, call_key, usd, utc_now()],
        )
        assert row is not None
        return int(row["id"])

    def settle(self, charge_id: int, usd: float) -> None:
        """What it cost in the end."""
        self._connection.execute(
            "UPDATE charges SET cost_usd = ?, settled_at = ? WHERE id = ? AND cost_usd IS NULL",
            [usd, utc_now(), charge_id],
        )

    def spent(self) -> Spent:
        """Of all runs."""
        row = self._connection.row("SELECT coalesce(sum(coalesce(cost_usd, reserved_usd)), 0), count(*) FROM charges")
        assert row is not None
        return Spent(float(row[0]), int(row[1]))
