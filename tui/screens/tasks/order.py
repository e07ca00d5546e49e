"""Filters and sorts the list of tasks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

from orca_local.store.samples import TaskCount
from orca_local.store.selections import SelectionRow
from tui.widgets.listing import Column

COLUMNS = ("task", "kind", "probe", "train", "holdout", "strategy")
NUMERIC_COLUMNS = frozenset({"probe", "train", "holdout"})


@dataclass(frozen=True, slots=True)
class ListedTask:
    """A task with its chosen strategy."""

    count: TaskCount
    strategy: str
    """The chosen strategy; empty if there is none yet."""
    is_by_hand: bool
    """Whether the strategy was chosen by hand."""

    @classmethod
    def of(cls, count: TaskCount, selection: SelectionRow | None) -> ListedTask:
        """Return a task with its current selection."""
        is_by_hand = selection is not None and selection.chosen_by == "hand"
        return cls(count, selection.strategy if selection else "", is_by_hand)

    def value(self, column: str) -> str | int:
        """Return the value that the column is sorted by."""
        value: str | int = self.strategy if column == "strategy" else getattr(self.count, column)
        return value

    def text(self, column: str) -> str:
        """Return the text of the column."""
        value = self.value(column)
        return f"{value:,}" if isinstance(value, int) else value or "–"


def filter_and_sort(tasks: Iterable[ListedTask], search: str, column: str) -> list[ListedTask]:
    """Return the tasks whose name, kind or strategy contain every word of `search`, sorted by a column.

    Numbers are sorted in descending order.
    """
    words = search.casefold().split()
    matches = [task for task in tasks if all(word in _searched_text(task) for word in words)]
    matches.sort(key=lambda task: task.count.task)
    if column != "task":
        matches.sort(key=lambda task: task.value(column), reverse=column in NUMERIC_COLUMNS)
    return matches


def columns(sorted_by: str, width: int) -> list[Column[ListedTask]]:
    """Return the columns of a list of this width, with an arrow at the one that it is sorted by."""
    widths = {"task": 0, "kind": 15, "probe": 7, "train": 7, "holdout": 8, "strategy": 14 if width < 96 else 24}
    mark = "↓" if sorted_by in NUMERIC_COLUMNS else "↑"
    return [
        Column(
            name + (mark if name == sorted_by else ""),
            partial(ListedTask.text, column=name),
            widths[name],
            is_number=name in NUMERIC_COLUMNS,
        )
        for name in COLUMNS
    ]


def _searched_text(task: ListedTask) -> str:
    return f"{task.count.task} {task.count.kind} {task.strategy}".casefold()
