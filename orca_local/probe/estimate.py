"""Estimates what a probe takes before it starts."""

from __future__ import annotations

from collections.abc import Sequence

from orca_local.domain.judge_summary import JudgeEstimate
from orca_local.domain.probe_summary import GenerationRange, ProbeEstimate, ProbeSummary
from orca_local.domain.settings import ProbeSettings
from orca_local.probe.probed_task import ProbedTask
from orca_local.probe.race import round_ends
from orca_local.runs.grading import Grader
from orca_local.runs.summaries import iter_summaries
from orca_local.store.store import Store

RACE_SHARE = 0.45
"""Share of all cells that a race measures, measured in docs/log.md."""
TOKENS, TOKENS_PER_SECOND = 60.0, 100.0
"""Assumed length and speed of a completion, used before the first probe."""


def estimate(
    store: Store, tasks: Sequence[ProbedTask], settings: ProbeSettings, judge: Grader | None = None
) -> ProbeEstimate:
    """Estimate generations, tokens and time, and the calls of a judge.

    Completions that are already in the store count like new ones.
    """
    max_count = sum(len(task.samples) * len(task.strategies) for task in tasks)
    first_round = sum(round_ends(max(1, len(task.samples)))[0] * len(task.strategies) for task in tasks)
    is_race = settings.method == "race"
    min_count = first_round if is_race else max_count
    expected = max(first_round, round(RACE_SHARE * max_count)) if is_race else max_count
    tokens, seconds, basis = _per_completion(store)
    return ProbeEstimate(
        tasks=len(tasks),
        generations=GenerationRange(min_count, expected, max_count),
        completion_tokens=round(expected * tokens),
        seconds=round(expected * seconds, 1),
        basis=basis,
        judge=_judge_estimate(tasks, settings, judge),
    )


def _judge_estimate(tasks: Sequence[ProbedTask], settings: ProbeSettings, judge: Grader | None) -> JudgeEstimate | None:
    """The calls of the judge if no strategy is dropped early; None if it grades nothing."""
    samples = [sample for task in tasks for sample in task.samples if judge is not None and judge.takes(sample)]
    if judge is None or not samples:
        return None
    return judge.estimate(samples, len(tasks[0].strategies), 0, settings.max_tokens)


def _per_completion(store: Store) -> tuple[float, float, str]:
    """Tokens and seconds of one completion, and where the figures come from."""
    for summary in iter_summaries(store, "probe", ProbeSummary):
        new = summary.generations.new
        if new:
            return (
                summary.completion_tokens / new,
                summary.seconds / new,
                f"from the {new} answers of run {summary.run_id}",
            )
    return (
        TOKENS,
        TOKENS / TOKENS_PER_SECOND,
        f"estimate; assumes {TOKENS:.0f} tokens per answer and {TOKENS_PER_SECOND:.0f} tokens/s",
    )
