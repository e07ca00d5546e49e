"""The test that a file must pass before it gets its name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from orca_local.domain.errors import AcceptanceError
from orca_local.domain.events import AcceptanceChecked
from orca_local.gguf.header import Header, read_header
from orca_local.gguf.tensors import iter_tensors, read_tensor

MAX_KL = 1e-3
"""Nats, mean over positions, of the F16 file to the float32 reference."""
MIN_AGREEMENT = 0.99
MIN_POSITIONS = 256
MIN_STOPPED = 0.95
MIN_PROMPTS = 20
CHANGEABLE = ("general.file_type", "general.quantization_version")
"""Metadata that says how the tensors are stored, which is what an export changes."""

Logits = NDArray[np.float32]
Row = tuple[Sequence[int], Sequence[int]]
"""Token ids, and the positions whose predictions are compared."""
ReferenceLogits = Callable[[Sequence[Row]], Iterator[Logits]]


@dataclass(frozen=True, slots=True)
class AcceptanceInputs:
    """What a tuned file is tested on; none of it is from the holdout."""

    rows: Sequence[Row]
    prompts: Sequence[tuple[int, ...]]
    reference_logits: ReferenceLogits
    max_tokens: int
    """Within which a tuned model has to end its turn."""


@dataclass(frozen=True, slots=True)
class Divergence:
    """How far one model's predictions are from another's."""

    kl: float
    """Mean Kullback-Leibler divergence in nats."""
    agreement: float
    """Share of positions with the same most likely token."""
    positions: int


def divergence(reference: Iterable[Logits], other: Iterable[Logits]) -> Divergence:
    """KL(reference ‖ other) over all positions; both yield float32 arrays of [positions, vocabulary]."""
    total, same, count = 0.0, 0, 0
    for p_logits, q_logits in zip(reference, other, strict=True):
        log_p, log_q = _log_softmax(p_logits), _log_softmax(q_logits)
        total += float((np.exp(log_p) * (log_p - log_q)).sum())
        same += int((log_p.argmax(axis=1) == log_q.argmax(axis=1)).sum())
        count += len(log_p)
    return Divergence(total / count, same / count, count) if count else Divergence(float("inf"), 0.0, 0)


def _log_softmax(logits: Logits) -> NDArray[np.float64]:
    shifted = logits.astype(np.float64) - logits.max(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))


def check_metadata(base: Header, made: Header) -> AcceptanceChecked:
    """Everything but the file type is the base's own, byte for byte; our own keys may be added."""
    differing = [
        key
        for key in base.raw_pairs.keys() | made.raw_pairs.keys()
        if key not in CHANGEABLE
        and not key.startswith("orca_local.")
        and base.raw_pairs.get(key) != made.raw_pairs.get(key)
    ]
    value = (
        f"{len(base.raw_pairs)} keys identical" if not differing else f"differs in {', '.join(sorted(differing)[:5])}"
    )
    return AcceptanceChecked("metadata", not differing, value, "identical to the base")


def check_finite(made: Header) -> AcceptanceChecked:
    """Every weight of the file is a finite number."""
    bad = [tensor.name for tensor, values in iter_tensors(made) if not np.isfinite(values).all()]
    value = f"{len(made.tensors)} tensors finite" if not bad else f"not finite: {', '.join(bad[:3])}"
    return AcceptanceChecked("finite", not bad, value, "all")


def check_same_weights(source: Header, made: Header) -> AcceptanceChecked:
    """A base's F16 tensors are the source's values rounded to F16, bit for bit."""
    bad = []
    for tensor in source.tensors:
        values, copy = read_tensor(source, tensor.name), read_tensor(made, tensor.name)
        wanted = values.astype(np.float16).astype(np.float32) if len(tensor.shape) > 1 else values
        if not np.array_equal(wanted, copy):
            bad.append(tensor.name)
    value = f"{len(source.tensors)} tensors equal" if not bad else f"differs: {', '.join(bad[:3])}"
    return AcceptanceChecked("weights", not bad, value, "the source, rounded to F16")


def check_divergence(found: Divergence) -> list[AcceptanceChecked]:
    """The F16 file predicts what the trained model predicted."""
    return [
        AcceptanceChecked(
            "positions compared", found.positions >= MIN_POSITIONS, str(found.positions), f"≥ {MIN_POSITIONS}"
        ),
        AcceptanceChecked("KL to the trained model", found.kl <= MAX_KL, f"{found.kl:.2e}", f"≤ {MAX_KL:g}"),
        AcceptanceChecked(
            "same most likely token",
            found.agreement >= MIN_AGREEMENT,
            f"{100 * found.agreement:.2f} %",
            f"≥ {100 * MIN_AGREEMENT:g} %",
        ),
    ]


def check_stops(stopped: int, prompts: int) -> AcceptanceChecked:
    """The tuned model ends its turns by itself."""
    passed = prompts >= MIN_PROMPTS and stopped >= MIN_STOPPED * prompts
    return AcceptanceChecked(
        "ends by itself", passed, f"{stopped} of {prompts}", f"≥ {100 * MIN_STOPPED:g} % of ≥ {MIN_PROMPTS}"
    )


def require(check: AcceptanceChecked) -> AcceptanceChecked:
    """Pass a check on, or raise `AcceptanceError` with its value and bound."""
    if not check.passed:
        raise AcceptanceError(
            f"the export failed its test «{check.name}»: {check.value}, wanted {check.bound}; no file was written",
            hint="train longer or with a lower learning rate, then export again",
        )
    return check


def tensor_types(path: Path) -> dict[str, int]:
    """How many tensors of each type a file really has: quantizers fall back where a shape does not fit."""
    return dict(Counter(tensor.type_name for tensor in read_header(path).tensors))
