"""Make untrusted text safe to show."""

from __future__ import annotations

import re

# CSI and OSC sequences go as a whole, so that no `[31m` is left behind.
_SEQUENCES = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]|\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)?|\x1b[@-Z\\-_]")
# C0 but tab and newline, DEL, C1, bidi controls, line separators and lone surrogates.
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2028\u2029\u2066-\u2069\ud800-\udfff]")


def printable(text: str) -> str:
    """`text` without anything that could steer a terminal or reorder what is read; tabs and newlines stay."""
    text = text.replace("\r\n", "\n")
    return _CONTROLS.sub("", _SEQUENCES.sub("", text))
