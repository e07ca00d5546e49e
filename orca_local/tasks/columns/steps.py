"""The steps that make a sample of a row, one key or a few each. Each step can say in plain lines what it does."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal, Protocol

from orca_local.domain.frozen import Frozen
from orca_local.tasks.columns.cell import BadRow, Column, Row, as_text, is_empty, parsed, shown, shown_names
from orca_local.tasks.columns.choices import LETTERS, AnswerForm, OptionColumns
from orca_local.tasks.columns.conversation import read_turns, split_conversation
from orca_local.tasks.columns.names import OPTIONAL_PARTS, PROMPTS

Values = dict[str, Any]
"""The keys of the task format that a sample has so far."""
ListForm = Literal["none", "list", "list or |"]
"""How a list is written in the text of a cell: as JSON or Python write it, or also with `|` between its texts."""
_CALCULATION = re.compile(r"<<[^<>\n]*>>")


class Step(Protocol):
    """Adds keys of the task format to a sample."""

    def write(self, row: Row, sample: Values) -> None:
        """Add to the sample what this step takes from the row. Raises `BadRow`."""

    def describe(self) -> list[str]:
        """Return lines that say what becomes what."""

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns that it reads."""


class CopyRow(Frozen):
    """A row in the task format, as it is."""

    columns: tuple[Column, ...] = ()

    def write(self, row: Row, sample: Values) -> None:
        """Copy every cell."""
        sample.update(row)

    def describe(self) -> list[str]:
        """Return one line."""
        return ["the columns are the keys of the task format"]


class WritePrompt(Frozen):
    """The prompt, from one column or a few."""

    parts: Mapping[str, Column]
    """Columns by role; together they are a key of `PROMPTS`."""

    def write(self, row: Row, sample: Values) -> None:
        """Write the prompt without its empty optional parts."""
        texts: dict[str, str] = {}
        for role, column in self.parts.items():
            is_optional = role in OPTIONAL_PARTS and len(self.parts) > 1
            cell = column.get(row) if is_optional else column.cell(row)
            if not is_empty(cell):
                texts[role] = _text(column, cell)
            elif not is_optional:
                raise BadRow(f"column {column.name!r} is empty: there is no prompt")
        sample["prompt"] = PROMPTS[frozenset(texts)].format_map(texts)

    def describe(self) -> list[str]:
        """Return the columns in the order of the prompt."""
        form = PROMPTS[frozenset(self.parts)]
        return [f"prompt: {_columns(sorted(self.columns, key=lambda c: form.index('{' + self._role(c) + '}')))}"]

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns of the prompt."""
        return tuple(self.parts.values())

    def _role(self, column: Column) -> str:
        return next(role for role, other in self.parts.items() if other is column)


class AddLine(Frozen):
    """A line at the end of the prompt, which says what to do with a text."""

    line: str
    columns: tuple[Column, ...] = ()

    def write(self, row: Row, sample: Values) -> None:
        """Add the line."""
        _add_to_prompt(sample, f"\n\n{self.line}")

    def describe(self) -> list[str]:
        """Return the line."""
        return [f'prompt ends with the line: "{self.line}"']


class ReadAnswer(Frozen):
    """The answer as its column has it: a text, a number, or a list of accepted texts."""

    column: Column
    lists: ListForm = "none"
    """How a list or an object is written as a text."""

    def write(self, row: Row, sample: Values) -> None:
        """Copy the answer; none if the cell is empty."""
        cell = self.column.cell(row)
        if not isinstance(cell, str) or self.lists != "none":
            found = parsed(cell)
            if isinstance(found, str) and self.lists == "list or |":
                found = [part.strip() for part in found.split("|") if part.strip()]
            cell = self._first_or_all(found)
        if not is_empty(cell):
            sample["answer"] = cell

    def _first_or_all(self, cell: Any) -> Any:
        """Return the texts of an object, without doubles; the only one of them as it is."""
        if isinstance(cell, dict):
            cell = next((cell[key] for key in ("text", "spans") if key in cell), cell)
        if isinstance(cell, dict):
            raise BadRow(f"column {self.column.name!r} must hold an answer, not {shown(cell)}")
        if isinstance(cell, list) and all(isinstance(item, str | int | float) for item in cell):
            cell = list(dict.fromkeys(cell))
        return cell[0] if isinstance(cell, list) and len(cell) == 1 else cell

    def describe(self) -> list[str]:
        """Return the column, and how lists are written in it."""
        lists = {"none": "", "list": ", lists of accepted answers", "list or |": ", accepted answers with | between"}
        return [f"answer: {_columns(self.columns)}{lists[self.lists]}"]

    @property
    def columns(self) -> tuple[Column, ...]:
        """The column of the answer."""
        return (self.column,)


class SplitWorkedAnswer(Frozen):
    """A worked answer that ends in a line `#### 18`: 18 is the answer, and what stands before it the rationale."""

    columns: tuple[Column, ...] = ()

    def write(self, row: Row, sample: Values) -> None:
        """Divide the answer."""
        text = as_text(sample.get("answer")) or ""
        parts = split_worked(text)
        if parts is None:
            raise BadRow(f"the answer has no last line such as `#### 18`: {shown(text[-40:])}")
        rationale, sample["answer"] = parts
        if rationale:
            sample["rationale"] = rationale

    def describe(self) -> list[str]:
        """Return what becomes of the parts."""
        return ["the answer is what follows ####", "rationale: what stands before ####, without <<calculations>>"]


def split_worked(text: str) -> tuple[str, str] | None:
    """Return rationale and answer of a text whose last line is `#### answer`, as in GSM8K; None for any other text.

    The calculator's annotations, such as `<<48/2=24>>`, are removed.
    """
    before, mark, answer = text.strip().rpartition("####")
    answer = answer.strip()
    if not mark or not answer or "\n" in answer or (before and not before.endswith("\n")):
        return None
    return _CALCULATION.sub("", before).strip(), answer


class WriteOptions(Frozen):
    """Options as lettered lines of the prompt, and the answer as a letter."""

    options: OptionColumns
    form: AnswerForm
    adds_lines: bool = True
    """False if the prompt shows the options already."""

    def write(self, row: Row, sample: Values) -> None:
        """Add the lines and replace the answer."""
        options = self.options.read(row)
        answer = sample.get("answer")
        if answer is None:
            raise BadRow("the answer is missing")
        position = options.find(answer, self.form)
        if position is None:
            raise BadRow(f"the answer {shown(answer)} is no option ({_FORMS[self.form]}): {shown(list(options.texts))}")
        sample["answer"] = LETTERS[position]
        if self.adds_lines:
            _add_to_prompt(sample, f"\n{options.lines()}")

    def describe(self) -> list[str]:
        """Return where the options come from, and what the answers are."""
        lines = " as lines (A), (B), … of the prompt" if self.adds_lines else ", which the template shows"
        return [
            f"options: {_columns(self.columns)}{lines}",
            f"the answer is {_FORMS[self.form]}; it becomes the option's letter",
        ]

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns of the options."""
        return self.options.columns


_FORMS: Mapping[AnswerForm, str] = {
    "mark": "the mark of an option",
    "text": "the text of an option",
    "letter": "the letter of an option",
    "from 0": "the number of an option, counted from 0",
    "from 1": "the number of an option, counted from 1",
}


def is_class_number(text: str) -> bool:
    """Whether a text is the number of a class."""
    return text.isdecimal() and len(text) < 4


class NameClass(Frozen):
    """The closed set of answers; numbers of classes become their names."""

    labels: tuple[str, ...]
    is_numbered: bool
    first: int = 0
    """The number of the first label."""
    columns: tuple[Column, ...] = ()

    def write(self, row: Row, sample: Values) -> None:
        """Write the labels and name the class."""
        text = (as_text(sample.get("answer")) or "").strip()
        if self.is_numbered:
            index = int(text) - self.first if is_class_number(text) else -1
            if not 0 <= index < len(self.labels):
                last = self.first + len(self.labels) - 1
                raise BadRow(f"the class {shown(sample.get('answer'))} has no label: they are {self.first} to {last}")
            sample["answer"] = self.labels[index]
        elif text not in self.labels:
            given = shown_names(self.labels)
            raise BadRow(f"the answer {shown(text)} is not among the labels: {given}; name all of them with --labels")
        sample["labels"] = list(self.labels)

    def describe(self) -> list[str]:
        """Return the labels."""
        return [f"labels: {shown_names(self.labels)}"]


class ReadConversation(Frozen):
    """A whole conversation: its last turn is the answer, the turn before it the prompt."""

    column: Column
    system: Column | None = None
    """A column with a system message."""

    def write(self, row: Row, sample: Values) -> None:
        """Divide the conversation."""
        turns = read_turns(self.column.cell(row))
        system = self.system.get(row) if self.system else None
        if self.system and not is_empty(system) and turns[0]["role"] != "system":
            turns.insert(0, {"role": "system", "content": _text(self.system, system)})
        earlier, sample["prompt"], sample["answer"] = split_conversation(turns)
        if earlier := [turn for turn in earlier if turn["content"].strip()]:
            sample["messages"] = earlier

    def describe(self) -> list[str]:
        """Return what the turns become."""
        name = _columns((self.column,))
        return [f"prompt: the last user turn of {name}", "answer: the last turn", "messages: the turns before"]

    @property
    def columns(self) -> tuple[Column, ...]:
        """The column of the turns, and that of the system message."""
        return (self.column, self.system) if self.system else (self.column,)


class AddSystem(Frozen):
    """A system message from a column of its own."""

    column: Column

    def write(self, row: Row, sample: Values) -> None:
        """Put the message before the others; none if the cell is empty."""
        if not is_empty(cell := self.column.get(row)):
            system = {"role": "system", "content": _text(self.column, cell)}
            messages = sample.get("messages") or []
            sample["messages"] = [system, *messages] if isinstance(messages, list) else messages

    def describe(self) -> list[str]:
        """Return the column."""
        return [f"system message: {_columns(self.columns)}"]

    @property
    def columns(self) -> tuple[Column, ...]:
        """The column of the system message."""
        return (self.column,)


class ReadKey(Frozen):
    """One key of the task format from a column."""

    key: str
    column: Column
    is_required: bool = False

    def write(self, row: Row, sample: Values) -> None:
        """Copy the cell; nothing if it is empty and need not be there."""
        cell = self.column.cell(row) if self.is_required else self.column.get(row)
        if self.key in ("labels", "messages", "metadata"):
            cell = parsed(cell)
        elif self.key in ("task", "id"):
            cell = as_text(cell)
        if not is_empty(cell):
            sample[self.key] = cell
        elif self.is_required:
            raise BadRow(f"column {self.column.name!r} is empty: there is no {self.key}")

    def describe(self) -> list[str]:
        """Return key and column."""
        return [f"{self.key}: {_columns(self.columns)}"]

    @property
    def columns(self) -> tuple[Column, ...]:
        """The column of the key."""
        return (self.column,)


class Constant(Frozen):
    """The same value in every sample."""

    key: str
    value: Any
    reason: str
    columns: tuple[Column, ...] = ()

    def write(self, row: Row, sample: Values) -> None:
        """Write the value."""
        sample[self.key] = self.value

    def describe(self) -> list[str]:
        """Return the value and its reason."""
        return [f"{self.key}: {self.value} ({self.reason})"]


class KeepRest(Frozen):
    """All other columns, as metadata."""

    used: frozenset[str]
    names: tuple[str, ...]
    """The other columns of the first rows."""
    columns: tuple[Column, ...] = ()

    def write(self, row: Row, sample: Values) -> None:
        """Copy the cells that hold anything."""
        rest = {name: cell for name, cell in row.items() if name not in self.used and not is_empty(cell)}
        own = parsed(rest.get("metadata"))
        if isinstance(own, dict):
            rest = {name: cell for name, cell in rest.items() if name != "metadata"} | own
        if rest:
            sample["metadata"] = rest

    def describe(self) -> list[str]:
        """Return the names."""
        return [f"kept as metadata: {shown_names(self.names)}"] if self.names else []


def _add_to_prompt(sample: Values, text: str) -> None:
    """Write a text at the end of the prompt. Raises `BadRow` if there is none."""
    if not isinstance(prompt := sample.get("prompt"), str):
        raise BadRow("the prompt is missing")
    sample["prompt"] = prompt + text


def _text(column: Column, cell: Any) -> str:
    text = as_text(cell)
    if text is None:
        raise BadRow(f"column {column.name!r} must hold a text, not {shown(cell)}")
    return text


def _columns(columns: Sequence[Column]) -> str:
    return ("column " if len(columns) == 1 else "columns ") + ", ".join(column.name for column in columns)
