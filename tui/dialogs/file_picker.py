"""Asks for a file: a path to type, with the matching names below it."""

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

from orca_local.domain.figures import size
from tui.text import one_line
from tui.widgets.listing import Column, Listing
from tui.workers import start_job


@dataclass(frozen=True, slots=True)
class Entry:
    """A directory, or a file with one of the suffixes."""

    name: str
    is_directory: bool
    bytes: int = 0


@dataclass(frozen=True, slots=True)
class Matches:
    """The names that complete a path."""

    text: str
    entries: tuple[Entry, ...]
    note: str = ""
    """Why the directory cannot be listed, or what else there is to say."""


def list_entries(text: str, directory: Path, suffixes: Sequence[str]) -> Matches:
    """Return directories and files with one of `suffixes` whose paths begin with `text`, directories first.

    `text` is relative to `directory`. Hidden names are listed only if `text` names them with their dot.
    """
    head, start = os.path.split(text)
    entries = []
    try:
        with os.scandir(path_of(head, directory)) as items:
            for item in items:
                is_hidden = item.name.startswith(".") and not start.startswith(".")
                if is_hidden or not item.name.lower().startswith(start.lower()):
                    continue
                if entry := _entry(item, suffixes):
                    entries.append(entry)
    except (OSError, ValueError) as error:
        return Matches(text, (), getattr(error, "strerror", None) or str(error))
    entries.sort(key=lambda entry: (not entry.is_directory, entry.name.lower()))
    return Matches(text, tuple(entries))


def last_path(text: str, beginnings: Sequence[str] = ()) -> str:
    """Return the part of `text` from the last place where a path begins: a pasted path replaces the one before it.

    `beginnings` are what else a text may begin with, such as `hub:`.
    """
    return text[max(text.rfind(f"/{beginning}") for beginning in ("/", "~", *beginnings)) + 1 :]


def path_of(text: str, directory: Path) -> Path:
    """Return the path that `text` means, relative to `directory`; `~` is expanded."""
    return directory / os.path.expanduser(text)  # noqa: PTH111  # unlike pathlib's, it leaves "~nobody" as it is


def _size_of(entry: Entry) -> str:
    return size(entry.bytes) if entry.bytes >= 1_000_000 else f"{-(-entry.bytes // 1000)} kB" if entry.bytes else ""


def _entry(item: os.DirEntry[str], suffixes: Sequence[str]) -> Entry | None:
    try:
        if item.is_dir():
            return Entry(item.name, is_directory=True)
        if item.name.lower().endswith(tuple(suffixes)) and item.is_file():
            return Entry(item.name, is_directory=False, bytes=item.stat().st_size)
    except OSError:  # deleted meanwhile, or a dangling link
        pass
    return None


class FilePicker(ModalScreen[Path | None]):
    """Returns a file; Escape returns None."""

    DEFAULT_CSS = """
    FilePicker { align: center middle;
      & > Vertical { width: 90%; max-width: 100; height: 80%; border: round $primary; background: $surface;
        padding: 0 1; border-title-style: bold; border-subtitle-color: $text-muted; }
      #status { height: 1; color: $text-muted; }
      Listing { background: $surface; }
    }
    """
    AUTO_FOCUS = "Input"
    beginnings: ClassVar[Sequence[str]] = ()
    """What else than a path may be typed begins with one of these."""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Cancel"),
        Binding("tab", "complete", "Complete"),
        Binding("up", "move(-1)", "Up", show=False),
        Binding("down", "move(1)", "Down", show=False),
        Binding("pageup", "page(-1)", "Page up", show=False),
        Binding("pagedown", "page(1)", "Page down", show=False),
        Binding("ctrl+up", "parent", "Parent directory", show=False),
    ]

    def __init__(self, title: str, directory: Path, suffixes: Sequence[str]) -> None:
        super().__init__()
        self._title, self._suffixes = title, suffixes
        self.directory = directory.absolute()
        self._matches = Matches("", ())

    def compose(self) -> ComposeResult:
        """Yield the path and the matching names."""
        with Vertical() as frame:
            frame.border_title = one_line(self._title, 80)
            frame.border_subtitle = "Tab: complete · Enter: open · ^↑: parent directory · Esc: cancel"
            yield Input(f"{self.directory}{os.sep}", select_on_focus=False)
            yield Static("", id="status", markup=False)
            listing = Listing(
                [
                    Column[Entry]("name", lambda entry: entry.name + (os.sep if entry.is_directory else "")),
                    Column[Entry]("size", _size_of, 9, is_number=True),
                ],
                lambda entry: entry.name,
                id="entries",
            )
            listing.can_focus = False
            yield listing

    def find(self, text: str) -> Matches:
        """Return the names that complete the text."""
        return list_entries(text, self.directory, self._suffixes)

    def exists(self, text: str) -> bool:
        """Whether the text names a file."""
        return path_of(text, self.directory).is_file()

    def chosen(self, text: str) -> Path:
        """Return the path that the text means."""
        return path_of(text, self.directory)

    async def on_input_changed(self, event: Input.Changed) -> None:
        """List the matching names."""
        text = last_path(event.value, self.beginnings)
        if text != event.value:
            self._type(text)
            return
        start_job(self, self._list, holds_keys=True)

    def on_input_submitted(self, event: Input.Submitted | Listing.Chosen) -> None:
        """Choose the typed path or the entry under the cursor."""
        event.stop()
        start_job(self, self._open, holds_keys=True)

    on_listing_chosen = on_input_submitted

    def action_move(self, by: int) -> None:
        """Move the cursor in the list."""
        self._listing.action_move(by)

    def action_page(self, by: int) -> None:
        """Move the cursor in the list by a page."""
        self._listing.action_page(by)

    async def action_complete(self) -> None:
        """Complete the path with the name under the cursor."""
        await self._list()
        entry = self._listing.current
        if entry is not None:
            self._type(self._path(entry))

    def action_parent(self) -> None:
        """Remove the last part of the path."""
        head = os.path.split(self.query_one(Input).value.rstrip(os.sep))[0]
        self._type(head if head.endswith(os.sep) else head + os.sep)

    async def _list(self) -> None:
        text = self.query_one(Input).value
        if text == self._matches.text:
            return
        self._matches = await asyncio.to_thread(self.find, text)
        entries = self._matches.entries
        self._listing.show(entries, to_first=True)
        files = f"files in {' '.join(self._suffixes)}"
        status = f"directories, and {files}" if entries else self._no_match(files)
        self.query_one("#status", Static).update(self._matches.note or status)

    def _no_match(self, files: str) -> str:
        name = os.path.basename(self._matches.text)  # noqa: PTH119  # the part after the last separator
        return f"nothing begins with {name} among directories and {files}" if name else f"no directories and no {files}"

    async def _open(self) -> None:
        typed = self.query_one(Input).value
        if await asyncio.to_thread(self.exists, typed):
            self.dismiss(self.chosen(typed))
            return
        await self._list()
        entry = self._listing.current
        if entry is None:
            self.notify("there is nothing of this name", severity="warning")
        elif entry.is_directory:
            self._type(self._path(entry))
        else:
            self.dismiss(self.chosen(self._path(entry)))

    @property
    def _listing(self) -> Listing[Entry]:
        return self.query_one("#entries", Listing)

    def _path(self, entry: Entry) -> str:
        head = os.path.split(self._matches.text)[0]
        return os.path.join(head, entry.name) + (os.sep if entry.is_directory else "")  # noqa: PTH118  # keeps "~"

    def _type(self, text: str) -> None:
        field = self.query_one(Input)
        field.value = text
        field.cursor_position = len(text)
