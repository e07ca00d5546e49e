"""Which answers are listed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import ClassVar, cast

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.widgets import Button, Label, Select

from orca_local.dataset.review import Filters
from orca_local.store.demonstrations import Review
from tui.dialogs.form import Form
from tui.text import one_line

_TRUTH = {"": None, "yes": True, "no": False}
_STATES = ("pending", "accepted", "rejected", "edited")


class FilterDialog(Form[Filters]):
    """Answers with other filters; the search stays as it is."""

    DEFAULT_CSS = """
    FilterDialog .field { height: 1; margin-bottom: 1; }
    FilterDialog .field Label { width: 26; }
    FilterDialog .field Select { width: 1fr; }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f", "apply", "Show"),
        Binding("c", "clear", "Clear"),
    ]

    def __init__(self, filters: Filters, tasks: Sequence[str], strategies: Sequence[str]) -> None:
        super().__init__()
        self._filters, self._tasks, self._strategies = filters, tasks, strategies

    def compose(self) -> ComposeResult:
        """A field a filter."""
        now = self._filters
        with VerticalScroll() as frame:
            frame.border_title = "Which answers"
            yield from _field("review", "in review", _STATES, now.review or "")
            yield from _field("verified", "agrees with the reference", ("yes", "no", "unknown"), now.verified or "")
            yield from _field("task", "task", self._tasks, now.tasks[0] if now.tasks else "")
            yield from _field("strategy", "strategy", self._strategies, now.strategy or "")
            yield from _field("leaking", "repeats its instruction", ("yes", "no"), _word(now.leaking))
            yield from _field("hinted", "reference was shown", ("yes", "no"), _word(now.hinted))
            with Horizontal(classes="buttons"):
                yield Button("Clear (c)", id="clear")
                yield Button("Show (f)", id="show", variant="primary")

    def on_mount(self) -> None:
        """The first field is the most wanted."""
        self.query_one("#review").focus()

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """Show or clear."""
        event.stop()
        if event.button.id == "clear":
            self.action_clear()
        else:
            self.action_apply()

    def action_apply(self) -> None:
        """List what matches."""
        task = self._value("task")
        self.dismiss(
            Filters(
                tasks=(task,) if task else (),
                strategy=self._value("strategy") or None,
                review=cast("Review | None", self._value("review") or None),
                verified=self._value("verified") or None,
                hinted=_TRUTH[self._value("hinted")],
                leaking=_TRUTH[self._value("leaking")],
                search=self._filters.search,
            )
        )

    def action_clear(self) -> None:
        """List all, or all that the search finds."""
        self.dismiss(Filters(search=self._filters.search))

    def _value(self, name: str) -> str:
        return str(self.query_one(f"#{name}", Select).value)


def describe(filters: Filters) -> str:
    """Such as `in review: pending · search: “whale”`; empty where nothing is filtered."""
    parts = [
        ("in review", filters.review),
        ("right", filters.verified),
        ("task", filters.tasks[0] if filters.tasks else None),
        ("strategy", filters.strategy),
        ("repeats its instruction", _word(filters.leaking)),
        ("reference shown", _word(filters.hinted)),
        ("search", f"“{filters.search}”" if filters.search else None),
    ]
    return " · ".join(f"{name}: {value}" for name, value in parts if value)


def with_search(filters: Filters, words: str) -> Filters:
    """The same filters with another search."""
    return replace(filters, search=" ".join(words.split()))


def _field(name: str, label: str, values: Sequence[str], value: str) -> ComposeResult:
    # A value that is filtered by and no longer there must be shown all the same.
    known = dict.fromkeys((*values, *([value] if value else [])))
    options = [(one_line("any", 3), ""), *((one_line(word, 40), word) for word in known)]
    with Horizontal(classes="field"):
        yield Label(label)
        yield Select(options, value=value, allow_blank=False, compact=True, id=name)


def _word(value: bool | None) -> str:
    return "" if value is None else "yes" if value else "no"
