"""How the rows of a file become samples: as the user says, else by the names and contents of the columns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import PurePath

from orca_local.domain.errors import InputError
from orca_local.kinds.table import KINDS
from orca_local.tasks.columns.cell import nearest
from orca_local.tasks.columns.mapping import Mapping
from orca_local.tasks.columns.plan import plan_steps
from orca_local.tasks.columns.steps import CopyRow
from orca_local.tasks.import_request import MAP_KEYS, ImportRequest
from orca_local.tasks.sources.base import Record
from orca_local.tasks.sources.table import SUFFIXES

PLANNED_ROWS = 1000
"""How many rows a map is planned from, if the file has so many."""
_HUB = re.compile(r"hub:(?:[^/@:]+/)?(?P<name>[^/@:]+)(?:@[^/:]+)?(?P<config>/[^:]+)?(?::.*)?")


def plan_mapping(records: Sequence[Record], request: ImportRequest, location: str) -> Mapping:
    """Return how the rows of a file become samples, planned from the first ones (up to `PLANNED_ROWS`).

    Raises `InputError` if the request names a column that no row has, or if the columns leave in doubt what is what.
    """
    _check(request)
    if not records:
        return Mapping((CopyRow(),), is_task_format=True)
    return plan_steps(records, request, task_of_file(location))


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
