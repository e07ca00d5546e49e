"""The texts of all strategies that were used."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from orca_local.store.connection import Table
from orca_local.store.encoding import utc_now

if TYPE_CHECKING:
    from orca_local.domain.strategies import Strategy


class Strategies(Table):
    """The table `strategies`. A changed text is a new row beside the old one."""

    def ensure(self, strategy: Strategy) -> None:
        """Store the texts of this strategy, unless they are already stored."""
        values = asdict(strategy) | {"hash": strategy.hash, "created_at": utc_now()}
        self._connection.insert("strategies", values, "ON CONFLICT DO NOTHING")
