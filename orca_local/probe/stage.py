"""Measure the student under every strategy on every task, and choose one strategy a task."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import Any

from orca_local.domain.events import CellMeasured, Event, StageFinished, StageStarted, StrategyChosen, Warned
from orca_local.domain.prompts import student_messages
from orca_local.domain.settings import ProbeSettings
from orca_local.domain.strategies import Strategy
from orca_local.domain.types import Sample, SamplingSettings
from orca_local.engines.base import Engine
from orca_local.generation.generate import ModelRef, Wanted, generate
from orca_local.gguf.renderer import PromptRenderer
from orca_local.probe.choose import Cell, Choice, choose
from orca_local.store.measurements import MeasurementRow
from orca_local.store.selections import SelectionRow
from orca_local.store.store import Store
from orca_local.tasks.split import content_hash


def probe(
    engine: Engine,
    renderer: PromptRenderer,
    store: Store,
    samples: Sequence[Sample],
    strategies: Sequence[Strategy],
    settings: ProbeSettings,
    *,
    model: ModelRef,
    run_id: int,
) -> Iterator[Event]:
    """Answer every sample under every strategy, greedily, and keep a selection for each task.

    Samples of kind `free` cannot be scored and are left out with a warning. The order of `strategies` breaks
    ties that neither score nor cost decides.
    """
    started = time.monotonic()
    scored = [sample for sample in samples if sample.kind != "free"]
    if len(scored) < len(samples):
        yield Warned(f"{len(samples) - len(scored)} samples of kind `free` have no score and are not probed")
    chosen = limit_per_task(scored, settings.samples)
    wanted = [_wanted(sample, strategy, settings) for sample in chosen for strategy in strategies]
    yield StageStarted("probe", len(wanted), "generations")
    with store.transaction():
        for strategy in strategies:
            store.strategies.ensure(strategy)
    counts = yield from generate(engine, renderer, store, wanted, model=model, run_id=run_id)
    if counts.failed:
        yield Warned(f"{counts.failed} of {len(wanted)} generations failed and are left out of the scores")
    tasks = []
    for task, cells in _cells(store, [s.name for s in strategies], chosen, model, run_id).items():
        yield from (_measured(task, cell, settings.alpha) for cell in cells)
        choice = choose(cells, [s.name for s in strategies], settings.alpha)
        if choice is None:
            yield Warned(f"task {task!r} has no measured answer, so no strategy was chosen for it")
            continue
        store.selections.set(_selection(task, choice, settings, run_id))
        yield StrategyChosen(task, choice.cell.strategy, choice.decided, choice.reason)
        tasks.append(_summary(task, choice, cells, settings.alpha))
    summary = {
        "run_id": run_id,
        "tasks": tasks,
        "generations": {"new": counts.new, "cached": counts.cached},
        "completion_tokens": counts.tokens,
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


def _wanted(sample: Sample, strategy: Strategy, settings: ProbeSettings) -> Wanted:
    messages = student_messages(sample, strategy)
    return Wanted(
        sample, strategy.name, messages, messages[0].content, SamplingSettings(max_tokens=settings.max_tokens)
    )


def _cells(
    store: Store, strategies: Sequence[str], samples: Sequence[Sample], model: ModelRef, run_id: int
) -> dict[str, list[Cell]]:
    """What this run measured, by task; a strategy whose every generation failed has an empty cell."""
    found: dict[tuple[str, str], list[MeasurementRow]] = {}
    for row in store.measurements.rows(run_id=run_id, model_id=model.model_id):
        found.setdefault((row.task, row.strategy), []).append(row)
    tasks = dict.fromkeys(sample.task for sample in samples)
    return {task: [_cell(name, found.get((task, name), [])) for name in strategies] for task in tasks}


def _cell(strategy: str, rows: Sequence[MeasurementRow]) -> Cell:
    return Cell(
        strategy,
        n=len(rows),
        score_sum=sum(row.value or 0.0 for row in rows),
        extracted=sum(row.extracted is not None for row in rows),
        completion_tokens=sum(row.completion_tokens for row in rows),
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
        decided=choice.decided,
        method=settings.method,
        alpha=settings.alpha,
        reason=choice.reason,
        chosen_by="probe",
    )


def _summary(task: str, choice: Choice, cells: Sequence[Cell], alpha: float) -> dict[str, Any]:
    return {
        "task": task,
        "strategy": choice.cell.strategy,
        "decided": choice.decided,
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
