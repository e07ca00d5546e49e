"""Standard streams whose encoding lacks some characters, such as Latin-1."""

from __future__ import annotations

import codecs
import io
import sys

_HANDLER = "orca_local_ascii"
_ASCII = {
    **dict.fromkeys("─━–—‐", "-"),
    **dict.fromkeys("“”„", '"'),
    **dict.fromkeys("‘’‚", "'"),
    "│": "|",
    "→": "->",
    "›": ">",
    "…": "...",
    "·": "*",
    "×": "x",
    "±": "+-",
    "⟦": "[[",
    "⟧": "]]",
    "≤": "<=",
    "≥": ">=",
}
"""What stands for a character of our own texts."""


def use_substitutes() -> None:
    """Write ASCII instead of characters that standard output or standard error cannot encode."""
    codecs.register_error(_HANDLER, _substitute)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors=_HANDLER)


def _substitute(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    characters = error.object[error.start : error.end]
    escapes = (_ASCII.get(c) or c.encode("ascii", "backslashreplace").decode() for c in characters)
    return "".join(escapes), error.end
