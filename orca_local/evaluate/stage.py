"""Measure finished files on the holdout split, each under every system message, and compare them in pairs."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from orca_local.domain.errors import InputError
from orca_local.domain.events import Event, ModelEvaluated, StageFinished, StageProgressed, StageStarted, Warned
from orca_local.domain.settings import EvaluateSettings
from orca_local.domain.types import Sample, SamplingSettings
from orca_local.engines.base import Engine
from orca_local.evaluate.compare import Answered, by_task, compare, measure
from orca_local.evaluate.split import Split, split_gain
from orca_local.generation.generate import ModelRef, PlannedMeasurement, generate
from orca_local.kinds.prompts import plain_messages
from orca_local.kinds.scoring import is_scored, unscored_kinds
from orca_local.rows.renderer import PromptRenderer
from orca_local.runs.context import StageContext
from orca_local.store.results import EvaluationRow

NO_STRATEGY = ""
"""What stands in the strategy column where none was asked for."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A file to evaluate, under the name it is reported by."""

    name: str
    path: Path
    model: ModelRef


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """What one candidate needs to answer."""

    engine: Engine
    renderer: PromptRenderer

    def close(self) -> None:
        """Free both."""
        self.engine.close()
        self.renderer.close()


def evaluate(
    context: StageContext,
    load: Callable[[Candidate], LoadedModel],
    candidates: Sequence[Candidate],
    samples: Sequence[Sample],
    settings: EvaluateSettings,
    *,
    split: Split | None = None,
) -> Iterator[Event]:
    """Answer every sample with every candidate, zero-shot and greedy.

    With `split`, whose models are among the candidates, the summary says what training gave and what quantizing
    took. Models are loaded one after another, so that two never share the memory. Raises `InputError` where
    there is nothing to score.
    """
    started = time.monotonic()
    scored = _select(samples, settings.samples)
    if not scored:
        raise InputError(
            "the holdout split has no sample with a reference answer",
            hint="add tasks with `orca-local tasks add FILE`; samples of a kind without a score are not evaluated",
        )
    if len(scored) < len(samples) and not settings.samples:
        count, kinds = len(samples) - len(scored), unscored_kinds(samples)
        yield Warned(f"{count} holdout samples of kind {kinds} have no score and are left out")
    total = len(scored) * len(candidates) * len(settings.system_messages)
    yield StageStarted("evaluate", total, "generations")
    answers: dict[str, dict[str, list[Answered]]] = {}
    done = tokens = 0
    for candidate in candidates:
        loaded = load(candidate)
        try:
            before = done
            for event in _answer(context, loaded, candidate, scored, settings):
                if isinstance(event, StageProgressed):
                    done, tokens_now = before + event.done, tokens + event.tokens
                    yield replace(event, done=done, tokens=tokens_now, note=candidate.name)
                else:
                    yield event
        finally:
            loaded.close()
        done = before + len(scored) * len(settings.system_messages)
        answers[candidate.name] = {
            text: collect(context, candidate.model, scored, text) for text in settings.system_messages
        }
        yield from _record(context, candidate, answers[candidate.name])
    summary: dict[str, Any] = {"run_id": context.run_id, **compare(answers, settings.system_messages)}
    if split is not None:
        headline = settings.system_messages[0]
        summary |= split_gain({name: per_message[headline] for name, per_message in answers.items()}, split)
    summary["seconds"] = round(time.monotonic() - started, 3)
    yield StageFinished("evaluate", summary)


def _select(samples: Sequence[Sample], limit: int) -> list[Sample]:
    """Samples that have a score, at most `limit` a task."""
    taken: dict[str, int] = {}
    chosen = []
    for sample in samples:
        if not is_scored(sample) or (limit and taken.get(sample.task, 0) >= limit):
            continue
        taken[sample.task] = taken.get(sample.task, 0) + 1
        chosen.append(sample)
    return chosen


def _answer(
    context: StageContext,
    loaded: LoadedModel,
    candidate: Candidate,
    samples: Sequence[Sample],
    settings: EvaluateSettings,
) -> Iterator[Event]:
    sampling = SamplingSettings(max_tokens=settings.max_tokens)
    wanted = [
        PlannedMeasurement(sample, NO_STRATEGY, plain_messages(sample, text), text, sampling)
        for text in settings.system_messages
        for sample in samples
    ]
    yield from generate(
        loaded.engine, loaded.renderer, context.store, wanted, model=candidate.model, run_id=context.run_id
    )


def collect(context: StageContext, model: ModelRef, samples: Sequence[Sample], system_message: str) -> list[Answered]:
    """What this run measured of `model`'s answers to `samples`; a sample that failed counts as unanswered."""
    rows = {
        row.sample_id: row
        for row in context.store.measurements.rows(
            run_id=context.run_id,
            model_id=model.model_id,
            split="holdout",
            system_message=system_message,
            strategy=NO_STRATEGY,
        )
    }
    return [
        Answered(
            sample.id,
            sample.task,
            rows[sample.id].value if sample.id in rows else None,
            bool(sample.metadata.get("unseen")),
        )
        for sample in samples
    ]


def _record(
    context: StageContext, candidate: Candidate, per_message: dict[str, list[Answered]]
) -> Iterator[ModelEvaluated]:
    for text, answers in per_message.items():
        for task, group in by_task(answers).items():
            measured = measure(group)
            context.store.evaluations.add(
                EvaluationRow(
                    run_id=context.run_id,
                    model=candidate.name,
                    model_id=candidate.model.model_id,
                    system_message=text,
                    task=task,
                    n=measured.n,
                    accuracy=measured.accuracy,
                    ci_low=measured.ci[0],
                    ci_high=measured.ci[1],
                    extracted=measured.extracted,
                )
            )
            yield ModelEvaluated(candidate.name, task, text, measured.n, measured.accuracy, measured.extracted)
