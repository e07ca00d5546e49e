"""Estimate what teaching will cost. Prompt tokens are counted; answer lengths come from earlier calls."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from itertools import islice
from statistics import mean, stdev
from typing import NamedTuple

from orca_local.domain.errors import InputError
from orca_local.domain.frozen import Frozen
from orca_local.domain.settings import TeacherSettings
from orca_local.domain.statistics import Interval, wilson
from orca_local.domain.teach_summary import CostRange, TeachEstimate, TokenRange
from orca_local.domain.types import Message
from orca_local.rows.renderer import PromptRenderer
from orca_local.store.store import Store
from orca_local.teach.budget import Budget
from orca_local.teach.job import TeachJob
from orca_local.teach.prices import Price
from orca_local.teach.retry_plan import RetryPlan
from orca_local.teach.teacher import Question, Teacher

ASSUMED_TOKENS: Mapping[str, int] = {
    "direct_answer": 20,
    "extract_generate": 100,
    "recall_then_generate": 90,
    "step_by_step": 160,
    "recall_reason_generate": 180,
    "explain_then_answer": 130,
    "": 150,
}
"""Assumed answer length by strategy without earlier calls; `""` is for all other strategies."""
ASSUMED_SECONDS, ASSUMED_MISMATCHES = 3.0, 0.2
ASSUMED_ERROR = 0.25
"""Relative standard error of the assumptions."""
LOOKUP_BATCH = 5000


class _Range(NamedTuple):
    """A value with an interval around it."""

    low: float
    expected: float
    high: float


class _AnswerLength(Frozen):
    """Length of answers in tokens."""

    mean: float
    deviation: float
    """Standard deviation of one answer."""
    error: float
    """Standard error of the mean."""


class _History(Frozen):
    """Statistics of earlier calls to the same teacher, or assumptions."""

    calls: int
    prompt_ratio: float
    """The teacher's prompt tokens divided by ours: its tokenizer may differ."""
    lengths: Mapping[str, _AnswerLength]
    """By strategy; `""` is for all strategies together."""
    mismatches: _Range
    """Share of answers that do not match the reference."""
    seconds: float
    """Mean duration of a call."""


def estimate(store: Store, renderer: PromptRenderer, teacher: Teacher, job: TeachJob) -> TeachEstimate:
    """The object of `teach --estimate --json`. Makes no call and stores nothing."""
    settings, price = job.settings, job.price
    plan = RetryPlan(teacher, job.strategies, settings)
    questions = [question for sample in job.selected for question in plan.first_questions(sample)]
    stored, failed = _stored_keys(store, questions)
    # What failed for good is asked again only on request.
    done = stored if job.retry_failed else stored | failed
    new = [question for question in questions if question.key not in done]
    history = _load_history(store, renderer, teacher)
    # Total number of questions for each first question.
    factors = _Range(
        *(1 + _follow_ups(share, settings, can_resample=teacher.can_resample) for share in history.mismatches)
    )
    prompt = history.prompt_ratio * _prompt_tokens(renderer, [question.request.messages for question in new])
    answers = _answer_tokens([question.strategy for question in new], history)
    prompt_tokens = _Range(*(factor * prompt for factor in factors))
    completion_tokens = _Range(*(factor * tokens for factor, tokens in zip(factors, answers, strict=True)))
    calls = len(new) * factors.expected
    max_calls = 1 + settings.attempts + (settings.on_mismatch == "with_hint")
    max_usd = max_calls * sum(Budget(price).max_cost(question.request) for question in new)
    tokens = prompt_tokens.expected + completion_tokens.expected
    return TeachEstimate(
        questions=len(questions),
        cached=len(stored),
        calls=round(calls),
        prompt_tokens=round(prompt_tokens.expected),
        completion_tokens=TokenRange(*map(round, completion_tokens)),
        usd=None if price is None else _cost(price, prompt_tokens, completion_tokens, max_usd),
        seconds=_seconds(calls, tokens, history, teacher, settings),
        basis=f"from {history.calls} earlier calls" if history.calls else "estimate; answer lengths are guessed",
        price="unknown: write it into prices.toml" if price is None else price.source,
    )


def _stored_keys(store: Store, questions: Sequence[Question]) -> tuple[set[str], set[str]]:
    """The keys of questions that are answered, and of those that failed for good."""
    stored: set[str] = set()
    failed: set[str] = set()
    keys = iter(question.key for question in questions)
    while batch := list(islice(keys, LOOKUP_BATCH)):
        stored |= store.teacher_calls.answered(batch)
        failed |= store.teacher_calls.failures(batch).keys()
    return stored, failed


def _load_history(store: Store, renderer: PromptRenderer, teacher: Teacher) -> _History:
    past = store.teacher_calls.past(teacher.endpoint, teacher.model)
    calls = [call for call in past if call.prompt_tokens and call.completion_tokens]
    if not calls:
        assumed = {name: _AnswerLength(n, n / 2, ASSUMED_ERROR * n) for name, n in ASSUMED_TOKENS.items()}
        mismatches = _Range(0.0, ASSUMED_MISMATCHES, 2 * ASSUMED_MISMATCHES)
        return _History(0, 1.0, assumed, mismatches, ASSUMED_SECONDS)
    lengths: dict[str, list[int]] = defaultdict(list)
    for call in calls:
        lengths[call.strategy].append(call.completion_tokens)
        lengths[""].append(call.completion_tokens)
    verified = [call.verified for call in calls if call.verified is not None]
    interval = wilson(len(verified) - sum(verified), len(verified)) if verified else Interval(0.0, 0.0)
    return _History(
        calls=len(calls),
        prompt_ratio=sum(call.prompt_tokens for call in calls)
        / _prompt_tokens(renderer, [call.messages for call in calls]),
        lengths={name: _measure(values) for name, values in lengths.items()},
        mismatches=_Range(interval.low, 1 - mean(verified) if verified else 0.0, interval.high),
        seconds=mean(call.seconds for call in calls),
    )


def _prompt_tokens(renderer: PromptRenderer, conversations: Sequence[Sequence[Message]]) -> int:
    """Number of prompt tokens of all conversations."""
    total = 0
    for ids in renderer.iter_prompt_ids(conversations):
        if isinstance(ids, InputError):
            raise ids
        total += len(ids)
    return total


def _measure(lengths: Sequence[int]) -> _AnswerLength:
    """Mean and errors. A single length has no deviation, so half of it is taken."""
    middle = mean(lengths)
    if len(lengths) == 1:
        return _AnswerLength(middle, middle / 2, middle / 2)
    deviation = stdev(lengths)
    return _AnswerLength(middle, deviation, deviation / math.sqrt(len(lengths)))


def _answer_tokens(strategies: Sequence[str], history: _History) -> _Range:
    """Tokens of one answer per entry of `strategies`, within two standard errors."""
    expected = variance = 0.0
    for name, count in Counter(strategies).items():
        length = history.lengths.get(name) or history.lengths[""]
        expected += count * length.mean
        variance += (count * length.error) ** 2 + count * length.deviation**2
    margin = 2 * math.sqrt(variance)
    return _Range(max(float(len(strategies)), expected - margin), expected, expected + margin)


def _follow_ups(mismatches: float, settings: TeacherSettings, *, can_resample: bool) -> float:
    """Follow-up questions per first question, if each answer is wrong with probability `mismatches`."""
    if not can_resample:
        return 0.0
    all_wrong = mismatches**settings.samples
    retries = sum(all_wrong * mismatches**number for number in range(settings.attempts))
    hinted = all_wrong * mismatches**settings.attempts if settings.on_mismatch == "with_hint" else 0.0
    return (retries + hinted) / settings.samples


def _cost(price: Price, prompt_tokens: _Range, completion_tokens: _Range, max_usd: float) -> CostRange:
    """US dollars; `max_usd` is the sum of the maximum costs of all possible calls."""
    costs = _Range(*(price.cost(*tokens) for tokens in zip(prompt_tokens, completion_tokens, strict=True)))
    return CostRange(costs.low, costs.expected, costs.high, at_most=max_usd)


def _seconds(calls: float, tokens: float, history: _History, teacher: Teacher, settings: TeacherSettings) -> float:
    """Duration under the tightest limit."""
    bounds = [calls * history.seconds / teacher.concurrency, history.seconds if calls else 0.0]
    if settings.requests_per_minute:
        bounds.append(60 * calls / settings.requests_per_minute)
    if settings.tokens_per_minute:
        bounds.append(60 * tokens / settings.tokens_per_minute)
    return round(max(bounds), 1)
