"""Asks where tasks come from: a file, a dataset of the hub, or a ready source."""

from __future__ import annotations

from pathlib import Path

from orca_local.hub import address
from orca_local.tasks import ready
from orca_local.tasks.sources.table import PACKED_SUFFIXES, SUFFIXES
from tui.dialogs.file_picker import Entry, FilePicker, Matches, list_entries

HUB, READY = address.PREFIX, ready.PREFIX


def is_remote(location: Path) -> bool:
    """Whether a location is no path of this machine."""
    return str(location).startswith((HUB, READY))


def shown_name(location: Path) -> str:
    """Return the address, or the name of the file."""
    return str(location) if is_remote(location) else location.name


class SourcePicker(FilePicker):
    """Returns a path, or the text of an address as a path; Escape returns None."""

    beginnings = (HUB, READY)

    def __init__(self, directory: Path) -> None:
        super().__init__(f"Import tasks: a file, {HUB}OWNER/NAME or {READY}NAME", directory, SUFFIXES)

    def find(self, text: str) -> Matches:
        """Return the ready sources or the files whose names begin with `text`."""
        if text.startswith(READY):
            sources = ready.load_sources().values()
            names = ((f"{READY}{source.name}", source.bytes) for source in sources)
            entries = [Entry(name, is_directory=False, bytes=size) for name, size in names if name.startswith(text)]
            return Matches(text, tuple(entries), f"{len(entries)} ready sources")
        if text.startswith(HUB):
            return Matches(text, (), f"Enter: show its rows · {address.FORM}")
        return list_entries(text, self.directory, (*SUFFIXES, *PACKED_SUFFIXES))

    def exists(self, text: str) -> bool:
        """Whether the text names a file or a ready source; the hub is asked later."""
        if text.startswith(READY):
            return text.removeprefix(READY) in ready.load_sources()
        return text.startswith(HUB) or super().exists(text)

    def chosen(self, text: str) -> Path:
        """Return the path, or the address as it is."""
        return Path(text) if text.startswith(self.beginnings) else super().chosen(text)
