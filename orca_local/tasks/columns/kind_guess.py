"""Guess the kind of a task from its first answers, with the reason that a person can check."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from orca_local.domain.errors import InputError
from orca_local.domain.frozen import Frozen
from orca_local.domain.text import counted, fold
from orca_local.kinds.reading.option_list import parse_options
from orca_local.kinds.table import KINDS
from orca_local.tasks.columns.cell import as_text, shown
from orca_local.tasks.columns.drafts import Draft

_LONG_WORDS = 20
"""An answer with more words, or with several lines, is long."""
_EXACT_WORDS = 5
"""Answers with at most so many words are compared as they stand."""
_FEW = 0.05
"""Share of answers of another kind up to which they are mistakes of their rows."""
_IN_PROMPT = 0.8
_MAX_LABELS, _ROWS_PER_LABEL = 20, 5
"""A class column with more labels, or fewer rows for each, may have others further down."""
_MAX_CLOSED, _ROWS_PER_CLOSED = 5, 20
"""The same for a column that is not known to hold classes."""


class KindGuess(Frozen):
    """A kind, and why."""

    kind: str
    reason: str
    labels: tuple[str, ...] = ()
    """The closed set of answers, if there seems to be one."""


def guess_kind(drafts: Sequence[Draft], *, is_class: bool = False, is_summary: bool = False) -> KindGuess:
    """Return the kind of these answers.

    `is_class` and `is_summary` say that the column's name means classes or summaries. Raises `InputError` if the
    answers are of several kinds.
    """
    drafts = [draft for draft in drafts if draft.answer is not None]
    if not drafts:
        return KindGuess("free", "no row has an answer")
    first = f"the first {counted(len(drafts), 'row')}" if len(drafts) > 1 else "the first row"
    classes = Counter(_class_of(draft) for draft in drafts)
    share = {name: count / len(drafts) for name, count in classes.items()}
    for name, kind, noun in _SINGLE:
        if share.get(name, 0) >= 1 - _FEW and (name != "list" or classes[name] == len(drafts)):
            every = "every answer" if classes[name] == len(drafts) else f"{classes[name]:,} answers"
            return KindGuess(
                kind, f"{every} of {first} is {noun}" if "every" in every else f"{every} of {first} are {noun}"
            )
    if "list" in classes:
        return KindGuess("span", f"some answers of {first} are lists of accepted texts")
    if is_summary:
        return KindGuess("text", "the answers are summaries")
    if share.get("long", 0) >= 0.5:
        return KindGuess("free", f"most answers of {first} are long texts")
    if sum(_stands_in_prompt(draft) for draft in drafts) >= _IN_PROMPT * len(drafts):
        return KindGuess("span", f"the answers of {first} stand in their prompts")
    _refuse_mixed(drafts, share)
    return _texts(drafts, first, is_class=is_class, has_long=share.get("long", 0) > _FEW)


_SINGLE = (
    ("letter", "multiple_choice", "the letter of an option in its prompt"),
    ("number", "number", "a number"),
    ("boolean", "boolean", "yes or no"),
    ("list", "span", "a list of accepted texts"),
)
"""Class of answers, the kind of a task with those alone, and what such an answer is."""


def _class_of(draft: Draft) -> str:
    answer = draft.answer
    if isinstance(answer, list):
        return "list"
    if KINDS["boolean"].parse_reference(answer) is not None:
        return "boolean"
    text = (as_text(answer) or "").strip()
    mark = text.strip("()[]. ")
    if len(mark) == 1 and mark.isalpha() and mark.upper() in parse_options(draft.prompt):
        return "letter"
    if KINDS["number"].parse_reference(answer) is not None:
        return "number"
    return "long" if "\n" in text or len(text.split()) > _LONG_WORDS else "short"


def _stands_in_prompt(draft: Draft) -> bool:
    """Whether an answer is a piece of a prompt that is much longer."""
    answer = fold(as_text(draft.answer) or "")
    return len(draft.prompt) > 4 * len(answer) + 100 and answer in fold(draft.prompt)


def _refuse_mixed(drafts: Sequence[Draft], share: dict[str, float]) -> None:
    """Raise `InputError` if some answers are numbers and others are texts."""
    numbers, texts = share.get("number", 0), sum(share.get(name, 0) for name in ("short", "long", "boolean", "letter"))
    if numbers <= _FEW or texts <= _FEW:
        return
    number = next(draft for draft in drafts if _class_of(draft) == "number")
    text = next(draft for draft in drafts if _class_of(draft) != "number")
    count = sum(_class_of(draft) == "number" for draft in drafts)
    raise InputError(
        f"the answers are of several kinds: {count:,} of the first {len(drafts):,} are numbers (row {number.line}: "
        f"{shown(number.answer)}), {len(drafts) - count:,} are not (row {text.line}: {shown(text.answer)})",
        hint="say how all of them are compared, such as --kind exact, or --kind free for no score",
    )


def _texts(drafts: Sequence[Draft], first: str, *, is_class: bool, has_long: bool) -> KindGuess:
    answers = [(as_text(draft.answer) or str(draft.answer)).strip() for draft in drafts]
    labels = sorted(set(answers))
    most, rows = (_MAX_LABELS, _ROWS_PER_LABEL) if is_class else (_MAX_CLOSED, _ROWS_PER_CLOSED)
    if 2 <= len(labels) <= most and len(answers) >= rows * len(labels) and not has_long:
        return KindGuess("exact", f"the answers of {first} are {len(labels)} labels", tuple(labels))
    if has_long:
        return KindGuess("free", f"some answers of {first} are long texts")
    if sorted(len(answer.split()) for answer in answers)[len(answers) // 2] <= _EXACT_WORDS:
        return KindGuess("exact", f"the answers of {first} are words or short phrases")
    return KindGuess("span", f"the answers of {first} are phrases")
