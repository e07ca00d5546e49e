"""Teachers that need no network: answers from a file, from the samples themselves, or from the store."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from orca_local.domain.errors import InputError
from orca_local.domain.text import counted, is_visible, storable
from orca_local.domain.types import Sample
from orca_local.endpoints.answer import ChatAnswer
from orca_local.kinds.table import get_kind
from orca_local.kinds.verdict import best
from orca_local.tasks.import_request import DEFAULT_OPTIONS
from orca_local.tasks.sources.base import Problem, Record
from orca_local.tasks.sources.jsonl import read_jsonl
from orca_local.teach.teacher import LookupTeacher, Question

_MAX_PROBLEMS = 10
_HINT = "check teacher.file in orca.toml"


def file_teacher(path: Path | None) -> LookupTeacher:
    """Answers from a JSON Lines file; without one, the `rationale` of each sample.

    A sample without an answer gets an error of its own, and the run continues.
    """
    answers = _load_answers(path) if path else {}

    def answer(question: Question) -> ChatAnswer:
        sample = question.sample
        if path is None:
            text, error = sample.rationale or "", "the sample has no rationale"
        else:
            text = answers.get((sample.id, question.strategy)) or answers.get((sample.id, "")) or ""
            error = f"{path.name} has no answer to this sample"
        if not is_visible(text):
            return ChatAnswer(request_id=question.key, error=error, billed=False)
        return ChatAnswer(with_final_answer(sample, text), question.key, prompt_tokens=0, completion_tokens=0)

    return LookupTeacher("file", path.name if path else "rationale", answer)


def offline_teacher(endpoint: str, model: str, reason: str, *, can_resample: bool = False) -> LookupTeacher:
    """Answers nothing, so that only stored answers count; `reason` is the error of all others."""
    return LookupTeacher(
        endpoint,
        model,
        lambda question: ChatAnswer(request_id=question.key, error=reason, billed=False),
        can_resample=can_resample,
    )


def with_final_answer(sample: Sample, text: str) -> str:
    """`text` with the reference as its last line, in the format of its kind, unless it ends in an answer.

    Worked solutions often stop after the reasoning; without this line the student would learn never to answer. A text
    that states another answer stays as it is, so that it is marked as wrong and not trained on.
    """
    text, kind = text.strip(), get_kind(sample.kind)
    last = text.splitlines()[-1] if text else ""
    if not sample.answers or last.lower().startswith(("answer:", "**answer")):
        return text
    readings = kind.read(text, prompt=sample.prompt, labels=sample.labels)
    # A text without a heading is reasoning about the reference, not a version of it.
    answer = readings.strict if kind.is_long else readings.lenient
    if answer is not None and best([kind.verdict(answer, reference) for reference in sample.answers]).is_mismatch:
        return text
    return f"{text}\n{kind.answer_line(sample.answers[0])}"


def _load_answers(path: Path) -> dict[tuple[str, str], str]:
    """(sample id, strategy or "") → text. Raises `InputError` that names all bad lines, up to ten."""
    answers: dict[tuple[str, str], str] = {}
    problems: list[Problem] = []
    for item in read_jsonl(str(path), DEFAULT_OPTIONS):
        problem = _take_answer(item.values, answers) if isinstance(item, Record) else item.message
        if problem:
            problems.append(Problem(item.file, item.line, problem))
            if not item.line:
                raise InputError(f"cannot read the answers in {path}: it {problem}", hint=_HINT)
    if problems:
        shown = "; ".join(f"line {problem.line}: {problem.message}" for problem in problems[:_MAX_PROBLEMS])
        raise InputError(
            f"{path}: {counted(len(problems), 'bad line')}: {shown}",
            hint='each line is an object such as {"id": "SAMPLE", "text": "ANSWER", "strategy": "OPTIONAL"}',
        )
    if not answers:
        raise InputError(f"{path} holds no answers", hint=_HINT)
    return answers


def _take_answer(entry: Mapping[str, Any], answers: dict[tuple[str, str], str]) -> str:
    """Add the answer of one entry; returns what is wrong with it, empty if nothing is."""
    sample_id, text, strategy = entry.get("id"), entry.get("text", entry.get("answer")), entry.get("strategy", "")
    if isinstance(sample_id, int) and not isinstance(sample_id, bool):  # as in a task file
        sample_id = str(sample_id)
    for name, value in (("id", sample_id), ("text", text), ("strategy", strategy)):
        if not isinstance(value, str):
            return f"{name!r} is missing" if value is None else f"{name!r} must be a text, not {str(value)[:40]}"
    answers[str(sample_id), str(strategy)] = storable(str(text))
    return ""
