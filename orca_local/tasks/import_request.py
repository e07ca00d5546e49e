"""What a person says about how the rows of a file become samples; the rest is guessed from the columns."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import field
from typing import BinaryIO

from orca_local.domain.errors import InputError
from orca_local.domain.frozen import Frozen


class ReadOptions(Frozen):
    """How the bytes of a file become rows. None: recognized from the content.

    Raises `InputError` for an encoding that Python does not know, and for a separator of several characters.
    """

    encoding: str | None = None
    """Name of a text encoding that Python knows, such as `cp1252`."""
    separator: str | None = None
    """The character between the columns of a CSV file."""
    has_quotes: bool = True
    """Whether a cell of a CSV file may be in quotes; False: quotes are characters as any other."""
    on_read: Callable[[int], None] | None = None
    """Called with the size of each block of bytes that was read, for a progress bar."""
    on_size: Callable[[int], None] | None = None
    """Called with the size in bytes of what is about to be read, if that is no file at a path."""
    open_file: Callable[[str], BinaryIO] | None = None
    """Opens the file at a location, if that is no path: one of the hub. It can be read anywhere (`seek`)."""
    on_note: Callable[[str], None] | None = None
    """Called with each sentence that the user should know of a source, before its first row."""

    def __post_init__(self) -> None:
        if self.encoding is not None:
            try:
                "a".encode(self.encoding)
            except (LookupError, UnicodeError, ValueError) as error:
                hint = "such as utf-8, cp1252, latin-1, utf-16-le, shift_jis or gb18030"
                raise InputError(f"there is no text encoding {self.encoding!r}", hint=hint) from error
        if self.separator is not None and (len(self.separator) != 1 or self.separator in '"\r\n\0'):
            hint = "one character, such as , or ; or | or a tab"
            raise InputError(f"{self.separator!r} cannot separate columns", hint=hint)


DEFAULT_OPTIONS = ReadOptions()
"""Everything is recognized."""


MAP_KEYS = (
    *("prompt", "answer", "answers", "choices", "context", "system", "messages", "rationale"),
    *("labels", "id", "task", "kind", "split"),
)
"""What a column can be: keys of the task format, `answers` (a list of accepted answers), `choices` (the options of a
question), `context` (a text before the question) and `system` (a system message)."""


class ImportRequest(Frozen):
    """What was asked for when task files are added. The defaults leave everything to the columns."""

    columns: Mapping[str, str] = field(default_factory=dict)
    """Column of each key, by key: `{"prompt": "question"}`. An empty column says that there is none. The keys are
    those of `MAP_KEYS`."""
    kind: str | None = None
    """Answer kind of all rows."""
    task: str | None = None
    """Name of the task of all rows."""
    task_column: str | None = None
    """Column that holds the name of each row's task."""
    template: str | None = None
    """Jinja template that writes the prompt of a row from its columns."""
    labels: tuple[str, ...] = ()
    """The closed set of answers of all rows; numbers of classes are named by their order."""
    index_from: int | None = None
    """The number of the first option or class, 0 or 1, where answers are numbers of options or classes."""
    limit: int | None = None
    """Maximum number of samples of each file."""
    seed: int | None = None
    """Choose the samples of `limit` at random with this seed; None: the first ones."""
    options: ReadOptions = DEFAULT_OPTIONS
    preset: Collection[str] = ()
    """Which of `kind` and `task` a ready source says, not the user."""

    def said_by(self, key: str) -> str:
        """Return who says the kind or the task."""
        return "as the ready source says" if key in self.preset else "as you say"


DEFAULT_REQUEST = ImportRequest()
"""Everything is recognized."""
