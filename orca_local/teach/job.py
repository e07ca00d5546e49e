"""What one run of the stage asks a teacher."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from orca_local.domain.frozen import Frozen
from orca_local.domain.settings import TeacherSettings
from orca_local.domain.strategies import Strategy
from orca_local.domain.types import Sample
from orca_local.teach.prices import Price


class TeachJob(Frozen):
    """The samples to answer, and how."""

    samples: Sequence[Sample]
    strategies: Mapping[str, Strategy]
    """The strategy of each task."""
    settings: TeacherSettings
    price: Price | None = None
    """Price of the teacher; None if it is unknown."""
    limit: int | None = None
    """Maximum number of samples: the first ones, always the same."""
    retry_failed: bool = False
    """Whether calls that failed permanently are repeated."""

    @property
    def selected(self) -> list[Sample]:
        """The samples whose tasks have a strategy; at most `limit` of them."""
        return [sample for sample in self.samples if sample.task in self.strategies][: self.limit or None]
