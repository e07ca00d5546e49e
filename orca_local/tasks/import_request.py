"""What a person says about how the rows of a file become samples; the rest is guessed from the columns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from orca_local.domain.frozen import Frozen


class ReadOptions(Frozen):
    """How the bytes of a file become rows. None: recognized from the content."""

    encoding: str | None = None
    """Name of a text encoding that Python knows, such as `cp1252`."""
    separator: str | None = None
    """The character between the columns of a CSV file."""


class ImportRequest(Frozen):
    """What was asked for when task files are added. The defaults leave everything to the columns."""

    columns: Mapping[str, str] = field(default_factory=dict)
    """Column of each key of the task format, by key: `{"prompt": "question"}`."""
    kind: str | None = None
    """Answer kind of all rows."""
    task: str | None = None
    """Name of the task of all rows."""
    task_column: str | None = None
    """Column that holds the name of each row's task."""
    template: str | None = None
    """Jinja template that writes the prompt of a row from its columns."""
    limit: int | None = None
    """Maximum number of samples of each file."""
    seed: int | None = None
    """Choose the samples of `limit` at random with this seed; None: the first ones."""
    options: ReadOptions = ReadOptions()
