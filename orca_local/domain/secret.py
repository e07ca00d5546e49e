"""Takes an API key out of text that a server sent: a server can repeat the key in anything that it sends."""

from __future__ import annotations

import base64
import re
from functools import cached_property
from typing import Any

MARK = "[key]"
"""What stands in place of the key."""
MIN_SECRET = 16
"""A key of this length is a secret. So is one of `MIN_MIXED` characters that has both letters and digits."""
MIN_MIXED = 8
MIN_HIDDEN = 4
"""A shorter key is a placeholder, as local servers take, and would spoil every message that holds its letters."""
MIN_PIECE = 12
"""A part of a secret of this length is hidden in messages."""
_BETWEEN = r"[^0-9A-Za-z]{0,8}"
"""What may stand between two characters of a key that was split: spaces, quotes, line ends, zero-width characters."""


_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}|\\[Xx][0-9A-Fa-f]{2}|\\[Uu]00|&#")
_NO_LETTERS = bytes(code for code in range(128) if not chr(code).isalnum())


class Secret:
    """An API key, or a placeholder such as `none` or `4`, which is no secret and may well occur in an answer.

    `clean` is for what a model wrote, `hide` for messages about it.
    """

    def __init__(self, key: str) -> None:
        self._key = key
        is_mixed = bool(re.search("[A-Za-z]", key) and re.search("[0-9]", key))
        self.is_secret = len(key) >= (MIN_MIXED if is_mixed else MIN_SECRET)
        """Whether the key is so long that a text holds it only if the server repeated it."""

    def clean(self, text: str) -> str:
        """A text without the key in any form that is recognized; a placeholder stays."""
        return self._forms.sub(MARK, text) if self.is_secret and self._may_be_in(text) else text

    def hide(self, text: str) -> str:
        """A message without the key, without long parts of it, and without a placeholder of `MIN_HIDDEN` characters."""
        if self.is_secret:
            return self._hide_pieces(self.clean(text))
        return text.replace(self._key, MARK) if len(self._key) >= MIN_HIDDEN else text

    def clean_json(self, value: Any) -> Any:
        """A JSON value with `clean` applied to every string and name in it, at any depth."""
        if not self.is_secret:
            return value
        root = [value]
        waiting: list[Any] = [root]
        while waiting:
            parent = waiting.pop()
            if isinstance(parent, dict):
                for name in [name for name in parent if len(name) >= len(self._key)]:
                    parent[self.clean(name)] = parent.pop(name)
            for place, item in [*(parent.items() if isinstance(parent, dict) else enumerate(parent))]:
                if isinstance(item, str):
                    if len(item) >= len(self._key):  # no form is shorter
                        parent[place] = self.clean(item)
                elif isinstance(item, dict | list):
                    waiting.append(item)
        return root[0]

    def _may_be_in(self, text: str) -> bool:
        """Whether `_forms` has a chance to match. It is looked at only then, because it takes 1 ms for 1 kB of text."""
        if len(text) < len(self._key):
            return False
        if ("%" in text or "\\" in text or "&#" in text) and _ESCAPE.search(text):
            return True
        squeezed = _squeezed(text)
        return any(core in squeezed for core in self._cores)

    @cached_property
    def _encoded(self) -> list[str]:
        """The key in hexadecimal digits, and what base64 makes of it at each of three offsets."""
        data = self._key.encode()
        encoded = [data.hex()]
        for offset in range(3):
            # The characters that depend on the key alone, whatever stands before and behind it.
            first, last = -(-8 * offset // 6), 8 * (offset + len(data)) // 6
            encoded.append(base64.b64encode(bytes(offset) + data).decode()[first:last])
        return encoded

    @cached_property
    def _cores(self) -> list[bytes]:
        return [_squeezed(form) for form in (self._key, *self._encoded)]

    @cached_property
    def _forms(self) -> re.Pattern[str]:
        """The key: plain, split, with characters as numbers, in hexadecimal digits, and in base64 at any offset."""
        encoded = (re.escape(form).replace(r"\+", "[+-]").replace("/", "[/_]") for form in self._encoded)
        return re.compile("|".join([_BETWEEN.join(map(_spellings, self._key)), *encoded]), re.IGNORECASE | re.ASCII)

    @cached_property
    def _pieces(self) -> frozenset[str]:
        key = self._key.lower()
        return frozenset(key[i : i + MIN_PIECE] for i in range(len(key) - MIN_PIECE + 1))

    def _hide_pieces(self, text: str) -> str:
        """`text` without any `MIN_PIECE` characters in a row of the key."""
        if len(text) < MIN_PIECE:
            return text
        folded = text.lower()
        if len(folded) != len(text):  # a few letters have no equal in lower case
            folded = text
        pieces = self._pieces
        spans: list[list[int]] = []
        for i in range(len(text) - MIN_PIECE + 1):
            if folded[i : i + MIN_PIECE] not in pieces:
                continue
            if spans and i <= spans[-1][1]:
                spans[-1][1] = i + MIN_PIECE
            else:
                spans.append([i, i + MIN_PIECE])
        for start, end in reversed(spans):
            text = text[:start] + MARK + text[end:]
        return text


def _squeezed(text: str) -> bytes:
    """The letters and digits of a text alone, in lower case."""
    return text.encode("ascii", "ignore").lower().translate(None, _NO_LETTERS)


def _spellings(character: str) -> str:
    """A pattern for a character as it is, in percent-encoding, as an escape of JSON or Python, or as one of HTML."""
    number = ord(character)
    return rf"(?:{re.escape(character)}|(?:%|\\x|\\u00){number:02x}|&#(?:0*{number}|x0*{number:x});)"
