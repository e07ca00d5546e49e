"""The ledger of costs: one row for each attempt of a teacher call, written before the attempt."""

from __future__ import annotations

from orca_local.domain.frozen import Frozen
from orca_local.store.connection import Table
from orca_local.store.encoding import utc_now

TEACH = "teach"
"""The purpose of a teacher's calls."""


class Spent(Frozen):
    """The cost of all calls to endpoints for one purpose. Files and local models cost nothing."""

    usd: float
    """Cost in US dollars. Attempts without a reply count with their maximum possible cost."""
    calls: int
    """Number of attempts."""


class Charges(Table):
    """The table `charges`. Rows are added, settled once, and never deleted."""

    def reserve(self, run_id: int, call_key: str, usd: float, purpose: str = TEACH) -> int:
        """Record the maximum possible cost of an attempt before it is made; returns the id of the row.

        `purpose` is what the answer is for: each purpose has its own limits.
        """
        values = {"run_id": run_id, "call_key": call_key, "reserved_usd": usd, "created_at": utc_now()}
        return self._connection.insert_for_id("charges", values | {"purpose": purpose})

    def settle(self, charge_id: int, usd: float) -> None:
        """Record the actual cost of an attempt."""
        self._connection.execute(
            "UPDATE charges SET cost_usd = ?, settled_at = ? WHERE id = ? AND cost_usd IS NULL",
            [usd, utc_now(), charge_id],
        )

    def spent(self, purpose: str = TEACH) -> Spent:
        """The cost of all runs together, for this purpose."""
        query = (
            "SELECT coalesce(sum(coalesce(charges.cost_usd, charges.reserved_usd)), 0), count(*) FROM charges"
            " LEFT JOIN teacher_calls ON key = call_key"
            " WHERE purpose = ? AND (endpoint IS NULL OR endpoint LIKE '%://%')"
        )
        usd, calls = self._connection.one(query, [purpose])
        return Spent(float(usd), calls)
