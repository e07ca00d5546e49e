"""Every wording of every strategy that was used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orca_local.store.connection import Connection
from orca_local.store.encoding import utc_now

if TYPE_CHECKING:
    from orca_local.domain.strategies import Strategy


class Strategies:
    """The table `strategies`: a changed text is a new row beside the old one."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def ensure(self, strategy: Strategy) -> None:
        """Keep this wording."""
        self._connection.execute(
            "INSERT INTO strategies (name, hash, student, teacher, builtin, created_at) VALUES (?, ?, ?, ?, ?, ?)"
            " ON CONFLICT DO NOTHING",
            [strategy.name, strategy.hash, strategy.student, strategy.teacher, int(strategy.builtin), utc_now()],
        )
