"""Turns the bytes of generated tokens into text that can be shown, and stops at stop strings."""

from __future__ import annotations

import codecs
from collections.abc import Sequence


class TextStream:
    """Decodes the bytes of one completion as they arrive and searches them for stop strings.

    Text that may be the beginning of a stop string or of a character is held back until this is certain. Text that
    was returned is never taken back.
    """

    def __init__(self, stop: Sequence[str] = ()) -> None:
        self._stop = tuple(text for text in stop if text)
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._released: list[str] = []
        self._held = ""
        self.stopped = False
        """Whether the text contained a stop string. No text follows it."""

    def push(self, piece: bytes) -> str:
        """Add the bytes of one token; return the text that can now be shown."""
        return "" if self.stopped else self._add(self._decoder.decode(piece))

    def finish(self) -> str:
        """Return the text that was held back; no more bytes will come."""
        if self.stopped:
            return ""
        text = self._add(self._decoder.decode(b"", final=True))
        return text if self.stopped else text + self._release(self._held)

    @property
    def text(self) -> str:
        """All text returned so far."""
        return "".join(self._released)

    def _add(self, text: str) -> str:
        pending = self._held + text
        end = self._stop_start(pending)
        if end is not None:
            self.stopped = True
            return self._release(pending[:end], held="")
        keep = self._stop_prefix_length(pending)
        return self._release(pending[: len(pending) - keep], held=pending[len(pending) - keep :])

    def _release(self, text: str, held: str = "") -> str:
        self._released.append(text)
        self._held = held
        return text

    def _stop_start(self, text: str) -> int | None:
        """Start of the stop string that is complete first, so that token boundaries make no difference."""
        matches = [(start + len(stop), start) for stop in self._stop if (start := text.find(stop)) >= 0]
        return min(matches)[1] if matches else None

    def _stop_prefix_length(self, text: str) -> int:
        """Length of the longest end of `text` that a stop string begins with."""
        longest = max((len(stop) for stop in self._stop), default=1) - 1
        for length in range(min(longest, len(text)), 0, -1):
            if any(stop.startswith(text[-length:]) for stop in self._stop):
                return length
        return 0
