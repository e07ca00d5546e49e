"""Compares a judge's grades with those that the user gave to the same answers."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from orca_local.domain.errors import InputError
from orca_local.domain.events import Event, StageFinished, StageStarted
from orca_local.domain.frozen import Frozen
from orca_local.domain.judge_summary import CheckedAnswer, JudgeCheck
from orca_local.domain.keys import content_key
from orca_local.domain.stages import JUDGE
from orca_local.domain.text import storable
from orca_local.domain.types import Sample
from orca_local.judge.agreement import measure_agreement
from orca_local.judge.file_judge import read_lines, read_user_grade
from orca_local.judge.judge import Judge
from orca_local.runs.context import StageContext
from orca_local.runs.grading import warn_about


class UserGrade(Frozen):
    """An answer that the user graded."""

    sample: Sample
    answer: str
    grade: int


def read_user_grades(path: Path) -> list[UserGrade]:
    """Return the graded answers of a JSON Lines file.

    Each line has `prompt`, `answer` and `grade`, and may have `reference`, `rubric`, `task` and `id`. Raises
    `InputError` for a line without them, and for an answer that is graded twice with different grades.
    """
    grades: dict[str, UserGrade] = {}
    for line, values in read_lines(path, "the file of `judge check`"):
        texts = {}
        for name in ("prompt", "answer", "reference", "rubric", "task", "id"):
            value = values.get(name)
            if value is None and name in ("prompt", "answer"):
                raise InputError(f"{path}:{line}: {name!r} is missing", hint="see `orca-local judge check --help`")
            if value is not None and not isinstance(value, str):
                raise InputError(f"{path}:{line}: {name!r} must be a text, not {str(value)[:40]}", hint="quote it")
            texts[name] = storable(value or "")
        grade = user_grade(
            texts["prompt"],
            texts["answer"],
            read_user_grade(path, line, values),
            reference=texts["reference"],
            rubric=texts["rubric"],
            task=texts["task"],
            sample_id=texts["id"],
        )
        key = content_key([texts[name] for name in ("prompt", "answer", "reference", "rubric", "task", "id")])
        if grades.setdefault(key, grade).grade != grade.grade:
            raise InputError(
                f"{path}:{line}: this answer is graded {grade.grade}, and {grades[key].grade} in a line before",
                hint="keep one of the two",
            )
    return [*grades.values()]


def user_grade(
    prompt: str,
    answer: str,
    grade: int,
    *,
    reference: str = "",
    rubric: str = "",
    task: str = "",
    sample_id: str = "",
) -> UserGrade:
    """Return a grade of an answer to a prompt that need not be a sample of the workspace."""
    sample = Sample(
        id=sample_id or f"check-{content_key([prompt, reference])[:12]}",
        task=task,
        kind="judged",
        prompt=prompt,
        answers=(reference,) if reference else (),
        split="holdout",
        metadata={"rubric": rubric} if rubric else {},
    )
    return UserGrade(sample, answer, grade)


def check(context: StageContext, judge: Judge, grades: Sequence[UserGrade]) -> Iterator[Event]:
    """Have the judge grade what the user graded, and report how far they agree."""
    started = time.monotonic()
    yield StageStarted(JUDGE, len(grades), "answers")
    theirs, counts = yield from judge.grade_texts(context, [(one.sample, one.answer) for one in grades])
    both = [(one.grade, grade) for one, (grade, _) in zip(grades, theirs, strict=True) if grade is not None]
    yield from warn_about(counts, "orca-local judge check")
    summary = JudgeCheck(
        run_id=context.run_id,
        judge=judge.name,
        key=judge.key,
        counts=counts,
        agreement=measure_agreement([user for user, _ in both], [grade for _, grade in both]),
        cost_usd=judge.cost_usd,
        seconds=round(time.monotonic() - started, 3),
        answers=tuple(
            CheckedAnswer(one.sample.prompt, one.answer, one.grade, grade)
            for one, (grade, _) in zip(grades, theirs, strict=True)
        ),
    )
    yield StageFinished(JUDGE, summary)
