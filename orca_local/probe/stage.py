"""The probe stage: measures the student under the strategies and chooses one strategy per task."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace

from orca_local.domain.copy_fields import copy_fields
from orca_local.domain.errors import OrcaError
from orca_local.domain.events import (
    CellMeasured,
    Event,
    GenerationFailed,
    StageFinished,
    StageProgressed,
    StageStarted,
    StrategyChosen,
    StrategyDropped,
    Warned,
)
from orca_local.domain.failure_summary import FailureCounts
from orca_local.domain.judge_summary import GradeCounts
from orca_local.domain.probe_summary import CellSummary, GenerationTotals, ProbeSummary, TaskSelection
from orca_local.domain.settings import DEFAULT_SYSTEM_MESSAGE, ProbeSettings
from orca_local.domain.strategies import Strategy
from orca_local.domain.types import Sample, SamplingSettings
from orca_local.engines.base import Engine
from orca_local.generation.generate import GenerationCounts, ModelRef, PlannedMeasurement, generate
from orca_local.kinds.prompts import student_messages
from orca_local.kinds.scoring import NOT_SCORED, SCORER_VERSION, is_scored, unscored_hint, unscored_kinds, without
from orca_local.probe.by_hand import measured_figures
from orca_local.probe.choose import Choice
from orca_local.probe.probed_task import ProbedTask
from orca_local.probe.race import Prior, fit_priors, round_ends
from orca_local.probe.selection_gain import selection_gain
from orca_local.rows.renderer import PromptRenderer
from orca_local.runs.context import StageContext
from orca_local.runs.grading import AnswerToGrade, Grader, in_stage, warn_about
from orca_local.store.selections import SelectionRow
from orca_local.tasks.split import content_hash

AGAIN = "mend the cause and run `orca-local probe` again: only what is missing is generated"


def probe(
    context: StageContext,
    engine: Engine,
    renderer: PromptRenderer,
    samples: Sequence[Sample],
    strategies: Sequence[Strategy],
    settings: ProbeSettings,
    *,
    model: ModelRef,
    system_message: str = DEFAULT_SYSTEM_MESSAGE,
    judge: Grader | None = None,
) -> Iterator[Event]:
    """Answer the samples under the strategies, decoded greedily, and store a selection for each task.

    Method `exhaustive` answers every sample under every strategy. Method `race` runs in rounds over all tasks and
    drops weak strategies early. Samples that neither a rule nor `judge` scores are left out with a warning. Ties in
    score and tokens go to the strategy that comes first in `strategies`. `system_message` is the one that the student
    is trained with; a strategy without an instruction uses it. Raises `OrcaError` if every generation failed.
    """
    started = time.monotonic()
    scored = [sample for sample in samples if is_scored(sample) or (judge is not None and judge.takes(sample))]
    if len(scored) < len(samples):
        left_out = without(samples, scored)
        count, kinds = len(left_out), unscored_kinds(left_out)
        yield Warned(f"{count} samples of kind {kinds} have no score and are not probed", unscored_hint(left_out))
    tasks = group_tasks(limit_per_task(scored, settings.samples), [strategy.name for strategy in strategies])
    yield StageStarted("probe", sum(len(task.samples) for task in tasks) * len(strategies), "generations")
    with context.store.transaction():
        for strategy in strategies:
            context.store.strategies.ensure(strategy)
    run = _Probe(
        context, engine, renderer, tasks, {s.name: s for s in strategies}, settings, model, system_message, judge
    )
    yield from run.measure()
    if run.failures.count:
        yield Warned(f"{run.failures.count} generations failed and are left out of the scores")
    selections = yield from run.choose()
    scores = [(task.kind, task.scores) for task in tasks]
    summary = ProbeSummary(
        run_id=context.run_id,
        method=settings.method,
        tasks=selections,
        selection_gain=selection_gain(scores, [strategy.name for strategy in strategies], settings.alpha),
        generations=GenerationTotals(run.counts.new, run.counts.cached),
        completion_tokens=run.counts.tokens,
        seconds=round(time.monotonic() - started, 3),
        failures=run.failures.summarize(AGAIN),
        judged=judge.summarize(run.grades) if judge is not None and run.grades.total else None,
    )
    yield StageFinished("probe", summary)


def limit_per_task(samples: Sequence[Sample], limit: int) -> list[Sample]:
    """At most `limit` samples per task (0: all), sorted by task and content hash.

    A larger limit gives the samples of a smaller one and more.
    """
    ordered = sorted(samples, key=lambda sample: (sample.task, content_hash(sample)))
    taken: dict[str, int] = {}
    kept = []
    for sample in ordered:
        taken[sample.task] = taken.get(sample.task, 0) + 1
        if not limit or taken[sample.task] <= limit:
            kept.append(sample)
    return kept


def group_tasks(samples: Sequence[Sample], strategies: Sequence[str]) -> list[ProbedTask]:
    """Group samples by task, in the given order."""
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
    system_message: str
    judge: Grader | None

    def __post_init__(self) -> None:
        self.counts, self.failures = GenerationCounts(), FailureCounts()
        self.grades = GradeCounts(0, 0, 0)
        self.ungraded: set[str] = set()
        """Tasks with answers that the judge was not asked about: no strategy can be chosen for them."""
        self.priors: dict[str, Prior] = {}

    def measure(self) -> Generator[Event, None, None]:
        """Measure the cells that the method needs, round by round."""
        longest = max((len(task.samples) for task in self.tasks), default=0)
        is_race = self.settings.method == "race"
        for until in round_ends(longest) if is_race else [longest]:
            running = [task for task in self.tasks if task.is_running]
            # All tasks go together, so that the engine's slots stay full until the end of the round. Shared prefixes
            # are still reused: a prompt may continue the prefix of any sequence.
            cells = [cell for task in running for cell in task.next_cells(until)]
            yield from self._generate(cells)
            self.priors = self.priors or fit_priors((task.kind, task.scores) for task in self.tasks)
            if is_race:
                for task in running:
                    if task.name in self.ungraded:
                        task.answered = len(task.samples)
                        continue
                    for name in task.judge(self.priors[task.kind], self.settings.tolerance):
                        yield StrategyDropped(task.name, name, task.answered)

    def choose(self) -> Generator[Event, None, tuple[TaskSelection, ...]]:
        """Choose and store the strategy of each task."""
        alpha = self.settings.alpha
        selections: list[TaskSelection] = []
        yield from warn_about(self.grades, "orca-local probe")
        for task in self.tasks:
            if task.name in self.ungraded:
                yield Warned(f"not all answers of task {task.name!r} are graded, so no strategy was chosen for it")
                continue
            cells = [copy_fields(CellSummary, cell, ci=cell.interval(alpha)) for cell in task.cells()]
            for cell in cells:
                yield copy_fields(CellMeasured, cell, task=task.name, ci_low=cell.ci[0], ci_high=cell.ci[1])
            choice = task.choose(self.priors[task.kind], alpha, by_accuracy=self.settings.method != "race")
            if choice is None:
                is_judged = self.judge is not None and self.judge.takes(task.samples[0])
                what = "graded answer" if is_judged else "completion"
                yield Warned(f"task {task.name!r} has no {what}, so no strategy was chosen for it")
                continue
            self.context.store.selections.set(self._selection(task.name, choice))
            selection = copy_fields(
                TaskSelection, choice, task=task.name, strategy=choice.cell.strategy, cells=tuple(cells)
            )
            yield copy_fields(StrategyChosen, selection)
            selections.append(selection)
        return tuple(selections)

    def _selection(self, task: str, choice: Choice) -> SelectionRow:
        alpha = self.settings.alpha
        return SelectionRow(
            self.context.run_id,
            task,
            choice.cell.strategy,
            *measured_figures(choice.cell, alpha),
            decided=choice.decided,
            method=self.settings.method,
            alpha=alpha,
            reason=choice.reason,
            chosen_by="probe",
            scorer_version=SCORER_VERSION,
        )

    def _generate(self, cells: Sequence[tuple[Sample, str]]) -> Iterator[Event]:
        before, store, run_id = self.counts, self.context.store, self.context.run_id
        planned = (self._plan(sample, name) for sample, name in cells)
        events = generate(self.engine, self.renderer, store, planned, model=self.model, run_id=run_id)
        try:
            while True:
                event = next(events)
                if isinstance(event, GenerationFailed):
                    self.failures.add(event.error)
                if isinstance(event, StageProgressed):
                    event = replace(event, done=before.done + event.done, tokens=before.tokens + event.tokens)
                yield event
        except StopIteration as end:
            self.counts = before + end.value
        finally:
            events.close()
        if self.failures.count == self.counts.done > 0:
            raise OrcaError(
                f"all {self.failures.count} generations failed; the last error: {self.failures.last}", hint=AGAIN
            )
        yield from self._grade(cells)
        tasks = {task.name: task for task in self.tasks}
        for row in store.measurements.scores(run_id, self.model.model_id):
            tasks[row.task].record(row)

    def _grade(self, cells: Sequence[tuple[Sample, str]]) -> Iterator[Event]:
        """Have the judge grade the new answers that no rule scores."""
        judge, store = self.judge, self.context.store
        judged = {(sample.id, name): sample for sample, name in cells if judge is not None and judge.takes(sample)}
        if judge is None or not judged:
            return
        rows = store.measurements.rows(run_id=self.context.run_id, model_id=self.model.model_id)
        rows = [row for row in rows if (row.sample_id, row.strategy) in judged]
        answers = [
            AnswerToGrade(judged[row.sample_id, row.strategy], row.generation_key, row.completion) for row in rows
        ]
        counts = yield from in_stage(judge.grade(self.context, answers), self.counts.done)
        self.grades += counts
        if counts.not_asked:
            rows = store.measurements.rows(run_id=self.context.run_id, model_id=self.model.model_id)
            self.ungraded |= {row.task for row in rows if row.scorer == NOT_SCORED.scorer}

    def _plan(self, sample: Sample, name: str) -> PlannedMeasurement:
        strategy, sampling = self.strategies[name], SamplingSettings(max_tokens=self.settings.max_tokens)
        messages = student_messages(sample, strategy, self.system_message)
        return PlannedMeasurement(sample, name, messages, messages[0].content, sampling, asks_form=strategy.asks_form)
