"""The texts of all strategies that were used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orca_local.store.connection import Connection
from orca_local.store.encoding import utc_now

if TYPE_CHECKING:
    from orca_local.domain.strategies import Strategy


class Strategies:
    """The table `strategies`. A changed text is a new row beside the old one."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def ensure(self, strategy: Strategy) -> None:
        """Store the texts of this strategy, unless they are already stored."""
        values = {
            "name": strategy.name,
            "hash": strategy.hash,
            "student": strategy.student,
            "teacher": strategy.teacher,
            "builtin": strategy.builtin,
            "created_at": utc_now(),
        }
        self._connection.insert("strategies", values, "ON CONFLICT DO NOTHING")
