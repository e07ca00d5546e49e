"""The evaluate stage: models answer the same samples, and are compared in pairs."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from orca_local.domain.errors import InputError
from orca_local.domain.evaluation_summary import EvaluationSummary
from orca_local.domain.events import Event, ModelEvaluated, StageFinished, StageProgressed, StageStarted, Warned
from orca_local.domain.quantized import recommend
from orca_local.domain.settings import EvaluateSettings
from orca_local.domain.types import Sample, SamplingSettings
from orca_local.engines.base import Engine
from orca_local.evaluate.compare import SampleResult, by_task, compare, measure
from orca_local.evaluate.split import SplitModels, split_gain, with_changes
from orca_local.generation.generate import ModelRef, PlannedMeasurement, generate
from orca_local.kinds.prompts import plain_messages
from orca_local.kinds.scoring import is_scored, unscored_kinds
from orca_local.rows.renderer import PromptRenderer
from orca_local.runs.context import StageContext
from orca_local.store.results import EvaluationRow

NO_STRATEGY = ""
"""Value of the column `strategy` for measurements without a strategy."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model file to evaluate."""

    name: str
    """Name in the results."""
    path: Path
    """The GGUF file."""
    model: ModelRef
    """The model in the store."""


@dataclass(frozen=True, slots=True)
class LoadedModel:
    """A model that can answer."""

    engine: Engine
    """Generates the answers."""
    renderer: PromptRenderer
    """Renders prompts with the model's own chat template."""

    def close(self) -> None:
        """Close both."""
        self.engine.close()
        self.renderer.close()


Results = dict[str, dict[str, list[SampleResult]]]
"""Results by model name and system message."""


def evaluate(
    context: StageContext,
    load: Callable[[Candidate], LoadedModel],
    candidates: Sequence[Candidate],
    samples: Sequence[Sample],
    settings: EvaluateSettings,
    *,
    split: SplitModels | None = None,
) -> Iterator[Event]:
    """Answer every sample with every candidate, zero-shot and greedy, under every system message.

    With `split`, whose models are among the candidates, the summary separates the effects of training and of
    quantizing. Only one model is loaded at a time. Raises `InputError` if no sample has a reference answer.
    """
    started = time.monotonic()
    scored = _select(samples, settings.samples)
    if not scored:
        raise InputError(
            "no sample to evaluate has a reference answer",
            hint="add tasks with `orca-local tasks add FILE`; samples of a kind without a score are not evaluated",
        )
    if len(scored) < len(samples) and not settings.samples:
        count, kinds = len(samples) - len(scored), unscored_kinds(samples)
        yield Warned(f"{count} samples of kind {kinds} have no score and are left out")
    total = len(scored) * len(candidates) * len(settings.system_messages)
    yield StageStarted("evaluate", total, "generations")
    results: Results = {}
    for number, candidate in enumerate(candidates):
        done = number * len(scored) * len(settings.system_messages)
        with closing(_answer(context, load, candidate, scored, settings)) as events:
            for event in events:
                if isinstance(event, StageProgressed):
                    event = replace(event, done=done + event.done, note=candidate.name)
                yield event
        by_message = {text: collect(context, candidate.model, scored, text) for text in settings.system_messages}
        results[candidate.name] = by_message
        yield from _record(context, candidate, by_message)
    yield StageFinished("evaluate", _summary(context, results, settings, split, started))


def _select(samples: Sequence[Sample], limit: int) -> list[Sample]:
    """The samples that have a score, at most `limit` per task (0: all)."""
    counts: Counter[str] = Counter()
    selected = []
    for sample in samples:
        if is_scored(sample) and not (limit and counts[sample.task] >= limit):
            counts[sample.task] += 1
            selected.append(sample)
    return selected


def _answer(
    context: StageContext,
    load: Callable[[Candidate], LoadedModel],
    candidate: Candidate,
    samples: Sequence[Sample],
    settings: EvaluateSettings,
) -> Generator[Event, None, None]:
    """Generate the answers of one candidate."""
    sampling = SamplingSettings(max_tokens=settings.max_tokens)
    planned = [
        PlannedMeasurement(sample, NO_STRATEGY, plain_messages(sample, text), text, sampling, asks_form=False)
        for text in settings.system_messages
        for sample in samples
    ]
    with closing(load(candidate)) as loaded:
        yield from generate(
            loaded.engine, loaded.renderer, context.store, planned, model=candidate.model, run_id=context.run_id
        )


def collect(
    context: StageContext, model: ModelRef, samples: Sequence[Sample], system_message: str
) -> list[SampleResult]:
    """The results of a model in this run, one per sample; a failed generation counts as no readable answer."""
    measurements = context.store.measurements.rows(
        run_id=context.run_id, model_id=model.model_id, system_message=system_message, strategy=NO_STRATEGY
    )
    values = {row.sample_id: row.value for row in measurements}
    return [
        SampleResult(sample.id, sample.task, values.get(sample.id), bool(sample.metadata.get("unseen")))
        for sample in samples
    ]


def _record(
    context: StageContext, candidate: Candidate, by_message: dict[str, list[SampleResult]]
) -> Iterator[ModelEvaluated]:
    """Store the accuracies of a candidate."""
    for text, results in by_message.items():
        for task, group in by_task(results).items():
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


def _summary(
    context: StageContext, results: Results, settings: EvaluateSettings, split: SplitModels | None, started: float
) -> EvaluationSummary:
    models, gain = compare(results, settings.system_messages)
    seconds = round(time.monotonic() - started, 3)
    summary = EvaluationSummary(run_id=context.run_id, models=models, seconds=seconds, gain=gain)
    if split is None:
        return summary
    headline = {name: by_message[settings.system_messages[0]] for name, by_message in results.items()}
    types = with_changes(headline, split)
    return replace(summary, split=split_gain(headline, split), types=types, recommendation=recommend(types))
