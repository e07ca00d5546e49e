"""What an answer must not give away: the instruction that is erased from its prompt."""

from __future__ import annotations

import re

from orca_local.domain.strategies import Strategy
from orca_local.domain.text import plain_words

_TALK = re.compile(
    r"\bas (you )?(instructed|requested|told|asked)\b"
    r"|\b(following|according to|per|based on) (the|your|these|my) (instruction|guideline|direction)s?\b"
    r"|\b(the|your|these|my) instructions? (say|said|tell|told|ask|asked|require|state|are|is|was|were)s?\b"
    r"|\bi (was|am|have been) (told|asked|instructed) to\b"
    r"|\byou (told|asked|instructed) me to\b"
    r"|\b(system|user) (message|prompt)\b"
    r"|\bthe (given|provided|reference) answer\b",
    re.IGNORECASE,
)
LEAST_WORDS = 4
"""Of a sentence of the instruction: shorter ones are said by chance."""


def leaks(text: str, strategy: Strategy, prompt: str = "") -> bool:
    """Whether an answer names the strategy, repeats a sentence of its instruction, or talks of instructions.

    Talk that the prompt itself has is the question's own.
    """
    if "_" in strategy.name and re.search(rf"\b{re.escape(strategy.name)}\b", text):
        return True
    plain = plain_words(text)
    told = {strategy.student, strategy.teacher}
    sentences = [s for said in told for s in re.split(r"(?<=[.!?])\s+", said) if len(s.split()) >= LEAST_WORDS]
    if any(plain_words(sentence) in plain for sentence in sentences):
        return True
    asked = prompt.casefold()
    return any(match[0].casefold() not in asked for match in _TALK.finditer(text))
