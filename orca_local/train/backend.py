"""The interface of training frameworks: steps on batches, and a description of the device."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Protocol

from orca_local.adapters.adapter import Adapter
from orca_local.domain.frozen import Frozen
from orca_local.domain.settings import TrainSettings
from orca_local.gguf.header import Header
from orca_local.train.batches import Batch
from orca_local.train.memory import Machine, MemoryPlan
from orca_local.train.recipe import Recipe
from orca_local.train.state import TrainState


class StepResult(Frozen):
    """Result of computing one batch."""

    loss: float
    """Mean cross-entropy over the batch's targets, in nats."""
    targets: int
    """Number of targets."""
    grad_norm: float = 0.0
    """L2 norm of the gradient before clipping."""


class TrainBackend(Protocol):
    """Computes training steps. The loop does everything else."""

    def step(self, batch: Batch, learning_rate: float) -> StepResult:
        """Take one optimizer step. If the loss or the gradient is not finite, no weight changes.

        Raises `OutOfMemory` if memory runs out, and `OrcaError` if the device fails in another way. The state is
        then unchanged.
        """

    def evaluate(self, batch: Batch) -> StepResult:
        """Compute the loss without a gradient. Raises the same errors as `step`."""

    def peak_bytes(self) -> int | None:
        """Peak memory use in bytes; None if it is unknown."""

    def adapter(self) -> Adapter:
        """The current adapter, float32."""

    def state(self) -> TrainState:
        """A copy of everything that a step changes."""

    def restore(self, state: TrainState, steps: int) -> None:
        """Load the state after `steps` steps. Training then continues exactly as if it had not stopped."""


class Framework:
    """A training framework on this machine."""

    machine: Machine
    """Set by the subclass."""
    make: ClassVar[Callable[..., TrainBackend]]
    """The backend class. Set by the subclass."""

    def __init__(self, header: Header, settings: TrainSettings) -> None:
        self._header, self._settings = header, settings

    def make_backend(self, recipe: Recipe, plan: MemoryPlan) -> TrainBackend:
        """Create a backend in the recipe's initial state that computes as `plan` says."""
        return type(self).make(
            self._header,
            recipe,
            self._settings.compute,
            pack_tokens=plan.pack_tokens,
            gradient_checkpointing=plan.gradient_checkpointing,
        )
