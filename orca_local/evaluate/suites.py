"""The stage `suites`: models answer the questions of benchmarks, and are compared with one another."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace

from orca_local.domain.errors import OrcaError
from orca_local.domain.events import Event, GenerationFailed, StageFinished, StageProgressed, StageStarted
from orca_local.domain.failure_summary import FailureCounts
from orca_local.domain.frozen import Frozen
from orca_local.domain.settings import EvaluateSettings
from orca_local.domain.stages import SUITES
from orca_local.domain.suite_evaluation import OURS, EvaluatedSuite, FurtherModel, ReportedMean, SuiteEvaluation
from orca_local.domain.types import SamplingSettings
from orca_local.evaluate.asker import Asker
from orca_local.evaluate.named_model import NamedModel
from orca_local.evaluate.results import NO_STRATEGY
from orca_local.evaluate.stage import AskedModel
from orca_local.evaluate.suite_figures import SuiteScores, compare_models, summarize
from orca_local.generation.generate import GenerationCounts, PlannedMeasurement, generate
from orca_local.hub.benchmarks import load_groups
from orca_local.kinds.prompts import plain_messages
from orca_local.kinds.scoring import SCORER_VERSION
from orca_local.runs.context import StageContext
from orca_local.store.store import Store
from orca_local.store.suite_answers import SuiteAnswerRow, SuiteScoreRow
from orca_local.suites.choose import ChosenQuestions
from orca_local.suites.question import Question
from orca_local.suites.reference.base import REFERENCE_VERSION
from orca_local.suites.scores import score_output

AGAIN = "mend the cause and run the same `orca-local evaluate --suite` again: only what is missing is generated"


def evaluate_suites(
    context: StageContext,
    models: Sequence[NamedModel],
    chosen: Sequence[ChosenQuestions],
    settings: EvaluateSettings,
) -> Iterator[Event]:
    """Answer the questions with every model, zero-shot and greedy, under every system message, and compare the models.

    Only one model is loaded at a time. A question that leaves no room for an answer in the context counts as wrong, and
    is counted. Raises `OrcaError` if a model answered nothing.
    """
    started = time.monotonic()
    messages = list(dict.fromkeys(settings.system_messages))
    per_model = sum(len(suite.questions) for suite in chosen) * len(messages)
    yield StageStarted(SUITES, per_model * len(models), "generations")
    outcome = _Outcome()
    scores: list[SuiteScores] = []
    for number, model in enumerate(models):
        with closing(_answer(context, model, chosen, settings, outcome)) as events:
            for event in events:
                if isinstance(event, StageProgressed):
                    event = replace(event, done=number * per_model + event.done, note=model.name)
                yield event
        for suite in chosen:
            scores += SuiteScores.collect(context, model, suite, messages, outcome.too_long, outcome.missing)
    if not scores:
        raise outcome.errors[0]
    names, suites = [model.name for model in models], [suite.suite.name for suite in chosen]
    scores.sort(
        key=lambda one: (
            suites.index(one.suite.suite.name),
            messages.index(one.system_message),
            names.index(one.model),
        )
    )
    yield StageFinished(
        SUITES,
        SuiteEvaluation(
            run_id=context.run_id,
            models=tuple(names),
            suites=tuple(_facts(suite, settings) for suite in chosen),
            results=tuple(one.result() for one in scores),
            differences=compare_models(scores, names),
            means=summarize(scores),
            reported=tuple(_reported(set(suites))),
            new=outcome.counts.new,
            cached=outcome.counts.cached,
            completion_tokens=outcome.counts.tokens,
            seconds=round(time.monotonic() - started, 3),
            scorer_version=SCORER_VERSION,
            further=tuple(_further(models, outcome)),
            failures=outcome.failures.summarize(AGAIN),
        ),
    )


def max_tokens(suite: ChosenQuestions, settings: EvaluateSettings) -> int:
    """Return the maximum tokens of an answer to a question of a suite."""
    return settings.suite_max_tokens or suite.suite.max_tokens


def plan(chosen: Sequence[ChosenQuestions], settings: EvaluateSettings) -> Iterator[PlannedMeasurement]:
    """Yield the measurements of one model, one at a time: tens of thousands of prompts need not fit into memory."""
    for suite in chosen:
        sampling = SamplingSettings(max_tokens=max_tokens(suite, settings))
        for text in dict.fromkeys(settings.system_messages):
            for question in suite.questions:
                # The id of a question is unique in its suite only.
                sample = replace(question.to_sample(suite.suite.name), id=sample_id(suite, question))
                messages = plain_messages(sample, text)
                yield PlannedMeasurement(sample, NO_STRATEGY, messages, text, sampling, asks_form=False)


def sample_id(suite: ChosenQuestions, question: Question) -> str:
    """Return the id of a question among those of all suites, as events name it."""
    return f"{suite.suite.name}/{question.id}"


class SuiteWriter(Frozen):
    """Stores answers to questions of suites, with their scores. A `MeasurementWriter`."""

    store: Store
    model: NamedModel
    run_id: int
    questions: Mapping[str, tuple[ChosenQuestions, Question]]
    """By `sample_id`."""

    def write(self, measurement: PlannedMeasurement, generation_key: str, text: str) -> None:
        """See `MeasurementWriter`."""
        suite, question = self.questions[measurement.sample.id]
        row = SuiteAnswerRow(
            run_id=self.run_id,
            suite=suite.suite.name,
            digest=suite.digest,
            question_id=question.id,
            model=self.model.name,
            model_id=self.model.model.model_id,
            system_message=measurement.system_message,
            generation_key=generation_key,
        )
        found = score_output(suite.suite, question, text)
        scores = [SuiteScoreRow(OURS, SCORER_VERSION, found.ours.extracted, found.ours.value)]
        for rule, score in found.reference.items():
            scores.append(SuiteScoreRow(rule, REFERENCE_VERSION, score.extracted, score.value))
        self.store.suite_answers.add(row, scores)


@dataclass(slots=True)
class _Outcome:
    """What happened to the questions, over all models."""

    counts: GenerationCounts = field(default_factory=GenerationCounts)
    failures: FailureCounts = field(default_factory=FailureCounts)
    too_long: set[str] = field(default_factory=set)
    """Ids of the questions that leave no room for an answer, for the present model."""
    missing: set[tuple[str, str, str]] = field(default_factory=set)
    """Model, question and system message of what an endpoint did not answer."""
    errors: list[OrcaError] = field(default_factory=list)
    """Why endpoints stopped."""
    costs: dict[str, float | None] = field(default_factory=dict)
    """US dollars that the calls to each endpoint have cost in this workspace."""


def _answer(
    context: StageContext,
    model: NamedModel,
    chosen: Sequence[ChosenQuestions],
    settings: EvaluateSettings,
    outcome: _Outcome,
) -> Generator[Event, None, None]:
    """Generate the answers of one model, and count those that fail."""
    outcome.too_long = set()
    questions = {sample_id(suite, question): (suite, question) for suite in chosen for question in suite.questions}
    writer = SuiteWriter(context.store, model, context.run_id, questions)
    asker, planned, failed_before = None, plan(chosen, settings), outcome.failures.count
    with closing(model.load()) as loaded:
        if isinstance(loaded, AskedModel):
            asker = loaded.asker
            yield from _ask(context, model, asker, chosen, settings, outcome)
            planned = filter(asker.is_answered, planned)
        counts = yield from _counted(
            generate(
                loaded.engine,
                loaded.renderer,
                context.store,
                planned,
                model=model.model,
                run_id=context.run_id,
                writer=writer,
            ),
            outcome,
        )
    outcome.counts += counts
    if asker is None and counts.failed == counts.done and outcome.failures.count > failed_before:
        reason = f"the last error: {outcome.failures.last}"
        raise OrcaError(f"{model.name} answered none of {counts.done:,} questions; {reason}", hint=AGAIN)


def _ask(
    context: StageContext,
    model: NamedModel,
    asker: Asker,
    chosen: Sequence[ChosenQuestions],
    settings: EvaluateSettings,
    outcome: _Outcome,
) -> Generator[Event, None, None]:
    """Ask an endpoint, and note what it did not answer."""
    with closing(asker.ask(context, plan(chosen, settings))) as asking:
        unanswered = yield from asking
    outcome.costs[model.name] = asker.cost_usd
    if unanswered is not None:
        outcome.errors.append(unanswered.error)
        for one in plan(chosen, settings):
            if not asker.is_answered(one):
                outcome.missing.add((model.name, one.sample.id, one.system_message))
        for reason in unanswered.reasons.elements():
            outcome.failures.add(reason)


def _counted(
    events: Generator[Event, None, GenerationCounts], outcome: _Outcome
) -> Generator[Event, None, GenerationCounts]:
    """Pass events on and count the failures among them."""
    with closing(events):
        while True:
            try:
                event = next(events)
            except StopIteration as stop:
                counts: GenerationCounts = stop.value
                return counts
            if isinstance(event, GenerationFailed) and event.is_too_long:
                outcome.too_long.add(event.sample_id)
            elif isinstance(event, GenerationFailed):
                outcome.failures.add(event.error)
            yield event


def _further(models: Sequence[NamedModel], outcome: _Outcome) -> Iterator[FurtherModel]:
    for model in models:
        if model.source:
            yield FurtherModel(model.name, model.source, outcome.costs.get(model.name))


def _facts(suite: ChosenQuestions, settings: EvaluateSettings) -> EvaluatedSuite:
    return EvaluatedSuite(
        name=suite.suite.name,
        digest=suite.digest,
        place=suite.place,
        commit=suite.commit,
        questions=suite.total,
        asked=len(suite.questions),
        left_out=suite.left_out,
        is_complete=suite.is_complete,
        max_tokens=max_tokens(suite, settings),
        references=suite.suite.references,
    )


def _reported(names: set[str]) -> Iterator[ReportedMean]:
    """Yield what the literature reports for the groups whose suites were all evaluated, and no others."""
    for group in load_groups().values():
        if set(group.suites) == names:
            for one in group.reported:
                yield ReportedMean(one.model, one.mean, one.note, group.name, group.source)
