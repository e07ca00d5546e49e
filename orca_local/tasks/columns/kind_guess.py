"""Guess the kind of a task from its first answers, with the reason that a person can check."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from orca_local.domain.errors import InputError
from orca_local.domain.frozen import Frozen
from orca_local.domain.text import counted, fold
from orca_local.kinds.reading.option_list import parse_options
from orca_local.kinds.table import KINDS
from orca_local.tasks.columns.cell import as_text, shown
from orca_local.tasks.columns.drafts import Draft, texts_of

_LONG_WORDS = 20
"""An answer with more words, or with several lines, is long."""
_EXACT_WORDS = 5
"""Answers with at most so many words are compared as they stand."""
_FEW = 0.05
"""Share of answers of another kind up to which they are mistakes of their rows."""
_MIXED = 0.2
"""Share of numbers up to which they are texts among other texts."""
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
    forms = [_form_of(draft) for draft in drafts]
    share = {form: count / len(drafts) for form, count in Counter(forms).items()}
    if (guess := _single(share, len(drafts), first)) is not None:
        return guess
    if "list" in share:
        return KindGuess("span", f"some answers of {first} are lists of accepted texts")
    if is_summary:
        return KindGuess("text", "the answers are summaries")
    if share.get("long", 0) >= 0.5:
        return KindGuess("free", f"most answers of {first} are long texts")
    labels = _closed_set(drafts, share, is_class=is_class)
    if labels:
        return KindGuess("exact", f"the answers of {first} are {len(labels)} labels", labels)
    if sum(_stands_in_prompt(draft) for draft in drafts) >= _IN_PROMPT * len(drafts):
        return KindGuess("span", f"the answers of {first} stand in their prompts")
    _refuse_mixed(drafts, forms)
    if share.get("long", 0) > _FEW:
        return KindGuess("free", f"some answers of {first} are long texts")
    words = sorted(len(text.split()) for text in texts_of(drafts))
    if words[len(words) // 2] <= _EXACT_WORDS:
        return KindGuess("exact", f"the answers of {first} are words or short phrases")
    return KindGuess("span", f"the answers of {first} are phrases")


_SINGLE = (
    ("letter", "multiple_choice", "the letter of an option in its prompt"),
    ("number", "number", "a number"),
    ("boolean", "boolean", "yes or no"),
    ("list", "span", "a list of accepted texts"),
)
"""Form of answers, the kind of a task with that form alone, and what such an answer is."""


def _single(share: Mapping[str, float], rows: int, first: str) -> KindGuess | None:
    """Return the kind of answers that are all of one form, but for a few mistakes."""
    for form, kind, noun in _SINGLE:
        others = round(rows * (1 - share.get(form, 0)))
        if not others:
            return KindGuess(kind, f"every answer of {first} is {noun}")
        if others <= _FEW * rows and form != "list":
            return KindGuess(kind, f"every answer but {others} of {first} is {noun}")
    return None


def _form_of(draft: Draft) -> str:
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


def _closed_set(drafts: Sequence[Draft], share: Mapping[str, float], *, is_class: bool) -> tuple[str, ...]:
    """Return the labels that the answers are, if no other is likely to follow; else nothing."""
    labels = tuple(sorted(set(texts_of(drafts))))
    most, rows = (_MAX_LABELS, _ROWS_PER_LABEL) if is_class else (_MAX_CLOSED, _ROWS_PER_CLOSED)
    is_closed = 2 <= len(labels) <= most and len(drafts) >= rows * len(labels)
    return labels if is_closed and not share.get("long") and share.get("number", 0) <= _FEW else ()


def _stands_in_prompt(draft: Draft) -> bool:
    """Whether an answer is a piece of a prompt that is much longer."""
    answer = fold(as_text(draft.answer) or "")
    return len(draft.prompt) > 4 * len(answer) + 100 and answer in fold(draft.prompt)


def _refuse_mixed(drafts: Sequence[Draft], forms: Sequence[str]) -> None:
    """Raise `InputError` if some answers are numbers and others are texts."""
    numbers = [draft for draft, form in zip(drafts, forms, strict=True) if form == "number"]
    others = [draft for draft, form in zip(drafts, forms, strict=True) if form != "number"]
    if len(numbers) <= _MIXED * len(drafts):
        return
    raise InputError(
        f"the answers are of several kinds: {len(numbers):,} of the first {len(drafts):,} are numbers "
        f"(row {numbers[0].line}: {shown(numbers[0].answer)}), {len(others):,} are not "
        f"(row {others[0].line}: {shown(others[0].answer)})",
        hint="say how all of them are compared, such as --kind exact, or --kind free for no score",
    )
