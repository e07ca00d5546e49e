"""Teachers that need no network: answers in a file, in the samples themselves, or in the cache."""

from __future__ import annotations

import json
from pathlib import Path

from orca_local.domain.errors import InputError
from orca_local.domain.types import Sample
from orca_local.kinds.answers import extract_answer
from orca_local.teach.teacher import Question, ReadyTeacher, TeacherAnswer

_MARK = {"boolean": "Answer: {}", "text": "Answer:\n{}"}


def file_teacher(path: Path | None) -> ReadyTeacher:
    """Answers that are already written: a JSON Lines file, or the samples' own `rationale`.

    A sample without an answer is an error of its own, not of the run.
    """
    answers = _read(path) if path else {}

    def answer(question: Question) -> TeacherAnswer:
        sample = question.sample
        if path is None:
            text, source = sample.rationale or "", "the sample has no rationale"
        else:
            text = answers.get((sample.id, question.strategy)) or answers.get((sample.id, "")) or ""
            source = f"{path.name} has no answer for it"
        if not text.strip():
            return TeacherAnswer(question, error=source, billed=False)
        text = with_final_answer(sample, text)
        return TeacherAnswer(question, text, prompt_tokens=0, completion_tokens=0, response={"text": text})

    return ReadyTeacher("file", path.name if path else "rationale", answer)


def cached_teacher(endpoint: str, model: str, reason: str, *, varies: bool) -> ReadyTeacher:
    """Answers nothing: what is not in the store already stays unanswered. It varies if what it stands for does."""
    teacher = ReadyTeacher(endpoint, model, lambda question: TeacherAnswer(question, error=reason, billed=False))
    teacher.varies = varies
    return teacher


def with_final_answer(sample: Sample, text: str) -> str:
    """`text` with the reference as its last line, in the kind's form, where it does not end in an answer yet.

    Worked solutions often reason and stop; the student would learn never to say its answer.
    """
    text = text.strip()
    last = text.splitlines()[-1] if text else ""
    if not sample.answers or last.lower().startswith(("answer:", "**answer")):
        return text
    reference = sample.answers[0]
    if sample.kind == "boolean":
        reference = extract_answer("boolean", f"Answer: {reference}") or reference
    return f"{text}\n{_MARK.get(sample.kind, 'Answer: {}').format(reference)}"


def _read(path: Path) -> dict[tuple[str, str], str]:
    """(sample id, strategy or "") → text. Raises `InputError` naming every bad line at once, up to ten."""
    answers: dict[tuple[str, str], str] = {}
    problems: list[str] = []
    try:
        with path.open(encoding="utf-8-sig") as file:
            for number, line in enumerate(file, 1):
                if not line.strip():
                    continue
                try:
                    entry = json.loads(line)
                    answers[entry["id"], entry.get("strategy", "")] = _text(entry)
                except (ValueError, KeyError, TypeError, AttributeError) as error:
                    problems.append(f"line {number}: {error}")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            f"cannot read the answers in {path}: {error}", hint="check teacher.file in orca.toml"
        ) from error
    if problems:
        raise InputError(
            f"{path}: {len(problems)} bad lines: " + "; ".join(problems[:10]),
            hint='each line is an object such as {"id": "SAMPLE", "text": "ANSWER", "strategy": "OPTIONAL"}',
        )
    if not answers:
        raise InputError(f"{path} holds no answers", hint="check teacher.file in orca.toml")
    return answers


def _text(entry: dict[str, object]) -> str:
    text = entry.get("text", entry.get("answer"))
    if not isinstance(text, str):
        raise ValueError("no text")
    return text
