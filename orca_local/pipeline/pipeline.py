"""Every stage of one workspace as a method that runs it and returns its summary."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from orca_local.domain.evaluation_estimate import EvaluationEstimate
from orca_local.domain.evaluation_summary import EvaluationSummary
from orca_local.domain.events import Event, Warned
from orca_local.domain.export_summary import ExportSummary
from orca_local.domain.probe_summary import ProbeEstimate, ProbeSummary
from orca_local.domain.suite_evaluation import SuiteEstimate, SuiteEvaluation
from orca_local.domain.summaries import DatasetSummary, PipelineResult, TrainSummary
from orca_local.domain.teach_summary import TeachEstimate, TeachSummary
from orca_local.evaluate.prompted import Prompting
from orca_local.evaluate.stage import Candidate, evaluate, plan_holdout, select
from orca_local.gguf.inspect import refuse_untrainable, student_findings, training_problems
from orca_local.kinds.scoring import is_graded, is_scored
from orca_local.pipeline import tuned
from orca_local.pipeline.candidates import make_candidate, make_candidates
from orca_local.pipeline.comparison_pairs import compared_models, split_models
from orca_local.pipeline.further_models import EndpointModel, load_model
from orca_local.pipeline.judging import estimate_judge, open_judge, planned
from orca_local.pipeline.probe_engine import load_for_probe
from orca_local.pipeline.results import Results
from orca_local.pipeline.session import Session
from orca_local.pipeline.teachers import TeachRunner
from orca_local.pipeline.training_set import make_training_set
from orca_local.runs.context import StageContext
from orca_local.runs.workspace import Workspace
from orca_local.tasks.unprobed import UNPROBED_REMEDY, unprobed_tasks

if TYPE_CHECKING:
    from orca_local.dataset.review import Preview
    from orca_local.store.demonstrations import DemonstrationRow
    from orca_local.suites.choose import ChosenQuestions
    from orca_local.tasks.add import AddedTasks
    from orca_local.tasks.import_request import ImportRequest


class Pipeline(Session):
    """Runs the stages of a workspace. Each stage is a run, with its events in the store.

    A stage finds in the store what it did before and does only what is missing.
    """

    @classmethod
    def open(
        cls,
        directory: str | Path,
        overrides: Mapping[str, Mapping[str, Any]] | None = None,
        *,
        offline: bool = False,
        on_event: Callable[[Event], None] | None = None,
    ) -> Self:
        """The pipeline of the workspace in `directory`; `overrides` are settings by section and key.

        Close it, or use it in a `with` statement. Raises `InputError` if there is no workspace or a setting is wrong.
        """
        return cls(Workspace.open(Path(directory), overrides), offline=offline, on_event=on_event)

    def close(self) -> None:
        """Close the store."""
        self.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        self.store.__exit__(kind, error, traceback)

    @property
    def results(self) -> Results:
        """The stored results of the stages, as rows for a dataframe."""
        return Results(self.store)

    def add_tasks(self, *paths: str | Path, request: ImportRequest | None = None, skip_bad: bool = False) -> AddedTasks:
        """Add the samples of these files. Raises `InputError` that names every bad line, unless `skip_bad`.

        `request` says which column is what; without it, the columns are recognized.
        """
        from orca_local.tasks.add import add_tasks
        from orca_local.tasks.import_request import DEFAULT_REQUEST

        return add_tasks(self.store, paths, request or DEFAULT_REQUEST, skip_bad=skip_bad)

    def probe(self, tasks: Sequence[str] = (), names: Sequence[str] = ()) -> ProbeSummary:
        """Measure the student under the strategies of these `names` and choose one for each task.

        Without `tasks` or `names`, all of them are probed. The base is made first if it does not exist yet.
        """
        from orca_local.probe.stage import limit_per_task, probe

        samples = self.select_samples("probe", tasks)
        strategies = self.select_strategies(names)
        limited = limit_per_task(samples, self.settings.probe.samples)
        base = self.candidate("base")

        def events(context: StageContext) -> Iterator[Event]:
            for task in [] if tasks else unprobed_tasks(self.store):
                yield Warned(f"task {task!r} has no probe samples", UNPROBED_REMEDY.format(task))
            loaded, model = yield from load_for_probe(context, self, base)
            with closing(loaded), open_judge(self, "orca-local probe") as judge:
                yield from planned(judge, limited, len(strategies), 0, self.settings.probe.max_tokens)
                yield from probe(
                    context,
                    loaded.engine,
                    loaded.renderer,
                    samples,
                    strategies,
                    self.settings.probe,
                    model=model,
                    system_message=self.settings.dataset.system_message,
                    judge=judge,
                )

        return self.run("probe", events, ProbeSummary)

    def estimate_probe(self, tasks: Sequence[str] = (), names: Sequence[str] = ()) -> ProbeEstimate:
        """The estimated tokens and time of `probe` with the same arguments."""
        from orca_local.probe.estimate import estimate
        from orca_local.probe.stage import group_tasks, limit_per_task

        settings = self.settings.probe
        samples = self.select_samples("probe", tasks)
        scored = [one for one in samples if is_scored(one) or is_graded(one, self.settings.judge)]
        strategies = [strategy.name for strategy in self.select_strategies(names)]
        grouped = group_tasks(limit_per_task(scored, settings.samples), strategies)
        with open_judge(self, "orca-local probe") as judge:
            return estimate(self.store, grouped, settings, judge)

    def teach(
        self, limit: int | None = None, *, retry_failed: bool = False, live: bool = False, batch: bool = False
    ) -> TeachSummary:
        """Gather the teacher's answers to the training samples, or to the first `limit` of them.

        `batch` uses the Batch API of the endpoint. `live` also asks questions that wait in a batch. `retry_failed`
        repeats questions that failed permanently.
        """
        runner = TeachRunner(self, limit, retry_failed=retry_failed)

        def events(context: StageContext) -> Iterator[Event]:
            yield from self._untrainable_warning()
            if batch:
                yield from runner.run_batch(context)
            else:
                yield from runner.run(context, live=live)

        return self.run("teach", events, TeachSummary)

    def estimate_teach(self, limit: int | None = None, *, retry_failed: bool = False) -> TeachEstimate:
        """The estimated calls, tokens and cost of `teach` with the same arguments."""
        return TeachRunner(self, limit, retry_failed=retry_failed).estimate(self.student.weights)

    def build_dataset(self) -> DatasetSummary:
        """Report which answers become training rows, and why the others do not."""
        from orca_local.dataset.build import build

        dataset = make_training_set(self)
        return self.run("dataset", lambda context: build(context, dataset), DatasetSummary)

    def write_dataset(self, path: Path) -> int:
        """Write the training rows as chat JSON Lines, or as Parquet if `path` ends so; returns their number."""
        from orca_local.dataset.write import write_chat_jsonl, write_parquet

        write = write_parquet if path.suffix == ".parquet" else write_chat_jsonl
        return write(make_training_set(self), path)

    def preview(self, row: DemonstrationRow) -> Preview:
        """An answer as a training row."""
        from orca_local.dataset.review import preview
        from orca_local.rows.renderer import PromptRenderer

        with closing(PromptRenderer(self.student.weights)) as renderer:
            return preview(renderer, self.store, row, self.settings.dataset.system_message)

    def train(self, *, must_resume: bool = False) -> TrainSummary:
        """Fine-tune the student on the training rows.

        With `must_resume`, resume an unfinished training. Raises `InputError` if there is none.
        """
        from orca_local.pipeline.sample_generations import SampleGenerator
        from orca_local.train.stage import train

        student, settings = self.student, self.settings.train
        refuse_untrainable(student.weights)
        rows = make_training_set(self).rows
        count = settings.sample_answers

        def events(context: StageContext) -> Iterator[Event]:
            context.record_inputs(weights_sha256=student.weights_sha256, rows=len(rows))
            yield from train(
                context,
                student.weights,
                student.weights_sha256,
                rows,
                settings,
                self.workspace.adapters_dir,
                must_resume=must_resume,
                generate_samples=SampleGenerator(student.weights, self.settings.engine, count) if count else None,
            )

        return self.run("train", events, TrainSummary)

    def export(self) -> ExportSummary:
        """Merge the newest adapter, quantize, test, and write the tuned files."""
        return tuned.export_tuned(self, self.settings.export.quantizations or (self.student.quantization,))

    def export_adapter(self) -> ExportSummary:
        """Write the newest adapter as a file of its own, which llama.cpp applies to the base."""
        return tuned.export_adapter(self)

    def evaluate(
        self, names: Sequence[str] = (), quantizations: Sequence[str] = (), *, split: bool = False
    ) -> EvaluationSummary:
        """Answer the holdout with each model and compare them in pairs; base and tuned at one type, if one is given.

        Without names, these are base and tuned and every model that a `[[model]]` table names.

        With `split`, the tuned model in F16 is evaluated as well, and the summary separates the effects of training and
        of quantizing; further types are compared with it.
        """
        samples, settings, parts = self.select_samples("holdout"), self.settings.evaluate, None
        models: Sequence[Candidate | EndpointModel]
        if split:
            models, parts = split_models(self, quantizations or (self.student.quantization,))
        else:
            models = compared_models(self, names, *quantizations)

        def events(context: StageContext) -> Iterator[Event]:
            with open_judge(self, "orca-local evaluate") as judge:
                chosen = select(samples, settings.samples, lambda one: judge is not None and judge.takes(one))
                yield from planned(judge, chosen, len(models), int(len(models) > 1), settings.max_tokens)
                load, prompting = partial(load_model, self), self._prompting()
                yield from evaluate(
                    context, load, models, samples, settings, split=parts, prompting=prompting, judge=judge
                )

        return self.run("evaluate", events, EvaluationSummary)

    def choose_questions(self, suites: Sequence[str], limit: int = 0) -> list[ChosenQuestions]:
        """The questions of benchmarks, at most `limit` of each (0: all); pulled first if they are not here."""
        from orca_local.pipeline.suites import choose_questions

        return choose_questions(self, suites, limit)

    def evaluate_suites(
        self, chosen: Sequence[ChosenQuestions], names: Sequence[str] = (), quantization: str = ""
    ) -> SuiteEvaluation:
        """Ask each model the questions of benchmarks, and compare the models in pairs; without names as `evaluate`."""
        from orca_local.pipeline.suites import run_suites

        return run_suites(self, chosen, names, quantization)

    def estimate_suites(
        self, chosen: Sequence[ChosenQuestions], names: Sequence[str] = (), quantization: str = ""
    ) -> SuiteEstimate:
        """The estimated answers, tokens and time of `evaluate_suites` with the same arguments."""
        from orca_local.pipeline.suites import estimate_run

        return estimate_run(self, chosen, names, quantization)

    def estimate_evaluation(self, names: Sequence[str] = ()) -> EvaluationEstimate:
        """The calls and cost of `evaluate` with the same names. Nothing is asked and no model is made."""
        from orca_local.pipeline.further_models import estimate_endpoints

        samples, settings = self.select_samples("holdout"), self.settings.evaluate
        with open_judge(self, "orca-local evaluate") as judge:
            estimate = estimate_endpoints(self, names, plan_holdout(samples, settings, judge))
            chosen = select(samples, settings.samples, lambda one: judge is not None and judge.takes(one))
            count = len(names) or 2 + len(self.settings.model)
            return replace(estimate, judge=estimate_judge(judge, chosen, count, 1, settings.max_tokens))

    def _prompting(self) -> Prompting | None:
        """What the base is measured under besides the system messages; None if the setting is off."""
        if not self.settings.evaluate.prompted:
            return None
        rows = self.store.selections.current().values()
        chosen = {row.task: self.strategies[row.strategy] for row in rows if row.strategy in self.strategies}
        return Prompting(self.settings.evaluate.system_messages[0], self.settings.dataset.system_message, chosen)

    def run_all(self) -> PipelineResult:
        """Run every stage in order.

        Raises `InputError` for a student that cannot be trained before anything is probed or paid for.
        """
        refuse_untrainable(self.student.weights)
        self.refuse_unprobed()
        return PipelineResult(
            self.probe(), self.teach(), self.build_dataset(), self.train(), self.export(), self.evaluate()
        )

    def candidate(self, name: str) -> Candidate:
        """The model `base` (made if it does not exist yet), `tuned`, or a GGUF file, entered into the store."""
        return make_candidate(self, name)

    def candidates(self, names: Sequence[str]) -> list[Candidate]:
        """One candidate for each distinct name; see `candidate`."""
        return make_candidates(self, names)

    def say_untrainable(self) -> None:
        """Warn, through `on_event`, if the student cannot be trained here; for estimates. Loads its vocabulary."""
        for warning in self._untrainable_warning():
            self.on_event(warning)

    def _untrainable_warning(self) -> Iterator[Event]:
        """Only a warning, because the answers can be written to a file and used elsewhere."""
        weights = self.student.weights
        problems = training_problems(weights, student_findings(weights))
        if problems:
            yield Warned(f"the student cannot be trained here: {problems[0]}", "its answers can still be written out")
