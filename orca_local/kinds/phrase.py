"""Read short answers in words."""

from __future__ import annotations

import re

from orca_local.kinds.word_match import normalize

_EDGES = "\"'“”‘’.,;:!?()[] "
_MAX_WORDS = 8
"""A longer phrase is a sentence about the answer, not the answer."""


def stated_phrase(statement: str) -> str | None:
    """Return the words of a statement, without a reason that follows and without a sentence around them."""
    sentence_end = r"(?<=[\w)\"”'][\w)\"”']{2})[.!?]\s+(?=[A-Z])|\s+\(|,?\s+(?:because|since)\b"
    phrase = re.split(sentence_end, statement, maxsplit=1)[0].strip(_EDGES)
    tail = re.search(r"\b(?:is|are|was|were)\s+(?:that\s+)?(.+)$", phrase)
    if tail and len(phrase.split()) > 3 and len(tail[1].split()) <= _MAX_WORDS:
        phrase = tail[1].strip(_EDGES)
    return phrase if normalize(phrase) else None


def lone_phrase(text: str, max_words: int = _MAX_WORDS) -> str | None:
    """Return the answer in a text that is one short line; None for any other text."""
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) == 1 and len(lines[0].split()) <= max_words:
        return stated_phrase(lines[0])
    return None
