"""Compares models with the tuned one on the samples that both answered, and corrects for the number of comparisons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace

from orca_local.domain.design import paired_difference
from orca_local.domain.evaluation_summary import Beside, Difference, ModelDifference, TaskDifference
from orca_local.domain.statistics import holm
from orca_local.evaluate.compare import REFERENCE, TUNED, SampleResult, by_task, paired_scores


def compare_beside(results: Mapping[str, Sequence[SampleResult]]) -> Beside | None:
    """The differences of every model to the tuned one, or to the base without it.

    `results` are by model name, on one set of samples. None where neither was evaluated, or nothing but these two.
    """
    reference = next((name for name in (TUNED, REFERENCE) if name in results), None)
    others = [name for name in results if name != reference]
    if reference is None or set(others) <= {TUNED, REFERENCE}:
        return None
    overall = corrected([difference(results[reference], results[name]) for name in others])
    by_name = {name: by_task(results[name]) for name in results}
    pairs = [(name, task) for name in others for task in by_name[reference]]
    parts = corrected([difference(by_name[reference][task], by_name[name].get(task, [])) for name, task in pairs])
    tasks = {
        name: tuple(
            TaskDifference(**asdict(part), task=task) for (n, task), part in zip(pairs, parts, strict=True) if n == name
        )
        for name in others
    }
    models = (
        ModelDifference(**asdict(one), model=name, tasks=tasks[name]) for name, one in zip(others, overall, strict=True)
    )
    return Beside(reference, tuple(models))


def difference(reference: Sequence[SampleResult], other: Sequence[SampleResult]) -> Difference:
    """Mean difference in score, `other` minus `reference`, over the samples that both answered; not corrected yet.

    Without such samples, it is 0 with the interval [-1, 1]. The interval excludes 0 only if the p-value is below 0.05.
    """
    scores, _ = paired_scores(reference, other)
    if not len(scores):
        return Difference(0.0, (-1.0, 1.0), 1.0, 1.0, 0)
    value, ci, p_value = paired_difference(scores[:, 0], scores[:, 1], [""] * len(scores))
    return Difference(value, ci, p_value, p_value, len(scores))


def corrected(differences: Sequence[Difference]) -> list[Difference]:
    """The differences of one table, their p-values corrected for their number by Holm's method.

    A comparison on no sample is none, and does not count.
    """
    tested = [index for index, one in enumerate(differences) if one.n]
    adjusted = dict(zip(tested, holm([differences[index].p_value for index in tested]), strict=True))
    return [replace(one, p_holm=adjusted.get(index, 1.0)) for index, one in enumerate(differences)]
