"""CRASS: lines with `;` between id, source, premise, question and up to four options, of which the first is right."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from orca_local.domain.input_file import load_text
from orca_local.suites.question import Question, Row, with_options
from orca_local.system.digest import text_digest

SEED = 0
"""Gives the order of the options."""
_MAX_OPTIONS = 4
_SEPARATOR = re.compile(r";(?!\s+[a-z])")
"""A semicolon before a space and a small letter is part of a sentence: the file has no quotes."""
_NAMES = ("id", "source", "premise", "question", "options")


def read_lines(path: Path) -> Iterator[Row]:
    """Yield the rows under the header. Raises `InputError` for a file that is no text."""
    lines = load_text(path).splitlines()
    for number, line in enumerate(filter(str.strip, lines[1:]), start=1):
        cells = [cell.strip() for cell in _SEPARATOR.split(line)]
        values = dict(zip(_NAMES, [*cells[:4], [cell for cell in cells[4:8] if cell]], strict=False))
        yield Row(values, "crass", number)


def read_crass(row: Row) -> Question:
    """Return the question of a row, its options in an order that depends on the seed, the id and their texts."""
    options = row.texts("options")
    if len(options) < 2:
        raise row.bad("has fewer than two options")
    number = row.text("id")
    right = options[0]
    shuffled = tuple(sorted(options[:_MAX_OPTIONS], key=lambda option: text_digest(f"{SEED}\0{number}\0{option}")))
    letter = "ABCD"[shuffled.index(right)]
    return Question(
        id=number,
        group="crass",
        kind="multiple_choice",
        prompt=with_options(f"{row.text('premise')} {row.text('question')}", shuffled),
        answers=(letter,),
        target=letter,
        options=shuffled,
        labels=tuple("ABCD"[: len(shuffled)]),
    )
