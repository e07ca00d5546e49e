"""The questions of all suites on this machine, to recognize them in other texts."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from orca_local.domain.frozen import Frozen
from orca_local.hub.benchmarks import Suite, load_suites
from orca_local.suites.library import PulledSuite, find_pulled, load_pulled, save_questions, sketch_path
from orca_local.suites.sketch import Sketch, join_sketches, load_sketch


class ComparedSuite(Frozen):
    """A suite whose questions are looked for."""

    name: str
    digest: str
    """The hash of its rows."""
    questions: int


class PulledQuestions:
    """The questions of suites that were pulled."""

    def __init__(self, suites: Sequence[ComparedSuite] = (), sketches: Sequence[Sketch] = ()) -> None:
        """Take each suite with its sketch."""
        self.suites = tuple(suites)
        self._sketch: Sketch | None = None
        self._starts: list[int] = []
        if sketches:
            self._sketch, self._starts = join_sketches(sketches)

    def find(self, text: str) -> str:
        """Return the name of a suite of which a question stands in a text; empty if none does."""
        question = None if self._sketch is None else self._sketch.find(text)
        return "" if question is None else self.suites[bisect_right(self._starts, question) - 1].name


def load_pulled_questions(*, offline: bool = False) -> PulledQuestions:
    """Return the questions of all suites that were pulled. Without any, nothing is read.

    Raises `OrcaError` if the questions of one are not known yet and its files cannot be read.
    """
    found = [(suite, pulled) for suite in load_suites().values() if (pulled := find_pulled(suite)) is not None]
    sketches = [_sketch(suite, pulled, offline=offline) for suite, pulled in found]
    return PulledQuestions([ComparedSuite(s.name, p.digest, p.questions) for s, p in found], sketches)


def _sketch(suite: Suite, pulled: PulledSuite, *, offline: bool) -> Sketch:
    """Return the sketch of a suite. One that an earlier version pulled is read again, once."""
    sketch = load_sketch(sketch_path(suite), pulled.digest)
    return save_questions(load_pulled(suite, offline=offline)) if sketch is None else sketch
