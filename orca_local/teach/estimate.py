"""What teaching will take, before it is begun: tokens are counted, the rest comes from earlier calls."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from statistics import mean, stdev
from typing import Any

from orca_local.domain.settings import TeacherSettings
from orca_local.domain.statistics import Interval, wilson
from orca_local.domain.strategies import Strategy
from orca_local.domain.types import Message, Sample
from orca_local.rows.renderer import PromptRenderer
from orca_local.store.store import Store
from orca_local.teach.budget import Budget
from orca_local.teach.prices import Price
from orca_local.teach.retry_plan import Ladder
from orca_local.teach.teacher import Question, Teacher

ANSWER_TOKENS: Mapping[str, int] = {
    "direct_answer": 20,
    "extract_generate": 100,
    "recall_then_generate": 90,
    "step_by_step": 160,
    "recall_reason_generate": 180,
    "explain_then_answer": 130,
}
OTHER_TOKENS = 150
"""Assumed of an answer where nothing was asked here yet."""
SECONDS_PER_CALL, MISMATCHES = 3.0, 0.2
UNKNOWN = 0.25
"""Standard error of what is assumed, as a share of it."""
KNOWN_AT_ONCE = 5000


@dataclass(frozen=True, slots=True)
class _Past:
    """What earlier calls to the same teacher say."""

    calls: int
    prompt_ratio: float
    """Its tokens for one of ours: other models cut texts otherwise."""
    answers: Mapping[str, _Lengths]
    """By strategy; of all strategies under ``."""
    mismatches: tuple[float, float, float]
    """Share of answers that differ from the reference: at least, expected, at most."""
    seconds: float


@dataclass(frozen=True, slots=True)
class _Lengths:
    """Tokens of answers."""

    mean: float
    deviation: float
    """Of one answer."""
    error: float
    """Of the mean."""


def estimate(
    store: Store,
    renderer: PromptRenderer,
    teacher: Teacher,
    samples: Sequence[Sample],
    chosen: Mapping[str, Strategy],
    settings: TeacherSettings,
    price: Price | None,
    *,
    limit: int | None = None,
) -> dict[str, Any]:
    """The object of `teach --estimate --json`. Nothing is asked and nothing is written."""
    ladder = Ladder(teacher.endpoint, teacher.model, chosen, settings, varies=teacher.varies)
    wanted = [s for s in samples if s.task in chosen][: limit or None]
    questions = [question for sample in wanted for question in ladder.first(sample)]
    known = _known(store, questions)
    new = [question for question in questions if question.key not in known]
    past = _past(store, renderer, teacher)
    again = [_follow_ups(share, settings, varies=teacher.varies) for share in past.mismatches]
    prompt = sum(past.prompt_ratio * _length(renderer, question.request.messages) for question in new)
    answers = _sum([question.strategy for question in new], past)
    low, middle, high = ((1 + more) * written for more, written in zip(again, answers, strict=True))
    read = [(1 + more) * prompt for more in again]
    calls = len(new) * (1 + again[1])
    budget = Budget(price)
    return {
        "questions": len(questions),
        "cached": len(known),
        "calls": round(calls),
        "prompt_tokens": round(read[1]),
        "completion_tokens": {"low": round(low), "expected": round(middle), "high": round(high)},
        "usd": None
        if price is None
        else {
            "low": price.cost(read[0], low),
            "expected": price.cost(read[1], middle),
            "high": price.cost(read[2], high),
            "at_most": sum(budget.worst(question.request) for question in new)
            * (1 + settings.attempts + (settings.on_mismatch == "with_hint")),
        },
        "seconds": _seconds(calls, read[1] + middle, past, teacher, settings),
        "basis": f"{past.calls} earlier calls" if past.calls else "no call was made yet: lengths are assumed",
        "price": "not known: write it into prices.toml" if price is None else price.basis,
    }


def _known(store: Store, questions: Sequence[Question]) -> set[str]:
    found: set[str] = set()
    waiting = iter(questions)
    while some := list(islice(waiting, KNOWN_AT_ONCE)):
        found |= store.teacher_calls.answered(question.key for question in some)
    return found


def _past(store: Store, renderer: PromptRenderer, teacher: Teacher) -> _Past:
    calls = store.teacher_calls.past(teacher.endpoint, teacher.model)
    lengths = {**ANSWER_TOKENS, "": OTHER_TOKENS}
    assumed = {name: _Lengths(n, n / 2, UNKNOWN * n) for name, n in lengths.items()}
    counted = [call for call in calls if call.prompt_tokens and call.completion_tokens]
    if not counted:
        return _Past(0, 1.0, assumed, (0.0, MISMATCHES, 2 * MISMATCHES), SECONDS_PER_CALL)
    ours = sum(_length(renderer, call.messages) for call in counted)
    groups: dict[str, list[int]] = defaultdict(list)
    for call in counted:
        groups[call.strategy].append(call.completion_tokens)
        groups[""].append(call.completion_tokens)
    answers = {name: _measured(lengths) for name, lengths in groups.items()}
    judged = [call.verified for call in counted if call.verified is not None]
    wrong = wilson(len(judged) - sum(judged), len(judged)) if judged else Interval(0.0, 0.0)
    share = 1 - mean(judged) if judged else 0.0
    ratio = sum(call.prompt_tokens for call in counted) / ours
    seconds = mean(call.seconds for call in counted)
    return _Past(len(counted), ratio, answers, (wrong.low, share, wrong.high), seconds)


def _measured(lengths: Sequence[int]) -> _Lengths:
    """Few calls say little: of one alone the length itself is taken for its error."""
    middle = mean(lengths)
    if len(lengths) == 1:
        return _Lengths(middle, middle / 2, middle / 2)
    deviation = stdev(lengths)
    return _Lengths(middle, deviation, deviation / math.sqrt(len(lengths)))


def _sum(strategies: Sequence[str], past: _Past) -> tuple[float, float, float]:
    """Tokens of one answer a strategy named: at least, expected, at most, two standard errors away."""
    middle = variance = 0.0
    for name, count in Counter(strategies).items():
        lengths = past.answers.get(name) or past.answers[""]
        middle += count * lengths.mean
        variance += (count * lengths.error) ** 2 + count * lengths.deviation**2
    return max(float(len(strategies)), middle - 2 * math.sqrt(variance)), middle, middle + 2 * math.sqrt(variance)


def _follow_ups(mismatches: float, settings: TeacherSettings, *, varies: bool) -> float:
    """Further questions for one of the first, where each is wrong as often as those before."""
    if not varies:
        return 0.0
    wrong = mismatches**settings.samples
    more = sum(wrong * mismatches**number for number in range(settings.attempts))
    hint = wrong * mismatches**settings.attempts if settings.on_mismatch == "with_hint" else 0.0
    return (more + hint) / settings.samples


def _seconds(calls: float, tokens: float, past: _Past, teacher: Teacher, settings: TeacherSettings) -> float:
    bounds = [calls * past.seconds / teacher.concurrency, past.seconds if calls else 0.0]
    if settings.requests_per_minute:
        bounds.append(60 * calls / settings.requests_per_minute)
    if settings.tokens_per_minute:
        bounds.append(60 * tokens / settings.tokens_per_minute)
    return round(max(bounds), 1)


def _length(renderer: PromptRenderer, messages: Sequence[Message]) -> int:
    return len(renderer.prompt_ids(messages))
