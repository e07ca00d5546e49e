"""Asks how the rows of a file become samples, and shows the first ten as they would be."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.timer import Timer
from textual.widgets import Button, Input, Label, Select, Static

from orca_local.domain.errors import InputError
from orca_local.tasks.import_request import ImportRequest
from orca_local.tasks.preview import Preview, preview_tasks
from tui.dialogs.form import Form
from tui.screens.tasks.import_fields import COLUMN_FIELDS, OTHER_FIELDS, ImportField, choices_of, is_guess, make_request
from tui.screens.tasks.import_text import counts_text, preview_text
from tui.screens.tasks.source_picker import is_remote, shown_name
from tui.text import one_line, plain
from tui.widgets.text_view import TextView
from tui.workers import start_job

PAUSE_SECONDS = 0.3
"""Seconds without a change after which the rows are read again."""


class ImportDialog(Form[ImportRequest]):
    """Returns what to ask for. It can be accepted only if the columns leave nothing in doubt."""

    DEFAULT_CSS = """
    ImportDialog {
      & > Vertical { width: 95%; max-width: 120; height: 95%; border: round $primary; background: $surface;
        padding: 0 1; border-title-style: bold; border-subtitle-color: $text-muted; }
      #fields { height: auto; }
      #fields > Vertical { width: 1fr; height: auto; margin-right: 1; }
      .field { height: 1; }
      .field > Label { width: 15; }
      .field > Input, .field > Select { width: 1fr; }
      #preview { border-top: solid $panel; background: $surface; }
      #preview:focus { border-top: solid $primary; }
      #foot { height: auto; }
      #counts { width: 1fr; height: auto; color: $text-muted; }
      &.-doubt #counts { color: $text-error; }
    }
    """
    AUTO_FOCUS = "#yes"  # Enter accepts what was guessed
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("pageup", "scroll_preview('page_up')", "Page up", show=False),
        Binding("pagedown", "scroll_preview('page_down')", "Page down", show=False),
    ]
    yes = "Import"

    def __init__(self, path: Path) -> None:
        super().__init__()
        self._path = path
        self._is_remote = is_remote(path)
        self._preview = Preview(str(path), (), (), None)
        self._timer: Timer | None = None
        self._labels: dict[str, list[tuple[str, str]]] = {}
        """What each selection offers now."""

    def compose(self) -> ComposeResult:
        """Yield the fields in two columns, the rows, and the buttons."""
        with Vertical() as frame:
            frame.border_title = one_line(f"Import {shown_name(self._path)}", 80)
            frame.border_subtitle = "* guessed · Tab: fields · PgUp/PgDn: rows · Esc: cancel"
            with Horizontal(id="fields"):
                for fields in (COLUMN_FIELDS, OTHER_FIELDS):
                    with Vertical():
                        for field in fields:
                            yield from self._compose_field(field)
            yield TextView(id="preview")
            with Horizontal(id="foot"):
                yield Static("reading…", id="counts")
                yield Button("Cancel", id="no", compact=True)
                yield Button(self.yes, id="yes", variant="primary", compact=True)

    def on_mount(self) -> None:
        """Read the first rows; keys wait for those of a file. Those of the hub may take long: Escape cancels."""
        start_job(self, self._read, group="preview", holds_keys=not self._is_remote)

    def action_accept(self) -> None:
        """Close with the request. If a field has just changed, read the rows for it first."""
        if self._timer is None:
            super().action_accept()
        else:
            self._timer.stop()
            start_job(self, self._read_and_accept, group="preview", holds_keys=not self._is_remote)

    def answer(self) -> ImportRequest | None:
        """Return the request; None while the rows are read or in doubt."""
        return None if self._preview.mapping is None or self._timer is not None else make_request(self._values())

    def on_input_changed(self, event: Input.Changed) -> None:
        """Read the rows again."""
        self._read_soon()

    def on_select_changed(self, event: Select.Changed) -> None:
        """Read the rows again."""
        self._read_soon()

    def action_scroll_preview(self, where: str) -> None:
        """Scroll the rows, whatever is focused."""
        getattr(self.query_one(TextView), f"action_{where}")()

    def _compose_field(self, field: ImportField) -> ComposeResult:
        with Horizontal(classes="field"):
            yield Label(field.label)
            if field.is_column or field.choices:
                self._labels[field.name] = choices_of(field, self._preview)
                yield Select(self._labels[field.name], allow_blank=False, id=field.name, compact=True)
            else:
                yield Input(placeholder=field.hint, id=field.name, compact=True)

    def _values(self) -> dict[str, str]:
        texts = {str(field.id): field.value for field in self.query(Input)}
        return texts | {str(field.id): str(field.value) for field in self.query(Select)}

    def _read_soon(self) -> None:
        if self._timer is not None:
            self._timer.stop()
        self._timer = self.set_timer(PAUSE_SECONDS, lambda: start_job(self, self._read, group="preview"))

    async def _read_and_accept(self) -> None:
        await self._read()
        super().action_accept()

    async def _read(self) -> None:
        """Read the first rows as the fields ask for, and show what they become."""
        timer = self._timer
        try:
            request = make_request(self._values())
            preview = await asyncio.to_thread(preview_tasks, str(self._path), request)
        except InputError as error:
            preview = Preview(str(self._path), self._preview.names, (), None, error)
        if timer is not self._timer:  # a field has changed meanwhile
            return
        self._timer = None
        self._preview = preview
        self.query_one(TextView).show(preview_text(preview))
        self.query_one("#counts", Static).update(plain(counts_text(preview)))
        self.set_class(preview.error is not None, "-doubt")
        self.query_one("#yes", Button).disabled = preview.mapping is None
        if preview.names:
            self._update_choices()

    def _update_choices(self) -> None:
        """Offer the columns of the file, and show the guesses."""
        for field in (*COLUMN_FIELDS, *OTHER_FIELDS):
            if field.name not in self._labels:
                continue
            choices = choices_of(field, self._preview)
            if choices != self._labels[field.name]:
                self._labels[field.name] = choices
                select = self.query_one(f"#{field.name}", Select)
                value = str(select.value)
                with self.prevent(Select.Changed):
                    select.set_options(choices)
                    select.value = choices[0][1] if is_guess(value) else value
