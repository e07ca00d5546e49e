"""Compares a judge's grades with those that the user gave to the same answers."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from orca_local.domain.errors import InputError
from orca_local.domain.events import Event, StageFinished, StageStarted
from orca_local.domain.frozen import Frozen
from orca_local.domain.judge_summary import CheckedAnswer, JudgeCheck
from orca_local.domain.keys import content_key
from orca_local.domain.settings import JudgeSettings
from orca_local.domain.stages import JUDGE
from orca_local.domain.text import storable
from orca_local.domain.types import Sample
from orca_local.judge.agreement import measure_agreement
from orca_local.judge.file_judge import read_lines, read_user_grade
from orca_local.judge.judge import Judge
from orca_local.kinds.scoring import is_graded
from orca_local.runs.context import StageContext
from orca_local.runs.grading import warn_about
from orca_local.store.store import Store


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


class StoredAnswer(Frozen):
    """A stored answer of a model to a sample that the judge grades."""

    sample: Sample
    answer: str

    @property
    def key(self) -> tuple[str, str]:
        """Prompt and answer."""
        return self.sample.prompt, self.answer

    def as_line(self, grade: int) -> dict[str, Any]:
        """The line of a file of grades."""
        rubric = self.sample.metadata.get("rubric")
        line = {"id": self.sample.id, "task": self.sample.task, "prompt": self.sample.prompt, "answer": self.answer}
        line |= {"reference": self.sample.answers[0]} if self.sample.answers else {}
        line |= {"rubric": rubric} if isinstance(rubric, str) else {}
        return {**line, "grade": grade}


def stored_answers(store: Store, judge: JudgeSettings, count: int) -> list[StoredAnswer]:
    """At most `count` different stored answers to samples that the judge grades, always the same ones.

    They are drawn by a hash, so that tasks, strategies and models come in turn by chance. Samples with earlier turns
    are left out: a prompt alone does not show them. Raises `InputError` if there are none.
    """
    samples = {one.id: one for one in store.samples.list() if is_graded(one, judge) and not one.messages}
    found = {
        (row.sample_id, row.completion): StoredAnswer(samples[row.sample_id], row.completion)
        for row in store.measurements.rows()
        if row.sample_id in samples
    }
    if not found:
        raise InputError(
            "there are no stored answers that the judge grades",
            hint="run `orca-local probe` first, or name a FILE of graded answers",
        )
    return [found[key] for key in sorted(found, key=content_key)][:count]


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
