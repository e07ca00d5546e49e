"""A form made from a list of fields."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Checkbox, Input, Label, Select, Static

from tui.dialogs.form import Form
from tui.text import plain
from tui.widgets.ticks import Tick

Values = Mapping[str, str]
"""Values of the fields by name; check boxes have the value "yes" or ""."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field, on one line."""

    name: str
    label: str
    value: str = ""
    choices: tuple[str, ...] = ()
    """The choices of a selection; empty for a text field."""
    is_check_box: bool = False
    type: Literal["text", "integer", "number"] = "text"
    """What can be typed into a text field."""
    placeholder: str = ""


class FieldsDialog(Form[Values]):
    """Returns the values. `check` returns what is wrong with them, `describe` explains them."""

    DEFAULT_CSS = """
    FieldsDialog {
      #text { margin-bottom: 1; }
      .field { height: 1; }
      .field > Label { width: 18; }
      .field > Input, .field > Select { width: 1fr; }
      #describe { height: auto; color: $text-muted; margin-top: 1; }
      #problem { height: auto; color: $text-error; display: none; }
      #problem.-shown { display: block; }
    }
    """

    AUTO_FOCUS = "Input, #yes"  # Enter accepts the form as it is

    def __init__(
        self,
        title: str,
        text: str,
        fields: Iterable[Field],
        *,
        yes: str,
        check: Callable[[Values], str] = lambda values: "",
        describe: Callable[[Values], str] = lambda values: "",
    ) -> None:
        super().__init__()
        self.title, self._text, self.yes = title, text, yes
        self._fields = tuple(fields)
        self._check, self._describe = check, describe
        self.values: dict[str, str] = {field.name: field.value for field in self._fields}

    def compose_fields(self) -> ComposeResult:
        """Yield the fields, their explanation and the problem."""
        if self._text:
            yield Static(plain(self._text), id="text")
        for field in self._fields:
            if field.is_check_box:
                yield Tick(field.label, bool(field.value), id=field.name, compact=True)
                continue
            with Horizontal(classes="field"):
                yield Label(field.label)
                if field.choices:
                    options = [(choice, choice) for choice in field.choices]
                    yield Select(options, value=field.value, allow_blank=False, id=field.name, compact=True)
                else:
                    yield Input(field.value, field.placeholder, type=field.type, id=field.name, compact=True)
        yield Static(plain(self._describe(self.values)), id="describe")
        yield Static("", id="problem")

    def answer(self) -> Values | None:
        """Return the values; if something is wrong with them, show it and return None."""
        problem = self._check(self.values)
        shown = self.query_one("#problem", Static)
        shown.update(plain(problem))
        shown.set_class(bool(problem), "-shown")
        return None if problem else self.values

    def on_input_changed(self, event: Input.Changed) -> None:
        """Keep the text."""
        self._keep(event.input.id, event.value)

    def on_select_changed(self, event: Select.Changed) -> None:
        """Keep the choice."""
        self._keep(event.select.id, str(event.value))

    def on_checkbox_changed(self, event: Checkbox.Changed) -> None:
        """Keep the state of the check box."""
        self._keep(event.checkbox.id, "yes" if event.value else "")

    def _keep(self, name: str | None, value: str) -> None:
        if name is not None:
            self.values[name] = value
            self.query_one("#describe", Static).update(plain(self._describe(self.values)))
