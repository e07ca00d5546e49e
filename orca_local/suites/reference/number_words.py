"""Numbers in English words, as the rules of lm-evaluation-harness for counting read them where there is no digit."""

from __future__ import annotations

import re

from orca_local.kinds.numbers.words import SCALES, TENS, UNITS

_SCALES = {name: SCALES[name] for name in ("hundred", "thousand", "million", "billion", "trillion")}
_WORD = "|".join(sorted((*UNITS, *TENS, *_SCALES), key=len, reverse=True))
_PHRASE = re.compile(rf"\b(?:{_WORD})(?:(?:[\s,-]|\band\b)+(?:{_WORD})\b)*")


def last_number_in_words(text: str, place: int = -1) -> str | None:
    """Return the number that is written in words at a place, in digits; None if there is none."""
    phrases = _PHRASE.findall(text.lower())
    return str(_value(phrases[place])) if phrases else None


def _value(phrase: str) -> int:
    total, current = 0, 0
    for word in re.findall(_WORD, phrase):
        if word in _SCALES:
            scale = _SCALES[word]
            if scale == 100:
                current = max(current, 1) * 100
            else:
                total, current = total + max(current, 1) * scale, 0
        else:
            current += UNITS[word] if word in UNITS else TENS[word]
    return total + current
