"""A backend that computes almost nothing, for tests of the loop and the stage."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from orca_local.adapters.adapter import Adapter
from orca_local.domain.errors import OutOfMemory
from orca_local.gguf.header import Header
from orca_local.train.backend import StepResult
from orca_local.train.batches import Batch
from orca_local.train.memory import MemoryPlan
from orca_local.train.recipe import Recipe
from orca_local.train.state import TrainState, initial_adapter
from orca_local.train.torch.backend import TorchFramework


class QuickBackend:
    """Changes its adapter depending on its input, so that another order or start gives another result."""

    def __init__(self, header: Header, recipe: Recipe, fails_at: int) -> None:
        start = initial_adapter(header, recipe)
        zero = {name: (np.zeros_like(a), np.zeros_like(b)) for name, (a, b) in start.layers.items()}
        self._state = TrainState(start, zero, dict(zero))
        self._fails_at = fails_at
        self.steps = 0

    def step(self, batch: Batch, learning_rate: float) -> StepResult:
        if self.steps + 1 == self._fails_at:
            raise OutOfMemory("1 GB more was requested")
        loss = self.evaluate(batch).loss
        if learning_rate > 1:
            return StepResult(math.nan, len(batch.target), math.nan)
        self.steps += 1
        moved = learning_rate * loss * math.sin(float(batch.target.sum()))
        layers = {name: (a + moved, b + moved) for name, (a, b) in self._state.adapter.layers.items()}
        self._state = replace(self._state, adapter=replace(self._state.adapter, layers=layers))
        return StepResult(loss, len(batch.target), abs(moved))

    def evaluate(self, batch: Batch) -> StepResult:
        first = next(iter(self._state.adapter.layers.values()))
        seen = float(np.abs(first[1]).mean()) + float(batch.target.mean()) / 1e5
        return StepResult(5 / (1 + self.steps) + seen, len(batch.target))

    def peak_bytes(self) -> int | None:
        return None

    def adapter(self) -> Adapter:
        return self._state.adapter

    def state(self) -> TrainState:
        return self._state

    def restore(self, state: TrainState, steps: int) -> None:
        self._state, self.steps = state, steps


class QuickFramework(TorchFramework):
    """Plans memory as PyTorch does, and computes almost nothing."""

    fails_at = 0

    def make_backend(self, recipe: Recipe, plan: MemoryPlan) -> QuickBackend:
        return QuickBackend(self._header, recipe, self.fails_at)
