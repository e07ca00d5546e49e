"""DROP: `passage`, `question`, and the answers in one of two forms.

EleutherAI/drop has `answer` with a `number`, a `date` or `spans`, and `validated_answers` with the same of other
people. ucinlp/drop has `answers_spans` with `spans`, each an accepted answer.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from orca_local.suites.question import Question, Row
from orca_local.system.digest import text_digest


def read_drop(row: Row) -> Question:
    """Return the question of a row. An answer of several spans is one reference with a span on each line."""
    passage = row.text("passage")
    found = list(dict.fromkeys(answer for _, answer in _answers(row) if answer.strip()))
    group = next((kind for kind, answer in _answers(row) if answer.strip()), "span")
    return Question(
        id=row.text("query_id"),
        group=group,
        kind="span",
        prompt=f"{passage.strip()}\n\n{row.text('question').strip()}",
        answers=tuple(found),
        target=found[0] if found else "",
        cluster=text_digest(passage)[:12],
    )


def _answers(row: Row) -> Iterator[tuple[str, str]]:
    """Yield the accepted answers, each with what it is. Raises `InputError` if the row has neither form."""
    listed = row.values.get("answers_spans")
    if isinstance(listed, Mapping):
        for kind, text in zip(listed.get("types", ()), listed.get("spans", ()), strict=True):
            yield str(kind), _line(text)
        return
    answer, validated = row.values.get("answer"), row.values.get("validated_answers")
    if not isinstance(answer, Mapping):
        raise row.bad("has no column 'answer' or 'answers_spans'")
    yield _one(answer.get("number"), answer.get("spans"), answer.get("date"))
    for number, spans, date in _others(validated if isinstance(validated, Mapping) else {}):
        yield _one(number, spans, date)


def _others(validated: Mapping[str, Any]) -> Iterator[tuple[Any, Any, Any]]:
    yield from zip(
        validated.get("number") or (), validated.get("spans") or (), validated.get("date") or (), strict=False
    )


def _one(number: Any, spans: Any, date: Any) -> tuple[str, str]:
    """Return what an answer is, and its text: a number before spans before a date, as its publishers read it."""
    if number not in ("", None):
        return "number", str(number)
    if spans is not None and len(spans):
        return ("spans" if len(spans) > 1 else "span"), "\n".join(map(_line, spans))
    parts = date if isinstance(date, Mapping) else {}
    return "date", " ".join(str(parts.get(name) or "") for name in ("day", "month", "year")).strip()


def _line(text: Any) -> str:
    return " ".join(str(text).split())
