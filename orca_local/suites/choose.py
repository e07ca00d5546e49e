"""The questions of a suite that an evaluation asks."""

from __future__ import annotations

from orca_local.domain.frozen import Frozen
from orca_local.hub.benchmarks import Suite
from orca_local.suites.library import find_pulled, load_pulled, pull
from orca_local.suites.question import Question
from orca_local.suites.selection import select


class ChosenQuestions(Frozen):
    """A suite, and those of its questions that are asked."""

    suite: Suite
    questions: tuple[Question, ...]
    digest: str
    """The hash of all rows of the suite."""
    place: str
    """Where it was pulled from."""
    commit: str
    """Empty for a directory."""
    total: int
    """Number of questions that it has here."""
    left_out: int
    """Number of rows that are not asked, because they cannot be answered rightly."""

    @property
    def is_complete(self) -> bool:
        """Whether it has as many rows here as its publisher says."""
        return self.total + self.left_out == self.suite.rows


def choose(suite: Suite, limit: int = 0, *, offline: bool = False) -> ChosenQuestions:
    """Return `limit` questions of a suite (0: all), which is pulled first if it is not on this machine.

    Raises `MissingError` if it is not here and `offline` forbids the network, and `InputError` if its rows are not
    those that were pulled first.
    """
    loaded = pull(suite, offline=offline) if find_pulled(suite) is None else load_pulled(suite, offline=offline)
    pulled = find_pulled(suite)
    assert pulled is not None
    questions = tuple(select(loaded.questions, limit)) if limit else loaded.questions
    return ChosenQuestions(
        suite=suite,
        questions=questions,
        digest=loaded.digest,
        place=pulled.place,
        commit=pulled.commit,
        total=len(loaded.questions),
        left_out=len(loaded.left_out),
    )
