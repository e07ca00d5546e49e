"""Ready sources of tasks on the hub, and the mixes that are made of them: the lists in `models/sources.toml`."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import field, replace
from typing import Any, Literal

from orca_local.domain.errors import InputError
from orca_local.domain.frozen import Frozen
from orca_local.domain.toml_file import load_shipped

PREFIX = "ready:"
_FILE = "sources.toml"


class ReadySource(Frozen):
    """One ready source."""

    name: str
    title: str
    repo: str
    licence: str
    card_read: bool
    """Whether the card of the repository was read."""
    revision: str = ""
    """A commit that was read at the repository; empty: that of the first pull, see `hub.recorded`."""
    config: str = ""
    """A config, a directory or one file; empty: the only config."""
    split: str = ""
    files: str = ""
    """Pattern of the paths of the files, for a source with one file for each task."""
    file_suffix: str = ""
    """What the names of these files end in, besides the name of the task."""
    tasks: Literal["", "column", "file", "config"] = ""
    """Where the name of a row's task is; empty: all rows are one task."""
    skip: tuple[str, ...] = ()
    """Patterns of the names of tasks that are left out."""
    columns: Mapping[str, str] = field(default_factory=dict)
    kind: str | None = None
    rows: int = 0
    """0: not known."""
    bytes: int = 0
    """0: not known."""
    mirrors: tuple[str, ...] = ()
    """Repositories that only a program reads, for which this one stands."""


class MixPart(Frozen):
    """A part of a mix."""

    name: str
    sources: tuple[str, ...]
    """Ready sources; the tasks of the later ones are taken where the earlier ones have too few."""
    tasks: int = 0
    """Share of the tasks; 0 for a part whose sources are one task each."""
    rows: int = 0
    """Share of the rows of such a part, beside `Mix.zero_shot_rows` of the other parts together."""


class Mix(Frozen):
    """A mix of tasks, in proportions that were published."""

    name: str
    title: str
    source: str
    """Where the proportions were published."""
    zero_shot_rows: int
    """Rows of the parts that share the tasks."""
    note: str
    """What else belongs to it."""
    parts: tuple[MixPart, ...]


def load_sources() -> Mapping[str, ReadySource]:
    """Return the ready sources by name, in the order of the file."""
    entries = load_shipped(_FILE)["source"]
    lists = ("skip", "mirrors")
    sources = [ReadySource(**entry | {key: tuple(entry.get(key, ())) for key in lists}) for entry in entries]
    return {source.name: source for source in sources}


def find_ready(name: str) -> ReadySource:
    """Return the ready source of this name. Raises `InputError` that names the nearest one if there is none."""
    sources = load_sources()
    if name in sources:
        return sources[name]
    near = difflib.get_close_matches(name.lower(), sources, 1)
    hint = f"did you mean {PREFIX}{near[0]}? " if near else ""
    raise InputError(f"there is no ready source {name!r}", hint=f"{hint}see `orca-local tasks sources`")


def load_mixes() -> Mapping[str, Mix]:
    """Return the mixes by name, in the order of the file."""
    mixes: dict[str, Mix] = {}
    for entry in load_shipped(_FILE)["mix"]:
        mixes[entry["name"]] = _mix(entry, mixes)
    return mixes


def find_mix(name: str) -> Mix:
    """Return the mix of this name. Raises `InputError` that lists the names if there is none."""
    mixes = load_mixes()
    if name not in mixes:
        raise InputError(f"there is no mix {name!r}", hint=f"mixes are {', '.join(mixes)}")
    return mixes[name]


def known_repositories() -> tuple[str, ...]:
    """Return the names of the repositories of all ready sources."""
    return tuple(dict.fromkeys(source.repo for source in load_sources().values()))


def stands_for(repository: str) -> ReadySource | None:
    """Return the ready source that stands for a repository which only a program reads; None if there is none."""
    folded = repository.lower()
    return next((s for s in load_sources().values() if folded in map(str.lower, s.mirrors)), None)


def _mix(entry: dict[str, Any], earlier: Mapping[str, Mix]) -> Mix:
    """Return a mix, with the parts of the earlier one that it includes."""
    parts = tuple(MixPart(**part | {"sources": tuple(part["sources"])}) for part in entry["part"])
    own = {key: value for key, value in entry.items() if key not in ("part", "includes")}
    if "includes" not in entry:
        return Mix(**own, parts=parts)
    included = earlier[entry["includes"]]
    return replace(included, **own, parts=(*included.parts, *parts))
