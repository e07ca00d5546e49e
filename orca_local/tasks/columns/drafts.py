"""The first rows of a file on their way to samples, as far as the chosen steps make them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from orca_local.domain.frozen import Frozen
from orca_local.tasks.columns.cell import BadRow, Row, as_text
from orca_local.tasks.columns.steps import Step, Values
from orca_local.tasks.sources.base import Record


class Draft(Frozen):
    """One row, and the keys of its sample so far."""

    line: int
    row: Row
    sample: Values

    @property
    def prompt(self) -> str:
        """The prompt; empty if there is none yet."""
        return as_text(self.sample.get("prompt")) or ""

    @property
    def answer(self) -> Any:
        """The answer; None if there is none."""
        return self.sample.get("answer")


class Drafts:
    """The chosen steps, and the rows that all of them took."""

    def __init__(self, records: Sequence[Record]) -> None:
        self.good = [Draft(record.line, record.values, {}) for record in records]
        self.steps: list[Step] = []

    def add(self, step: Step) -> None:
        """Choose a step, and take it on every row; a row that it refuses is left out from here on."""
        self.steps.append(step)
        self.good = [draft for draft in self.good if _takes(draft, step)]

    def used_columns(self) -> frozenset[str]:
        """Return the names of the columns that the steps read."""
        return frozenset(column.keys[0] for step in self.steps for column in step.columns)


def texts_of(drafts: Sequence[Draft]) -> list[str]:
    """Return the answers that are texts or numbers, as text."""
    return [text.strip() for draft in drafts if (text := as_text(draft.answer)) is not None]


def _takes(draft: Draft, step: Step) -> bool:
    try:
        step.write(draft.row, draft.sample)
    except BadRow:
        return False
    return True
