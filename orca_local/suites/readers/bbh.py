"""BIG-Bench Hard: `input` with the options in it, and `target`; the task is the config, or a column `task`."""

from __future__ import annotations

import re

from orca_local.kinds.reading.option_list import shown_marks
from orca_local.kinds.table import get_kind
from orca_local.suites.question import Question, Row

_KINDS = {
    **dict.fromkeys(
        ("boolean_expressions", "causal_judgement", "navigate", "sports_understanding", "web_of_lies"), "boolean"
    ),
    **dict.fromkeys(("multistep_arithmetic_two", "object_counting"), "number"),
    **dict.fromkeys(("dyck_languages", "formal_fallacies", "word_sorting"), "exact"),
}
"""Kinds of the tasks without lettered options."""
_LABELS = {"formal_fallacies": ("valid", "invalid")}
_LETTER = re.compile(r"\(([A-Z])\)")


def read_bbh(row: Row) -> Question:
    """Return the question of a row of BBH."""
    task = str(row.values.get("task") or row.part)
    text, target = row.text("input"), row.text("target").strip()
    kind = _KINDS.get(task, "multiple_choice")
    answers: tuple[str, ...] = ()
    if kind == "multiple_choice":
        letter = _LETTER.fullmatch(target)
        marks = shown_marks(text)
        answers = (letter[1],) if letter and letter[1] in marks else ()
    elif reference := get_kind(kind).parse_reference(target):
        answers = (reference,)
    return Question(
        id=f"{task}/{row.number}",
        group=task,
        kind=kind,
        prompt=text,
        answers=answers,
        target=target,
        labels=_LABELS.get(task, ()),
    )
