"""Asks for a file: a path that is typed, with what there is to complete it."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from tui.text import one_line, size
from tui.widgets.listing import Column, Listing
from tui.workers import begin


@dataclass(frozen=True, slots=True)
class Entry:
    """A directory, or a file of a kind that is looked for."""

    name: str
    is_directory: bool
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class Entries:
    """What may complete a path that was typed so far."""

    text: str
    entries: tuple[Entry, ...]
    problem: str = ""
    """Why nothing can be listed."""


def list_entries(text: str, directory: Path, suffixes: Sequence[str]) -> Entries:
    """Directories and files with one of `suffixes` whose paths begin with `text`, directories first.

    `text` is relative to `directory`. Names that begin with a dot are listed where a dot was typed.
    """
    head, start = os.path.split(text)
    entries = []
    try:
        with os.scandir(path_of(head, directory)) as found:
            for item in found:
                is_hidden = item.name.startswith(".") and not start.startswith(".")
                if is_hidden or not item.name.lower().startswith(start.lower()):
                    continue
                if entry := _entry(item, suffixes):
                    entries.append(entry)
    except (OSError, ValueError) as error:
        return Entries(text, (), getattr(error, "strerror", None) or str(error))
    entries.sort(key=lambda entry: (not entry.is_directory, entry.name.lower()))
    return Entries(text, tuple(entries))


def begun_anew(text: str) -> str:
    """What was typed, from where a path begins again: one that is pasted behind a directory takes its place."""
    return text[max(text.rfind("//"), text.rfind("/~")) + 1 :]


def path_of(text: str, directory: Path) -> Path:
    """The file that was typed."""
    return directory / os.path.expanduser(text)  # noqa: PTH111  # unlike pathlib's, it leaves "~nobody" as it is


def _entry(item: os.DirEntry[str], suffixes: Sequence[str]) -> Entry | None:
    try:
        if item.is_dir():
            return Entry(item.name, is_directory=True)
        if item.name.lower().endswith(tuple(suffixes)) and item.is_file():
            return Entry(item.name, is_directory=False, bytes=item.stat().st_size)
    except OSError:  # it went meanwhile, or points nowhere
        pass
    return None


class FilePicker(ModalScreen[Path | None]):
    """A path to type, and below it what it may go on with; Escape gives none."""

    DEFAULT_CSS = """
    FilePicker { align: center middle;
      & > Vertical { width: 90%; max-width: 100; height: 80%; border: round $primary; background: $surface;
        padding: 0 1; border-title-style: bold; border-subtitle-color: $text-muted; }
      #nothing { height: 1; color: $text-muted; }
      Listing { background: $surface; }
    }
    """
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Cancel"),
        Binding("tab", "complete", "Complete"),
        Binding("up", "move(-1)", "Up", show=False),
        Binding("down", "move(1)", "Down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("ctrl+up", "parent", "Directory above", show=False),
    ]

    def __init__(self, title: str, directory: Path, suffixes: Sequence[str]) -> None:
        super().__init__()
        self._title, self._suffixes = title, suffixes
        self._directory = directory.absolute()
        self._found = Entries("", ())

    def compose(self) -> ComposeResult:
        """Path above names."""
        with Vertical() as frame:
            frame.border_title = one_line(self._title, 80)
            frame.border_subtitle = "Tab completes · Enter opens · ^↑ directory above · Esc cancels"
            yield Input(f"{self._directory}{os.sep}", select_on_focus=False)
            yield Static("", id="nothing", markup=False)
            listing = Listing(
                [
                    Column[Entry]("name", lambda entry: entry.name + (os.sep if entry.is_directory else "")),
                    Column[Entry](
                        "size", lambda entry: "" if entry.is_directory else size(entry.bytes), 9, is_number=True
                    ),
                ],
                lambda entry: entry.name,
                id="entries",
            )
            listing.can_focus = False
            yield listing

    def on_mount(self) -> None:
        """Type at once."""
        self.query_one(Input).focus()

    async def on_input_changed(self, event: Input.Changed) -> None:
        """List what fits."""
        text = begun_anew(event.value)
        if text != event.value:
            self._type(text)
            return
        begin(self, self._list)

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Take the file, or go into the directory."""
        event.stop()
        begin(self, self._open)

    def on_listing_chosen(self, event: Listing.Chosen) -> None:
        """A double click."""
        event.stop()
        begin(self, self._open)

    def action_move(self, by: int) -> None:
        """To another name."""
        self._listing.action_move(by)

    def action_page(self, by: int) -> None:
        """To a name further on."""
        self._listing.action_page(by)

    async def action_complete(self) -> None:
        """Put the name under the cursor into the path."""
        await self._list()
        entry = self._listing.current
        if entry is not None:
            self._type(self._path(entry))

    def action_parent(self) -> None:
        """Leave out the last part of the path."""
        head = os.path.split(self.query_one(Input).value.rstrip(os.sep))[0]
        self._type(head if head.endswith(os.sep) else head + os.sep)

    async def _list(self) -> None:
        text = self.query_one(Input).value
        if text == self._found.text:
            return
        self._found = await asyncio.to_thread(list_entries, text, self._directory, self._suffixes)
        entries = self._found.entries
        self._listing.show(entries, to_first=True)
        kinds = " or ".join(f"*{suffix}" for suffix in self._suffixes)
        said = self._found.problem or ("" if entries else self._nothing(kinds))
        self.query_one("#nothing", Static).update(said or f"directories, and files that are {kinds}")

    def _nothing(self, kinds: str) -> str:
        begun = os.path.basename(self._found.text)  # noqa: PTH119  # what stands behind the last separator
        return "nothing here begins like this" if begun else f"no directories here, and no files that are {kinds}"

    async def _open(self) -> None:
        typed = path_of(self.query_one(Input).value, self._directory)
        if await asyncio.to_thread(typed.is_file):
            self.dismiss(typed)
            return
        await self._list()
        entry = self._listing.current
        if entry is None:
            self.notify("there is no such file", severity="warning")
        elif entry.is_directory:
            self._type(self._path(entry))
        else:
            self.dismiss(path_of(self._path(entry), self._directory))

    @property
    def _listing(self) -> Listing[Entry]:
        return self.query_one("#entries", Listing)

    def _path(self, entry: Entry) -> str:
        head = os.path.split(self._found.text)[0]
        return os.path.join(head, entry.name) + (os.sep if entry.is_directory else "")  # noqa: PTH118  # keeps "~"

    def _type(self, text: str) -> None:
        field = self.query_one(Input)
        field.value = text
        field.cursor_position = len(text)
