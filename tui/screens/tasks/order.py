"""Which tasks are listed, and in which order."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from orca_local.store.samples import TaskCount
from orca_local.store.selections import SelectionRow
from tui.text import one_line
from tui.widgets.long_table import Column

COLUMNS = ("task", "kind", "probe", "train", "holdout", "strategy")
NUMBERS = frozenset({"probe", "train", "holdout"})
NAME_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class ListedTask:
    """One task with what was chosen for it."""

    count: TaskCount
    strategy: str
    """Empty where none is chosen yet."""
    is_by_hand: bool
    cells: tuple[str, ...]
    """What the table shows; made once, for sorting and filtering go over all tasks."""

    @classmethod
    def of(cls, count: TaskCount, selection: SelectionRow | None) -> ListedTask:
        """A task, with the choice that holds for it."""
        strategy = selection.strategy if selection else ""
        is_by_hand = selection is not None and selection.chosen_by == "hand"
        shown = one_line(strategy, NAME_CHARACTERS).plain
        name = one_line(count.task, NAME_CHARACTERS).plain
        cells = (name, count.kind, f"{count.probe:,}", f"{count.train:,}", f"{count.holdout:,}", shown or "–")
        return cls(count, strategy, is_by_hand, cells)

    def value(self, column: str) -> str | int:
        """What it is sorted by."""
        value: str | int = self.strategy if column == "strategy" else getattr(self.count, column)
        return value


def arranged(tasks: Iterable[ListedTask], words: str, column: str) -> list[ListedTask]:
    """Tasks in whose name, kind or strategy every one of `words` stands; numbers from the largest down."""
    wanted = words.casefold().split()
    found = [task for task in tasks if all(word in _searched(task) for word in wanted)]
    found.sort(key=lambda task: task.count.task)
    if column != "task":
        found.sort(key=lambda task: task.value(column), reverse=column in NUMBERS)
    return found


def columns(sorted_by: str, width: int) -> list[Column]:
    """The columns of a table of this width, with a mark at the one that it is sorted by."""
    widths = {"task": 0, "kind": 15, "probe": 7, "train": 7, "holdout": 8, "strategy": 14 if width < 96 else 24}
    mark = "↓" if sorted_by in NUMBERS else "↑"
    return [
        Column(name + (mark if name == sorted_by else ""), widths[name], is_number=name in NUMBERS) for name in COLUMNS
    ]


def _searched(task: ListedTask) -> str:
    return f"{task.count.task} {task.count.kind} {task.strategy}".casefold()
