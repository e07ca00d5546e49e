"""The filters of the answer list: a dialog to change them, and their description."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Static

from orca_local.dataset.review import Filters
from orca_local.kinds.verdict import Verdict
from orca_local.store.demonstrations import Review
from tui.dialogs.form import Form
from tui.widgets.choices import Choices, Field

_BOOLEANS = {"": None, "yes": True, "no": False}
KEYS = "← → or a letter: change · Backspace: clear all · Enter: apply · Esc: cancel"


class FilterDialog(Form[Filters]):
    """Returns the new filters; the search stays as it is."""

    BINDINGS: ClassVar[list[BindingType]] = [Binding("enter", "accept", "Apply")]
    TITLE = "Filter answers"
    yes = "Apply"

    def __init__(self, filters: Filters, tasks: Sequence[str], strategies: Sequence[str]) -> None:
        super().__init__()
        self._filters, self._tasks, self._strategies = filters, tasks, strategies

    def compose_fields(self) -> ComposeResult:
        """Yield a field for each filter."""
        fields = [
            Field("review", "review", ("pending", "accepted", "rejected", "edited")),
            Field("verified", "matches the reference", ("yes", "no", "unknown")),
            Field("task", "task", tuple(self._tasks)),
            Field("strategy", "strategy", tuple(self._strategies)),
            Field("verdict", "comparison with the reference", tuple(verdict.value for verdict in Verdict)),
            Field("leaking", "repeats the instruction", ("yes", "no")),
            Field("hinted", "teacher saw the right answer", ("yes", "no")),
        ]
        yield Choices(fields, _values(self._filters))
        yield Static(KEYS, classes="muted")

    def answer(self) -> Filters:
        """Return the chosen filters."""
        chosen = self.query_one(Choices).chosen
        return Filters(
            tasks=(chosen["task"],) if chosen["task"] else (),
            strategy=chosen["strategy"] or None,
            review=cast("Review | None", chosen["review"] or None),
            verified=chosen["verified"] or None,
            verdict=chosen["verdict"] or None,
            hinted=_BOOLEANS[chosen["hinted"]],
            leaking=_BOOLEANS[chosen["leaking"]],
            search=self._filters.search,
        )


def describe(filters: Filters) -> str:
    """Return a line such as `review: pending · search: “whale”`; empty without filters."""
    values = _values(filters) | {"search": f"“{filters.search}”" if filters.search else ""}
    labels = {
        "verified": "matches the reference",
        "leaking": "repeats the instruction",
        "hinted": "teacher saw the right answer",
    }
    return " · ".join(f"{labels.get(name, name)}: {value}" for name, value in values.items() if value)


def with_search(filters: Filters, text: str) -> Filters:
    """Return the same filters with another search."""
    return replace(filters, search=" ".join(text.split()))


def _values(filters: Filters) -> dict[str, str]:
    """Return the filters as values of the dialog's fields."""
    return {
        "review": filters.review or "",
        "verified": filters.verified or "",
        "verdict": filters.verdict or "",
        "task": filters.tasks[0] if filters.tasks else "",
        "strategy": filters.strategy or "",
        "leaking": _yes_or_no(filters.leaking),
        "hinted": _yes_or_no(filters.hinted),
    }


def _yes_or_no(value: bool | None) -> str:
    return "" if value is None else "yes" if value else "no"
