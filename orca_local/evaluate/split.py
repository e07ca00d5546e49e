"""Splits the gain into the effect of training and the effect of quantizing, on the same samples."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from orca_local.domain.evaluation_summary import GainSplit
from orca_local.domain.keys import content_key
from orca_local.domain.quantized import AccuracyChange, QuantizedFile, Recommendation, recommend
from orca_local.evaluate.compare import REFERENCE, TUNED, SampleResult, gain, measure


@dataclass(frozen=True, slots=True)
class SplitModels:
    """The models that are the tuned model at one of its quantizations."""

    full: str
    """Name of the tuned model in F16."""
    types: Mapping[str, QuantizedFile]
    """The quantization of each, by model name: `tuned`, the one in F16, and those of further types."""


def split_gain(results: Mapping[str, Sequence[SampleResult]], models: SplitModels) -> GainSplit:
    """Split the gain of tuned over base at the tuned model in F16.

    `results` are by model name, on one set of samples. The gain of F16 over base and the gain of tuned over F16 add
    up to the total.
    """
    before, between, after = results[REFERENCE], results[models.full], results[TUNED]
    return GainSplit(
        quantization=models.types[TUNED].quantization,
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


def recommend_type(results: Mapping[str, Sequence[SampleResult]], models: SplitModels) -> Recommendation | None:
    """Choose a quantization on one half of the samples and judge it on the other half.

    The halves are by a hash of the sample ids. The best of several types looks better than it is on the samples that
    it was chosen on; on the other half its change is unbiased.
    """
    chosen_on, judged_on = (
        {name: [r for r in rows if _half(r.sample_id) == half] for name, rows in results.items()} for half in (0, 1)
    )
    judged = {file.quantization: file.change for file in with_changes(judged_on, models) if file.change is not None}
    return recommend(with_changes(chosen_on, models), judged)


def _half(sample_id: str) -> int:
    return int(content_key(sample_id)[-8:], 16) % 2


def _with_change(
    quantized: QuantizedFile, results: Sequence[SampleResult], full: Sequence[SampleResult]
) -> QuantizedFile:
    lost = gain(full, results)
    change = AccuracyChange(lost.value, lost.ci, lost.n)
    measured = measure(results)
    return replace(
        quantized,
        accuracy=measured.accuracy,
        strict_accuracy=measured.strict_accuracy,
        unreadable=measured.unreadable,
        truncated=measured.truncated,
        change=change,
    )
