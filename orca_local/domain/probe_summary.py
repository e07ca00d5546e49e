"""Results of the probe: measured accuracies and chosen strategies."""

from __future__ import annotations

from dataclasses import field

from orca_local.domain.failure_summary import FailureSummary
from orca_local.domain.judge_summary import Judged, JudgeEstimate
from orca_local.domain.record import CI, OMITTABLE, Record


class GenerationTotals(Record):
    """Number of generations by origin."""

    new: int
    """Generated in this run."""
    cached: int
    """Already in the store."""


class CellSummary(Record):
    """One task under one strategy."""

    strategy: str
    """Name of the strategy."""
    n: int
    """Number of samples answered."""
    score_sum: float
    """Sum of the scores, each from 0 to 1."""
    accuracy: float
    """Mean score: of the strict reading, or of the lenient one for a strategy that does not ask for the form."""
    ci: CI
    """Interval of the accuracy at the error level `probe.alpha`: Wilson's, wider for few samples and near 0 and 1."""
    extracted: float
    """Share of completions with a readable answer in the reading that `accuracy` is of."""
    completion_tokens: int
    """Tokens of all completions."""
    lenient_accuracy: float | None = field(default=None, metadata=OMITTABLE)
    """Mean score of the lenient reading: the answer that a careful person takes from the text."""
    unreadable: float | None = field(default=None, metadata=OMITTABLE)
    """Share of completions without an answer in either reading."""
    truncated: float | None = field(default=None, metadata=OMITTABLE)
    """Share of completions that `max_tokens` cut off."""


class TaskSelection(Record):
    """The strategy chosen for one task."""

    task: str
    """Name of the task."""
    strategy: str
    """Name of the chosen strategy."""
    decided: bool
    """Whether the sequential test shows that the strategy beats every other one."""
    probability_best: float
    """Probability that the strategy has the highest accuracy."""
    loss_bound: float
    """Upper 95 % bound of the accuracy lost against the best strategy."""
    more_samples: int | None
    """Estimated number of further samples until the choice is decided; null if decided or not foreseeable."""
    reason: str
    """Why the strategy was chosen, in one sentence."""
    cells: tuple[CellSummary, ...]
    """Results by strategy."""


class SelectionGain(Record):
    """Gain of one strategy per task over the best single strategy for all tasks, cross-validated."""

    value: float
    """Mean gain in accuracy."""
    ci: CI
    """Interval over tasks like these at the error level `probe.alpha`: Student's over the gains of the tasks."""
    single_strategy: str
    """The single strategy that is best for all tasks together."""
    tasks: int
    """Number of tasks compared."""
    reason: str
    """The meaning of the gain, in one sentence."""


class ProbeSummary(Record):
    """Result of `probe`."""

    run_id: int
    """Number of the run."""
    method: str
    """`race` or `exhaustive`."""
    tasks: tuple[TaskSelection, ...]
    """The choice for each task."""
    selection_gain: SelectionGain | None = field(metadata={"key": "worth"})
    """Gain of choosing a strategy per task; null with fewer than two tasks."""
    generations: GenerationTotals
    """Number of generations."""
    completion_tokens: int
    """Tokens generated in this run."""
    seconds: float
    """Duration of the run."""
    failures: FailureSummary | None = field(default=None, metadata=OMITTABLE)
    """The failed samples, where there are any."""
    judged: Judged | None = field(default=None, metadata=OMITTABLE)
    """The judge, where it scores tasks."""


class GenerationRange(Record):
    """Number of generations that a probe takes."""

    min: int = field(metadata={"key": "least"})
    """Smallest number."""
    expected: int
    """Expected number."""
    max: int = field(metadata={"key": "most"})
    """Largest number."""


class ProbeEstimate(Record):
    """Result of `probe --estimate`."""

    tasks: int
    """Number of tasks."""
    generations: GenerationRange
    """Number of generations, including those already in the store."""
    completion_tokens: int
    """Expected number of generated tokens."""
    seconds: float
    """Expected duration."""
    basis: str
    """Where the figures come from."""
    judge: JudgeEstimate | None = field(default=None, metadata=OMITTABLE)
    """What the judge's calls will take, where it scores tasks."""
