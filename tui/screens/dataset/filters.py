"""Which answers are listed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static

from orca_local.dataset.review import Filters
from orca_local.store.demonstrations import Review
from tui.dialogs.form import Form
from tui.widgets.choices import Choices, Field

_TRUTH = {"": None, "yes": True, "no": False}
KEYS = "← → change · a letter finds · Backspace clears · Enter shows · Escape leaves"


class FilterDialog(Form[Filters]):
    """Answers with other filters; the search stays as it is."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "take", "Show")]
    TITLE = "Which answers"
    YES = "Show"

    def __init__(self, filters: Filters, tasks: Sequence[str], strategies: Sequence[str]) -> None:
        super().__init__()
        self._filters, self._tasks, self._strategies = filters, tasks, strategies

    def compose_fields(self) -> ComposeResult:
        """A field a filter."""
        fields = [
            Field("review", "in review", ("pending", "accepted", "rejected", "edited")),
            Field("verified", "agrees with the reference", ("yes", "no", "unknown")),
            Field("task", "task", tuple(self._tasks)),
            Field("strategy", "strategy", tuple(self._strategies)),
            Field("leaking", "repeats its instruction", ("yes", "no")),
            Field("hinted", "reference was shown", ("yes", "no")),
        ]
        yield Choices(fields, _words(self._filters))
        yield Static(KEYS, classes="muted")

    def answer(self) -> Filters:
        """What matches."""
        chosen = self.query_one(Choices).chosen
        return Filters(
            tasks=(chosen["task"],) if chosen["task"] else (),
            strategy=chosen["strategy"] or None,
            review=cast("Review | None", chosen["review"] or None),
            verified=chosen["verified"] or None,
            hinted=_TRUTH[chosen["hinted"]],
            leaking=_TRUTH[chosen["leaking"]],
            search=self._filters.search,
        )


def describe(filters: Filters) -> str:
    """Such as `review: pending · search: “whale”`; empty where nothing is filtered."""
    words = _words(filters) | {"search": f"“{filters.search}”" if filters.search else ""}
    names = {"verified": "right", "leaking": "repeats its instruction", "hinted": "reference shown"}
    return " · ".join(f"{names.get(name, name)}: {word}" for name, word in words.items() if word)


def with_search(filters: Filters, words: str) -> Filters:
    """The same filters with another search."""
    return replace(filters, search=" ".join(words.split()))


def _words(filters: Filters) -> dict[str, str]:
    """The filters as the dialog's values."""
    return {
        "review": filters.review or "",
        "verified": filters.verified or "",
        "task": filters.tasks[0] if filters.tasks else "",
        "strategy": filters.strategy or "",
        "leaking": _word(filters.leaking),
        "hinted": _word(filters.hinted),
    }


def _word(value: bool | None) -> str:
    return "" if value is None else "yes" if value else "no"
