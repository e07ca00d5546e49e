"""What training gave and what quantizing took, on the same samples: pure, from answers to the object printed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from orca_local.domain.quantized import AccuracyChange, QuantizedFile, recommend
from orca_local.domain.statistics import Interval
from orca_local.evaluate.compare import Answered, gain, measure


@dataclass(frozen=True, slots=True)
class Split:
    """Which of the models are the tuned one at its types."""

    full: str
    """Name of the one in F16."""
    types: Mapping[str, QuantizedFile]
    """By model name: `tuned`, which the gain is of, the one in F16, and those of further types."""


def split_gain(
    answers: Mapping[str, Sequence[Answered]], split: Split, *, base: str = "base", tuned: str = "tuned"
) -> dict[str, Any]:
    """The gain of `tuned` over `base`, by way of the tuned model in F16, and the table of its types.

    `trained` is F16 over base, `quantized` is tuned over F16; their values add up to `total`. `answers` are by
    model name, to one set of samples.
    """
    before, between, after = answers[base], answers[split.full], answers[tuned]
    found = {
        "quantization": split.types[tuned].quantization,
        "base": measure(before).to_dict(),
        "tuned_f16": measure(between).to_dict(),
        "tuned": measure(after).to_dict(),
        "trained": gain(before, between),
        "quantized": gain(between, after),
        "total": gain(before, after),
    }
    types = [_with_change(quantized, answers[name], between) for name, quantized in split.types.items()]
    recommendation = recommend(types)
    result: dict[str, Any] = {"split": found, "types": [quantized.to_dict() for quantized in types]}
    if recommendation is not None:
        result["recommendation"] = recommendation.to_dict()
    return result


def _with_change(quantized: QuantizedFile, answered: Sequence[Answered], full: Sequence[Answered]) -> QuantizedFile:
    lost = gain(full, answered)
    change = AccuracyChange(lost["value"], Interval(*lost["ci"]), lost["n"])
    return replace(quantized, accuracy=measure(answered).accuracy, change=change)
