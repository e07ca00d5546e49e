"""Prompt erasure: find answers that reveal the instruction which training removes from their prompt."""

from __future__ import annotations

import re
from functools import cache

from orca_local.domain.strategies import Strategy
from orca_local.domain.text import normalize_words

_ABOUT_INSTRUCTIONS = re.compile(
    r"\bas (you )?(instructed|requested|told|asked)\b"
    r"|\b(following|according to|per|based on) (the|your|these|my) (instruction|guideline|direction)s?\b"
    r"|\b(the|your|these|my) instructions? (say|said|tell|told|ask|asked|require|state|are|is|was|were)s?\b"
    r"|\bi (was|am|have been) (told|asked|instructed) to\b"
    r"|\byou (told|asked|instructed) me to\b"
    r"|\b(system|user) (message|prompt)\b"
    r"|\bthe (given|provided|reference) answer\b",
    re.IGNORECASE,
)
MIN_SENTENCE_WORDS = 4
"""Shorter sentences of an instruction occur in answers by chance."""


def leaks(text: str, strategy: Strategy, shown: str = "") -> bool:
    """Whether an answer names the strategy, repeats a sentence of its instruction, or mentions instructions.

    A mention that is also in `shown`, the text of the sample, does not count.
    """
    if "_" in strategy.name and re.search(rf"\b{re.escape(strategy.name)}\b", text):
        return True
    plain = normalize_words(text)
    if any(sentence in plain for sentence in _sentences(strategy.student) + _sentences(strategy.teacher)):
        return True
    question = shown.casefold()
    return any(match[0].casefold() not in question for match in _ABOUT_INSTRUCTIONS.finditer(text))


@cache
def _sentences(instruction: str) -> tuple[str, ...]:
    """The sentences of an instruction that are long enough to be looked for, in normalized words."""
    sentences = re.split(r"(?<=[.!?])\s+", instruction)
    return tuple(normalize_words(s) for s in sentences if len(s.split()) >= MIN_SENTENCE_WORDS)
