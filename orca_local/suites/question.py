"""A question of a benchmark, and the row that it was made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from string import ascii_uppercase
from typing import Any

from orca_local.domain.errors import InputError
from orca_local.domain.frozen import Frozen
from orca_local.domain.types import Sample


class Row(Frozen):
    """A row as its publisher wrote it."""

    values: Mapping[str, Any]
    part: str
    """The config or the file that it is in, such as `high`."""
    number: int
    """Its number in the part, from 1."""

    def text(self, column: str) -> str:
        """Return the text of a column. Raises `InputError` if there is none."""
        value = self.values.get(column)
        if not isinstance(value, str):
            raise self.bad(f"has no text in its column {column!r}")
        return value

    def texts(self, column: str) -> tuple[str, ...]:
        """Return the texts of a column with a list. Raises `InputError` if it is no list of texts."""
        value = self.values.get(column)
        if not isinstance(value, (list, tuple)) or not value or not all(isinstance(item, str) for item in value):
            raise self.bad(f"has no list of texts in its column {column!r}")
        return tuple(value)

    def bad(self, problem: str) -> InputError:
        """Return the error for a row that does not have its publisher's columns."""
        columns = ", ".join(map(str, self.values))
        return InputError(
            f"row {self.number} of {self.part or 'the file'} {problem}; its columns: {columns}",
            hint="is it the file that its publisher names? see `orca-local suites show NAME`",
        )


class Question(Frozen):
    """One question of a benchmark."""

    id: str
    """Unique in its suite, such as `ruin_names/17`."""
    group: str
    """The part of the suite that its results are reported for: a task, a subject, a set."""
    kind: str
    """Name of the answer kind."""
    prompt: str
    answers: tuple[str, ...]
    """Accepted answers in the form of the kind; empty if the published reference is none of its options."""
    target: str
    """The reference as published, for rules that compare with it."""
    options: tuple[str, ...] = ()
    """Texts of the options, in the order of their letters."""
    labels: tuple[str, ...] = ()
    """The closed set of answers."""
    cluster: str = ""
    """What questions about one text have in common; empty: the question stands alone."""

    @property
    def letters(self) -> str:
        """The letters of its options."""
        return ascii_uppercase[: len(self.options)]

    def to_sample(self, suite: str) -> Sample:
        """Return the question in the form that engines and kinds take. It is in no split that is trained on."""
        return Sample(self.id, suite, self.kind, self.prompt, self.answers, "holdout", self.labels)


def with_options(text: str, options: Sequence[str]) -> str:
    """Return a prompt that shows lettered options under a text."""
    lines = (f"({letter}) {option}" for letter, option in zip(ascii_uppercase, options, strict=False))
    return "\n".join([f"{text.strip()}\n", *lines])
