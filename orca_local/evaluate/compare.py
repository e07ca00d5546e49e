"""Compares models on the samples that they answered: it takes scores and returns the figures that are printed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from orca_local.domain.evaluation_summary import (
    GAIN_COVERS,
    Accuracy,
    Gain,
    MessageAccuracy,
    MessageGain,
    ModelAccuracy,
    TaskAccuracy,
    TaskGain,
    TotalGain,
)
from orca_local.domain.record import CI
from orca_local.domain.statistics import accuracy_interval, clustered_interval, mcnemar_exact, paired_interval

REFERENCE = "base"
"""Name of the model that the gain is measured from."""
TUNED = "tuned"
"""Name of the tuned model."""


@dataclass(frozen=True, slots=True)
class SampleResult:
    """Result of one model on one sample."""

    sample_id: str
    task: str
    value: float | None
    """Score of the lenient reading, from 0 to 1; None without a readable answer."""
    unseen: bool = False
    """Whether the sample has a question type that was not seen in training."""
    strict_value: float | None = None
    """Score of the strict reading; None without an answer in the asked form."""
    is_truncated: bool = False
    """Whether `max_tokens` cut the answer off."""
    tokens: int | None = None
    """Number of tokens of the answer; None if it is not known."""

    @property
    def score(self) -> float:
        """The value, or 0 without a readable answer."""
        return self.value or 0.0

    @property
    def strict_score(self) -> float:
        """The value of the strict reading, or 0 without an answer in the asked form."""
        return self.strict_value or 0.0


def measure(results: Sequence[SampleResult]) -> Accuracy:
    """Mean score with its interval; without samples, 0 with the interval [0, 1]."""
    n = len(results)

    def mean(figure: Callable[[SampleResult], float]) -> float:
        return sum(map(figure, results)) / n if n else 0.0

    return Accuracy(
        mean(lambda result: result.score),
        accuracy_interval(sum(result.score for result in results), n),
        n,
        mean(lambda result: result.value is not None),
        strict_accuracy=mean(lambda result: result.strict_score),
        unreadable=mean(lambda result: result.value is None and result.strict_value is None),
        truncated=mean(lambda result: result.is_truncated),
        tokens=_mean_tokens(results),
    )


def _mean_tokens(results: Sequence[SampleResult]) -> float | None:
    counts = [result.tokens for result in results if result.tokens is not None]
    return sum(counts) / len(counts) if counts else None


def gain(base: Sequence[SampleResult], tuned: Sequence[SampleResult]) -> Gain:
    """Mean difference in score, tuned minus base, over the samples that both answered.

    The p-value is that of the exact McNemar test; it is None where a score is partial, for which the test is not
    defined. The interval excludes 0 only if the p-value is below 0.05.
    """
    scores, _ = paired_scores(base, tuned)
    if not len(scores):
        return Gain(0.0, (-1.0, 1.0), None, 0)
    value, ci, p_value = _mean_difference(scores)
    strict_scores, _ = paired_scores(base, tuned, lambda result: result.strict_score)
    strict_value, strict_ci, _ = _mean_difference(strict_scores)
    return Gain(value, ci, p_value, len(scores), strict_value=strict_value, strict_ci=strict_ci)


def _mean_difference(scores: NDArray[np.float64]) -> tuple[float, CI, float | None]:
    """Mean of the second column minus the first, its interval, and the p-value."""
    differences = scores[:, 1] - scores[:, 0]
    p_value = None
    if np.isin(scores, (0.0, 1.0)).all():
        p_value = mcnemar_exact(int((differences < 0).sum()), int((differences > 0).sum()))
    return float(differences.mean()), paired_interval(differences, p_value=p_value), p_value


def task_interval(base: Sequence[SampleResult], tuned: Sequence[SampleResult]) -> CI | None:
    """The interval of the gain over tasks like these; None with fewer than two tasks."""
    scores, tasks = paired_scores(base, tuned)
    return clustered_interval(scores[:, 1] - scores[:, 0], tasks)


def paired_scores(
    base: Sequence[SampleResult],
    tuned: Sequence[SampleResult],
    score: Callable[[SampleResult], float] = lambda result: result.score,
) -> tuple[NDArray[np.float64], list[str]]:
    """The scores of base and tuned on the samples that both answered (shape [samples, 2]), and the samples' tasks."""
    before = {result.sample_id: score(result) for result in base}
    both = [result for result in tuned if result.sample_id in before]
    pairs = [(before[result.sample_id], score(result)) for result in both]
    return np.asarray(pairs, dtype=np.float64).reshape(-1, 2), [result.task for result in both]


def by_task(results: Sequence[SampleResult]) -> dict[str, list[SampleResult]]:
    """Results by task, in alphabetical order of the tasks."""
    groups: dict[str, list[SampleResult]] = {}
    for result in results:
        groups.setdefault(result.task, []).append(result)
    return dict(sorted(groups.items()))


def compare(
    results: Mapping[str, Mapping[str, Sequence[SampleResult]]], system_messages: Sequence[str]
) -> tuple[tuple[ModelAccuracy, ...], TotalGain | None]:
    """Accuracy of every model, and the gain of the tuned model over the base; without it, that of the last model.

    `results` are by model and system message. The first system message gives the overall figures. The gain is None
    where the base or another model is missing.
    """
    models = tuple(_model_accuracy(name, results[name], system_messages) for name in results)
    other = compared_model(results)
    if REFERENCE not in results or other is None:
        return models, None
    return models, _total_gain(results[REFERENCE], results[other], system_messages)


def compared_model(results: Mapping[str, object]) -> str | None:
    """Name of the model whose gain over the base is shown: tuned, else the last other one; None if there is none."""
    return TUNED if TUNED in results else next((name for name in reversed([*results]) if name != REFERENCE), None)


def _model_accuracy(
    name: str, results: Mapping[str, Sequence[SampleResult]], system_messages: Sequence[str]
) -> ModelAccuracy:
    headline = results[system_messages[0]]
    unseen = [result for result in headline if result.unseen]
    return ModelAccuracy(
        **asdict(measure(headline)),
        model=name,
        tasks=task_accuracies(headline),
        by_system_message=tuple(
            MessageAccuracy(**asdict(measure(results[text])), system_message=text) for text in system_messages
        ),
        unseen=measure(unseen) if unseen else None,
    )


def task_accuracies(results: Sequence[SampleResult]) -> tuple[TaskAccuracy, ...]:
    """Accuracy by task."""
    return tuple(TaskAccuracy(**asdict(measure(group)), task=task) for task, group in by_task(results).items())


def _total_gain(
    base: Mapping[str, Sequence[SampleResult]],
    tuned: Mapping[str, Sequence[SampleResult]],
    system_messages: Sequence[str],
) -> TotalGain:
    headline = system_messages[0]
    tuned_tasks = by_task(tuned[headline])
    return TotalGain(
        **asdict(gain(base[headline], tuned[headline])),
        covers=GAIN_COVERS,
        ci_tasks=task_interval(base[headline], tuned[headline]),
        tasks=tuple(
            TaskGain(**asdict(gain(group, tuned_tasks.get(task, []))), task=task)
            for task, group in by_task(base[headline]).items()
        ),
        by_system_message=tuple(
            MessageGain(**asdict(gain(base[text], tuned[text])), system_message=text) for text in system_messages
        ),
    )
