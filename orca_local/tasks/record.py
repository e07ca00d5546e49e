"""One record of a task file, checked: it becomes a sample, or a list of what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable
from dataclasses import replace
from typing import Any, cast

from orca_local.domain.text import is_storable, is_visible, unseen_ends
from orca_local.domain.types import SPLITS, Sample, Split
from orca_local.kinds.base import AnswerKind
from orca_local.kinds.scoring import find_unscorable
from orca_local.kinds.table import KINDS
from orca_local.tasks.messages import parse_messages
from orca_local.tasks.split import content_hash, prompt_hash, split_of

_KEYS = frozenset({"id", "task", "prompt", "answer", "kind", "labels", "split", "rationale", "metadata", "messages"})
MAX_NAME_LENGTH = 500
"""Limit of an id and of the name of a task, which tables and messages show."""
ID_DIGITS = 12
"""Hexadecimal digits of the content in an id that is made."""
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def parse_record(record: dict[str, Any], *, resplit: bool) -> Sample | list[str]:
    """Return the sample that a record describes, or every problem with it.

    `resplit` divides by content even if the record names a split. Unknown keys become metadata; None is no value. An id
    that is missing is made of the task and the content.
    """
    if problem := _unstorable(record):
        return [problem]
    problems: list[str] = []
    kind = _kind(record, problems)
    prompt = _text(record, "prompt", problems)
    messages = parse_messages(record.get("messages"), problems)
    labels = _labels(record, problems)
    answers = _answers(record, kind, prompt, labels, problems) if kind else ()
    split = _split(record, problems)
    if resplit or split is None:
        split = split_of(prompt_hash(prompt, messages))
    sample_id = _name(record, "id", problems) if record.get("id") is not None else ""
    task = _name(record, "task", problems)
    rationale = _optional(record, "rationale", lambda value: isinstance(value, str), "a text", problems) or None
    metadata = _metadata(record, problems)
    if kind is None or problems:
        return problems
    sample = Sample(sample_id, task, kind.name, prompt, answers, split, labels, rationale, metadata, messages)
    return sample if sample_id else replace(sample, id=f"{task}-{content_hash(sample)[:ID_DIGITS]}")


def _unstorable(values: dict[str, Any]) -> str:
    """Return the part of a record that UTF-8 or the database cannot store; empty if there is none."""
    text = "\n".join(_texts(values))
    if "\0" in text:
        return "a text holds a NUL character (\\u0000)"
    if not text.isascii() and not is_storable(text):
        return "a text holds half of a surrogate pair (\\ud800 to \\udfff)"
    return ""


def _texts(value: dict[str, Any] | list[Any]) -> list[str]:
    """Return all texts of a JSON value, keys included."""
    texts: list[str] = []
    items: Iterable[Any] = value
    if isinstance(value, dict):
        texts += value
        items = value.values()
    for item in items:
        if isinstance(item, str):
            texts.append(item)
        elif isinstance(item, dict | list):
            texts += _texts(item)
    return texts


def _text(record: dict[str, Any], key: str, problems: list[str]) -> str:
    value = record.get(key)
    if value is None:
        problems.append(f"{key!r} is missing")
    elif not isinstance(value, str):
        problems.append(f"{key!r} must be a text, not {_shorten(value)}")
    elif not is_visible(value):
        problems.append(f"{key!r} is empty" if not value.strip() else f"{key!r} cannot be seen: {_shorten(value)}")
    else:
        return value
    return ""


def _name(record: dict[str, Any], key: str, problems: list[str]) -> str:
    """Return an id or the name of a task: one line of text. An id may be a whole number."""
    value = record.get(key)
    if key == "id" and isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    name = _text(record, key, problems).strip()
    if _CONTROL.search(name):
        problems.append(f"{key!r} holds a line break or another control character: {_shorten(name)}")
    if len(name) > MAX_NAME_LENGTH:
        problems.append(f"{key!r} is longer than {MAX_NAME_LENGTH} characters: {_shorten(name)}")
    return name


def _kind(record: dict[str, Any], problems: list[str]) -> AnswerKind | None:
    name = record.get("kind")
    if isinstance(name, str) and name in KINDS:
        return KINDS[name]
    name = _text(record, "kind", problems)
    if name and name not in KINDS:
        problems.append(f"unknown kind {name!r}; kinds are {', '.join(KINDS)}")
    return KINDS.get(name)


def _split(record: dict[str, Any], problems: list[str]) -> Split | None:
    value = record.get("split")
    if value is None or value in SPLITS:
        return cast("Split | None", value)
    problems.append(f"unknown split {_shorten(value)}; splits are {', '.join(SPLITS)}")
    return None


def _labels(record: dict[str, Any], problems: list[str]) -> tuple[str, ...]:
    def is_valid(value: Any) -> bool:
        return isinstance(value, list) and all(isinstance(label, str) and label.strip() for label in value)

    return tuple(_optional(record, "labels", is_valid, "a list of texts", problems) or ())


def _metadata(record: dict[str, Any], problems: list[str]) -> dict[str, Any]:
    metadata = _optional(record, "metadata", lambda value: isinstance(value, dict), "an object", problems)
    unknown = {key: item for key, item in record.items() if key not in _KEYS and item is not None}
    return unknown | (metadata or {})


def _optional(
    record: dict[str, Any], key: str, is_valid: Callable[[Any], bool], expected: str, problems: list[str]
) -> Any:
    """Return the value of an optional key, or None where it is missing or not valid."""
    value = record.get(key)
    if value is None or is_valid(value):
        return value
    problems.append(f"{key!r} must be {expected}, not {_shorten(value)}")
    return None


def _answers(
    record: dict[str, Any], kind: AnswerKind, prompt: str, labels: tuple[str, ...], problems: list[str]
) -> tuple[str, ...]:
    value = record.get("answer")
    if value is None or value == []:
        if kind.is_scored:
            problems.append("'answer' is missing" if value is None else "'answer' is an empty list: give an answer")
        return ()
    answers = []
    for item in value if isinstance(value, list) and kind.accepts_list else [value]:
        reference = kind.parse_reference(item)
        if reference is None:
            problems.append(_unreadable(kind, item))
        elif problem := _unseen(reference):
            problems.append(f"the answer {_shorten(item)} {problem}")
        elif problem := kind.check_reference(reference, prompt, labels):
            problems.append(problem)
        elif kind.is_scored and (line := find_unscorable(kind, reference, prompt, labels)):
            problems.append(_unscorable(kind, reference, line))
        else:
            answers.append(reference)
    problems += _label_problems(kind, prompt, labels)
    return tuple(answers)


def _unreadable(kind: AnswerKind, item: Any) -> str:
    """Return why this is no answer of the kind."""
    if isinstance(item, str | int | float) and not isinstance(item, bool) and kind.name == "number":
        try:
            is_huge = not abs(float(item)) < 1e300
        except ValueError:
            is_huge = False
        except OverflowError:  # a whole number that no float can hold
            is_huge = True
        if is_huge:
            return f"the answer {_shorten(item)} has too many digits for kind number: use kind exact"
    inner = "; a text of an inner list must be one line that is not empty"
    remedy = inner if kind.name == "span" and isinstance(item, list) else ""
    return f"an answer of kind {kind.name} must be {kind.expected}, not {_shorten(item)}{remedy}"


def _unseen(reference: str) -> str:
    """Return what of a reference cannot be seen; no reply would be equal to it. Empty if all can be seen."""
    if not is_visible(reference):
        return "cannot be seen: write a text with visible characters"
    character = unseen_ends(reference)
    return f"begins or ends with a character that cannot be seen, {character}: remove it" if character else ""


def _label_problems(kind: AnswerKind, prompt: str, labels: tuple[str, ...]) -> list[str]:
    """Return the labels that would not be read as themselves."""
    if not labels or not kind.is_scored:
        return []
    problems = [f"the label {_shorten(label)} {problem}" for label in labels if (problem := _unseen(label))]
    seen: dict[Hashable, str] = {}
    for label in labels:
        other = seen.setdefault(kind.identity(kind.parse_reference(label) or label), label)
        if other is not label:
            problems.append(f"the labels {_shorten(other)} and {_shorten(label)} are the same answer: keep one of them")
    references = [(label, kind.parse_reference(label)) for label in labels]
    lines = [(label, find_unscorable(kind, reference or label, prompt, labels)) for label, reference in references]
    return problems or [_unscorable(kind, label, line, what="label") for label, line in lines if line]


def _unscorable(kind: AnswerKind, reference: str, line: str, *, what: str = "answer") -> str:
    return (
        f"the {what} {_shorten(reference)} can never be right: the reply {_shorten(line)} is not read as it by kind "
        f"{kind.name}; write it more simply, or use another kind"
    )


def _shorten(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"
