"""Results and estimates of teaching."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from orca_local.domain.failure_summary import FailureSummary
from orca_local.domain.record import OMITTABLE, Record


class CallTotals(Record):
    """Number of teacher calls by outcome."""

    new: int
    """Answered in this run."""
    cached: int
    """Answered in an earlier run."""
    failed: int
    """Without a usable answer, in this run or for good; `failures` says why."""


class BatchState(Record):
    """One batch at the teacher's endpoint."""

    id: str
    """Id that the endpoint gave the batch."""
    state: str
    """State that the endpoint reports."""
    total: int
    """Number of calls in the batch."""
    done: int
    """Number of calls answered."""


class BatchSummary(Record):
    """Calls sent through the Batch API."""

    submitted: int
    """Calls sent in this run."""
    waiting: int
    """Calls that are not collected yet, including those sent in this run."""
    states: tuple[BatchState, ...]
    """The batches of this run."""


class TeachSummary(Record):
    """Result of `teach`."""

    run_id: int
    """Number of the run."""
    calls: CallTotals
    """Number of teacher calls."""
    verified: int
    """Answers that match the reference, have none, or are only similar to it."""
    rejected: int
    """Answers that do not match the reference."""
    not_asked: int
    """Calls that were not made because a limit on cost or calls was reached."""
    cost_usd: float | None
    """Cost of this run; null if no price is known."""
    spent_usd: float | None
    """Cost of all runs of the workspace; null if no price is known."""
    prompt_tokens: int
    """Prompt tokens of this run."""
    completion_tokens: int
    """Completion tokens of this run."""
    seconds: float
    """Duration of the run."""
    verdicts: Mapping[str, int] | None = field(default=None, metadata=OMITTABLE)
    """Number of answers by the result of the comparison: `equal`, `equal_value`, `same_label`, `similar`,
    `different`, `unreadable`, `unchecked`."""
    failures: FailureSummary | None = field(default=None, metadata=OMITTABLE)
    """The failed samples, where there are any."""
    left_out: tuple[str, ...] = field(default=(), metadata=OMITTABLE)
    """Fields of the settings that the endpoint refuses, so that the requests were sent without them."""
    doubtful_counts: int | None = field(default=None, metadata=OMITTABLE)
    """Number of answers without believable token counts; each is charged with the most that it can cost."""
    batch: BatchSummary | None = field(default=None, metadata=OMITTABLE)
    """The Batch API; with `--batch`."""


class TokenRange(Record):
    """Number of tokens."""

    low: int
    """Two standard errors below the expected number."""
    expected: int
    """Expected number."""
    high: int
    """Two standard errors above the expected number."""


class CostRange(Record):
    """Cost in US dollars."""

    low: float
    """Cost at the low number of tokens."""
    expected: float
    """Expected cost."""
    high: float
    """Cost at the high number of tokens."""
    at_most: float
    """Maximum possible cost, with every retry and the longest answers."""


class TeachEstimate(Record):
    """Result of `teach --estimate`."""

    questions: int
    """Number of questions for the teacher."""
    cached: int
    """Questions that are already answered."""
    calls: int
    """Expected number of calls, including retries after a wrong answer."""
    prompt_tokens: int
    """Expected number of prompt tokens."""
    completion_tokens: TokenRange
    """Number of completion tokens."""
    usd: CostRange | None
    """Cost; null if no price is known."""
    seconds: float
    """Expected duration."""
    basis: str
    """Where the figures come from."""
    price: str
    """Where the price comes from."""
