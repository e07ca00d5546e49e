"""The evaluate stage: models answer the same samples, and are compared in pairs."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import Protocol, TypeVar

from orca_local.domain.copy_fields import copy_fields
from orca_local.domain.errors import InputError, OrcaError
from orca_local.domain.evaluation_summary import EvaluationSummary, ModelAccuracy
from orca_local.domain.events import (
    Event,
    GenerationFailed,
    ModelEvaluated,
    StageFinished,
    StageProgressed,
    StageStarted,
    Warned,
)
from orca_local.domain.failure_summary import FailureCounts
from orca_local.domain.settings import EvaluateSettings
from orca_local.domain.text import counted
from orca_local.domain.types import Sample, SamplingSettings
from orca_local.engines.base import Engine
from orca_local.evaluate.asker import Asker, Unanswered
from orca_local.evaluate.beside import compare_beside
from orca_local.evaluate.compare import REFERENCE, SampleResult, by_task, compare, compared_model, measure
from orca_local.evaluate.judged import JudgedPart
from orca_local.evaluate.prompted import PlannedPrompts, Prompting, summarize_prompted
from orca_local.evaluate.results import NO_STRATEGY, collect
from orca_local.evaluate.split import SplitModels, recommend_type, split_gain, with_changes
from orca_local.generation.generate import ModelRef, PlannedMeasurement, Prompts, generate
from orca_local.kinds.prompts import plain_messages
from orca_local.kinds.scoring import SCORER_VERSION, is_scored, unscored_hint, unscored_kinds, without
from orca_local.rows.renderer import PromptRenderer
from orca_local.runs.context import StageContext
from orca_local.runs.grading import Grader
from orca_local.store.results import EvaluationRow

AGAIN = "mend the cause and run `orca-local evaluate` again: only what is missing is generated"


class NamedModel(Protocol):
    """A model to evaluate."""

    @property
    def name(self) -> str:
        """Name in the results."""

    @property
    def model(self) -> ModelRef:
        """The model in the store."""

    @property
    def source(self) -> str:
        """For a model of `[[model]]`: where it is; else empty."""


M = TypeVar("M", bound=NamedModel)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A model file to evaluate."""

    name: str
    """Name in the results."""
    path: Path
    """The GGUF file."""
    model: ModelRef
    """The model in the store."""
    source: str = ""
    """For a model of `[[model]]`: its file; else empty."""


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


@dataclass(frozen=True, slots=True)
class AskedModel:
    """A model behind an endpoint."""

    asker: Asker
    """Asks the endpoint."""
    engine: Engine
    """Returns the answers that are stored; it makes no call."""
    renderer: Prompts
    """Makes keys of conversations."""

    def close(self) -> None:
        """Close both."""
        self.engine.close()
        self.renderer.close()


Results = dict[str, dict[str, list[SampleResult]]]
"""Results by model name and system message."""


@dataclass(slots=True)
class Answered:
    """What became of one model's prompts."""

    planned: Sequence[PlannedMeasurement]
    """Those to answer; afterwards those that were answered, or failed because of the prompt."""
    unanswered: Unanswered | None = None
    cost_usd: float | None = None


@dataclass(slots=True)
class _Outcome:
    """What became of all models."""

    results: Results = field(default_factory=dict)
    answered: dict[str, Answered] = field(default_factory=dict)
    """By model name."""
    failures: FailureCounts = field(default_factory=FailureCounts)


def evaluate(
    context: StageContext,
    load: Callable[[M], LoadedModel | AskedModel],
    candidates: Sequence[M],
    samples: Sequence[Sample],
    settings: EvaluateSettings,
    *,
    split: SplitModels | None = None,
    prompting: Prompting | None = None,
    judge: Grader | None = None,
) -> Iterator[Event]:
    """Answer every sample with every candidate, zero-shot and greedy, under every system message.

    With `split`, whose models are among the candidates, the summary separates the effects of training and of
    quantizing. With `prompting`, the base is also measured under those prompts. `judge` scores answers that no rule
    can score. Only one of the models is loaded at a time. A model behind an endpoint may stop half-way: its figures are
    those of what it answered, and what is missing counts as failed. Raises `InputError` if no sample has a reference
    answer, and `OrcaError` if a model on this machine, or every model, answered nothing.
    """
    started = time.monotonic()
    judged = JudgedPart(judge, settings)
    scored = select(samples, settings.samples, judged.can_score)
    if not scored:
        raise _nothing_to_evaluate(samples)
    yield from _warnings(samples, scored, settings)
    sampling = SamplingSettings(max_tokens=settings.max_tokens)
    by_message = {text: _plan(some, text, sampling) for text, some in judged.plan(scored, settings).items()}
    settings = settings.model_copy(update={"system_messages": tuple(by_message)})
    plans = [list(chain.from_iterable(by_message.values())) for _ in candidates]
    names = [candidate.name for candidate in candidates]
    prompted = _plan_prompted(prompting, scored, sampling) if REFERENCE in names else None
    if prompted is not None:
        plans[names.index(REFERENCE)] += prompted.all
        if prompted.without_strategy:
            yield _without_strategy(prompted.without_strategy)
    yield StageStarted("evaluate", sum(map(len, plans)), "generations")
    outcome = _Outcome()
    yield from _answer_all(context, load, candidates, plans, by_message, outcome, judged)
    summary = _summary(context, outcome, settings, split, started)
    sources = {candidate.name: candidate.source for candidate in candidates}
    models = (_with_facts(model, sources[model.model], outcome.answered[model.model]) for model in summary.models)
    summary = replace(summary, models=tuple(models))
    summary = yield from judged.finish(context, summary, sum(map(len, plans)))
    if prompted is not None:
        base = candidates[names.index(REFERENCE)].model
        summary = _with_prompted(context, summary, prompted, base, outcome.results, settings.system_messages[0])
    yield StageFinished("evaluate", summary)


def _answer_all(
    context: StageContext,
    load: Callable[[M], LoadedModel | AskedModel],
    candidates: Sequence[M],
    plans: Sequence[Sequence[PlannedMeasurement]],
    by_message: Mapping[str, Sequence[PlannedMeasurement]],
    outcome: _Outcome,
    judged: JudgedPart,
) -> Iterator[Event]:
    """Get the answers of one model after another, and store its figures. Raises `OrcaError` if none has a score.

    `plans` are what each model is asked; `by_message` the part of them that is compared.
    """
    done = 0
    for candidate, planned in zip(candidates, plans, strict=True):
        prompts = outcome.answered[candidate.name] = Answered(planned)
        with closing(answer(context, load, candidate, prompts, outcome.failures)) as events:
            for event in events:
                if isinstance(event, StageProgressed):
                    event = replace(event, done=done + event.done, note=candidate.name)
                yield event
        done += len(planned)
        yield from judged.grade(context, candidate.name, candidate.model, done)
        kept = {id(one) for one in prompts.planned}
        results = {
            text: collect(context, candidate.model, [one for one in plan if id(one) in kept])
            for text, plan in by_message.items()
        }
        # Without an answer to the main prompts, there is nothing to compare.
        if next(iter(results.values())):
            outcome.results[candidate.name] = results
            yield from _record(context, candidate, results)
    if not outcome.results:
        errors = (one.unanswered.error for one in outcome.answered.values() if one.unanswered is not None)
        raise next(errors, None) or judged.no_score()


def plan_holdout(
    samples: Sequence[Sample], settings: EvaluateSettings, judge: Grader | None = None
) -> list[PlannedMeasurement]:
    """What every model is asked: each sample with a score, under every system message that it is scored under."""
    judged = JudgedPart(judge, settings)
    scored, sampling = (
        select(samples, settings.samples, judged.can_score),
        SamplingSettings(max_tokens=settings.max_tokens),
    )
    return [one for text, some in judged.plan(scored, settings).items() for one in _plan(some, text, sampling)]


def _nothing_to_evaluate(samples: Sequence[Sample]) -> InputError:
    hint = "add tasks with `orca-local tasks add FILE`; samples of a kind without a score are not evaluated"
    return InputError("no sample to evaluate has a reference answer", hint=unscored_hint(samples) or hint)


def _plan_prompted(
    prompting: Prompting | None, samples: Sequence[Sample], sampling: SamplingSettings
) -> PlannedPrompts | None:
    """What prompting alone is measured on: the samples that a rule scores."""
    ruled = [sample for sample in samples if is_scored(sample)]
    return prompting.plan(ruled, sampling) if prompting is not None and ruled else None


def _with_prompted(
    context: StageContext,
    summary: EvaluationSummary,
    prompted: PlannedPrompts,
    base: ModelRef,
    results: Results,
    system_message: str,
) -> EvaluationSummary:
    other = compared_model(results)
    tuned = None if other is None else results[other][system_message]
    return replace(summary, prompted=summarize_prompted(context, base, prompted, tuned))


def _warnings(samples: Sequence[Sample], scored: Sequence[Sample], settings: EvaluateSettings) -> Iterator[Warned]:
    if len(scored) < len(samples) and not settings.samples:
        left_out = without(samples, scored)
        count, kinds = len(left_out), unscored_kinds(left_out)
        yield Warned(f"{count} samples of kind {kinds} have no score and are left out", unscored_hint(left_out))
    if len(settings.system_messages) > 1 and (own := sum(bool(sample.system_message) for sample in scored)):
        yield Warned(
            f"{own:,} of {counted(len(scored), 'sample')} have a system message of their own, which stands in each "
            "prompt: their answers are the same under every system message"
        )


def select(samples: Sequence[Sample], limit: int, can_score: Callable[[Sample], bool]) -> list[Sample]:
    """The samples that have a score, at most `limit` per task (0: all)."""
    counts: Counter[str] = Counter()
    selected = []
    for sample in samples:
        if can_score(sample) and not (limit and counts[sample.task] >= limit):
            counts[sample.task] += 1
            selected.append(sample)
    return selected


def _plan(samples: Sequence[Sample], system_message: str, sampling: SamplingSettings) -> list[PlannedMeasurement]:
    return [
        PlannedMeasurement(
            sample, NO_STRATEGY, plain_messages(sample, system_message), system_message, sampling, asks_form=False
        )
        for sample in samples
    ]


def _with_facts(model: ModelAccuracy, source: str, prompts: Answered) -> ModelAccuracy:
    missing = None if prompts.unanswered is None else prompts.unanswered.reasons.total()
    return replace(model, source=source or None, missing=missing, cost_usd=prompts.cost_usd)


def answer(
    context: StageContext,
    load: Callable[[M], LoadedModel | AskedModel],
    candidate: M,
    prompts: Answered,
    failures: FailureCounts,
) -> Generator[Event, None, None]:
    """Get the answers of one model, and count those that fail; `prompts` gets what became of them.

    Raises `OrcaError` if a model on this machine answered nothing.
    """
    with closing(load(candidate)) as loaded:
        asks = isinstance(loaded, AskedModel)
        if isinstance(loaded, AskedModel):
            yield from _ask(context, loaded.asker, prompts, failures)
        planned, failed_before = prompts.planned, failures.count
        make = generate(
            loaded.engine, loaded.renderer, context.store, planned, model=candidate.model, run_id=context.run_id
        )
        with closing(make) as events:
            for event in events:
                if isinstance(event, GenerationFailed):
                    failures.add(event.error)
                # The answers of an endpoint were counted when they arrived.
                if not (asks and isinstance(event, StageProgressed)):
                    yield event
    if not asks and failures.count - failed_before == len(planned):
        reason = f"the last error: {failures.last}"
        raise OrcaError(f"{candidate.name} answered none of {len(planned)} prompts; {reason}", hint=AGAIN)


def _ask(
    context: StageContext, asker: Asker, prompts: Answered, failures: FailureCounts
) -> Generator[Event, None, None]:
    """Ask an endpoint, and leave out what it did not answer."""
    with closing(asker.ask(context, prompts.planned)) as asking:
        prompts.unanswered = yield from asking
    prompts.cost_usd = asker.cost_usd
    if prompts.unanswered is not None:
        prompts.planned = [one for one in prompts.planned if asker.is_answered(one)]
        for reason in prompts.unanswered.reasons.elements():
            failures.add(reason)


def _record(
    context: StageContext, candidate: NamedModel, by_message: dict[str, list[SampleResult]]
) -> Iterator[ModelEvaluated]:
    """Store the accuracies of a candidate."""
    for text, results in by_message.items():
        for task, group in by_task(results).items():
            measured = measure(group)
            row = copy_fields(
                EvaluationRow,
                measured,
                run_id=context.run_id,
                model=candidate.name,
                model_id=candidate.model.model_id,
                system_message=text,
                task=task,
                ci_low=measured.ci[0],
                ci_high=measured.ci[1],
            )
            context.store.evaluations.add(row)
            yield copy_fields(ModelEvaluated, row)


def _summary(
    context: StageContext, outcome: _Outcome, settings: EvaluateSettings, split: SplitModels | None, started: float
) -> EvaluationSummary:
    results = outcome.results
    models, gain = compare(results, settings.system_messages)
    seconds = round(time.monotonic() - started, 3)
    headline = {name: by_message[settings.system_messages[0]] for name, by_message in results.items()}
    summary = EvaluationSummary(
        run_id=context.run_id,
        models=models,
        seconds=seconds,
        gain=gain,
        beside=None if split is not None else compare_beside(headline),
        scorer_version=SCORER_VERSION,
        failures=outcome.failures.summarize(AGAIN),
    )
    if split is None:
        return summary
    return replace(
        summary,
        split=split_gain(headline, split),
        types=with_changes(headline, split),
        recommendation=recommend_type(headline, split),
    )


def _without_strategy(tasks: Sequence[str]) -> Warned:
    subject = f"task {tasks[0]!r} has" if len(tasks) == 1 else f"{len(tasks)} tasks, such as {tasks[0]!r}, have"
    return Warned(
        f"{subject} no chosen strategy: base with its chosen strategy is not measured there", "run `orca-local probe`"
    )
