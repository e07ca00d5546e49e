"""Splits the gain into the effect of training and the effect of quantizing, on the same samples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from orca_local.domain.evaluation_summary import GainSplit
from orca_local.domain.quantized import AccuracyChange, QuantizedFile
from orca_local.evaluate.compare import SampleResult, gain, measure


@dataclass(frozen=True, slots=True)
class SplitModels:
    """The models that are the tuned model at one of its quantizations."""

    full: str
    """Name of the tuned model in F16."""
    types: Mapping[str, QuantizedFile]
    """The quantization of each, by model name: `tuned`, the one in F16, and those of further types."""


def split_gain(
    results: Mapping[str, Sequence[SampleResult]], models: SplitModels, *, base: str = "base", tuned: str = "tuned"
) -> GainSplit:
    """Split the gain of `tuned` over `base` at the tuned model in F16.

    `results` are by model name, on one set of samples. The gain of F16 over base and the gain of tuned over F16 add
    up to the total.
    """
    before, between, after = results[base], results[models.full], results[tuned]
    return GainSplit(
        quantization=models.types[tuned].quantization,
        base=measure(before),
        tuned_f16=measure(between),
        tuned=measure(after),
        trained=gain(before, between),
        quantized=gain(between, after),
        total=gain(before, after),
    )


def with_changes(results: Mapping[str, Sequence[SampleResult]], models: SplitModels) -> tuple[QuantizedFile, ...]:
    """The quantizations of `models`, each with its accuracy and its change from F16."""
    full = results[models.full]
    return tuple(_with_change(quantized, results[name], full) for name, quantized in models.types.items())


def _with_change(
    quantized: QuantizedFile, results: Sequence[SampleResult], full: Sequence[SampleResult]
) -> QuantizedFile:
    lost = gain(full, results)
    change = AccuracyChange(lost.value, lost.ci, lost.n)
    return replace(quantized, accuracy=measure(results).accuracy, change=change)
