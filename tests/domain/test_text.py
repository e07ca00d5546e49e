"""Untrusted text on a terminal."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orca_local.domain.text import counted, printable

CASES = [
    ("plain\ttext\n", "plain\ttext\n"),
    ("grüße 日本語 🎉 👩‍🚀", "grüße 日本語 🎉 👩‍🚀"),
    ("\x1b[31mred\x1b[0m", "red"),
    ("\x1b[38;2;1;2;3mred", "red"),
    ("\x9b31mred", "red"),
    ("\x1b]0;title\x07after", "after"),
    ("\x1b]8;;http://evil\x1b\\link\x1b]8;;\x1b\\", "link"),
    ("\x1b]52;c;ZXZpbA==\x07", ""),
    ("\x9d0;title\x9cafter", "after"),
    ("\x1bP1$tpayload\x1b\\after", "after"),
    ("\x1b_apc\x1b\\after", "after"),
    ("\x1b]0;no end\nnext line", "\nnext line"),
    ("\x1bcreset", "reset"),
    ("\x1b(0line", "line"),
    ("bell\x07 back\x08space null\x00", "bell backspace null"),
    ("a\r\nb\rc\u2028d\x0be", "a\nb\nc\nd\ne"),
    ("user\u202egnp.exe", "usergnp.exe"),
    ("\u2066isolate\u2069 \u061cmark", "isolate mark"),
    ("lone \ud800 surrogate", "lone  surrogate"),
    ("\x1b", ""),
    ("\x1b[", ""),
    ("", ""),
]


@pytest.mark.parametrize(("text", "expected"), CASES)
def test_controls_are_removed(text: str, expected: str) -> None:
    assert printable(text) == expected


@given(st.text())
def test_result_is_safe_and_stable(text: str) -> None:
    safe = printable(text)
    assert printable(safe) == safe
    assert all(c in "\n\t" or unicodedata.category(c) not in ("Cc", "Cs") for c in safe)
    assert not any(
        unicodedata.bidirectional(c) in ("LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI") for c in safe
    )


@given(st.text(alphabet="\x1b[];?0123mKPX^_\\\x07\x9b\x9d\x90ab\n", max_size=40))
def test_no_sequence_survives_being_broken(text: str) -> None:
    assert not set(printable(text)) & set("\x1b\x07\x90\x9b\x9c\x9d")


def test_a_count_of_one_has_no_s() -> None:
    assert [counted(count, "file") for count in (0, 1, 2, 1200)] == ["0 files", "1 file", "2 files", "1,200 files"]
