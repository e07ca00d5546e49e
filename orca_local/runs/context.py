"""The context of a stage: the store, its run, and whether the network is allowed."""

from __future__ import annotations

from typing import Any

from orca_local.domain.frozen import Frozen
from orca_local.store.store import Store


class StageContext(Frozen):
    """The first argument of every stage."""

    store: Store
    run_id: int
    offline: bool = False
    """Whether the stage must not use the network."""

    def record_inputs(self, **inputs: Any) -> None:
        """Store inputs of the run, such as `model_sha256`, beside its settings."""
        self.store.runs.record_inputs(self.run_id, inputs)
