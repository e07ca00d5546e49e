"""Estimates what an evaluation of benchmarks takes before it starts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean

from orca_local.domain.probe_summary import ProbeSummary
from orca_local.domain.settings import EvaluateSettings
from orca_local.domain.stages import SUITES
from orca_local.domain.suite_evaluation import SuiteCost, SuiteEstimate, SuiteEvaluation
from orca_local.runs.summaries import iter_summaries
from orca_local.store.store import Store
from orca_local.suites.choose import ChosenQuestions

TOKENS, TOKENS_PER_SECOND = 150.0, 100.0
"""Assumed length and speed of an answer, used before anything was measured."""
CHARACTERS_PER_TOKEN = 4.0
"""Of English text, about."""
READ_WHILE_WRITTEN = 4.0
"""How many tokens of prompts are read in the time in which one is generated, about."""


def estimate_suites(
    store: Store, models: Mapping[str, int | None], chosen: Sequence[ChosenQuestions], settings: EvaluateSettings
) -> SuiteEstimate:
    """Estimate answers, tokens and time.

    `models` has the id in the store of each model by name; None if it has none.
    """
    lengths = _lengths(store)
    costs = tuple(_cost(store, list(models.values()), suite, settings, lengths) for suite in chosen)
    rate, basis = _rate(store)
    tokens = sum(cost.completion_tokens for cost in costs)
    known = sum(cost.suite in lengths for cost in costs)
    if known < len(costs):
        basis += f"; assumes {TOKENS:.0f} tokens an answer" + (" where none was measured" if known else "")
    return SuiteEstimate(
        models=tuple(models),
        suites=costs,
        answers=sum(cost.answers for cost in costs),
        answered=sum(cost.answered for cost in costs),
        completion_tokens=tokens,
        seconds=round(_work(sum(cost.prompt_tokens for cost in costs), tokens) / rate, 1),
        basis=basis,
    )


def _cost(
    store: Store,
    model_ids: Sequence[int | None],
    suite: ChosenQuestions,
    settings: EvaluateSettings,
    lengths: Mapping[str, float],
) -> SuiteCost:
    name, messages = suite.suite.name, list(dict.fromkeys(settings.system_messages))
    answered = 0
    for model_id in model_ids:
        counts = {} if model_id is None else store.suite_answers.answered(name, suite.digest, model_id, messages)
        answered += sum(counts.get(question.id, 0) for question in suite.questions)
    answers = len(suite.questions) * len(messages) * len(model_ids)
    missing = answers - answered
    characters = fmean(len(question.prompt) for question in suite.questions)
    characters += fmean(map(len, messages))
    length = min(lengths.get(name, TOKENS), settings.suite_max_tokens or suite.suite.max_tokens)
    return SuiteCost(
        suite=name,
        questions=len(suite.questions),
        answers=answers,
        answered=answered,
        prompt_tokens=round(missing * characters / CHARACTERS_PER_TOKEN),
        completion_tokens=round(missing * length),
    )


def _lengths(store: Store) -> dict[str, float]:
    """The mean number of tokens of an answer by suite, from the newest run that measured it."""
    lengths: dict[str, float] = {}
    for summary in iter_summaries(store, SUITES, SuiteEvaluation):
        for suite in summary.suites:
            if counts := [row.tokens for row in summary.results if row.suite == suite.name]:
                lengths.setdefault(suite.name, fmean(counts))
    return lengths


def _work(read: float, written: float) -> float:
    """Tokens that are generated in the time in which so many are read and written."""
    return read / READ_WHILE_WRITTEN + written


def _rate(store: Store) -> tuple[float, str]:
    """Generated tokens per second, and where the figure comes from."""
    for summary in iter_summaries(store, SUITES, SuiteEvaluation):
        if summary.completion_tokens and summary.seconds and summary.results:
            read = summary.new * fmean(row.prompt_tokens for row in summary.results)
            work = _work(read, summary.completion_tokens)
            return work / summary.seconds, f"at the rate of run {summary.run_id}"
    for probe in iter_summaries(store, "probe", ProbeSummary):
        if probe.completion_tokens and probe.seconds:
            return probe.completion_tokens / probe.seconds, f"at the rate of the probe, run {probe.run_id}"
    return TOKENS_PER_SECOND, f"estimate; assumes {TOKENS_PER_SECOND:.0f} tokens/s"
