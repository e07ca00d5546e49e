"""The accuracy that each quantization of a model loses, and the recommended quantization."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field

from orca_local.domain.figures import interval, points
from orca_local.domain.record import CI, OMITTABLE, Record

REFERENCE_TYPE = "F16"
"""Type of the merged model before it is quantized. All other types are compared with it."""
MAX_KL = 0.01
"""Maximum mean KL divergence from F16, in nats, of a recommended type whose answers were not scored.

It is measured on training rows, where a tuned model is most certain. A divergence of 0.02 there came with a loss of 13
points on the holdout (`docs/log.md`).
"""
MAX_LOSS = 0.02
"""Maximum loss of accuracy against F16 of a recommended type, by the lower end of its interval."""


class AccuracyChange(Record):
    """Change of accuracy from F16 on the same samples; negative if the quantized file answers worse."""

    value: float
    """Mean difference of the scores."""
    ci: CI
    """Its 95 % interval over new samples of these tasks."""
    n: int
    """Number of samples."""


class QuantizedFile(Record):
    """A model quantized to one type: its size, and how close its predictions are to F16."""

    quantization: str
    """Name of the type, such as `Q4_K_M`."""
    bytes: int
    """Size of the file."""
    bits_per_weight: float
    """Mean over all weights. A tensor whose shape does not fit the type is stored in another."""
    kl: float
    """Mean KL divergence from F16, in nats."""
    agreement: float
    """Share of positions whose most likely token is that of F16."""
    tensor_types: Mapping[str, int] = field(default_factory=dict)
    """Number of tensors of each type."""
    imatrix: bool = False
    """Whether an importance matrix was used."""
    accuracy: float | None = field(default=None, metadata=OMITTABLE)
    """Accuracy on the holdout, if measured."""
    strict_accuracy: float | None = field(default=None, metadata=OMITTABLE)
    """Accuracy of the answers in the asked form, if measured."""
    unreadable: float | None = field(default=None, metadata=OMITTABLE)
    """Share of answers that cannot be read in either way, if measured."""
    truncated: float | None = field(default=None, metadata=OMITTABLE)
    """Share of answers that `max_tokens` cut off, if measured."""
    change: AccuracyChange | None = field(default=None, metadata={"key": "loss", **OMITTABLE})
    """Change of that accuracy from F16, if measured."""


class Recommendation(Record):
    """The recommended type, and a sentence that says why."""

    quantization: str
    """Name of the type."""
    reason: str
    """Why it is recommended, in one sentence."""
    change: AccuracyChange | None = field(default=None, metadata=OMITTABLE)
    """Change of accuracy from F16 on samples that the type was not chosen on; if it was chosen by accuracy."""


def recommend(
    files: Sequence[QuantizedFile], judged: Mapping[str, AccuracyChange] | None = None
) -> Recommendation | None:
    """Return the smallest of several types that loses little accuracy; None if there are fewer than two.

    `judged` are the changes by type on other samples than those of `files`. The reason then states the change there:
    on the samples that a type was chosen on, it looks better than it is.

    If accuracies were measured, that is a loss whose interval ends above −`MAX_LOSS`. Few samples give a wide interval,
    so they never recommend a small type. Otherwise, or if no type passes, it is a divergence of at most `MAX_KL`.
    """
    if len(files) < 2:
        return None
    ordered = sorted(files, key=lambda file: (file.bytes, file.kl))
    changes = [(f.quantization, f.change) for f in ordered if f.change is not None and f.quantization != REFERENCE_TYPE]
    for quantization, change in changes:
        if change.ci[0] > -MAX_LOSS and _undetected_loss(change.n) < MAX_LOSS:
            reason = (
                f"{quantization} is the smallest whose accuracy is shown to be less than {100 * MAX_LOSS:g} points "
            )
            if judged is None:
                return Recommendation(quantization, f"{reason}below F16: {_points(change)} on {change.n} samples")
            other = judged[quantization]
            reason += f"below F16, on {change.n} samples; on the {other.n} others it is {_points(other)} from F16"
            return Recommendation(quantization, reason, other)
    reason = ""
    if changes:
        n = changes[-1][1].n
        kept = "" if judged is None else f" (the other {judged[changes[-1][0]].n} would judge the choice)"
        reason = f"{n} samples{kept} are too few to show that any of these loses less than {100 * MAX_LOSS:g} points; "
    choice = next((file for file in ordered if file.kl <= MAX_KL), min(ordered, key=lambda file: file.kl))
    if choice.kl <= MAX_KL:
        reason += f"{choice.quantization} is the smallest that predicts within {MAX_KL:g} nats of F16"
    else:
        reason += f"none of these predicts within {MAX_KL:g} nats of F16; {choice.quantization} is closest"
    return Recommendation(choice.quantization, f"{reason}: {_closeness(choice)}")


def _undetected_loss(n: int) -> float:
    """Return the loss that `n` samples without any loss cannot exclude at 95 %.

    Earlier versions stored intervals of no width for samples that are all equal; those cannot tell.
    """
    return 1 - 0.05 ** (1 / n) if n else 1.0


def _points(change: AccuracyChange) -> str:
    return f"{points(change.value)} points, 95 % interval {interval(change.ci)},"


def _closeness(file: QuantizedFile) -> str:
    return f"{file.kl:.3g} nats, the same token in {100 * file.agreement:.1f} %"
