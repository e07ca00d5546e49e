"""Paths as the database holds them: relative to the workspace where they are inside it, so that it can be moved."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

PATH_KEYS = ("path", "adapter", "output")
"""Keys of events, summaries and inputs of a run whose value is a path."""
_MADE = re.compile(
    r"(?:^|[/\\])((?:seeds[/\\][^/\\]+[/\\])?(?:exports[/\\][^/\\]+|adapters[/\\][^/\\]+(?:[/\\][^/\\]+)?))$"
)
"""The end of a path of something that a stage made, from the workspace on."""
_OUTPUT = re.compile(r"[/\\](runs[/\\][^/\\]+\.log)$")


class Places:
    """Converts between paths and their stored form for one workspace."""

    def __init__(self, directory: Path) -> None:
        """`directory` is the workspace; an absolute path."""
        self._directory = directory

    def stored(self, path: str) -> str:
        """A path as it is stored: relative to the workspace, or as it is if it lies outside."""
        try:
            return Path(path).relative_to(self._directory).as_posix()
        except ValueError:
            return path

    def full(self, stored: str) -> str:
        """A stored path as an absolute one."""
        return str(self._directory / stored)

    def stored_values(self, value: Any) -> Any:
        """A JSON value with every path in it as it is stored."""
        return _with_paths(value, self.stored)

    def full_values(self, value: Any) -> Any:
        """A stored JSON value with absolute paths."""
        return _with_paths(value, self.full)

    def stored_settings(self, value: Any) -> Any:
        """Settings with every text in them that is a path inside the workspace as it is stored."""
        return with_texts(value, self.stored)


def with_texts(value: Any, convert: Callable[[str], str]) -> Any:
    """A JSON value with every text in it converted, but no key."""
    if isinstance(value, str):
        return convert(value)
    if isinstance(value, dict):
        return {key: with_texts(item, convert) for key, item in value.items()}
    return [with_texts(item, convert) for item in value] if isinstance(value, list) else value


def path_in_workspace(path: str) -> str:
    """An absolute path that an earlier version stored, relative to the workspace as it was then.

    What the stages make has always been in folders of the same names; any other path is returned as it is.
    """
    found = _MADE.search(path) or _OUTPUT.search(path)
    is_absolute = path.startswith(("/", "\\")) or path[1:2] == ":"
    return found[1].replace("\\", "/") if found and is_absolute else path


def values_in_workspace(value: Any) -> Any:
    """A JSON value of an earlier version with every path in it as `path_in_workspace` returns it."""
    return _with_paths(value, path_in_workspace)


def _with_paths(value: Any, convert: Callable[[str], str]) -> Any:
    if isinstance(value, dict):
        return {
            key: convert(item) if key in PATH_KEYS and isinstance(item, str) and item else _with_paths(item, convert)
            for key, item in value.items()
        }
    return [_with_paths(item, convert) for item in value] if isinstance(value, list) else value
