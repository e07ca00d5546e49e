"""Fields with a few values each, all by the arrow keys."""

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
    """One choice; the empty value means any."""

    name: str
    label: str
    values: tuple[str, ...]
    """Besides the empty one; they may be untrusted."""


class Choices(Static, can_focus=True):
    """A line a field: up and down go from one to another, left and right change it, a letter finds a value."""

    DEFAULT_CSS = "Choices { height: auto; }"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("up", "go(-1)", "Up", show=False),
        Binding("down", "go(1)", "Down", show=False),
        Binding("left", "turn(-1)", "Before", show=False),
        Binding("right", "turn(1)", "Next", show=False),
        Binding("backspace", "clear", "Any", show=False),
    ]

    def __init__(self, fields: Sequence[Field], chosen: Mapping[str, str], *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._fields, self._at = fields, 0
        self.chosen = {field.name: chosen.get(field.name, "") for field in fields}
        """The value of each field."""

    def on_mount(self) -> None:
        """Draw them."""
        self._draw()

    def action_go(self, by: int) -> None:
        """To another field."""
        self._at = (self._at + by) % len(self._fields)
        self._draw()

    def action_turn(self, by: int) -> None:
        """To the value before or after."""
        field = self._fields[self._at]
        values = _values(field, self.chosen[field.name])
        self._choose(values[(values.index(self.chosen[field.name]) + by) % len(values)])

    def action_clear(self) -> None:
        """Any value will do, in all fields."""
        self.chosen = dict.fromkeys(self.chosen, "")
        self._draw()

    def on_key(self, event: events.Key) -> None:
        """A letter: the next value that begins with it."""
        if event.character is None or not event.character.isalnum():
            return
        event.stop()
        field = self._fields[self._at]
        values = _values(field, self.chosen[field.name])
        after = values.index(self.chosen[field.name]) + 1
        wanted = event.character.casefold()
        self._choose(next((v for v in values[after:] + values[:after] if v.casefold().startswith(wanted)), ""))

    def _choose(self, value: str) -> None:
        self.chosen[self._fields[self._at].name] = value
        self._draw()

    def _draw(self) -> None:
        width = max(len(field.label) for field in self._fields) + 2
        lines = []
        for number, field in enumerate(self._fields):
            here = number == self._at
            value = one_line(self.chosen[field.name] or "any", 32).plain
            shown = f"‹ {value} ›" if here else f"  {value}"
            lines.append((f"{'▸' if here else ' '} {field.label:{width}}{shown}\n", "bold" if here else ""))
        self.update(Content.assemble(*lines))


def _values(field: Field, value: str) -> list[str]:
    # A value that is chosen and no longer there is offered all the same.
    return [*dict.fromkeys(("", *field.values, value))]
