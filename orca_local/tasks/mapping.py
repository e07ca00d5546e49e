"""How the rows of a file become samples: as the user says, else by the names and contents of the columns."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from collections.abc import Mapping as ReadOnlyMapping
from dataclasses import field
from pathlib import PurePath

from orca_local.domain.errors import InputError
from orca_local.domain.frozen import Frozen
from orca_local.kinds.table import KINDS
from orca_local.tasks.columns.cell import BadRow, nearest
from orca_local.tasks.columns.kinds import KindRule
from orca_local.tasks.columns.plan import plan_steps
from orca_local.tasks.columns.steps import Constant, CopyRow, Step, Values
from orca_local.tasks.columns.task_kinds import TaskKinds
from orca_local.tasks.import_request import MAP_KEYS, ImportRequest
from orca_local.tasks.sources.base import Problem, Record
from orca_local.tasks.sources.table import SUFFIXES

PLANNED_ROWS = 1000
"""How many rows a map is planned from, if the file has so many."""
_HUB = re.compile(r"hub:(?:[^/@:]+/)?(?P<name>[^/@:]+)(?:@[^/:]+)?(?P<config>/[^:]+)?(?::.*)?")


class Mapping(Frozen):
    """How rows become records of the task format."""

    steps: tuple[Step, ...]
    names: tuple[str, ...] = ()
    """The columns of the first rows."""
    columns: ReadOnlyMapping[str, str] = field(default_factory=dict)
    """Columns that are used, by what they are: `prompt`, `answer` or another key of `MAP_KEYS`, or a part of the
    prompt such as `question`."""
    kind_rule: KindRule | None = None
    """How the kind of each task is guessed, if it is: then `apply` leaves it out, and `map_rows` adds it."""
    is_task_format: bool = False
    """Whether the file has the keys of the task format, and nothing else was asked for."""

    def apply(self, record: Record) -> Record | list[str]:
        """Return the record of the task format that a row becomes, or what is wrong with the row.

        Raises `InputError` if a template exceeds its limits.
        """
        sample: Values = {}
        try:
            for step in self.steps:
                step.write(record.values, sample)
        except BadRow as problem:
            return [str(problem)]
        return Record(record.file, record.line, sample)

    def map_rows(self, items: Iterable[Record | Problem]) -> Iterator[Record | Problem]:
        """Yield the records of the task format that rows become, and what is wrong with the others.

        Where the kind of each task is guessed, the rows of a task come when enough of them were read.
        """
        if self.is_task_format:
            return iter(items)
        mapped = self._apply_all(items)
        return mapped if self.kind_rule is None else TaskKinds(self.kind_rule).assign(mapped)

    def _apply_all(self, items: Iterable[Record | Problem]) -> Iterator[Record | Problem]:
        for item in items:
            mapped = item if isinstance(item, Problem) else self.apply(item)
            if isinstance(mapped, list):
                yield from (Problem(item.file, item.line, message) for message in mapped)
            else:
                yield mapped

    def describe(self) -> list[str]:
        """Return plain lines that say what becomes what, and what was guessed."""
        lines = [line for step in self.steps for line in step.describe()]
        return lines if self.kind_rule is None else [*lines, "kind: guessed for each task, from its own first rows"]

    @property
    def kind(self) -> str | None:
        """The kind of all rows; None if rows or tasks differ."""
        return next((str(s.value) for s in self.steps if isinstance(s, Constant) and s.key == "kind"), None)


def plan_mapping(records: Sequence[Record], request: ImportRequest, location: str) -> Mapping:
    """Return how the rows of a file become samples, planned from the first ones (up to `PLANNED_ROWS`).

    Raises `InputError` if the request names a column that no row has, or if the columns leave in doubt what is what.
    """
    _check(request)
    if not records:
        return Mapping((CopyRow(),), is_task_format=True)
    plan = plan_steps(records, request, task_of_file(location))
    is_untouched = len(plan.steps) == 1 and isinstance(plan.steps[0], CopyRow)
    return Mapping(plan.steps, plan.names, plan.columns, plan.kind_rule, is_untouched)


def task_of_file(location: str) -> str:
    """Return the name of the task that the samples of a file belong to by default: the file's name without endings."""
    if match := _HUB.fullmatch(location):
        return match["name"] + (match["config"] or "")
    name = PurePath(location).name
    endings = (*SUFFIXES, ".gz", ".bz2", ".xz", ".zst")
    while name.lower().endswith(endings):
        name = name[: name.rindex(".")]
    return name or "tasks"


def _check(request: ImportRequest) -> None:
    """Raise `InputError` for a request that no file could meet."""
    for key in request.columns:
        if key not in MAP_KEYS:
            near = nearest(key, MAP_KEYS)
            hint = f"did you mean {' or '.join(near)}?" if near else f"keys are {', '.join(MAP_KEYS)}"
            raise InputError(f"a column cannot be mapped to {key!r}", hint=hint)
    if request.kind is not None and request.kind not in KINDS:
        near = nearest(request.kind, KINDS)
        hint = f"did you mean {' or '.join(near)}?" if near else f"kinds are {', '.join(KINDS)}"
        raise InputError(f"unknown kind {request.kind!r}", hint=hint)
    if sum(value is not None for value in (request.task, request.task_column, request.columns.get("task"))) > 1:
        raise InputError("the task is given twice", hint="give its name with --task, or its column with --task-column")
    if "answer" in request.columns and "answers" in request.columns:
        raise InputError("the answer is given twice", hint="map a column with one answer to answer, a list to answers")
    if request.template is None and request.columns.get("prompt") == "":
        raise InputError("a sample needs a prompt", hint="name its column with --map prompt=COLUMN, or use --template")
    if request.template is not None and "prompt" in request.columns:
        raise InputError("the prompt is given twice", hint="give a column with --map prompt=…, or a template")
