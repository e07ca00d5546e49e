"""Every stage of one workspace as a method that runs it and returns its summary."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orca_local.domain.errors import InputError, MissingError
from orca_local.domain.events import ComputeChosen, Event, Warned
from orca_local.domain.strategies import Strategy, load_strategies
from orca_local.domain.types import Sample
from orca_local.evaluate.stage import Candidate, LoadedModel, evaluate
from orca_local.generation.generate import ModelRef
from orca_local.gguf.inspect import refuse_untrainable, training_problems
from orca_local.kinds.scoring import is_scored
from orca_local.models.student import Student, load_student
from orca_local.pipeline.comparison_pairs import compared_models, split_models
from orca_local.pipeline.models import Files
from orca_local.pipeline.teachers import TeachRunner
from orca_local.runs.context import StageContext
from orca_local.runs.run import run_stage
from orca_local.runs.workspace import Workspace
from orca_local.store.store import Store

if TYPE_CHECKING:
    from orca_local.dataset.build import Dataset
    from orca_local.dataset.review import Preview
    from orca_local.engines.base import AdapterEngine
    from orca_local.store.demonstrations import DemonstrationRow


@dataclass(frozen=True, slots=True)
class Outcome:
    """The summaries of all stages."""

    probe: dict[str, Any]
    teach: dict[str, Any]
    dataset: dict[str, Any]
    train: dict[str, Any]
    export: dict[str, Any]
    evaluation: dict[str, Any]

    def to_dict(self) -> dict[str, Any]:
        """One key a stage."""
        return asdict(self)


class Pipeline:
    """Runs stages, each as a run with its events in the store."""

    def __init__(self, workspace: Workspace, store: Store, *, offline: bool, on_event: Callable[[Event], None]) -> None:
        self.workspace = workspace
        self.store = store
        self._settings = workspace.settings
        self._offline = offline
        self._on_event = on_event

    @cached_property
    def student(self) -> Student:
        """The student, found and checked."""
        return load_student(self._settings.student, self.workspace.directory)

    @property
    def files(self) -> Files:
        """The models of the workspace."""
        return Files(self.workspace, self.store, lambda: self.student, self._dataset, self._open_engine, self._run)

    @cached_property
    def strategies(self) -> dict[str, Strategy]:
        """Built-in strategies and the user's own."""
        return load_strategies(self.workspace.directory / "strategies.toml")

    def probe(self, tasks: Sequence[str] = (), names: Sequence[str] = ()) -> dict[str, Any]:
        """Measure the base, or the served student, under the strategies and choose one per task."""
        from orca_local.probe.stage import probe

        samples = self._samples("probe", tasks)
        strategies = self._chosen_strategies(names)
        base = self.candidate("base")

        def events(context: StageContext) -> Iterator[Event]:
            with ExitStack() as opened:
                loaded, model = yield from self._load_for_probe(context, base)
                opened.callback(loaded.close)
                yield from probe(
                    context,
                    loaded.engine,
                    loaded.renderer,
                    samples,
                    strategies,
                    self._settings.probe,
                    model=model,
                )

        return self._run("probe", events)

    def _load_for_probe(
        self, context: StageContext, base: Candidate
    ) -> Generator[Event, None, tuple[LoadedModel, ModelRef]]:
        """The engine that the settings name, with the model that is measured."""
        from orca_local.engines.compute import choose_compute
        from orca_local.engines.make import engine_kind, make_engine
        from orca_local.rows.renderer import PromptRenderer

        settings = self._settings.engine
        kind = engine_kind(settings.kind)
        if kind.is_remote:
            if context.offline:
                hint = 'set kind = "llama_cpp" under [engine] in orca.toml'
                raise MissingError(f"offline, the student behind {settings.base_url} is not asked", hint=hint)
            engine = make_engine(settings, base.path)
            name = hashlib.sha256(engine.fingerprint.encode()).hexdigest()
            model_id = self.store.models.ensure(engine.fingerprint, name, base.name, "served", 0)
            context.record_inputs(served=engine.fingerprint)
            return LoadedModel(engine, PromptRenderer(base.path)), ModelRef(model_id, name)
        if not kind.chooses_compute:
            return LoadedModel(make_engine(settings, base.path), PromptRenderer(base.path)), base.model
        form = choose_compute(base.path, base.model.sha256, settings)
        context.record_inputs(model_sha256=base.model.sha256, compute=form.compute)
        yield ComputeChosen(form.compute, form.reason)
        engine = make_engine(settings, form.path, compute=form.compute)
        return LoadedModel(engine, PromptRenderer(form.path)), base.model

    def estimate_probe(self, tasks: Sequence[str] = (), names: Sequence[str] = ()) -> dict[str, Any]:
        """What `probe` with the same arguments would take."""
        from orca_local.probe.estimate import estimate
        from orca_local.probe.stage import group_tasks, limit_per_task

        settings = self._settings.probe
        scored = [sample for sample in self._samples("probe", tasks) if is_scored(sample)]
        strategies = [strategy.name for strategy in self._chosen_strategies(names)]
        return estimate(self.store, group_tasks(limit_per_task(scored, settings.samples), strategies), settings)

    def teach(
        self, limit: int | None = None, *, retry_failed: bool = False, live: bool = False, batch: bool = False
    ) -> dict[str, Any]:
        """Gather the teacher's answers to the training samples; with `batch` through the Batch API."""
        runner = self._teach_runner()

        def events(context: StageContext) -> Iterator[Event]:
            yield from self._untrainable_warning()
            if batch:
                yield from runner.run_batch(context, limit=limit, retry_failed=retry_failed)
            else:
                yield from runner.run(context, limit=limit, retry_failed=retry_failed, live=live)

        return self._run("teach", events)

    def _untrainable_warning(self) -> Iterator[Event]:
        """No refusal: answers can be written out and trained on elsewhere."""
        problems = training_problems(self.student.weights)
        if problems:
            yield Warned(f"the student cannot be trained here: {problems[0]}", "its answers can still be written out")

    def estimate_teach(self, limit: int | None = None) -> dict[str, Any]:
        """What `teach` with the same arguments would take."""
        return self._teach_runner().estimate(self.student.weights.path, limit=limit)

    def _teach_runner(self) -> TeachRunner:
        samples = self._samples("train")
        return TeachRunner(
            self._settings,
            self.workspace.directory,
            self.store,
            samples,
            self._chosen_by_task(samples),
            self.candidate,
            self.load,
        )

    def build_dataset(self) -> dict[str, Any]:
        """Say which answers become training rows, and why the others do not."""
        from orca_local.dataset.build import build

        dataset = self._dataset()
        return self._run("dataset", lambda context: build(context, dataset))

    def write_dataset(self, path: Path) -> int:
        """Write the rows as chat JSON Lines, or as Parquet where the name says so; returns their number."""
        from orca_local.dataset.write import write_chat_jsonl, write_parquet

        write = write_parquet if path.suffix == ".parquet" else write_chat_jsonl
        return write(self._dataset(), path)

    def preview(self, row: DemonstrationRow) -> Preview:
        """Exactly what training sees of an answer."""
        from orca_local.dataset.review import preview
        from orca_local.rows.renderer import PromptRenderer

        with closing(PromptRenderer(self.student.weights.path)) as renderer:
            return preview(renderer, self.store, row, self._settings.dataset.system_message)

    def train(self, *, must_resume: bool = False) -> dict[str, Any]:
        """Fine-tune the student on the rows; with `must_resume`, go on with an unfinished training or refuse."""
        from orca_local.pipeline.sample_generations import SampleGenerator
        from orca_local.train.stage import train

        student = self.student
        refuse_untrainable(student.weights)
        rows = self._dataset().rows

        def events(context: StageContext) -> Iterator[Event]:
            context.record_inputs(weights_sha256=student.weights_sha256, rows=len(rows))
            count = self._settings.train.sample_answers
            yield from train(
                context,
                student.weights,
                student.weights_sha256,
                rows,
                self._settings.train,
                self.workspace.adapters_dir,
                must_resume=must_resume,
                generate_samples=SampleGenerator(student.weights, self._settings.engine, count) if count else None,
            )

        return self._run("train", events)

    def export(self) -> dict[str, Any]:
        """Merge the newest adapter, quantize, test, and write the tuned files."""
        return self.files.export("tuned", self._settings.export.quantizations or (self.student.quantization,))

    def export_adapter(self) -> dict[str, Any]:
        """Write the newest adapter as a file of its own that llama.cpp puts on the base."""
        from orca_local.export.adapter_stage import export_adapter
        from orca_local.pipeline.export_source import acceptance_inputs, tuned_source

        source = tuned_source(self.store, self.student)
        inputs = acceptance_inputs(self._dataset().rows, source)

        def events(context: StageContext) -> Iterator[Event]:
            context.record_inputs(**source.provenance, adapter_only=True)
            directory = self.workspace.exports_dir
            yield from export_adapter(context, source, directory, self._open_engine, inputs=inputs)

        return self._run("export", events)

    def evaluate(
        self, names: Sequence[str] = ("base", "tuned"), quantizations: Sequence[str] = (), *, split: bool = False
    ) -> dict[str, Any]:
        """Answer the holdout with each model and compare them in pairs; base and tuned at one type, if one is given.

        With `split`, the tuned model in F16 stands between the two, and says what training gave and what quantizing
        took; further types are compared with it.
        """
        samples, settings = self._samples("holdout"), self._settings.evaluate
        parts = None
        if split:
            models, parts = split_models(self.files, quantizations or (self.student.quantization,))
        else:
            models = compared_models(self.files, names, *quantizations)

        def events(context: StageContext) -> Iterator[Event]:
            yield from evaluate(context, self.load, models, samples, settings, split=parts)

        return self._run("evaluate", events)

    def run_all(self) -> Outcome:
        """Every stage in order; each finds what it did before in the store.

        Raises `InputError` for a student that cannot be trained before anything is probed or paid for.
        """
        refuse_untrainable(self.student.weights)
        return Outcome(self.probe(), self.teach(), self.build_dataset(), self.train(), self.export(), self.evaluate())

    def candidates(self, names: Sequence[str]) -> list[Candidate]:
        """A candidate a name; see `Files`."""
        return self.files.candidates(names)

    def candidate(self, name: str) -> Candidate:
        """`base`, `tuned`, or a GGUF file; see `Files`."""
        return self.files.candidate(name)

    def _dataset(self) -> Dataset:
        from orca_local.dataset.build import make_dataset
        from orca_local.pipeline.likelihood import student_likelihood
        from orca_local.rows.renderer import PromptRenderer

        chosen, settings = self._chosen_by_task(self._samples("train")), self._settings.dataset
        keep_mismatches = self._settings.teacher.on_mismatch == "keep"
        with closing(PromptRenderer(self.student.weights.path)) as renderer:
            if settings.prefer != "likely":
                return make_dataset(self.store, renderer, settings, chosen, keep_mismatches=keep_mismatches)
            base = self.candidate("base")
            with student_likelihood(
                self.store, renderer, base.model.sha256, settings.system_message, lambda: self._open_engine(base.path)
            ) as likelihood:
                return make_dataset(
                    self.store, renderer, settings, chosen, keep_mismatches=keep_mismatches, likelihood=likelihood
                )

    def _open_engine(self, path: Path) -> AdapterEngine:
        from orca_local.engines.make import make_file_engine

        return make_file_engine(self._settings.engine, path)

    def load(self, candidate: Candidate, capacity: int | None = None, compute: str = "as_is") -> LoadedModel:
        """Load a model and the renderer of its own template."""
        from orca_local.engines.make import make_file_engine
        from orca_local.rows.renderer import PromptRenderer

        renderer = PromptRenderer(candidate.path)
        try:
            engine = make_file_engine(self._settings.engine, candidate.path, capacity=capacity, compute=compute)
            return LoadedModel(engine, renderer)
        except BaseException:
            renderer.close()
            raise

    def _run(self, stage: str, events: Callable[[StageContext], Iterator[Event]]) -> dict[str, Any]:
        directory = self.workspace.directory
        finished = run_stage(
            self.store, directory, stage, self._settings, events, self._on_event, offline=self._offline
        )
        return finished.summary

    def _samples(self, split: str, tasks: Sequence[str] = ()) -> list[Sample]:
        counts = self.store.samples.tasks()
        known = {count.task for count in counts}
        unknown = [task for task in tasks if task not in known]
        if unknown:
            raise InputError(f"no task {unknown[0]!r} in this workspace", hint="see `orca-local tasks list`")
        samples = self.store.samples.list(split=split, tasks=list(tasks) or None)
        if not samples:
            hint = "add some with `orca-local tasks add FILE.jsonl`"
            if counts:
                hint = f'add more, or lines with "split": "{split}"; see `orca-local tasks list`'
            raise InputError(f"there are no {split} samples in this workspace", hint=hint)
        return samples

    def _chosen_by_task(self, samples: Sequence[Sample]) -> dict[str, Strategy]:
        """The chosen strategy of every task; tasks without a score cannot be probed and get an explaining one."""
        selections = self.store.selections.current()
        missing = {s.task for s in samples} - set(selections)
        scored = {s.task for s in samples if is_scored(s)} & missing
        if scored:
            raise InputError(
                f"no strategy is chosen yet for {len(scored)} of {len({s.task for s in samples})} tasks, such as "
                f"{min(scored)!r}",
                hint="run `orca-local probe` first",
            )
        chosen = {task: self._strategy(row.strategy) for task, row in selections.items()}
        return chosen | dict.fromkeys(missing, self.strategies["explain_then_answer"])

    def _strategy(self, name: str) -> Strategy:
        if name not in self.strategies:
            raise InputError(
                f"no strategy {name!r}",
                hint=f"known are {', '.join(self.strategies)}; add your own in strategies.toml",
            )
        return self.strategies[name]

    def _chosen_strategies(self, names: Sequence[str]) -> list[Strategy]:
        return [self._strategy(name) for name in names] if names else list(self.strategies.values())
