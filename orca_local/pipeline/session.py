"""An open workspace: its student, its samples, and the function that runs a stage."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from orca_local.domain.errors import InputError
from orca_local.domain.events import Event, Warned
from orca_local.domain.record import Record
from orca_local.domain.strategies import Strategy, load_strategies, require_strategy
from orca_local.domain.types import Sample
from orca_local.evaluate.stage import Candidate, LoadedModel
from orca_local.kinds.scoring import is_graded, is_scored
from orca_local.models.finder import ModelFinder
from orca_local.models.student import Student
from orca_local.runs.context import StageContext
from orca_local.runs.run import run_stage
from orca_local.runs.workspace import Workspace
from orca_local.store.store import Store
from orca_local.tasks.unprobed import UNPROBED_REMEDY, unprobed_tasks

if TYPE_CHECKING:
    from orca_local.engines.base import AdapterEngine

S = TypeVar("S", bound=Record)


class Session:
    """An open workspace."""

    def __init__(
        self,
        workspace: Workspace,
        store: Store | None = None,
        *,
        offline: bool = False,
        on_event: Callable[[Event], None] | None = None,
    ) -> None:
        """Open `workspace`. Without a `store`, its own is opened, and `close` closes it.

        `offline` forbids the network. `on_event` is called with every event of the stages that run.
        """
        self.workspace = workspace
        self.store = workspace.store() if store is None else store
        self.settings = workspace.settings
        self.offline = offline
        self.models = ModelFinder(self.store, self.settings, workspace.directory)
        self._said_moved = False
        self.on_event = on_event or (lambda event: None)

    @property
    def student(self) -> Student:
        """The student, after all checks. Raises `InputError` or `MissingError`."""
        student = self.models.student
        if student.moved_from and not self._said_moved:
            self._said_moved = True
            self.on_event(
                Warned(
                    f"the student {student.moved_from} is gone; {student.weights.path} is the same file and is used",
                    "set [student] in orca.toml to the new path",
                )
            )
        return student

    @cached_property
    def strategies(self) -> dict[str, Strategy]:
        """The built-in strategies and the user's own, by name."""
        return load_strategies(self.workspace.directory / "strategies.toml")

    def select_strategies(self, names: Sequence[str]) -> list[Strategy]:
        """The strategies of these names, or all of them. Raises `InputError` for an unknown name."""
        return [self._strategy(name) for name in names] if names else list(self.strategies.values())

    def select_samples(self, split: str, tasks: Sequence[str] = ()) -> list[Sample]:
        """The samples of a split, of these tasks or of all. Raises `InputError` if there are none."""
        counts = self.store.samples.tasks()
        names = {count.task for count in counts}
        unknown = [task for task in tasks if task not in names]
        if unknown:
            raise InputError(f"no task {unknown[0]!r} in this workspace", hint="see `orca-local tasks list`")
        samples = self.store.samples.list(split=split, tasks=list(tasks) or None)
        if not samples:
            hint = "add some with `orca-local tasks add FILE.jsonl`"
            if counts:
                hint = f'add more, or lines with "split": "{split}"; see `orca-local tasks list`'
                if split == "probe":
                    hint += ", or choose strategies yourself: `orca-local tasks choose TASK STRATEGY`"
            raise InputError(f"there are no {split} samples in this workspace", hint=hint)
        return samples

    def selected_strategies(self, samples: Sequence[Sample]) -> dict[str, Strategy]:
        """The chosen strategy of each task. Tasks without a score cannot be probed and get `explain_then_answer`.

        Raises `InputError` if a task that a rule or the judge can score has no strategy yet.
        """
        selections = self.store.selections.current()
        missing = {sample.task for sample in samples} - set(selections)
        self.refuse_unprobed()
        probed = {row.task for row in self.store.samples.split_counts() if row.split == "probe"}
        judge = self.settings.judge
        scored = {one.task for one in samples if is_scored(one) or (one.task in probed and is_graded(one, judge))}
        scored &= missing
        if scored:
            raise InputError(
                f"no strategy is chosen yet for {len(scored)} of {len({s.task for s in samples})} tasks, such as "
                f"{min(scored)!r}",
                hint="run `orca-local probe` first",
            )
        chosen = {task: self._strategy(row.strategy) for task, row in selections.items()}
        return chosen | dict.fromkeys(missing, self.strategies["explain_then_answer"])

    def refuse_unprobed(self) -> None:
        """Raise `InputError` if the probe can never choose a strategy for a task that is to be taught."""
        unprobed = unprobed_tasks(self.store)
        if unprobed:
            more = f" ({len(unprobed)} such tasks)" if len(unprobed) > 1 else ""
            raise InputError(
                f"task {unprobed[0]!r} has no probe samples, so that no strategy can be measured for it{more}",
                hint=UNPROBED_REMEDY.format(unprobed[0]) + ", or remove it: `orca-local tasks remove TASK`",
            )

    def _strategy(self, name: str) -> Strategy:
        return require_strategy(name, self.strategies)

    def run(self, stage: str, events: Callable[[StageContext], Iterator[Event]], kind: type[S]) -> S:
        """Run a stage as a run of the workspace; returns its summary, which is of class `kind`."""
        directory = self.workspace.output_dir
        finished = run_stage(self.store, directory, stage, self.settings, events, self.on_event, offline=self.offline)
        assert isinstance(finished.summary, kind)
        return finished.summary

    def open_engine(self, path: Path) -> AdapterEngine:
        """An engine with this model file and the settings of the workspace."""
        from orca_local.engines.make import make_file_engine

        return make_file_engine(self.settings.engine, path)

    def load(self, candidate: Candidate, capacity: int | None = None, compute: str = "as_is") -> LoadedModel:
        """Load a model and the renderer of its own chat template."""
        from orca_local.engines.make import make_file_engine
        from orca_local.rows.renderer import PromptRenderer

        renderer = PromptRenderer(candidate.path)
        try:
            engine = make_file_engine(self.settings.engine, candidate.path, capacity=capacity, compute=compute)
            return LoadedModel(engine, renderer)
        except BaseException:
            renderer.close()
            raise
