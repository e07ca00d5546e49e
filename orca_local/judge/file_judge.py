"""A judge that looks grades up in a file, such as those of a person."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from orca_local.domain.errors import InputError
from orca_local.domain.judge_summary import HIGHEST, LOWEST
from orca_local.domain.text import counted, storable
from orca_local.endpoints.answer import ChatAnswer
from orca_local.system.digest import file_sha256
from orca_local.tasks.import_request import DEFAULT_OPTIONS
from orca_local.tasks.sources.base import Record
from orca_local.tasks.sources.jsonl import read_jsonl
from orca_local.teach.teacher import LookupTeacher, Question

MAX_PROBLEMS = 10
"""How many bad lines a message names, at most."""


class FileQuestion(Question):
    """A question about one answer."""

    answer: str = ""


def file_judge(path: Path) -> LookupTeacher:
    """Return a judge that knows the grades in a JSON Lines file, by sample and answer.

    Each line has `id` (of the sample), `answer`, and `grade`, or what a judge wrote as `text`. Raises `InputError` that
    names the bad lines.
    """
    replies: dict[tuple[str, str], str] = {}
    for line, values in read_lines(path, "judge.file"):
        sample_id, answer = values.get("id"), values.get("answer")
        if not isinstance(sample_id, str) or not isinstance(answer, str):
            raise InputError(f"{path}:{line}: 'id' and 'answer' must be texts", hint=_hint())
        text = values.get("text")
        replies[sample_id, answer.strip()] = (
            storable(text) if isinstance(text, str) else f"Grade: {read_user_grade(path, line, values)}"
        )

    def answer_to(question: Question) -> ChatAnswer:
        given = question.answer if isinstance(question, FileQuestion) else ""
        text = replies.get((question.sample.id, given.strip()), "")
        if not text:
            error = f"{path.name} has no grade of this answer"
            return ChatAnswer(request_id=question.key, error=error, billed=False)
        return ChatAnswer(text, question.key, prompt_tokens=0, completion_tokens=0)

    return LookupTeacher("file", f"{path.name} {file_sha256(path)[:16]}", answer_to)


def read_lines(path: Path, what: str) -> list[tuple[int, Mapping[str, Any]]]:
    """Return the objects of a JSON Lines file with their lines. Raises `InputError` that names the bad lines."""
    lines: list[tuple[int, Mapping[str, Any]]] = []
    problems: list[str] = []
    for item in read_jsonl(str(path), DEFAULT_OPTIONS):
        if isinstance(item, Record):
            lines.append((item.line, item.values))
        elif not item.line:
            raise InputError(f"cannot read {path}: {item.message}", hint=f"check {what}")
        else:
            problems.append(f"line {item.line}: {item.message}")
    if problems:
        shown = "; ".join(problems[:MAX_PROBLEMS])
        raise InputError(f"{path}: {counted(len(problems), 'bad line')}: {shown}", hint=_hint())
    if not lines:
        raise InputError(f"{path} holds no grades", hint=_hint())
    return lines


def read_user_grade(path: Path, line: int, values: Mapping[str, Any]) -> int:
    """Return the grade of a line. Raises `InputError` if it is none."""
    grade = values.get("grade")
    if isinstance(grade, str) and grade.strip().isdecimal():
        grade = int(grade)
    if isinstance(grade, float) and grade.is_integer():
        grade = int(grade)
    if isinstance(grade, bool) or not isinstance(grade, int) or not LOWEST <= grade <= HIGHEST:
        shown = "is missing" if grade is None else f"is {str(grade)[:40]!r}"
        raise InputError(
            f"{path}:{line}: 'grade' {shown}; it must be a whole number from {LOWEST} to {HIGHEST}", hint=_hint()
        )
    return grade


def _hint() -> str:
    return 'each line is an object such as {"prompt": "…", "answer": "…", "grade": 4}, with "id" for judge.file'
