"""How the rows of one file become records of the task format."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Mapping as ReadOnlyMapping
from dataclasses import field

from orca_local.domain.frozen import Frozen
from orca_local.tasks.columns.cell import BadRow
from orca_local.tasks.columns.kinds import KindRule
from orca_local.tasks.columns.steps import Constant, Step, Values
from orca_local.tasks.columns.task_kinds import TaskKinds
from orca_local.tasks.sources.base import Problem, Record


class Mapping(Frozen):
    """How rows become records of the task format."""

    steps: tuple[Step, ...]
    names: tuple[str, ...] = ()
    """The columns of the first rows."""
    columns: ReadOnlyMapping[str, str] = field(default_factory=dict)
    """Columns that are used, by what they are: `prompt`, `answer` or another key of `MAP_KEYS`, or a part of the
    prompt such as `question`."""
    kind_rule: KindRule | None = None
    """How the kind of each task is guessed, if it is: then `map_rows` adds it."""
    is_task_format: bool = False
    """Whether the file has the keys of the task format, and nothing else was asked for."""

    def map_rows(self, items: Iterable[Record | Problem]) -> Iterator[Record | Problem]:
        """Yield the records of the task format that rows become, and what is wrong with the others.

        Where the kind of each task is guessed, the rows of a task come when enough of them were read. Raises
        `InputError` if a template exceeds its limits.
        """
        if self.is_task_format:
            return iter(items)
        mapped = (item if isinstance(item, Problem) else self._apply(item) for item in items)
        return mapped if self.kind_rule is None else TaskKinds(self.kind_rule).assign(mapped)

    def _apply(self, record: Record) -> Record | Problem:
        sample: Values = {}
        try:
            for step in self.steps:
                step.write(record.values, sample)
        except BadRow as problem:
            return Problem(record.file, record.line, str(problem))
        return Record(record.file, record.line, sample)

    def describe(self) -> list[str]:
        """Return plain lines that say what becomes what, and what was guessed."""
        lines = [line for step in self.steps for line in step.describe()]
        return lines if self.kind_rule is None else [*lines, "kind: guessed for each task, from its own first rows"]

    @property
    def kind(self) -> str | None:
        """The kind of all rows; None if rows or tasks differ."""
        return next((str(s.value) for s in self.steps if isinstance(s, Constant) and s.key == "kind"), None)
