"""Fields with a few values each, changed with the arrow keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Static

from tui.text import one_line


@dataclass(frozen=True, slots=True)
class Field:
    """One field; the empty value means any."""

    name: str
    label: str
    values: tuple[str, ...]
    """Values besides the empty one; they may be untrusted."""


class Choices(Static, can_focus=True):
    """One field per line: up and down select a field, left and right change its value, a letter jumps to a value."""

    DEFAULT_CSS = "Choices { height: auto; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "select(-1)", "Up", show=False),
        Binding("down", "select(1)", "Down", show=False),
        Binding("left", "change(-1)", "Previous", show=False),
        Binding("right", "change(1)", "Next", show=False),
        Binding("backspace", "clear", "Any", show=False),
    ]

    def __init__(self, fields: Sequence[Field], chosen: Mapping[str, str]) -> None:
        super().__init__()
        self._fields, self._selected = fields, 0
        self.chosen = {field.name: chosen.get(field.name, "") for field in fields}
        """The value of each field, by its name."""

    def on_mount(self) -> None:
        """Show the fields."""
        self._draw()

    def action_select(self, by: int) -> None:
        """Select another field."""
        self._selected = (self._selected + by) % len(self._fields)
        self._draw()

    def action_change(self, by: int) -> None:
        """Change the selected field to its previous or next value."""
        field = self._fields[self._selected]
        values = _values(field, self.chosen[field.name])
        self._choose(values[(values.index(self.chosen[field.name]) + by) % len(values)])

    def action_clear(self) -> None:
        """Set all fields to any."""
        self.chosen = dict.fromkeys(self.chosen, "")
        self._draw()

    def on_key(self, event: events.Key) -> None:
        """Jump to the next value that begins with the letter."""
        if event.character is None or not event.character.isalnum():
            return
        event.stop()
        field = self._fields[self._selected]
        values = _values(field, self.chosen[field.name])
        after = values.index(self.chosen[field.name]) + 1
        letter = event.character.casefold()
        self._choose(next((v for v in values[after:] + values[:after] if v.casefold().startswith(letter)), ""))

    def _choose(self, value: str) -> None:
        self.chosen[self._fields[self._selected].name] = value
        self._draw()

    def _draw(self) -> None:
        width = max(len(field.label) for field in self._fields) + 2
        lines = []
        for number, field in enumerate(self._fields):
            is_selected = number == self._selected
            value = one_line(self.chosen[field.name] or "any", 32).plain
            shown = f"‹ {value} ›" if is_selected else f"  {value}"
            mark, style = ("▸", "bold") if is_selected else (" ", "")
            lines.append((f"{mark} {field.label:{width}}{shown}\n", style))
        self.update(Content.assemble(*lines))


def _values(field: Field, value: str) -> list[str]:
    # The current value stays available even if it no longer occurs.
    return [*dict.fromkeys(("", *field.values, value))]
