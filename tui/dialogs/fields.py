"""A dialog with fields: what a command is started with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.widgets import Button, Checkbox, Input, Label, Select, Static

from tui.dialogs.form import Form
from tui.text import plain
from tui.widgets.ticks import Tick

Values = Mapping[str, str]
"""What the fields hold, by their names; "yes" or "" for those that are ticked or not."""


@dataclass(frozen=True, slots=True)
class Field:
    """One line of a form."""

    name: str
    label: str
    value: str = ""
    choices: tuple[str, ...] = ()
    """Where it is one of these."""
    is_tick: bool = False
    """Whether it is yes or no."""


class FieldsDialog(Form[Values]):
    """Asks for values; `check` says what is wrong with them, and `describe` what they come to."""

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
        self._heading, self._text, self._yes = title, text, yes
        self._fields = tuple(fields)
        self._check, self._describe = check, describe
        self.values: dict[str, str] = {field.name: field.value for field in self._fields}

    def compose_fields(self) -> ComposeResult:
        """A line each, then what they come to, and what is wrong."""
        if self._text:
            yield Static(plain(self._text), id="text")
        for field in self._fields:
            if field.is_tick:
                yield Tick(field.label, bool(field.value), id=field.name, compact=True)
                continue
            with Horizontal(classes="field"):
                yield Label(field.label)
                if field.choices:
                    options = [(choice, choice) for choice in field.choices]
                    yield Select(options, value=field.value, allow_blank=False, id=field.name, compact=True)
                else:
                    yield Input(field.value, id=field.name, compact=True)
        yield Static(plain(self._describe(self.values)), id="describe")
        yield Static("", id="problem")

    @property
    def heading(self) -> str:
        """As it was given."""
        return self._heading

    @property
    def yes(self) -> str:
        """As it was given."""
        return self._yes

    def on_mount(self) -> None:
        """Enter takes the fields as they are, from the first as from any other that is typed into."""
        typed = self.query(Input)
        (typed.first() if typed else self.query_one("#yes", Button)).focus()

    def answer(self) -> Values | None:
        """The values, where nothing is wrong with them; else says what."""
        problem = self._check(self.values)
        shown = self.query_one("#problem", Static)
        shown.update(plain(problem))
        shown.set_class(bool(problem), "-shown")
        return None if problem else self.values

    def on_input_changed(self, event: Input.Changed) -> None:
        """Keep what is typed."""
        self._keep(event.input.id, event.value)

    def on_select_changed(self, event: Select.Changed) -> None:
        """Keep what is chosen."""
        self._keep(event.select.id, str(event.value))

    def on_checkbox_changed(self, event: Checkbox.Changed) -> None:
        """Keep what is ticked."""
        self._keep(event.checkbox.id, "yes" if event.value else "")

    def _keep(self, name: str | None, value: str) -> None:
        if name is not None:
            self.values[name] = value
            self.query_one("#describe", Static).update(plain(self._describe(self.values)))
