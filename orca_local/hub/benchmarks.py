"""Benchmarks and the repositories that hold them: the list in `models/suites.toml`."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, Literal

from orca_local.domain.errors import InputError
from orca_local.domain.frozen import Frozen
from orca_local.domain.toml_file import load_shipped


class KnownDefect(Frozen):
    """A published question that nobody can answer rightly."""

    id: str
    reason: str
    target: str = ""
    """The reference as published, by which the row is recognized; empty: by its id."""


class Suite(Frozen):
    """One benchmark."""

    name: str
    title: str
    host: Literal["hub", "github"]
    repo: str
    """OWNER/NAME."""
    rows: int
    """Rows as published."""
    kind: str
    """Kind of all answers; empty: each row has its own."""
    licence: str
    references: tuple[str, ...]
    """Names of rules, the first of which is shown beside our score."""
    card_read: bool
    """Whether the card or the files of the repository were read."""
    revision: str = ""
    """A commit that was read; empty: that of the first pull, which is recorded."""
    configs: tuple[str, ...] = ("",)
    split: str = ""
    files: tuple[str, ...] = ()
    """Paths on GitHub."""
    copies: tuple[str, ...] = ()
    """Other repositories of the hub with the same rows."""
    whole: bool = False
    """Whether every split of these repositories belongs to the benchmark."""
    canary: str = ""
    """The GUID that its publishers ask to keep out of training data."""
    left_out: tuple[KnownDefect, ...] = ()
    max_tokens: int = 512
    """Maximum tokens of an answer: room for the reasoning before it."""
    notes: tuple[str, ...] = ()

    @property
    def questions(self) -> int:
        """Number of questions that are asked."""
        return self.rows - len(self.left_out)


class Reported(Frozen):
    """A mean over the benchmarks of a group that the literature reports."""

    model: str
    mean: float
    """From 0 to 1."""
    note: str = ""


class SuiteGroup(Frozen):
    """Several benchmarks under one name."""

    name: str
    title: str
    suites: tuple[str, ...]
    source: str = ""
    """Where the reported means are from."""
    reported: tuple[Reported, ...] = ()


def load_suites() -> Mapping[str, Suite]:
    """Return the benchmarks by name, in the order of the file."""
    return _load()[0]


def load_groups() -> Mapping[str, SuiteGroup]:
    """Return the groups of benchmarks by name."""
    return _load()[1]


def find_suites(names: Iterable[str]) -> tuple[Suite, ...]:
    """Return the benchmarks of these names, each once; the name of a group stands for its members.

    Raises `InputError` that names the nearest one if there is none of a name.
    """
    suites, groups = load_suites(), load_groups()
    found: dict[str, Suite] = {}
    for name in names:
        members = groups[name].suites if name in groups else (name,)
        for member in members:
            if member not in suites:
                raise _unknown(member, (*suites, *groups))
            found[member] = suites[member]
    return tuple(found.values())


def suite_of(repository: str, split: str, paths: Iterable[str]) -> Suite | None:
    """Return the benchmark that these files of a repository of the hub belong to; None if they belong to none.

    `split` is the split that they are; empty if they are a directory or one file, whose paths then tell.
    """
    folded = repository.lower()
    for suite in load_suites().values():
        if folded in map(str.lower, (suite.repo, *suite.copies)) and (
            suite.whole or split == suite.split or (not split and any(_names_split(path, suite) for path in paths))
        ):
            return suite
    return None


def _names_split(path: str, suite: Suite) -> bool:
    """Whether a word in the path of a file is the split of the benchmark."""
    return suite.split in "".join(c if c.isalpha() else " " for c in path.lower()).split()


def _unknown(name: str, known: Iterable[str]) -> InputError:
    near = difflib.get_close_matches(name.lower(), known, 1)
    hint = f"did you mean {near[0]}? " if near else ""
    return InputError(f"there is no suite {name!r}", hint=f"{hint}see `orca-local suites list`")


@cache
def _load() -> tuple[Mapping[str, Suite], Mapping[str, SuiteGroup]]:
    content = load_shipped("suites.toml")
    suites = [_suite(entry) for entry in content["suite"]]
    groups = [_group(entry) for entry in content["group"]]
    return {suite.name: suite for suite in suites}, {group.name: group for group in groups}


def _suite(entry: dict[str, Any]) -> Suite:
    lists = {key: tuple(value) for key, value in entry.items() if isinstance(value, list)}
    left_out = tuple(KnownDefect(**defect) for defect in entry.get("left_out", ()))
    return Suite(**entry | lists | {"left_out": left_out})


def _group(entry: dict[str, Any]) -> SuiteGroup:
    reported = tuple(Reported(**mean) for mean in entry.get("reported", ()))
    return SuiteGroup(**entry | {"suites": tuple(entry["suites"]), "reported": reported})
