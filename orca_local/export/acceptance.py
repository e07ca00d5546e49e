"""The acceptance test: checks that an exported file must pass before it gets its final name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from orca_local.domain.errors import AcceptanceError
from orca_local.domain.events import AcceptanceChecked
from orca_local.domain.export_summary import Divergence
from orca_local.domain.frozen import Frozen
from orca_local.domain.statistics import kl_divergences
from orca_local.domain.types import Completion
from orca_local.gguf.header import Header, TensorInfo
from orca_local.gguf.tensors import iter_rows

MAX_KL = 1e-3
"""Maximum mean KL divergence of the F16 file from the float32 reference, in nats."""
MIN_AGREEMENT = 0.99
"""Minimum share of positions with the same most likely token."""
MIN_POSITIONS = 256
"""Minimum number of positions that are compared."""
MIN_STOPPED = 0.95
"""Minimum share of answers that end with the end-of-turn token."""
MIN_PROMPTS = 20
"""Minimum number of prompts that are answered."""
MUTABLE_KEYS = ("general.file_type", "general.quantization_version")
"""Metadata about how the tensors are stored. Nothing else may change."""

STOPS_CHECK = "answers stop on their own"
_REPORT = "this is a bug: please report it with the file that was exported"
_HINTS = {
    "finite": "train again with a lower learning rate",
    "positions compared": "add training samples, or longer answers",
    "answers": "train again with a lower learning rate",
    STOPS_CHECK: f"train longer; at least {MIN_PROMPTS} different training prompts are needed",
}

Logits = NDArray[np.float32]
"""Shape [positions, vocabulary]."""
Row = tuple[Sequence[int], Sequence[int]]
"""Token ids, and the positions (ascending) whose predictions are compared."""


class ClosableLogits(Iterator[Logits], Protocol):
    """An iterator of logits that must be closed, such as a generator."""

    def close(self) -> None: ...


ReferenceLogits = Callable[[Sequence[Row]], ClosableLogits]
"""For each row: the trained model's own logits."""


class AcceptanceInputs(Frozen):
    """The rows and prompts that a tuned file is tested on. None of them is from the holdout."""

    rows: Sequence[Row]
    """Rows whose predictions are compared."""
    prompts: Sequence[tuple[int, ...]]
    """Prompts to answer, as token ids."""
    reference_logits: ReferenceLogits
    max_tokens: int
    """Number of tokens within which an answer must end."""


class CheckFailed(AcceptanceError):
    """A failed check."""

    def __init__(self, check: AcceptanceChecked, hint: str) -> None:
        super().__init__(
            f"the export failed its test “{check.name}”: {check.value} (need {check.bound}); no file was written",
            hint=hint,
        )
        self.check = check


def require_passed(check: AcceptanceChecked, hint: str = "") -> AcceptanceChecked:
    """Return a check that passed. Raises `CheckFailed` with value and bound for a check that did not."""
    if not check.passed:
        raise CheckFailed(check, hint or _HINTS.get(check.name, _REPORT))
    return check


def measure_divergence(reference: Iterable[Logits], other: Iterable[Logits]) -> Divergence:
    """KL(reference ‖ other) over all positions. Both yield float32 arrays of [some positions, vocabulary]."""
    total, same, count = 0.0, 0, 0
    # One position at a time: with a vocabulary of 150,000 tokens, several would not fit the CPU's cache.
    for p, q in zip(chain.from_iterable(reference), chain.from_iterable(other), strict=True):
        total += float(kl_divergences(p[None], q[None])[0])
        same += int(p.argmax() == q.argmax())
        count += 1
    # Rounding may give a negative mean. `max` returns its first argument if one is NaN, so NaN stays.
    return Divergence(max(total / count, 0.0), same / count, count) if count else Divergence(float("inf"), 0.0, 0)


def check_metadata(base: Header, exported: Header) -> AcceptanceChecked:
    """All metadata but `MUTABLE_KEYS` is byte for byte that of the base. Keys of orca-local may be added."""
    expected, actual = _fixed_metadata(base), _fixed_metadata(exported)
    differing = sorted(key for key in expected.keys() | actual.keys() if expected.get(key) != actual.get(key))
    value = f"differs in {', '.join(differing[:5])}" if differing else f"{len(expected)} keys identical"
    return AcceptanceChecked("metadata", not differing, value, "all")


def _fixed_metadata(header: Header) -> dict[str, bytes]:
    return {
        key: raw
        for key, raw in header.raw_pairs.items()
        if key not in MUTABLE_KEYS and not key.startswith("orca_local.")
    }


def check_finite(exported: Header) -> AcceptanceChecked:
    """Every weight of the file is finite."""
    bad = [t.name for t in exported.tensors if not all(np.isfinite(rows).all() for rows in iter_rows(exported, t))]
    value = f"{len(exported.tensors)} tensors finite" if not bad else f"not finite: {', '.join(bad[:3])}"
    return AcceptanceChecked("finite", not bad, value, "all")


def check_same_weights(source: Header, exported: Header) -> AcceptanceChecked:
    """A base's F16 tensors are the source's values rounded to F16, bit for bit. Its vectors are unchanged."""
    bad = sorted(source.tensor_map.keys() ^ exported.tensor_map.keys())
    for tensor in source.tensors:
        copy = exported.tensor_map.get(tensor.name)
        if copy is not None and (copy.shape != tensor.shape or not _is_same_tensor(source, exported, tensor, copy)):
            bad.append(tensor.name)
    value = f"{len(source.tensors)} tensors equal" if not bad else f"differs: {', '.join(bad[:3])}"
    return AcceptanceChecked("weights", not bad, value, "all")


def _is_same_tensor(source: Header, exported: Header, tensor: TensorInfo, copy: TensorInfo) -> bool:
    for values, stored in zip(iter_rows(source, tensor), iter_rows(exported, copy), strict=True):
        is_rounded = len(tensor.shape) > 1 and copy.type_name != "F32"
        expected = values.astype(np.float16).astype(np.float32) if is_rounded else values
        if not np.array_equal(expected.view(np.uint32), stored.view(np.uint32)):
            return False
    return True


def check_divergence(divergence: Divergence) -> list[AcceptanceChecked]:
    """The F16 file predicts what the trained model predicts."""
    positions, kl, agreement = divergence.positions, divergence.kl, divergence.agreement
    bound = f"≥ {100 * MIN_AGREEMENT:g} %"
    return [
        AcceptanceChecked("positions compared", positions >= MIN_POSITIONS, str(positions), f"≥ {MIN_POSITIONS}"),
        AcceptanceChecked("KL from the trained model", kl <= MAX_KL, f"{kl:.6f}", f"≤ {MAX_KL:g}"),
        AcceptanceChecked("same most likely token", agreement >= MIN_AGREEMENT, f"{100 * agreement:.2f} %", bound),
    ]


def check_answers(answers: Sequence[Completion]) -> AcceptanceChecked:
    """The tuned model ends its answers with the end-of-turn token, and no answer fails."""
    errors = [answer.error for answer in answers if answer.finish_reason == "error"]
    if errors:
        return AcceptanceChecked("answers", False, f"{len(errors)} of {len(answers)} failed: {errors[0]}", "none")
    return check_stops(sum(answer.finish_reason == "stop" for answer in answers), len(answers))


def check_stops(stopped: int, prompts: int) -> AcceptanceChecked:
    """Enough of the answers to `prompts` prompts end with the end-of-turn token."""
    is_enough = prompts >= MIN_PROMPTS
    passed = is_enough and stopped >= MIN_STOPPED * prompts
    bound = f"{100 * MIN_STOPPED:g} %" if is_enough else f"at least {MIN_PROMPTS} prompts"
    return AcceptanceChecked(STOPS_CHECK, passed, f"{stopped} of {prompts}", bound)
