"""What the commands of `suites` print under `--json`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from orca_local.domain.record import OMITTABLE, Record


class SuiteInfo(Record):
    """A benchmark."""

    name: str
    """Its name."""
    title: str
    """What it is."""
    repo: str
    """Repository that publishes it."""
    host: str
    """`hub` or `github`."""
    revision: str
    """Commit that was read there; empty: the one of the first pull is recorded and kept."""
    licence: str
    """Licence that its publisher names."""
    rows: int
    """Rows as published."""
    questions: int
    """Questions that are asked: the rows without those that cannot be answered rightly."""
    kind: str
    """Kind of the answers; empty: each question has its own."""
    references: tuple[str, ...]
    """Rules of other harnesses that score it beside ours; the first is the one to compare with."""
    canary: str
    """The GUID that its publishers ask to keep out of training data; empty if there is none."""
    card_read: bool
    """Whether its card or its files were read; if not, names and columns are those that other programs use."""
    here: int | None
    """Number of questions on this machine; null if it was not pulled."""


class SuiteGroupInfo(Record):
    """Several benchmarks under one name."""

    name: str
    """Its name."""
    title: str
    """What it is."""
    suites: tuple[str, ...]
    """Its benchmarks."""


class SuiteList(Record):
    """Result of `suites list`."""

    suites: tuple[SuiteInfo, ...]
    """The benchmarks."""
    groups: tuple[SuiteGroupInfo, ...]
    """Names that stand for several of them."""


class LeftOutQuestion(Record):
    """A published row that is not asked."""

    id: str
    """Its id."""
    reason: str
    """Why."""


class ShownQuestion(Record):
    """One question of a benchmark."""

    id: str
    """Its id."""
    group: str
    """The part of the benchmark that it is in."""
    kind: str
    """Kind of its answer."""
    prompt: str
    """The prompt."""
    answers: tuple[str, ...]
    """Accepted answers."""


class ShownSuite(Record):
    """Result of `suites show`."""

    suite: SuiteInfo
    """The benchmark."""
    notes: tuple[str, ...]
    """What to know of its results."""
    left_out: tuple[LeftOutQuestion, ...]
    """Published rows that are not asked: those that were found, or those that are known if it was not pulled."""
    place: str | None = field(default=None, metadata=OMITTABLE)
    """Where it was pulled from."""
    commit: str | None = field(default=None, metadata=OMITTABLE)
    """Commit that was pulled."""
    digest: str | None = field(default=None, metadata=OMITTABLE)
    """SHA-256 of its rows."""
    groups: Mapping[str, int] = field(default_factory=dict)
    """Number of questions of each part; empty if it was not pulled."""
    questions: tuple[ShownQuestion, ...] = ()
    """Some questions."""


class PulledSuiteInfo(Record):
    """A benchmark that was pulled."""

    name: str
    """Its name."""
    place: str
    """Where it was pulled from."""
    commit: str
    """Commit that was read; empty for a directory."""
    digest: str
    """SHA-256 of its rows."""
    questions: int
    """Number of questions."""
    left_out: tuple[LeftOutQuestion, ...]
    """Published rows that are not asked."""
    is_complete: bool
    """Whether it has as many rows as its publisher says."""


class SuitesPulled(Record):
    """Result of `suites pull`."""

    suites: tuple[PulledSuiteInfo, ...]
    """The benchmarks."""
