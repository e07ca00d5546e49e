"""The two scores of an output: ours, and those of the reference rules."""

from __future__ import annotations

from collections.abc import Mapping

from orca_local.domain.frozen import Frozen
from orca_local.hub.benchmarks import Suite
from orca_local.kinds.scoring import ScoredAnswer, score
from orca_local.suites.question import Question
from orca_local.suites.reference.base import ReferenceScore
from orca_local.suites.reference.table import RULES


class SuiteScore(Frozen):
    """How an output is scored."""

    ours: ScoredAnswer
    """The answer that a careful person takes from it."""
    reference: Mapping[str, ReferenceScore]
    """What each rule of the suite makes of it, the first of which is the one to show."""


def score_output(suite: Suite, question: Question, text: str) -> SuiteScore:
    """Return both scores of an output of a model."""
    ours = score(question.to_sample(suite.name), text).lenient
    return SuiteScore(ours, {name: RULES[name](question, text) for name in suite.references})
