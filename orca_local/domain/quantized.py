"""What a quantization costs, and which of several to take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from orca_local.domain.statistics import Interval

FULL = "F16"
"""The type that all others are compared with: what is merged, before anything is quantized."""
MAX_KL = 0.01
"""Nats, mean over positions, that a recommended type may be from F16 where its answers were not scored.

The positions are of rows that were trained on, where a tuned model is surest of itself: 0.02 there went with a loss of
13 points on the holdout (`docs/log.md`).
"""
MARGIN = 0.02
"""Accuracy that a recommended type may have lost against F16, as far as the interval says."""


@dataclass(frozen=True, slots=True)
class Loss:
    """How accuracy changed from F16, on the same samples; below zero where the quantized file answers worse."""

    value: float
    interval: Interval
    n: int


@dataclass(frozen=True, slots=True)
class Quantized:
    """One type of a model: its size, and how near its file is to the F16 one."""

    quantization: str
    bytes: int
    """Of the file."""
    bits_per_weight: float
    """As they are really stored: quantizers fall back where a shape does not fit."""
    kl: float
    """Mean Kullback-Leibler divergence from F16, in nats."""
    agreement: float
    """Share of positions with the same most likely token as F16."""
    tensor_types: Mapping[str, int] = field(default_factory=dict)
    """How many tensors have which type."""
    imatrix: bool = False
    """Whether it was made with an importance matrix."""
    accuracy: float | None = None
    """On the holdout, where that was measured."""
    loss: Loss | None = None
    """The same against F16."""

    def to_dict(self) -> dict[str, Any]:
        """The form that `--json` prints."""
        row: dict[str, Any] = {
            "quantization": self.quantization,
            "bytes": self.bytes,
            "bits_per_weight": self.bits_per_weight,
            "tensor_types": dict(self.tensor_types),
            "kl": self.kl,
            "agreement": self.agreement,
            "imatrix": self.imatrix,
        }
        if self.accuracy is not None:
            row["accuracy"] = self.accuracy
        if self.loss is not None:
            loss = self.loss
            row["loss"] = {"value": loss.value, "ci": [loss.interval.low, loss.interval.high], "n": loss.n}
        return row


@dataclass(frozen=True, slots=True)
class Recommendation:
    """A type, and a sentence that says why."""

    quantization: str
    reason: str

    def to_dict(self) -> dict[str, str]:
        """The form that `--json` prints."""
        return {"quantization": self.quantization, "reason": self.reason}


def recommend(types: Sequence[Quantized]) -> Recommendation | None:
    """The smallest of several types that costs little; None where there is nothing to choose between.

    Where accuracies were measured, little is a loss whose interval stays above −`MARGIN`: a wide interval proves
    nothing, so few samples never speak for a small type. Otherwise, and where no type can be shown to be that
    good, little is a divergence of at most `MAX_KL`.
    """
    if len(types) < 2:
        return None
    ordered = sorted(types, key=lambda t: (t.bytes, t.kl))
    scored = [(t, t.loss) for t in ordered if t.loss is not None and t.quantization != FULL]
    for found, loss in scored:
        if loss.interval.low > -MARGIN and _unseen_loss(loss.n) < MARGIN:
            return Recommendation(
                found.quantization,
                f"{found.quantization} is the smallest whose accuracy is shown to be less than {100 * MARGIN:g} points "
                f"below F16: {_points(loss)} on {loss.n} samples",
            )
    doubt = ""
    if scored:
        _, loss = scored[-1]
        doubt = f"{loss.n} samples cannot show of any of these that it loses less than {100 * MARGIN:g} points; "
    near = next((t for t in ordered if t.kl <= MAX_KL), None)
    if near is not None:
        why = f"{near.quantization} is the smallest that predicts within {MAX_KL:g} nats of F16: {_nearness(near)}"
        return Recommendation(near.quantization, doubt + why)
    nearest = min(ordered, key=lambda t: t.kl)
    why = (
        f"none of these predicts within {MAX_KL:g} nats of F16; {nearest.quantization} is nearest: {_nearness(nearest)}"
    )
    return Recommendation(nearest.quantization, doubt + why)


def _unseen_loss(n: int) -> float:
    """What may be lost, with 95 % certainty, where none of `n` samples is: a bootstrap of equal pairs has no width."""
    return 1 - 0.05 ** (1 / n) if n else 1.0


def _points(loss: Loss) -> str:
    low, high = 100 * loss.interval.low, 100 * loss.interval.high
    return f"{100 * loss.value:+.1f} points, 95 % interval [{low:.1f}, {high:.1f}],"


def _nearness(found: Quantized) -> str:
    return f"{found.kl:.3g} nats, the same token in {100 * found.agreement:.1f} %"
