"""Measure the student under the strategies, task by task, and choose one strategy a task."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from orca_local.domain.events import (
    CellMeasured,
    Event,
    StageFinished,
    StageProgressed,
    StageStarted,
    StrategyChosen,
    StrategyLeft,
    Warned,
)
from orca_local.domain.settings import ProbeSettings
from orca_local.domain.strategies import Strategy
from orca_local.domain.types import Sample, SamplingSettings
from orca_local.engines.base import Engine
from orca_local.generation.generate import GenerationCounts, ModelRef, PlannedMeasurement, generate
from orca_local.kinds.prompts import student_messages
from orca_local.kinds.scoring import is_scored, unscored_kinds
from orca_local.probe.choose import Cell, Choice
from orca_local.probe.probed_task import ProbedTask, pools
from orca_local.probe.race import Pool, rounds
from orca_local.probe.selection_gain import worth
from orca_local.rows.renderer import PromptRenderer
from orca_local.runs.context import StageContext
from orca_local.store.selections import SelectionRow
from orca_local.tasks.split import content_hash


def probe(
    context: StageContext,
    engine: Engine,
    renderer: PromptRenderer,
    samples: Sequence[Sample],
    strategies: Sequence[Strategy],
    settings: ProbeSettings,
    *,
    model: ModelRef,
) -> Iterator[Event]:
    """Answer samples under strategies, greedily, and keep a selection for each task.

    `exhaustive` answers every sample under every strategy. `race` goes round by round, all tasks together, and
    asks no more where more would not pay. Samples of a kind without a score are left out with a warning.
    The order of `strategies` breaks ties that neither score nor cost decides.
    """
    started = time.monotonic()
    scored = [sample for sample in samples if is_scored(sample)]
    if len(scored) < len(samples):
        count, kinds = len(samples) - len(scored), unscored_kinds(samples)
        yield Warned(f"{count} samples of kind {kinds} have no score and are not probed")
    tasks = group_tasks(limit_per_task(scored, settings.samples), [strategy.name for strategy in strategies])
    yield StageStarted("probe", sum(len(task.samples) for task in tasks) * len(strategies), "generations")
    with context.store.transaction():
        for strategy in strategies:
            context.store.strategies.ensure(strategy)
    run = _Probe(context, engine, renderer, tasks, {s.name: s for s in strategies}, settings, model)
    yield from run.measure()
    if run.counts.failed:
        yield Warned(f"{run.counts.failed} generations failed and are left out of the scores")
    summaries = yield from run.choose()
    found = worth([(task.kind, task.scores) for task in tasks], settings.alpha)
    summary = {
        "run_id": context.run_id,
        "method": settings.method,
        "tasks": summaries,
        "worth": found.to_dict([strategy.name for strategy in strategies]) if found else None,
        "generations": {"new": run.counts.new, "cached": run.counts.cached},
        "completion_tokens": run.counts.tokens,
        "seconds": round(time.monotonic() - started, 3),
    }
    yield StageFinished("probe", summary)


def limit_per_task(samples: Sequence[Sample], limit: int) -> list[Sample]:
    """At most `limit` samples a task (0: all), by task and content hash: a larger limit extends a smaller one."""
    ordered = sorted(samples, key=lambda sample: (sample.task, content_hash(sample)))
    taken: dict[str, int] = {}
    kept = []
    for sample in ordered:
        taken[sample.task] = taken.get(sample.task, 0) + 1
        if not limit or taken[sample.task] <= limit:
            kept.append(sample)
    return kept


def group_tasks(samples: Sequence[Sample], strategies: Sequence[str]) -> list[ProbedTask]:
    """Tasks with their samples, in the order given."""
    groups: dict[str, list[Sample]] = {}
    for sample in samples:
        groups.setdefault(sample.task, []).append(sample)
    return [ProbedTask(name, group, strategies) for name, group in groups.items()]


@dataclass
class _Probe:
    """One run of the stage."""

    context: StageContext
    engine: Engine
    renderer: PromptRenderer
    tasks: Sequence[ProbedTask]
    strategies: dict[str, Strategy]
    settings: ProbeSettings
    model: ModelRef

    def __post_init__(self) -> None:
        self.counts = GenerationCounts()
        self.prior: dict[str, Pool] = {}

    def measure(self) -> Generator[Event, None, None]:
        """Ask what the method wants, round by round."""
        longest = max((len(task.samples) for task in self.tasks), default=0)
        race = self.settings.method == "race"
        for until in rounds(longest) if race else [longest]:
            running = [task for task in self.tasks if task.running]
            # Sample by sample through all tasks: neighbours then begin alike only under one strategy, but a
            # prompt begins with what any sequence holds, and the slots stay full to the end of the round.
            cells = [cell for task in running for cell in task.next_cells(until)]
            yield from self._generate(cells)
            self.prior = self.prior or pools(self.tasks)
            if race:
                for task in running:
                    for name in task.judge(self.prior[task.kind], self.settings.tolerance):
                        yield StrategyLeft(task.name, name, task.answered)

    def choose(self) -> Generator[Event, None, list[dict[str, Any]]]:
        """Say and keep what each task's strategy is."""
        alpha, summaries = self.settings.alpha, []
        for task in self.tasks:
            cells = task.cells()
            yield from (_measured(task.name, cell, alpha) for cell in cells)
            by_accuracy = self.settings.method != "race"
            prior = self.prior[task.kind]
            choice = task.choose(prior, alpha, by_accuracy=by_accuracy)
            if choice is None:
                yield Warned(f"task {task.name!r} has no measured answer, so no strategy was chosen for it")
                continue
            self.context.store.selections.set(_selection(task.name, choice, self.settings, self.context.run_id))
            yield StrategyChosen(
                task.name,
                choice.cell.strategy,
                choice.claim.decided,
                choice.reason,
                choice.probability_best,
                choice.loss_bound,
                choice.claim.more_samples,
            )
            summaries.append(_summary(task.name, choice, cells, alpha))
        return summaries

    def _generate(self, cells: Sequence[tuple[Sample, str]]) -> Iterator[Event]:
        before, store, run_id = self.counts, self.context.store, self.context.run_id
        wanted = (self._wanted(sample, name) for sample, name in cells)
        events = generate(self.engine, self.renderer, store, wanted, model=self.model, run_id=run_id)
        try:
            while True:
                event = next(events)
                if isinstance(event, StageProgressed):
                    event = replace(event, done=before.done + event.done, tokens=before.tokens + event.tokens)
                yield event
        except StopIteration as end:
            self.counts = before + end.value
        finally:
            events.close()
        tasks = {task.name: task for task in self.tasks}
        for row in store.measurements.scores(run_id, self.model.model_id):
            tasks[row.task].record(row)

    def _wanted(self, sample: Sample, name: str) -> PlannedMeasurement:
        messages = student_messages(sample, self.strategies[name])
        return PlannedMeasurement(
            sample, name, messages, messages[0].content, SamplingSettings(max_tokens=self.settings.max_tokens)
        )


def _measured(task: str, cell: Cell, alpha: float) -> CellMeasured:
    interval = cell.interval(alpha)
    return CellMeasured(
        task,
        cell.strategy,
        cell.n,
        cell.score_sum,
        cell.extracted / cell.n if cell.n else 0.0,
        interval.low,
        interval.high,
        cell.completion_tokens,
    )


def _selection(task: str, choice: Choice, settings: ProbeSettings, run_id: int) -> SelectionRow:
    interval = choice.cell.interval(settings.alpha)
    return SelectionRow(
        run_id=run_id,
        task=task,
        strategy=choice.cell.strategy,
        accuracy=choice.cell.accuracy,
        ci_low=interval.low,
        ci_high=interval.high,
        samples=choice.cell.n,
        decided=choice.claim.decided,
        method=settings.method,
        alpha=settings.alpha,
        reason=choice.reason,
        chosen_by="probe",
    )


def _summary(task: str, choice: Choice, cells: Sequence[Cell], alpha: float) -> dict[str, Any]:
    return {
        "task": task,
        "strategy": choice.cell.strategy,
        "decided": choice.claim.decided,
        "probability_best": choice.probability_best,
        "loss_bound": choice.loss_bound,
        "more_samples": choice.claim.more_samples,
        "reason": choice.reason,
        "cells": [
            {
                "strategy": cell.strategy,
                "n": cell.n,
                "score_sum": cell.score_sum,
                "accuracy": cell.accuracy,
                "ci": [cell.interval(alpha).low, cell.interval(alpha).high],
                "extracted": cell.extracted / cell.n if cell.n else 0.0,
                "completion_tokens": cell.completion_tokens,
            }
            for cell in cells
        ],
    }
