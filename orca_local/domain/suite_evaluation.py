"""Results of `evaluate --suite`: models on benchmarks, with our score and that of another harness."""

from __future__ import annotations

from dataclasses import field

from orca_local.domain.evaluation_estimate import ModelEstimate
from orca_local.domain.failure_summary import FailureSummary
from orca_local.domain.record import CI, OMITTABLE, Record

OURS = "ours"
"""Name of our score: the answer that a careful person takes from the text."""


class EvaluatedSuite(Record):
    """A benchmark that was evaluated."""

    name: str
    """Its name."""
    digest: str
    """SHA-256 of its rows."""
    place: str
    """Where it was pulled from."""
    commit: str
    """Commit that was read; empty for a directory."""
    questions: int
    """Number of questions that it has here."""
    asked: int
    """Number of questions that were asked."""
    left_out: int
    """Published rows that are not asked, because they cannot be answered rightly."""
    is_complete: bool
    """Whether it has as many rows here as its publisher says."""
    max_tokens: int
    """Maximum tokens of an answer."""
    references: tuple[str, ...]
    """Rules of other harnesses that score it beside ours; the first is the one to compare with."""


class SuiteScore(Record):
    """One score of a model on a benchmark."""

    rule: str
    """`ours`, or the rule of another harness."""
    accuracy: float
    """Mean score, from 0 to 1. A question without a readable answer counts 0."""
    ci: CI
    """95 % interval over questions like these: it heeds the parts of the suite, and texts that questions share."""
    extracted: float
    """Share of questions with an answer that the rule can read."""


class SuitePart(Record):
    """Scores of a part of a benchmark, such as a subject."""

    part: str
    """Its name."""
    n: int
    """Number of questions."""
    accuracy: float
    """Mean of our score."""
    reference: float
    """Mean score of the first rule of another harness."""


class SuiteResult(Record):
    """One model on one benchmark under one system message."""

    suite: str
    """Name of the benchmark."""
    model: str
    """Name of the model."""
    system_message: str
    """The system message; it may be empty."""
    n: int
    """Number of questions."""
    ours: SuiteScore
    """Our score."""
    references: tuple[SuiteScore, ...]
    """Scores by the rules of other harnesses; the first is the one to compare with."""
    truncated: float
    """Share of questions whose answer was cut off."""
    tokens: float
    """Mean number of tokens of an answer."""
    prompt_tokens: float
    """Mean number of tokens of a prompt."""
    too_long: int
    """Number of questions that leave no room for an answer in the context. They count 0."""
    failed: int
    """Number of questions without an answer for another reason. They count 0."""
    missing: int = field(default=0, kw_only=True, metadata=OMITTABLE)
    """Number of questions that an endpoint was not asked or did not answer. All figures leave them out."""
    parts: tuple[SuitePart, ...]
    """Scores by part of the benchmark."""

    @property
    def no_answer(self) -> float:
        """Share of questions without an answer that our reading finds."""
        return 1 - self.ours.extracted


class SuiteDifference(Record):
    """Difference of two models on the same questions under one system message."""

    suite: str
    """Name of the benchmark."""
    system_message: str
    """The system message; it may be empty."""
    before: str
    """Name of the model that is compared with."""
    after: str
    """Name of the other model: `tuned`, or the last one."""
    value: float
    """Our score of `after` minus that of `before`."""
    ci: CI
    """95 % interval over questions like these, of pairs. It excludes 0 only if `p_value` is below 0.05."""
    p_value: float
    """Exact McNemar test where each question stands alone and each score is 0 or 1; else a test by random signs, with
    the questions about one text together."""
    p_holm: float
    """The p-value after Holm's correction for the number of differences in the evaluation."""
    n: int
    """Number of questions that both answered."""
    reference_value: float
    """The same difference by the first rule of another harness."""


class SuiteMean(Record):
    """Mean of a model over all benchmarks of the evaluation, each with the same weight."""

    model: str
    """Name of the model."""
    system_message: str
    """The system message; it may be empty."""
    suites: int
    """Number of benchmarks."""
    ours: float
    """Mean of our score."""
    ci: CI
    """95 % interval over questions like these of the same benchmarks."""
    reference: float
    """Mean of the scores by the first rule of another harness."""


class FurtherModel(Record):
    """A further model that a `[[model]]` table names."""

    model: str
    """Name of the model."""
    source: str
    """Its name and address at an endpoint, or its file."""
    cost_usd: float | None = field(default=None, metadata=OMITTABLE)
    """Of an endpoint: US dollars that its calls have cost in this workspace, all runs together."""


class ReportedMean(Record):
    """A mean that the literature reports. It was measured with another harness and other prompts."""

    model: str
    """Name of the model."""
    mean: float
    """Mean over the benchmarks of the group, from 0 to 1."""
    note: str
    """What is known of how it was measured."""
    group: str
    """Name of the group of benchmarks."""
    source: str
    """Where it is reported."""


class SuiteEvaluation(Record):
    """Result of `evaluate --suite`."""

    run_id: int
    """Number of the run."""
    models: tuple[str, ...]
    """Names of the models, in the order in which they were evaluated."""
    suites: tuple[EvaluatedSuite, ...]
    """The benchmarks."""
    results: tuple[SuiteResult, ...]
    """Results by benchmark, system message and model."""
    differences: tuple[SuiteDifference, ...]
    """Differences of one model to each other one; none with a single model."""
    means: tuple[SuiteMean, ...]
    """Means over the benchmarks, where there are several."""
    reported: tuple[ReportedMean, ...]
    """What the literature reports for the same group of benchmarks. It cannot be compared with the means directly."""
    new: int
    """Answers that were generated in this run."""
    cached: int
    """Answers that were in the store already."""
    completion_tokens: int
    """Tokens that were generated in this run."""
    seconds: float
    """Duration of the run."""
    scorer_version: int
    """Version of the rules that read and compared the answers."""
    further: tuple[FurtherModel, ...] = field(default=(), metadata=OMITTABLE)
    """The models that `[[model]]` tables name."""
    failures: FailureSummary | None = field(default=None, metadata=OMITTABLE)
    """The failed questions, where there are any. Those that are too long for the context are not among them."""


class SuiteCost(Record):
    """What the evaluation of one benchmark takes."""

    suite: str
    """Name of the benchmark."""
    questions: int
    """Number of questions."""
    answers: int
    """Number of answers: for each model and system message."""
    answered: int
    """Of these, those that are in the store already."""
    prompt_tokens: int
    """About how many tokens are read for the missing answers."""
    completion_tokens: int
    """About how many tokens are generated for them."""


class SuiteEstimate(Record):
    """Result of `evaluate --suite --estimate`."""

    models: tuple[str, ...]
    """Names of the models."""
    suites: tuple[SuiteCost, ...]
    """The benchmarks."""
    answers: int
    """Number of answers."""
    answered: int
    """Of these, those that are in the store already."""
    completion_tokens: int
    """About how many tokens are generated for the missing ones."""
    seconds: float
    """About how long that takes."""
    basis: str
    """Where the figures come from."""
    endpoints: tuple[ModelEstimate, ...] = field(default=(), metadata=OMITTABLE)
    """What models behind endpoints would be asked, and what that would cost."""
