"""The recipe: the settings that decide what a training computes, the same for every backend."""

from __future__ import annotations

import math
from dataclasses import asdict, fields
from typing import Any

from orca_local.domain.frozen import Frozen
from orca_local.domain.settings import TrainSettings

_NO_EFFECT = ("checkpoint_every",)
"""Fields that do not change the result. `validate_every` does: it decides which adapters the best is chosen from."""


class Recipe(Frozen):
    """The training settings, resolved for a number of rows."""

    quantize_base: str
    rank: int
    alpha: float
    rank_stabilized: bool
    target_layers: tuple[str, ...]
    dropout: float
    learning_rate: float
    schedule: str
    final_learning_rate: float
    warmup_steps: int
    total_steps: int
    weight_decay: float
    max_grad_norm: float
    batch_size: int
    seed: int
    validation_share: float
    validate_every: int
    checkpoint_every: int

    def to_dict(self) -> dict[str, Any]:
        """The fields that change the result, for the fingerprint and for the metadata of the exported file."""
        return {name: value for name, value in asdict(self).items() if name not in _NO_EFFECT}

    def learning_rate_at(self, step: int) -> float:
        """Learning rate of step 1, 2, …: linear warm-up, then the schedule down to `final_learning_rate` × the peak."""
        if step <= self.warmup_steps:
            return self.learning_rate * step / self.warmup_steps
        progress = min(1.0, (step - self.warmup_steps) / max(1, self.total_steps - self.warmup_steps))
        decay = {"cosine": 0.5 * (1 + math.cos(math.pi * progress)), "linear": 1 - progress, "constant": 1.0}
        share = decay[self.schedule]
        return self.learning_rate * (self.final_learning_rate * (1 - share) + share)


def make_recipe(settings: TrainSettings, rows: int) -> Recipe:
    """Resolve `settings` for `rows` training rows."""
    per_epoch = math.ceil(rows / settings.batch_size)
    total = max(1, settings.max_steps or round(settings.epochs * per_epoch))
    validate_every = settings.validate_every or max(1, math.ceil(total / 8))
    resolved = {
        "target_layers": tuple(sorted(settings.target_layers)),
        "warmup_steps": round(settings.warmup * total),
        "total_steps": total,
        "validate_every": validate_every,
        "checkpoint_every": settings.checkpoint_every or validate_every,
    }
    return Recipe(**settings.model_dump(include={spec.name for spec in fields(Recipe)}) | resolved)
