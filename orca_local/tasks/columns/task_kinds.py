"""Guess the kind of each task of a file from the task's own first rows, while the file is read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from orca_local.domain.errors import InputError
from orca_local.tasks.columns.cell import BadRow
from orca_local.tasks.columns.drafts import Draft
from orca_local.tasks.columns.kinds import KindRule
from orca_local.tasks.columns.steps import Step
from orca_local.tasks.sources.base import Problem, Record

ROWS_PER_TASK = 100
"""A task's kind is guessed from so many rows, or from all that it has."""
MAX_WAITING_CHARACTERS = 50_000_000
"""Rows wait until their task has enough of them. Beyond this length, the task with the most rows waits no longer."""


class TaskKinds:
    """The kinds of the tasks that were seen so far."""

    def __init__(self, rule: KindRule) -> None:
        self._rule = rule
        self._steps: dict[str, tuple[Step, ...] | str] = {}
        """The steps of each task, or why it has none."""
        self._waiting: dict[str, list[Record]] = {}
        self._length = 0

    def assign(self, items: Iterable[Record | Problem]) -> Iterator[Record | Problem]:
        """Yield the same records with kind and labels, those of one task in their order. Takes bounded memory."""
        for item in items:
            if isinstance(item, Problem):
                yield item
            elif (task := str(item.values.get("task"))) in self._steps:
                yield self._finished(item, task)
            else:
                waiting = self._waiting.setdefault(task, [])
                waiting.append(item)
                self._length += len(str(item.values))
                if len(waiting) >= ROWS_PER_TASK:
                    yield from self._settle(task)
                elif self._length > MAX_WAITING_CHARACTERS:
                    yield from self._settle(max(self._waiting, key=lambda name: len(self._waiting[name])))
        for task in list(self._waiting):
            yield from self._settle(task)

    def _settle(self, task: str) -> Iterator[Record | Problem]:
        """Guess the kind of a task, and yield its rows."""
        records = self._waiting.pop(task)
        self._length -= sum(len(str(record.values)) for record in records)
        try:
            self._steps[task] = self._rule.steps_for([Draft(record.line, {}, record.values) for record in records])
        except InputError as error:
            self._steps[task] = f"task {task!r}: {error.message}; {error.hint}"
        for record in records:
            yield self._finished(record, task)

    def _finished(self, record: Record, task: str) -> Record | Problem:
        steps = self._steps[task]
        if isinstance(steps, str):
            return Problem(record.file, record.line, steps)
        sample = dict(record.values)
        try:
            for step in steps:
                step.write({}, sample)
        except BadRow as problem:
            return Problem(record.file, record.line, str(problem))
        return Record(record.file, record.line, sample)
