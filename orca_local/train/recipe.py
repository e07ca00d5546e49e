"""The recipe: everything that decides what a training computes, the same for every backend."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

from orca_local.domain.settings import TrainSettings

_WITHOUT_EFFECT = ("checkpoint_every",)
"""Not `validate_every`, which says between which adapters the best is chosen."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """Settings resolved against the number of rows."""

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
        """What decides the result: for the training's key and for the metadata of what is made from it."""
        return {name: value for name, value in asdict(self).items() if name not in _WITHOUT_EFFECT}

    def learning_rate_at(self, step: int) -> float:
        """Rate of step 1, 2, …: a straight rise, then the schedule down to the final share of the peak."""
        if step <= self.warmup_steps:
            return self.learning_rate * step / self.warmup_steps
        done = min(1.0, (step - self.warmup_steps) / max(1, self.total_steps - self.warmup_steps))
        left = {"cosine": 0.5 * (1 + math.cos(math.pi * done)), "linear": 1 - done, "constant": 1.0}[self.schedule]
        return self.learning_rate * (self.final_learning_rate * (1 - left) + left)


def make_recipe(settings: TrainSettings, rows: int) -> Recipe:
    """Resolve `settings` for `rows` training rows."""
    per_epoch = math.ceil(rows / settings.batch_size)
    total = max(1, settings.max_steps or round(settings.epochs * per_epoch))
    validate_every = settings.validate_every or max(1, math.ceil(total / 8))
    return Recipe(
        quantize_base=settings.quantize_base,
        rank=settings.rank,
        alpha=settings.alpha,
        rank_stabilized=settings.rank_stabilized,
        target_layers=tuple(sorted(settings.target_layers)),
        dropout=settings.dropout,
        learning_rate=settings.learning_rate,
        schedule=settings.schedule,
        final_learning_rate=settings.final_learning_rate,
        warmup_steps=round(settings.warmup * total),
        total_steps=total,
        weight_decay=settings.weight_decay,
        max_grad_norm=settings.max_grad_norm,
        batch_size=settings.batch_size,
        seed=settings.seed,
        validation_share=settings.validation_share,
        validate_every=validate_every,
        checkpoint_every=settings.checkpoint_every or validate_every,
    )
