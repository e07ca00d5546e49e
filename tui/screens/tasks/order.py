"""Which tasks are listed, and in which order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial

from orca_local.store.samples import TaskCount
from orca_local.store.selections import SelectionRow
from tui.widgets.listing import Column

COLUMNS = ("task", "kind", "probe", "train", "holdout", "strategy")
NUMBERS = frozenset({"probe", "train", "holdout"})


@dataclass(frozen=True, slots=True)
class ListedTask:
    """One task with what was chosen for it."""

    count: TaskCount
    strategy: str
    """Empty where none is chosen yet."""
    is_by_hand: bool

    @classmethod
    def of(cls, count: TaskCount, selection: SelectionRow | None) -> ListedTask:
        """A task, with the choice that holds for it."""
        is_by_hand = selection is not None and selection.chosen_by == "hand"
        return cls(count, selection.strategy if selection else "", is_by_hand)

    def value(self, column: str) -> str | int:
        """What it is sorted by."""
        value: str | int = self.strategy if column == "strategy" else getattr(self.count, column)
        return value

    def text(self, column: str) -> str:
        """What the list says of it."""
        value = self.value(column)
        return f"{value:,}" if isinstance(value, int) else value or "–"


def arranged(tasks: Iterable[ListedTask], words: str, column: str) -> list[ListedTask]:
    """Tasks in whose name, kind or strategy every one of `words` stands; numbers from the largest down."""
    wanted = words.casefold().split()
    found = [task for task in tasks if all(word in _searched(task) for word in wanted)]
    found.sort(key=lambda task: task.count.task)
    if column != "task":
        found.sort(key=lambda task: task.value(column), reverse=column in NUMBERS)
    return found


def columns(sorted_by: str, width: int) -> list[Column[ListedTask]]:
    """The columns of a list of this width, with a mark at the one that it is sorted by."""
    widths = {"task": 0, "kind": 15, "probe": 7, "train": 7, "holdout": 8, "strategy": 14 if width < 96 else 24}
    mark = "↓" if sorted_by in NUMBERS else "↑"
    return [
        Column(
            name + (mark if name == sorted_by else ""),
            partial(ListedTask.text, column=name),
            widths[name],
            is_number=name in NUMBERS,
        )
        for name in COLUMNS
    ]


def _searched(task: ListedTask) -> str:
    return f"{task.count.task} {task.count.kind} {task.strategy}".casefold()
