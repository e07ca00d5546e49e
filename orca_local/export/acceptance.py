"""The test that a file must pass before it gets its name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from orca_local.domain.errors import AcceptanceError
from orca_local.domain.events import AcceptanceChecked
from orca_local.domain.statistics import kl_divergences
from orca_local.domain.types import Completion
from orca_local.gguf.header import Header, TensorInfo
from orca_local.gguf.tensors import iter_rows

MAX_KL = 1e-3
"""Nats, mean over positions, of the F16 file to the float32 reference."""
MIN_AGREEMENT = 0.99
MIN_POSITIONS = 256
MIN_STOPPED = 0.95
MIN_PROMPTS = 20
CHANGEABLE = ("general.file_type", "general.quantization_version")
"""Metadata that says how the tensors are stored, which is what an export changes. llama.cpp changes no more."""

_REPORT = "this should not happen: report it with the file that was exported"
_HINTS = {
    "finite": "train again with a lower learning rate",
    "positions compared": "add training samples, or longer answers",
    "answers": "train again with a lower learning rate",
    "answers stop on their own": "train longer; at least 20 different training prompts are needed",
}

Logits = NDArray[np.float32]
Row = tuple[Sequence[int], Sequence[int]]
"""Token ids, and the positions (ascending) whose predictions are compared."""


class ClosableLogits(Iterator[Logits], Protocol):
    """Logits that something is computing until they are closed; a generator will do."""

    def close(self) -> None: ...


ReferenceLogits = Callable[[Sequence[Row]], ClosableLogits]


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


class CheckFailed(AcceptanceError):
    """An acceptance error that knows which check it was."""

    def __init__(self, check: AcceptanceChecked, hint: str) -> None:
        super().__init__(
            f"the export failed its test “{check.name}”: {check.value} (need {check.bound}); no file was written",
            hint=hint,
        )
        self.check = check


def require(check: AcceptanceChecked, hint: str = "") -> AcceptanceChecked:
    """Pass a check on, or raise `CheckFailed` with its value and bound."""
    if not check.passed:
        raise CheckFailed(check, hint or _HINTS.get(check.name, _REPORT))
    return check


def divergence(reference: Iterable[Logits], other: Iterable[Logits]) -> Divergence:
    """KL(reference ‖ other) over all positions; both yield float32 arrays of [some positions, vocabulary]."""
    total, same, count = 0.0, 0, 0
    # One position at a time: of a vocabulary of 150,000 words a few take much memory, and leave the cache.
    for p, q in zip(chain.from_iterable(reference), chain.from_iterable(other), strict=True):
        total += float(kl_divergences(p[None], q[None])[0])
        same += int(p.argmax() == q.argmax())
        count += 1
    # What was rounded may leave less than nothing. (Of NaN and a number, `max` takes the first.)
    return Divergence(max(total / count, 0.0), same / count, count) if count else Divergence(float("inf"), 0.0, 0)


def check_metadata(base: Header, made: Header) -> AcceptanceChecked:
    """Everything but the file type is the base's own, byte for byte; our own keys may be added."""
    ours, theirs = _compared(base), _compared(made)
    differing = sorted(key for key in ours.keys() | theirs.keys() if ours.get(key) != theirs.get(key))
    value = f"differs in {', '.join(differing[:5])}" if differing else f"{len(ours)} keys identical"
    return AcceptanceChecked("metadata", not differing, value, "all")


def _compared(header: Header) -> dict[str, bytes]:
    return {
        key: raw for key, raw in header.raw_pairs.items() if key not in CHANGEABLE and not key.startswith("orca_local.")
    }


def check_finite(made: Header) -> AcceptanceChecked:
    """Every weight of the file is a finite number."""
    bad = [t.name for t in made.tensors if not all(np.isfinite(rows).all() for rows in iter_rows(made, t))]
    value = f"{len(made.tensors)} tensors finite" if not bad else f"not finite: {', '.join(bad[:3])}"
    return AcceptanceChecked("finite", not bad, value, "all")


def check_same_weights(source: Header, made: Header) -> AcceptanceChecked:
    """A base's F16 tensors are the source's values rounded to F16, bit for bit; its vectors are as they were."""
    bad = sorted(source.tensor_map.keys() ^ made.tensor_map.keys())
    for tensor in source.tensors:
        copy = made.tensor_map.get(tensor.name)
        if copy is not None and (copy.shape != tensor.shape or not _same_weights(source, made, tensor, copy)):
            bad.append(tensor.name)
    value = f"{len(source.tensors)} tensors equal" if not bad else f"differs: {', '.join(bad[:3])}"
    return AcceptanceChecked("weights", not bad, value, "all")


def _same_weights(source: Header, made: Header, tensor: TensorInfo, copy: TensorInfo) -> bool:
    for values, stored in zip(iter_rows(source, tensor), iter_rows(made, copy), strict=True):
        wanted = values.astype(np.float16).astype(np.float32) if len(tensor.shape) > 1 else values
        if not np.array_equal(wanted.view(np.uint32), stored.view(np.uint32)):
            return False
    return True


def check_divergence(found: Divergence) -> list[AcceptanceChecked]:
    """The F16 file predicts what the trained model predicted."""
    return [
        AcceptanceChecked(
            "positions compared", found.positions >= MIN_POSITIONS, str(found.positions), f"≥ {MIN_POSITIONS}"
        ),
        AcceptanceChecked("KL from the trained model", found.kl <= MAX_KL, f"{found.kl:.6f}", f"≤ {MAX_KL:g}"),
        AcceptanceChecked(
            "same most likely token",
            found.agreement >= MIN_AGREEMENT,
            f"{100 * found.agreement:.2f} %",
            f"≥ {100 * MIN_AGREEMENT:g} %",
        ),
    ]


def check_answers(answers: Sequence[Completion]) -> AcceptanceChecked:
    """The tuned model ends its turns by itself, and none breaks off."""
    errors = [answer.error for answer in answers if answer.finish_reason == "error"]
    if errors:
        return AcceptanceChecked("answers", False, f"{len(errors)} of {len(answers)} broke off: {errors[0]}", "none")
    return check_stops(sum(answer.finish_reason == "stop" for answer in answers), len(answers))


def check_stops(stopped: int, prompts: int) -> AcceptanceChecked:
    """The tuned model ends its turns by itself."""
    is_enough = prompts >= MIN_PROMPTS
    bound = f"{100 * MIN_STOPPED:g} %" if is_enough else f"at least {MIN_PROMPTS} prompts"
    passed = is_enough and stopped >= MIN_STOPPED * prompts
    return AcceptanceChecked("answers stop on their own", passed, f"{stopped} of {prompts}", bound)


def tensor_types(header: Header) -> dict[str, int]:
    """How many tensors of each type a file really has: quantizers fall back where a shape does not fit."""
    return dict(Counter(tensor.type_name for tensor in header.tensors))
