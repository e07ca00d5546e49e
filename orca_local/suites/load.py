"""From the rows of a suite to its questions."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator

from orca_local.domain.errors import InputError
from orca_local.domain.frozen import Frozen
from orca_local.hub.benchmarks import KnownDefect, Suite
from orca_local.suites.place import Place
from orca_local.suites.question import Question, Row
from orca_local.suites.readers.table import READERS

NO_ANSWER = "its reference is none of the answers that it can have"


class LoadedSuite(Frozen):
    """The questions of a suite."""

    suite: Suite
    questions: tuple[Question, ...]
    left_out: tuple[KnownDefect, ...]
    """Rows that are not asked, with the reason."""
    digest: str
    """A hash of the rows as published: 64 hexadecimal digits."""

    @property
    def rows(self) -> int:
        """The number of rows that were read."""
        return len(self.questions) + len(self.left_out)

    def notes(self) -> list[str]:
        """What the user should know of it, in sentences."""
        suite = self.suite
        found = [f"{defect.id} is left out: {defect.reason}" for defect in self.left_out]
        if self.rows != suite.rows:
            found.insert(0, f"{self.rows:,} of the {suite.rows:,} published rows: results are not those of the suite")
        return found


def load_rows(suite: Suite, place: Place) -> LoadedSuite:
    """Return the questions at a place.

    Raises `OrcaError` if a row cannot be read, and `InputError` if two questions have one id.
    """
    digest = hashlib.sha256()
    questions: dict[str, Question] = {}
    left_out: list[KnownDefect] = []
    for row in _hashed(place.rows(), digest):
        question = READERS[suite.name](row)
        is_twice = question.id in questions
        if defect := _defect(suite, question, is_twice=is_twice):
            left_out.append(defect)
        elif is_twice:
            raise InputError(
                f"two questions of {suite.name} have the id {question.id!r}",
                hint=f"take its files again from {suite.repo}",
            )
        else:
            questions[question.id] = question
    if not questions:
        raise InputError(f"{place.name} has no questions of {suite.name}", hint=f"take its files from {suite.repo}")
    return LoadedSuite(suite, tuple(questions.values()), tuple(left_out), digest.hexdigest())


def _hashed(rows: Iterator[Row], digest: hashlib._Hash) -> Iterator[Row]:
    for row in rows:
        text = json.dumps([row.part, dict(row.values)], sort_keys=True, default=str)
        digest.update(text.encode("utf-8", "surrogatepass") + b"\n")
        yield row


def _defect(suite: Suite, question: Question, *, is_twice: bool) -> KnownDefect | None:
    """Return why a question is not asked; None if it is."""
    for known in suite.left_out:
        if known.target == question.target if known.target else (is_twice and known.id == question.id):
            return known
    return None if question.answers else KnownDefect(question.id, NO_ANSWER, question.target)
