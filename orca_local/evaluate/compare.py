"""Compare models on the samples that both answered: pure, from measurements to the object that is printed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from orca_local.domain.statistics import mcnemar_exact, paired_bootstrap, wilson


@dataclass(frozen=True, slots=True)
class Answered:
    """One sample as one model answered it."""

    sample_id: str
    task: str
    value: float | None
    """Score in [0, 1]; None where no answer could be found, which counts as 0."""
    unseen: bool = False
    """Whether the sample comes from a form that no training sample has."""

    @property
    def points(self) -> float:
        """The score with 'nothing found' counted as 0."""
        return self.value if self.value is not None else 0.0


@dataclass(frozen=True, slots=True)
class Accuracy:
    """Mean score over samples, with its Wilson interval."""

    n: int
    accuracy: float
    ci: tuple[float, float]
    extracted: float
    """Share of samples in which an answer was found."""

    def to_dict(self) -> dict[str, Any]:
        """The form that `--json` prints."""
        return {"accuracy": self.accuracy, "ci": list(self.ci), "n": self.n, "extracted": self.extracted}


def measure(answers: Sequence[Answered], alpha: float = 0.05) -> Accuracy:
    """Mean score of `answers`; zero samples give an accuracy of 0 with the widest interval."""
    n = len(answers)
    total = sum(a.points for a in answers)
    interval = wilson(total, n, alpha)
    found = sum(a.value is not None for a in answers)
    return Accuracy(n, total / n if n else 0.0, (interval.low, interval.high), found / n if n else 0.0)


def by_task(answers: Sequence[Answered]) -> dict[str, list[Answered]]:
    """Answers grouped by task, tasks in alphabetical order."""
    groups: dict[str, list[Answered]] = {}
    for answer in answers:
        groups.setdefault(answer.task, []).append(answer)
    return dict(sorted(groups.items()))


def gain(base: Sequence[Answered], tuned: Sequence[Answered], alpha: float = 0.05) -> dict[str, Any]:
    """How much `tuned` scores above `base` on the samples that both answered.

    The interval is a paired bootstrap of the mean difference; the p-value is McNemar's exact one and is
    given only where every score is right or wrong (it is undefined for partial scores).
    """
    before = {a.sample_id: a.points for a in base}
    pairs = [(before[a.sample_id], a.points) for a in tuned if a.sample_id in before]
    if not pairs:
        return {"value": 0.0, "ci": [0.0, 0.0], "p_value": None, "n": 0}
    scores = np.asarray(pairs, dtype=np.float64)
    value, interval = paired_bootstrap(scores[:, 1] - scores[:, 0], alpha)
    p_value = None
    if np.isin(scores, (0.0, 1.0)).all():
        lost = int(((scores[:, 0] == 1) & (scores[:, 1] == 0)).sum())
        won = int(((scores[:, 0] == 0) & (scores[:, 1] == 1)).sum())
        p_value = mcnemar_exact(lost, won)
    return {"value": value, "ci": [interval.low, interval.high], "p_value": p_value, "n": len(pairs)}


def summarize_model(answers: Sequence[Answered], alpha: float = 0.05) -> dict[str, Any]:
    """Accuracy over all samples, per task, and apart for unseen forms where there are any."""
    summary = measure(answers, alpha).to_dict()
    summary["tasks"] = [{"task": task, **measure(group, alpha).to_dict()} for task, group in by_task(answers).items()]
    unseen = [a for a in answers if a.unseen]
    if unseen:
        summary["unseen"] = measure(unseen, alpha).to_dict()
    return summary


def compare(
    answers: Mapping[str, Mapping[str, Sequence[Answered]]],
    system_messages: Sequence[str],
    *,
    reference: str = "base",
    alpha: float = 0.05,
) -> dict[str, Any]:
    """The object of `evaluate --json`.

    `answers` maps model name → system message → answers. The first system message gives each model's
    headline figure; `by_system_message` holds all of them. The gain is of the last model over `reference`.
    """
    headline = system_messages[0]
    models = []
    for name, per_message in answers.items():
        models.append(
            {
                "model": name,
                **summarize_model(per_message[headline], alpha),
                "by_system_message": [
                    {"system_message": text, **measure(per_message[text], alpha).to_dict()} for text in system_messages
                ],
            }
        )
    result: dict[str, Any] = {"models": models}
    challenger = next((name for name in reversed(list(answers)) if name != reference), None)
    if reference in answers and challenger is not None:
        base, tuned = answers[reference], answers[challenger]
        result["gain"] = gain(base[headline], tuned[headline], alpha)
        base_tasks, tuned_tasks = by_task(base[headline]), by_task(tuned[headline])
        result["gain"]["tasks"] = [
            {"task": task, **gain(group, tuned_tasks.get(task, []), alpha)} for task, group in base_tasks.items()
        ]
        result["gain"]["by_system_message"] = [
            {"system_message": text, **gain(base[text], tuned[text], alpha)} for text in system_messages
        ]
    return result
