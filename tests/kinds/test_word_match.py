"""Normalized words."""

from __future__ import annotations

from orca_local.kinds.word_match import normalize


def test_normalize_keeps_a_text_of_articles() -> None:
    assert normalize("The  Cat's, hat!") == "cats hat"
    assert normalize("A") == "a"
