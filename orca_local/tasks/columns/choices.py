"""Options in columns of their own: they become lettered lines of the prompt, and the answer becomes a letter."""

from __future__ import annotations

import re
from collections.abc import Sequence
from string import ascii_uppercase
from typing import Any, Literal

from orca_local.domain.errors import InputError
from orca_local.domain.frozen import Frozen
from orca_local.domain.text import fold
from orca_local.tasks.columns.cell import BadRow, Column, Row, as_text, parsed, shown

LETTERS = ascii_uppercase
AnswerForm = Literal["mark", "text", "letter", "from 0", "from 1"]
"""What the answer of a row is: the mark that its option has in the file, the option's text, the letter that the option
gets here, or the option's number."""
_WRITTEN: tuple[AnswerForm, ...] = ("mark", "text", "letter")
_OWN_MARK = re.compile(r"\s*[(\[]?([A-Z])\s?[)\].:]\s*(?=\S)")


class Options(Frozen):
    """The options of one row."""

    texts: tuple[str, ...]
    marks: tuple[str, ...] = ()
    """The marks that the file gives them; empty if it gives none."""

    def lines(self) -> str:
        """Return the options as lines of a prompt."""
        return "\n".join(f"({LETTERS[index]}) {text}" for index, text in enumerate(self.texts))

    def find(self, answer: Any, form: AnswerForm) -> int | None:
        """Return the position of the option that an answer names in this form; None if it names none.

        Raises `BadRow` if it names several.
        """
        text = (as_text(answer) or "").strip()
        if form == "text":
            return self._find_text(text)
        if form == "mark":
            return next((i for i, mark in enumerate(self.marks) if mark.strip().casefold() == text.casefold()), None)
        if form == "letter":
            letter = text.strip("()[]{}.: ").upper()
            position = LETTERS.find(letter) if len(letter) == 1 else -1
        else:
            index = _index(answer)
            position = -1 if index is None else index - int(form[-1])
        return position if 0 <= position < len(self.texts) else None

    def _find_text(self, text: str) -> int | None:
        equal = [i for i, option in enumerate(self.texts) if option == text]
        same = equal or [i for i, option in enumerate(self.texts) if fold(option) == fold(text)]
        if len(same) > 1:
            letters = " and ".join(LETTERS[i] for i in same)
            raise BadRow(f"the options {letters} are the same text, the answer {shown(text)}")
        return same[0] if same else None


class OptionColumns(Frozen):
    """Where the options of a row are: a list or an object in one column, or columns with one option each."""

    columns: tuple[Column, ...]

    def read(self, row: Row) -> Options:
        """Return the options of a row. Raises `BadRow` if there are not at least two."""
        options = _read_cell(self.columns[0].cell(row)) if len(self.columns) == 1 else self._read_each(row)
        texts = [" ".join(text.split("\n")).strip() for text in options.texts]
        while texts and not texts[-1]:
            texts.pop()
        if "" in texts:
            raise BadRow(f"option {LETTERS[texts.index('')]} is empty")
        if not 2 <= len(texts) <= len(LETTERS):
            raise BadRow(f"there must be 2 to {len(LETTERS)} options, not {len(texts)}")
        return _without_marks(Options(tuple(texts), options.marks[: len(texts)]))

    def _read_each(self, row: Row) -> Options:
        return Options(tuple(_text(column.get(row)) for column in self.columns))


def plan_form(pairs: Sequence[tuple[Options, Any]], index_from: int | None) -> AnswerForm:
    """Return the form of the answers, from the options and answers of the first rows.

    The form that fits most rows is taken. Numbers of options begin at 0 if one is 0, and at 1 if one is the number of
    options; `index_from` says it if neither is there. Raises `InputError` if that does not decide, or no form fits.
    """
    if index_from is not None:
        return "from 0" if index_from == 0 else "from 1"
    counts = {form: sum(_fits(*pair, form) for pair in pairs) for form in _WRITTEN}
    indexed = [(len(options.texts), index) for options, answer in pairs if (index := _index(answer)) is not None]
    indexed = [(count, index) for count, index in indexed if index <= count]
    # A JSON number beside texts is an index, even if an option is the same number.
    is_number = all(not isinstance(answer, str) for _, answer in pairs)
    best = max(_WRITTEN, key=lambda form: counts[form])
    if len(indexed) > counts[best] or (indexed and is_number and len(indexed) == counts[best]):
        return _index_form(indexed)
    if not counts[best]:
        options, answer = pairs[0]
        raise InputError(
            f"the answers are no options, such as {shown(answer)} among {shown(list(options.texts))}",
            hint="name the right columns with --map answer=COLUMN and --map choices=COLUMN",
        )
    return best


def _index_form(indexed: Sequence[tuple[int, int]]) -> AnswerForm:
    has_zero = any(index == 0 for _, index in indexed)
    has_last = any(index == count for count, index in indexed)
    if has_zero != has_last:
        return "from 0" if has_zero else "from 1"
    reason = "both 0 and the number of options occur" if has_zero else "neither 0 nor the number of options occurs"
    raise InputError(
        f"the answers are numbers of options, but whether they count from 0 or from 1 is not clear: {reason}",
        hint="say it with --index-from 0 or --index-from 1",
    )


def _fits(options: Options, answer: Any, form: AnswerForm) -> bool:
    try:
        return options.find(answer, form) is not None
    except BadRow:
        return True


def _index(answer: Any) -> int | None:
    text = (as_text(answer) or "").strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 4 else None


def _read_cell(cell: Any) -> Options:
    """Return the options of a cell.

    It holds a list, `{"text": [...], "label": [...]}`, `{"A": "...", "B": "..."}`, or a text with an option on each
    line, or with `|` between them.
    """
    cell = parsed(cell)
    if isinstance(cell, str):
        lines = [line for line in cell.splitlines() if line.strip()]
        cell = lines if len(lines) > 1 else cell.split("|") if "|" in cell else cell
    if isinstance(cell, dict):
        texts, marks = cell.get("text"), cell.get("label")
        if isinstance(texts, list):
            marks = marks if isinstance(marks, list) and len(marks) == len(texts) else []
            return Options(tuple(map(_text, texts)), tuple(map(str, marks)))
        if all(isinstance(key, str) and len(key) <= 2 for key in cell):
            return Options(tuple(map(_text, cell.values())), tuple(cell))
    if isinstance(cell, list):
        return Options(tuple(map(_text, cell)))
    raise BadRow(f"the options must be a list of texts, not {shown(cell)}")


def _text(cell: Any) -> str:
    text = "" if cell is None else as_text(cell)
    if text is None:
        raise BadRow(f"an option must be a text, not {shown(cell)}")
    return text


def _without_marks(options: Options) -> Options:
    """Return the options without the letters that each of them begins with, as in `["A) 21", "B) 21.5"]`."""
    matches = [_OWN_MARK.match(text) for text in options.texts]
    letters = [match[1] for match in matches if match]
    if letters != list(LETTERS[: len(options.texts)]):
        return options
    texts = tuple(text[match.end() :] for text, match in zip(options.texts, matches, strict=True) if match)
    return Options(texts, options.marks or tuple(letters))
