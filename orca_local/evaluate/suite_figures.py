"""Figures of models on benchmarks: it takes scores and returns what is printed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from orca_local.domain.design import design_interval, mean_interval, paired_difference
from orca_local.domain.statistics import Interval, holm
from orca_local.domain.suite_evaluation import (
    OURS,
    SuiteDifference,
    SuiteMean,
    SuitePart,
    SuiteResult,
    SuiteScore,
)
from orca_local.evaluate.named_model import NamedModel
from orca_local.runs.context import StageContext
from orca_local.store.suite_answers import ScoredRow
from orca_local.suites.choose import ChosenQuestions
from orca_local.suites.question import Question

TUNED = "tuned"
"""The model that the others are compared with, if it is evaluated; else the last one is."""


@dataclass(frozen=True, slots=True)
class SuiteScores:
    """The scores of one model on one suite under one system message, by question, in the order of the suite."""

    suite: ChosenQuestions
    questions: Sequence[Question]
    """Those that count: all but the ones that an endpoint did not answer."""
    model: str
    system_message: str
    values: Mapping[str, NDArray[np.float64]]
    """By rule, float64 of shape [questions]; 0 without a readable answer."""
    extracted: Mapping[str, NDArray[np.bool_]]
    """By rule, whether it finds an answer (shape [questions])."""
    tokens: NDArray[np.int64]
    """Tokens of each answer; -1 for a question without one."""
    prompt_tokens: NDArray[np.int64]
    """Tokens of each prompt; -1 for a question without an answer."""
    truncated: NDArray[np.bool_]
    """Whether the answer was cut off."""
    too_long: int
    """Number of questions that leave no room for an answer."""

    @classmethod
    def collect(
        cls,
        context: StageContext,
        model: NamedModel,
        suite: ChosenQuestions,
        messages: Sequence[str],
        too_long: set[str],
        missing: Set[tuple[str, str, str]] = frozenset(),
    ) -> Iterator[SuiteScores]:
        """Yield the scores of this run under each system message.

        `too_long` are the ids, as events name them, of the questions that leave no room for an answer. `missing` names
        model, question and system message of what an endpoint did not answer; without any answer there are no scores.
        """
        place = {question.id: number for number, question in enumerate(suite.questions)}
        made = {text: cls._empty(suite, model.name, text) for text in dict.fromkeys(messages)}
        for row in context.store.suite_answers.scores(context.run_id, model.model.model_id, suite.suite.name):
            if row.system_message in made and row.question_id in place:
                made[row.system_message]._set(place[row.question_id], row)
        is_too_long = np.array([f"{suite.suite.name}/{name}" in too_long for name in place], dtype=bool)
        for one in made.values():
            count = int((is_too_long & (one.tokens < 0)).sum())
            is_kept = [(model.name, f"{suite.suite.name}/{name}", one.system_message) not in missing for name in place]
            if any(is_kept):
                yield replace(one._only(np.array(is_kept, dtype=bool)), too_long=count)

    @classmethod
    def _empty(cls, suite: ChosenQuestions, model: str, text: str) -> SuiteScores:
        n, rules = len(suite.questions), (OURS, *suite.suite.references)
        return cls(
            suite,
            suite.questions,
            model,
            text,
            {rule: np.zeros(n) for rule in rules},
            {rule: np.zeros(n, dtype=bool) for rule in rules},
            np.full(n, -1, dtype=np.int64),
            np.full(n, -1, dtype=np.int64),
            np.zeros(n, dtype=bool),
            0,
        )

    def _set(self, place: int, row: ScoredRow) -> None:
        self.tokens[place], self.prompt_tokens[place] = row.completion_tokens, row.prompt_tokens
        self.truncated[place] = row.is_truncated
        if row.rule in self.values:
            self.values[row.rule][place] = row.value or 0.0
            self.extracted[row.rule][place] = row.is_extracted

    def _only(self, is_kept: NDArray[np.bool_]) -> SuiteScores:
        """The scores of some of the questions (shape [questions])."""
        if is_kept.all():
            return self
        return replace(
            self,
            questions=[question for question, kept in zip(self.questions, is_kept, strict=True) if kept],
            values={rule: values[is_kept] for rule, values in self.values.items()},
            extracted={rule: found[is_kept] for rule, found in self.extracted.items()},
            tokens=self.tokens[is_kept],
            prompt_tokens=self.prompt_tokens[is_kept],
            truncated=self.truncated[is_kept],
        )

    def common_with(self, other: SuiteScores) -> SuiteScores:
        """The scores of the questions that count for another model too."""
        names = {question.id for question in other.questions}
        return self._only(np.array([question.id in names for question in self.questions], dtype=bool))

    @property
    def missing(self) -> int:
        """Number of questions that do not count."""
        return len(self.suite.questions) - len(self.questions)

    @property
    def reference(self) -> NDArray[np.float64]:
        """The scores by the first rule of another harness."""
        return self.values[self.suite.suite.references[0]]

    @property
    def clusters(self) -> list[str]:
        """What each question shares a text with; empty if it stands alone."""
        return [question.cluster for question in self.questions]

    @property
    def parts(self) -> list[str]:
        """The part of the suite that each question is of."""
        return [question.group for question in self.questions]

    def interval(self, rule: str = OURS) -> Interval:
        """The interval of the mean score by a rule."""
        return design_interval(self.values[rule], self.parts, self.clusters)

    def result(self) -> SuiteResult:
        """The figures."""
        n = len(self.tokens)
        first, *others = [
            SuiteScore(rule, float(values.mean()), self.interval(rule), float(self.extracted[rule].mean()))
            for rule, values in self.values.items()
        ]
        return SuiteResult(
            suite=self.suite.suite.name,
            model=self.model,
            system_message=self.system_message,
            n=n,
            ours=first,
            references=tuple(others),
            truncated=float(self.truncated.mean()),
            tokens=_mean_count(self.tokens),
            prompt_tokens=_mean_count(self.prompt_tokens),
            too_long=self.too_long,
            failed=int((self.tokens < 0).sum()) - self.too_long,
            missing=self.missing,
            parts=tuple(self._part_scores()),
        )

    def _part_scores(self) -> Iterator[SuitePart]:
        names, index = np.unique(np.asarray(self.parts), return_inverse=True)
        counts = np.bincount(index)
        sums = [np.bincount(index, weights=values) for values in (self.values[OURS], self.reference)]
        for name, n, ours, reference in zip(names, counts, *sums, strict=True):
            yield SuitePart(str(name), int(n), float(ours / n), float(reference / n))


def _mean_count(counts: NDArray[np.int64]) -> float:
    """The mean of the counts of questions with an answer, to a tenth; 0 without any."""
    known = counts[counts >= 0]
    return round(float(known.mean()), 1) if len(known) else 0.0


def compare_models(scores: Sequence[SuiteScores], models: Sequence[str]) -> tuple[SuiteDifference, ...]:
    """Return the differences of the tuned model, else of the last one, to each other model on the same questions.

    Their p-values are corrected for their number. A model without common questions has no difference.
    """
    models = [name for name in models if any(one.model == name for one in scores)]
    if not models:
        return ()
    after = TUNED if TUNED in models else models[-1]
    by_key = {(one.suite.suite.name, one.system_message, one.model): one for one in scores}
    pairs = [
        (one.common_with(other), other.common_with(one))
        for (suite, message, model), one in by_key.items()
        if model != after and (other := by_key.get((suite, message, after))) is not None
    ]
    differences = [_difference(one, other) for one, other in pairs if one.questions]
    adjusted = holm([one.p_value for one in differences])
    return tuple(replace(one, p_holm=value) for one, value in zip(differences, adjusted, strict=True))


def _difference(before: SuiteScores, after: SuiteScores) -> SuiteDifference:
    value, ci, p_value = paired_difference(before.values[OURS], after.values[OURS], before.clusters)
    return SuiteDifference(
        suite=before.suite.suite.name,
        system_message=before.system_message,
        before=before.model,
        after=after.model,
        value=value,
        ci=ci,
        p_value=p_value,
        p_holm=p_value,
        n=len(before.tokens),
        reference_value=float((after.reference - before.reference).mean()),
    )


def summarize(scores: Iterable[SuiteScores]) -> tuple[SuiteMean, ...]:
    """Return the mean of each model and system message over the suites; nothing for a single suite.

    A model that did not answer everything has no mean: it would be that of other suites or questions.
    """
    groups: dict[tuple[str, str], list[SuiteScores]] = {}
    for one in scores:
        groups.setdefault((one.model, one.system_message), []).append(one)
    most = max(map(len, groups.values()), default=0)
    complete = (group for group in groups.values() if len(group) == most and not any(one.missing for one in group))
    return tuple(_mean(group) for group in complete if most > 1)


def _mean(group: Sequence[SuiteScores]) -> SuiteMean:
    means = [float(one.values[OURS].mean()) for one in group]
    return SuiteMean(
        model=group[0].model,
        system_message=group[0].system_message,
        suites=len(group),
        ours=sum(means) / len(means),
        ci=mean_interval(means, [one.interval() for one in group]),
        reference=sum(float(one.reference.mean()) for one in group) / len(group),
    )
