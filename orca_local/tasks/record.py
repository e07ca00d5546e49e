"""One line of a task file, checked: the JSON object becomes a sample or a list of what is wrong."""

from __future__ import annotations

import re
from typing import Any, cast

from orca_local.domain.types import KINDS, SPLITS, Kind, Sample, Split
from orca_local.kinds.option_reader import parse_options
from orca_local.tasks.split import prompt_hash, split_of

_KEYS = frozenset({"id", "task", "prompt", "answer", "kind", "labels", "split", "rationale", "metadata"})
_NUMBER = re.compile(r"[+-]?(?:(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?(?:/\d*[1-9]\d*)?")
_BOOLEANS = {"yes": "yes", "true": "yes", "no": "no", "false": "no"}
# [A] (a) a) — in lower case only with a bracket, or every "e.g." would be an option.
_UNUSUAL_OPTION = re.compile(r"(?<![A-Za-z0-9])(?:[(\[]?([A-Z])[)\].:]|[(\[]?([a-z])[)\]])")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")


def parse_record(record: dict[str, Any], *, resplit: bool) -> Sample | list[str]:
    """The sample that `record` describes, or every problem with it.

    `resplit` divides by content even where the record names a split. Keys that the format does not know
    go into the metadata.
    """
    problems: list[str] = []
    kind = _kind(record, problems)
    prompt = _text(record, "prompt", problems)
    labels = _labels(record, problems)
    answers = _answers(record, kind, prompt, labels, problems) if kind else ()
    split = _split(record, problems)
    if resplit or split is None:
        split = split_of(prompt_hash(prompt))
    sample = Sample(
        id=_name(record, "id", problems),
        task=_name(record, "task", problems),
        kind=kind or "free",
        prompt=prompt,
        answers=answers,
        split=split,
        labels=labels,
        rationale=_rationale(record, problems),
        metadata=_metadata(record, problems),
    )
    return problems or sample


def option_letters(prompt: str) -> set[str]:
    """The letters, upper case, of the options that a prompt shows, as the scorer reads them.

    Where it reads none, for they are written in another way, anything that looks like one counts.
    """
    usual = set(parse_options(prompt))
    return usual or {(upper or lower).upper() for upper, lower in _UNUSUAL_OPTION.findall(prompt)}


def _text(record: dict[str, Any], key: str, problems: list[str]) -> str:
    value = record.get(key)
    if key not in record:
        problems.append(f"{key!r} is missing")
    elif not isinstance(value, str):
        problems.append(f"{key!r} must be a text, not {_shown(value)}")
    elif not value.strip():
        problems.append(f"{key!r} is empty")
    else:
        return value
    return ""


def _name(record: dict[str, Any], key: str, problems: list[str]) -> str:
    """An id or a task's name: one line; a whole number will do for an id."""
    value = record.get(key)
    if key == "id" and isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    name = _text(record, key, problems).strip()
    if _CONTROL.search(name):
        problems.append(f"{key!r} holds a line break or another control character: {_shown(name)}")
    return name


def _kind(record: dict[str, Any], problems: list[str]) -> Kind | None:
    name = _text(record, "kind", problems)
    if name in KINDS:
        return name
    if name:
        problems.append(f"unknown kind {name!r}; kinds are {', '.join(KINDS)}")
    return None


def _split(record: dict[str, Any], problems: list[str]) -> Split | None:
    value = record.get("split")
    if value is None or value in SPLITS:
        return cast("Split | None", value)
    problems.append(f"unknown split {_shown(value)}; splits are {', '.join(SPLITS)}")
    return None


def _labels(record: dict[str, Any], problems: list[str]) -> tuple[str, ...]:
    value = record.get("labels")
    if value is None:
        return ()
    if isinstance(value, list) and all(isinstance(label, str) and label.strip() for label in value):
        return tuple(value)
    problems.append(f"'labels' must be a list of texts, not {_shown(value)}")
    return ()


def _rationale(record: dict[str, Any], problems: list[str]) -> str | None:
    value = record.get("rationale")
    if value is None or isinstance(value, str):
        return value or None
    problems.append(f"'rationale' must be a text, not {_shown(value)}")
    return None


def _metadata(record: dict[str, Any], problems: list[str]) -> dict[str, Any]:
    value = record.get("metadata")
    if value is not None and not isinstance(value, dict):
        problems.append(f"'metadata' must be an object, not {_shown(value)}")
        value = None
    return {key: item for key, item in record.items() if key not in _KEYS} | (value or {})


def _answers(
    record: dict[str, Any], kind: Kind, prompt: str, labels: tuple[str, ...], problems: list[str]
) -> tuple[str, ...]:
    value = record.get("answer")
    if value is None or value == []:
        if kind != "free":
            problems.append("'answer' is missing")
        return ()
    given = value if isinstance(value, list) and kind in ("exact", "span", "text", "free") else [value]
    answers = []
    for item in given:
        answer = _answer(item, kind)
        if answer is None:
            problems.append(_expected(kind, item))
        elif kind == "multiple_choice" and prompt and answer not in option_letters(prompt):
            shown = ", ".join(sorted(option_letters(prompt))) or "none, such as (A)"
            problems.append(f"the answer {answer!r} is not among the options of the prompt: {shown}")
        elif labels and kind != "free" and not _is_label(answer, kind, labels):
            problems.append(f"the answer {answer!r} is not among the labels: {', '.join(labels)}")
        else:
            answers.append(answer)
    return tuple(answers)


def _answer(item: Any, kind: Kind) -> str | None:
    """An answer in the form that its kind is scored in; None where it is not of the kind."""
    if isinstance(item, bool):
        return ("yes" if item else "no") if kind == "boolean" else None
    if isinstance(item, (int, float)) and kind in ("number", "exact", "span"):
        return str(int(item)) if isinstance(item, float) and item.is_integer() else str(item)
    if not isinstance(item, str) or not item.strip():
        return None
    text = item.strip()
    if kind == "number":
        return text.replace(",", "") if _NUMBER.fullmatch(text) else None
    if kind == "boolean":
        return _BOOLEANS.get(text.lower())
    if kind == "multiple_choice":
        letter = text.strip("()[].: ").upper()
        return letter if re.fullmatch("[A-Z]", letter) else None
    return item


def _is_label(answer: str, kind: Kind, labels: tuple[str, ...]) -> bool:
    wanted = answer.strip().casefold()
    return any(wanted == (_answer(label, kind) or label).strip().casefold() for label in labels)


def _expected(kind: Kind, item: Any) -> str:
    form = {
        "multiple_choice": "a letter",
        "number": "a number",
        "boolean": "yes, no, true or false",
        "exact": "a text or a list of texts",
        "span": "a text or a list of texts",
    }.get(kind, "a text")
    return f"an answer of kind {kind} must be {form}, not {_shown(item)}"


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "…"
