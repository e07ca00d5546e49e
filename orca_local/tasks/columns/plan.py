"""Choose the steps that make samples of the rows of one file."""

from __future__ import annotations

from collections.abc import Sequence

from orca_local.domain.errors import InputError
from orca_local.domain.json_text import parse_texts
from orca_local.tasks.columns.answers import add_options, add_worked_answers
from orca_local.tasks.columns.cell import Column, is_empty, parsed, shown_names
from orca_local.tasks.columns.drafts import Drafts
from orca_local.tasks.columns.kinds import add_kind
from orca_local.tasks.columns.layout import Layout, find_layout
from orca_local.tasks.columns.mapping import Mapping
from orca_local.tasks.columns.names import PROMPT_ROLES, PROMPTS
from orca_local.tasks.columns.roles import normalized
from orca_local.tasks.columns.steps import (
    AddSystem,
    Constant,
    CopyRow,
    KeepRest,
    ListForm,
    ReadAnswer,
    ReadConversation,
    ReadKey,
    WriteOptions,
    WritePrompt,
)
from orca_local.tasks.columns.template import PromptTemplate
from orca_local.tasks.import_request import MAP_KEYS, ImportRequest
from orca_local.tasks.sources.base import Record
from orca_local.tasks.sources.table import find_source

_PLURALS = frozenset({"answers", "answersspans", "targets", "outputs"})
"""Names of columns whose texts may be lists."""


def plan_steps(records: Sequence[Record], request: ImportRequest, task: str) -> Mapping:
    """Return the steps that make samples of rows like these. Raises `InputError` where the columns leave a doubt.

    `task` is the name of the task where neither the request nor a column names it.
    """
    drafts = Drafts(records)
    layout = find_layout([record.values for record in records], request)
    if layout.is_task_format:
        drafts.add(CopyRow())
    _add_prompt(drafts, layout, request)
    _add_answer(drafts, layout, request, has_lists=find_source(records[0].file).has_lists)
    _add_keys(drafts, layout)
    if not add_options(drafts, layout, request) and not layout.is_task_format:
        add_worked_answers(drafts, request)
    _add_task(drafts, layout, request, task)
    rule = add_kind(drafts, layout, request)
    if not layout.is_task_format:
        used = drafts.used_columns()
        drafts.add(KeepRest(used, tuple(name for name in layout.names if name not in used)))
    is_untouched = len(drafts.steps) == 1 and isinstance(drafts.steps[0], CopyRow)
    return Mapping(tuple(drafts.steps), layout.names, _used_columns(drafts, layout), rule, is_untouched)


def _used_columns(drafts: Drafts, layout: Layout) -> dict[str, str]:
    """Return the names of the columns that are used, by what they are. Options may have several columns."""
    used = {name: name for name in layout.names if layout.is_task_format and name in MAP_KEYS}
    used |= {role: column.name for role, column in layout.columns.items()}
    options = next((step for step in drafts.steps if isinstance(step, WriteOptions)), None)
    if options is None:
        used.pop("choices", None)
        return used
    return used | {"choices": ", ".join(column.name for column in options.columns)}


def _add_prompt(drafts: Drafts, layout: Layout, request: ImportRequest) -> None:
    if request.template is not None:
        drafts.add(PromptTemplate.start(request.template, layout.names))
    elif layout.conversation:
        drafts.add(ReadConversation(layout.conversation, layout.columns.get("system")))
    elif parts := {role: column for role, column in layout.columns.items() if role in PROMPT_ROLES}:
        if layout.is_task_format and "prompt" in layout.names:
            parts.setdefault("prompt", Column("prompt", ("prompt",)))
        answer = layout.columns.get("answer")
        if answer is not None and answer in parts.values():
            raise InputError(
                f"column {answer.name!r} cannot be both the prompt and the answer",
                hint="name another one, such as --map answer=COLUMN",
            )
        if frozenset(parts) not in PROMPTS:
            used = shown_names(column.name for column in parts.values())
            raise InputError(f"no prompt is known for the columns {used}", hint="write it with --template FILE")
        drafts.add(WritePrompt(parts))


def _add_answer(drafts: Drafts, layout: Layout, request: ImportRequest, *, has_lists: bool) -> None:
    answer = layout.columns.get("answer")
    is_open = request.kind in ("free", "judged")
    if answer is not None:
        drafts.add(ReadAnswer(answer, _list_form(drafts, answer, request, has_lists=has_lists)))
    elif not (layout.conversation or layout.is_task_format or "answer" in layout.mapped or is_open):
        used = drafts.used_columns()
        left = next((name for name in layout.names if name not in used), "COLUMN")
        raise InputError(
            f"no column is known to be the answer; the columns are {shown_names(layout.names)}",
            hint=f"name it, such as --map answer={left}, or add prompts alone with --kind free",
        )


def _list_form(drafts: Drafts, answer: Column, request: ImportRequest, *, has_lists: bool) -> ListForm:
    """Return how lists of answers are written as texts, if they are."""
    if "answers" in request.columns:
        return "list or |"
    cells = [cell for draft in drafts.good if isinstance(cell := answer.get(draft.row), str) and not is_empty(cell)]
    if normalized(answer.keys[0]) in _PLURALS and all(not isinstance(parsed(cell), str) for cell in cells):
        return "list"
    is_written = not has_lists and cells and all(parse_texts(cell) is not None for cell in cells)
    return "list" if is_written else "none"


def _add_keys(drafts: Drafts, layout: Layout) -> None:
    """Add what stands beside prompt and answer."""
    columns = layout.columns
    if not layout.conversation:
        if "messages" in columns:
            drafts.add(ReadKey("messages", columns["messages"]))
        if "system" in columns:
            drafts.add(AddSystem(columns["system"]))
    for key in ("rationale", "labels", "split", "id"):
        if key in columns:
            drafts.add(ReadKey(key, columns[key], is_required=key == "id" and key in layout.mapped))


def _add_task(drafts: Drafts, layout: Layout, request: ImportRequest, task: str) -> None:
    if request.task is not None:
        drafts.add(Constant("task", request.task, request.said_by("task")))
    elif "task" in layout.columns:
        drafts.add(ReadKey("task", layout.columns["task"], is_required=True))
    elif not (layout.is_task_format and "task" in layout.names):
        drafts.add(Constant("task", task, "the name of the file"))
