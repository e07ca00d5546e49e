"""Make untrusted text safe to store and to show, and texts comparable."""

from __future__ import annotations

import re
import unicodedata
from typing import Any

# Whole escape sequences, so that no `[31m` is left: CSI; OSC, DCS, SOS, PM and APC with their text; two-character
# escapes; 8-bit forms. Their text ends with the line, so that an unfinished sequence cannot hide what follows.
_SEQUENCES = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]"
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c\n\r]*(?:\x07|\x1b\\|\x9c)?"
    r"|\x1b[ -/]*[0-~]"
)
_LINE_ENDS = re.compile("\r\n?|[\x0b\x0c\x85\u2028\u2029]")
# C0 except tab and newline, DEL, C1, bidirectional controls, interlinear marks and lone surrogates.
_CONTROLS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufff9-\ufffb\ud800-\udfff]"
)


def storable(text: str) -> str:
    """Return the text with U+FFFD in place of what no file and no database can hold.

    That is half of a surrogate pair, which JSON can write as `\\ud800` and UTF-8 cannot encode, and the NUL character,
    which ends a text for SQLite. Every text from outside passes through this function where it is received.
    """
    return valid_unicode(text.replace("\0", "\ufffd"))


def valid_unicode(text: str) -> str:
    """Return the text with U+FFFD in place of each half of a surrogate pair."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text


def storable_value(value: Any) -> Any:
    """Return a JSON value with every text in it, keys included, as `storable` gives it.

    Raises `RecursionError` for a value that is nested too deeply.
    """
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {storable(key): storable_value(item) for key, item in value.items()}
    if isinstance(value, list):
        return [storable_value(item) for item in value]
    return value


def printable(text: str) -> str:
    """Return the text without anything that controls a terminal or reorders the display.

    Tabs and newlines stay. Every other line end becomes a newline.
    """
    return _CONTROLS.sub("", _LINE_ENDS.sub("\n", _SEQUENCES.sub("", text)))


_SEEN = re.compile(
    r"[^\s\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800\u3164"
    r"\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U000e0000-\U000e0fff\x00-\x1f\x7f-\x9f]"
)
"""Any character but white space, and those that are drawn as nothing."""


def is_storable(text: str) -> bool:
    """Whether UTF-8 and the database can hold a text: not a NUL character, nor half of a surrogate pair."""
    return storable(text) == text


def is_visible(text: str) -> bool:
    """Whether a text has a character that a person can see."""
    return _SEEN.search(text) is not None


def unseen_ends(text: str) -> str:
    """Return a format character that a text begins or ends with, as `U+200B`; empty if there is none.

    Emoji may end with a variation selector or a tag: those are no fault.
    """
    if text.isascii():
        return ""
    text = text.strip()
    for end in (text[:1], text[-1:]):
        if end and unicodedata.category(end) == "Cf" and ord(end) < 0xE0000:
            return f"U+{ord(end):04X}"
    return ""


def fold(text: str) -> str:
    """Return the text in Unicode NFC, without case, with single spaces: texts that read the same become equal."""
    return " ".join(unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold()).split())


def normalize_words(text: str) -> str:
    """Return the text in lower case, without punctuation, with single spaces."""
    return " ".join(re.sub(r"[^\w\s]", " ", text.casefold()).split())


def counted(count: int, noun: str) -> str:
    """Return the count with its noun, which gets an `s` unless the count is 1: `1 file`, `1,200 samples`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
