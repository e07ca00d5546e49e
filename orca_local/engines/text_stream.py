"""From the bytes of tokens to text that may be shown, ended by stop strings."""

from __future__ import annotations

import codecs
from collections.abc import Sequence


class TextStream:
    """Decodes the bytes of one completion as they come and looks for stop strings.

    Text that may be the beginning of a stop string, or of a character, is held back until that is known:
    what was released is never taken back.
    """

    def __init__(self, stop: Sequence[str] = ()) -> None:
        self._stop = tuple(text for text in stop if text)
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
        self._released: list[str] = []
        self._held = ""
        self.stopped = False
        """Whether a stop string was found; nothing follows it."""

    def push(self, piece: bytes) -> str:
        """Take the bytes of one token; returns the text that may now be shown."""
        return "" if self.stopped else self._take(self._decoder.decode(piece))

    def finish(self) -> str:
        """The text still held back; nothing more will come."""
        if self.stopped:
            return ""
        text = self._take(self._decoder.decode(b"", final=True))
        return text if self.stopped else text + self._release(self._held)

    @property
    def text(self) -> str:
        """All that was released."""
        return "".join(self._released)

    def _take(self, text: str) -> str:
        pending = self._held + text
        end = self._first_stop(pending)
        if end is not None:
            self.stopped = True
            return self._release(pending[:end], held="")
        keep = self._possible_stop(pending)
        return self._release(pending[: len(pending) - keep], held=pending[len(pending) - keep :])

    def _release(self, text: str, held: str = "") -> str:
        self._released.append(text)
        self._held = held
        return text

    def _first_stop(self, text: str) -> int | None:
        """Where the stop string begins that is complete first, so that token borders make no difference."""
        found = [(start + len(stop), start) for stop in self._stop if (start := text.find(stop)) >= 0]
        return min(found)[1] if found else None

    def _possible_stop(self, text: str) -> int:
        """Length of the longest end of `text` with which a stop string begins."""
        longest = max((len(stop) for stop in self._stop), default=1) - 1
        for length in range(min(longest, len(text)), 0, -1):
            if any(stop.startswith(text[-length:]) for stop in self._stop):
                return length
        return 0
