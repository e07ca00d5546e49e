"""The fields of the import: what they offer for a file, and the request that they make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from orca_local.domain.errors import InputError
from orca_local.kinds.table import KINDS
from orca_local.tasks.columns.names import PROMPT_ROLES, PROMPTS
from orca_local.tasks.import_request import ImportRequest, ReadOptions
from orca_local.tasks.preview import Preview

_GUESS, _COLUMN, NO_COLUMN = "guess:", "column:", "none"
"""Beginnings of values of a selection: what the columns say, and a column with its name; and no column at all."""


@dataclass(frozen=True, slots=True)
class ImportField:
    """One field, on one line."""

    name: str
    label: str
    is_column: bool = False
    choices: tuple[str, ...] = ()
    """Values besides the guess; empty for a text field."""
    hint: str = ""
    """What an empty text field means."""


COLUMN_FIELDS = (
    ImportField("prompt", "prompt", is_column=True),
    ImportField("context", "context", is_column=True),
    ImportField("answer", "answer", is_column=True),
    ImportField("choices", "options", is_column=True),
    ImportField("system", "system message", is_column=True),
    ImportField("rationale", "worked answer", is_column=True),
    ImportField("id", "id", is_column=True),
)
OTHER_FIELDS = (
    ImportField("kind", "kind", choices=tuple(KINDS)),
    ImportField("labels", "labels", hint="guessed, or a, b, c"),
    ImportField("index_from", "count from", choices=("0", "1")),
    ImportField("task_name", "task", hint="the source's name"),
    ImportField("task", "or its column", is_column=True),
    ImportField("limit", "limit", hint="all rows"),
    ImportField("encoding", "encoding", hint="recognized"),
)

Values = Mapping[str, str]
"""Values of the fields by name."""


def is_guess(value: str) -> bool:
    """Whether a selection leaves it to the columns."""
    return value.startswith(_GUESS)


def make_request(values: Values) -> ImportRequest:
    """Return what the fields ask for. Raises `InputError` for a limit that is no number, and an unknown encoding."""
    chosen = {name: value.strip() for name, value in values.items() if not is_guess(value)}
    keys = [field.name for field in (*COLUMN_FIELDS, *OTHER_FIELDS) if field.is_column]
    limit = chosen.get("limit", "")
    if limit and not (limit.isdecimal() and int(limit)):
        raise InputError(f"the limit {limit!r} is no number of rows", hint="leave it empty to add all rows")
    index_from = chosen.get("index_from")
    return ImportRequest(
        columns={key: _column(values[key]) for key in keys if key in chosen},
        kind=chosen.get("kind"),
        task=chosen.get("task_name") or None,
        labels=tuple(label.strip() for label in chosen.get("labels", "").split(",") if label.strip()),
        index_from=None if index_from is None else int(index_from),
        limit=int(limit) if limit else None,
        options=ReadOptions(chosen.get("encoding") or None),
    )


def choices_of(field: ImportField, preview: Preview) -> list[tuple[str, str]]:
    """Return label and value of everything that a selection offers; the guess is the first."""
    label = guessed(field.name, preview)
    first = (label, f"{_GUESS}{label}")
    if field.is_column:
        return [first, *((name, f"{_COLUMN}{name}") for name in preview.names), ("no column", NO_COLUMN)]
    return [first, *((choice, choice) for choice in field.choices)]


def guessed(name: str, preview: Preview) -> str:
    """Return the text for a guess: what the columns are taken for, a dash for nothing, `?` while that is in doubt."""
    mapping = preview.mapping
    if mapping is None:
        return "?" if name in ("prompt", "answer", "kind", "index_from") else "–"
    columns = mapping.columns
    if name == "prompt":
        roles = [role for role in PROMPT_ROLES if role in columns]
        form = PROMPTS.get(frozenset(roles), "")
        parts = [
            columns[role] for role in sorted(roles, key=lambda role: form.find(f"{{{role}}}")) if role != "context"
        ]
        found = parts or [columns[role] for role in ("context", "conversation", "messages") if role in columns][:1]
        return _marked(" + ".join(found))
    if name == "context":
        has_question = any(role in columns for role in PROMPT_ROLES if role != "context")
        return _marked(columns.get("context", "") if has_question else "")
    if name == "kind":
        return _marked(mapping.kind or "as each task has it")
    if name == "answer":
        return _marked(columns.get("answer") or columns.get("conversation", ""))
    return _marked(columns.get(name, ""))


def _column(value: str) -> str:
    return "" if value == NO_COLUMN else value.removeprefix(_COLUMN)


def _marked(text: str) -> str:
    return f"{text} *" if text else "–"
