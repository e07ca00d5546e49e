"""How the stage gets the answers of a model behind an endpoint, which may stop half-way."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator, Iterable
from typing import Protocol

from orca_local.domain.errors import OrcaError
from orca_local.domain.events import Event
from orca_local.domain.frozen import Frozen
from orca_local.generation.generate import PlannedMeasurement
from orca_local.runs.context import StageContext


class Unanswered(Frozen):
    """Prompts that a model did not answer. They say nothing about the model, so that no figure counts them."""

    reasons: Counter[str]
    """Number of prompts by reason."""
    error: OrcaError
    """The last reason, with its remedy."""


class Asker(Protocol):
    """Asks an endpoint, and stores each answer and its cost before the next step."""

    def ask(
        self, context: StageContext, planned: Iterable[PlannedMeasurement]
    ) -> Generator[Event, None, Unanswered | None]:
        """Ask what is not stored yet; return what has no answer even so. Yields progress and warnings.

        Opens no connection if everything is stored.
        """

    def is_answered(self, planned: PlannedMeasurement) -> bool:
        """Whether the answer is stored, or the endpoint refused this prompt for good."""

    @property
    def cost_usd(self) -> float | None:
        """US dollars that all calls have cost in this workspace; None without a price."""
