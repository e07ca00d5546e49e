"""A template that writes the prompts of rows: Jinja, with the columns as variables.

It is a program and may never end, so it runs in a process of its own, within limits.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from orca_local.domain.errors import InputError
from orca_local.domain.frozen import Frozen
from orca_local.domain.text import printable
from orca_local.system.limited_process import LimitedProcess, LimitExceeded, Limits, memory_exceeded
from orca_local.tasks.columns.cell import BadRow, Column, Row, nearest, shown_names

LIMITS = Limits(seconds=2, memory=256 << 20, reply=64 << 20)
"""What the template may take for one row."""
MAX_CHARACTERS, MAX_GROWTH = 1 << 17, 4
"""Maximum length of a prompt: so many characters, and so many for each character of the row."""
WHOLE_ROW = "row"
"""The variable that holds the whole row, for columns whose names are no variables: `row["Question Stem"]`."""
OWN_OBJECT = "self"
"""The name by which Jinja gives a template itself, whatever the row has."""
_HINT = "correct the template"


class PromptTemplate(Frozen):
    """Writes the prompt of each row, as a step of a map."""

    process: LimitedProcess
    columns: tuple[Column, ...]
    takes_row: bool

    @classmethod
    def start(cls, text: str, names: Sequence[str]) -> PromptTemplate:
        """Return the template, whose process is running.

        Raises `InputError` with the line if it cannot be read, or uses a variable that is no column.
        """
        process = LimitedProcess("orca_local.tasks.columns.template_process", LIMITS)
        reply = _ask(process, {"template": text})
        if "error" in reply:
            raise InputError(_text_of(reply), hint=_HINT)
        variables: dict[str, int] = reply["variables"]
        for name, line in variables.items():
            if name == OWN_OBJECT:
                hint = f'write {WHOLE_ROW}["{OWN_OBJECT}"] for a column of this name'
                raise InputError(f"template, line {line}: {name!r} is the template itself, no column", hint=hint)
            if name not in (*names, WHOLE_ROW):
                raise _no_column(name, line, names)
        if not variables:
            raise InputError(
                "the template uses no column, so every prompt would be the same",
                hint=f"write a column as {{{{ {next(iter(names), 'COLUMN')} }}}}",
            )
        columns = tuple(Column(name, (name,)) for name in names if name in variables)
        return cls(process, columns, takes_row=WHOLE_ROW in variables and WHOLE_ROW not in names)

    def write(self, row: Row, sample: dict[str, Any]) -> None:
        """Write the prompt. Raises `BadRow` if the template fails on this row, `InputError` beyond its limits."""
        values = {column.name: row[column.name] for column in self.columns if column.name in row}
        if self.takes_row:
            values = {WHOLE_ROW: dict(row)} | values
        length = sum(len(str(value)) for value in values.values())
        reply = _ask(self.process, {"row": values, "characters": MAX_CHARACTERS + MAX_GROWTH * length})
        if "error" in reply:
            raise BadRow(_text_of(reply))
        sample["prompt"] = reply["text"]

    def describe(self) -> list[str]:
        """Return the columns that it uses."""
        used = shown_names(column.name for column in self.columns)
        return [f"prompt: the template, with {'the whole row' if self.takes_row else 'columns ' + used}"]


def _ask(process: LimitedProcess, request: dict[str, Any]) -> dict[str, Any]:
    try:
        reply: dict[str, Any] = process.ask(request | {"memory": LIMITS.memory, "seconds": LIMITS.seconds})
    except LimitExceeded as exceeded:
        raise InputError(f"the template {exceeded}", hint=_HINT) from None
    if limit := reply.get("limit"):
        longer = f"writes more than {request.get('characters', 0):,} characters"
        raise InputError(f"the template {memory_exceeded(LIMITS) if limit == 'memory' else longer}", hint=_HINT)
    return reply


def _text_of(reply: dict[str, Any]) -> str:
    """Return the error of a template, with its line if that is known."""
    place = f"template, line {reply['line']}" if reply["line"] else "template"
    return f"{place}: {printable(str(reply['error']))}"


def _no_column(name: str, line: int, names: Sequence[str]) -> InputError:
    near = nearest(name, names)
    return InputError(
        f"template, line {line}: {name!r} is no column; the columns are {shown_names(names)}",
        hint=f"did you mean {' or '.join(near)}?" if near else f'write {WHOLE_ROW}["…"] for a name with spaces',
    )
