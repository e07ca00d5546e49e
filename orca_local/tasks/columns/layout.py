"""What the columns of one file are: as the user maps them, else as their names and cells say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from orca_local.domain.frozen import Frozen
from orca_local.domain.types import SPLITS
from orca_local.kinds.table import KINDS
from orca_local.tasks.columns.cell import Column, Row, find_column, is_empty, parsed
from orca_local.tasks.columns.names import PROMPT_ROLES
from orca_local.tasks.columns.roles import guess_roles, is_textual, normalized
from orca_local.tasks.import_request import ImportRequest


class Layout(Frozen):
    """The columns of a file by what they are."""

    names: tuple[str, ...]
    """All columns of the first rows."""
    columns: Mapping[str, Column]
    """Columns by key of `MAP_KEYS`, by part of the prompt, or as `conversation`."""
    mapped: frozenset[str]
    """Keys that the user decided, also those that shall have no column."""
    is_task_format: bool
    """Whether the columns are the keys of the task format. Then `columns` has only those that the user mapped."""

    @property
    def conversation(self) -> Column | None:
        """The column of whole conversations; None if each row has a prompt of its own."""
        if "prompt" not in self.mapped and "messages" in self.mapped:
            return self.columns.get("messages")
        return self.columns.get("conversation")

    @property
    def answer_word(self) -> str:
        """The name of the answer's column, as `names.py` writes it; empty if there is none."""
        answer = self.columns.get("answer")
        return normalized(answer.keys[-1]) if answer else ""


def find_layout(rows: Sequence[Row], request: ImportRequest) -> Layout:
    """Return the layout of a file with such first rows.

    Raises `InputError` if the user names a column that no row has, or if several columns may be the same thing.
    """
    names = tuple(dict.fromkeys(name for row in rows for name in row))
    wanted = dict(request.columns)
    if "answers" in wanted:
        wanted["answer"] = wanted.pop("answers")
    if request.task_column is not None:
        wanted["task"] = request.task_column
    if request.template is not None:
        wanted["prompt"] = ""
    columns = {key: find_column(name, rows, names) for key, name in wanted.items() if name}
    is_task_format = _is_task_format(rows, names)
    if not is_task_format:
        guessed = guess_roles(rows, names, wanted)
        usable = {role: Column(name, (name,)) for role, name in guessed.items() if _is_usable(rows, role, name)}
        columns = usable | columns
    return Layout(names, columns, frozenset(wanted), is_task_format)


def _is_usable(rows: Sequence[Row], role: str, name: str) -> bool:
    """Whether the first cells of a column are what its name says."""
    cells = [cell for row in rows if not is_empty(cell := row.get(name))]
    if role == "id":  # whole numbers count the rows of many files alike
        texts = {cell for cell in cells if isinstance(cell, str) and not cell.strip().isdecimal()}
        return len(texts) == len(rows)
    if role == "split":
        return all(cell in SPLITS for cell in cells)
    if role == "kind":
        return all(isinstance(cell, str) and cell in KINDS for cell in cells)
    if role in ("labels", "messages"):
        member = str if role == "labels" else dict
        lists = [parsed(cell) for cell in cells]
        return all(isinstance(items, list) and all(isinstance(item, member) for item in items) for items in lists)
    return role not in ("task", "rationale", "system") or is_textual(rows, name)


def _is_task_format(rows: Sequence[Row], names: Sequence[str]) -> bool:
    """Whether the rows have the keys of the task format: each names its kind."""
    if "kind" not in names or not ("prompt" in names or "task" in names):
        return False
    if "answer" in names and ("prompt" in names or not _has_prompt(names)):
        return True
    return any(isinstance(kind := row.get("kind"), str) and kind in KINDS for row in rows)


def _has_prompt(names: Sequence[str]) -> bool:
    known = {word for words in PROMPT_ROLES.values() for word in words}
    return any(normalized(name) in known for name in names)
