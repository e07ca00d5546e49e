"""Read yes or no in a reply that repeats the question as a statement: "Paris is not the capital of France." """

from __future__ import annotations

import re
from functools import lru_cache

from orca_local.kinds.reading.lexicon import AUXILIARIES, FILLERS
from orca_local.kinds.reading.wrapping import sentences

_QUESTION = re.compile(rf"(?:^|[:,]\s*)(?:{AUXILIARIES})(?:n['’]t)?\s+(?P<rest>[^?？]+)[?？]", re.IGNORECASE)
_NEGATIONS = frozenset({"not", "never", "no"})
_MIN_WORDS = 2
_MAX_CHARACTERS = 400


def restated_value(sentence: str, prompt: str) -> str | None:
    """Return `yes` if a sentence says what the last question of the prompt asks, `no` if it denies it, else None."""
    asked = _asked_words(prompt[-4_000:])
    if not asked or len(sentence) > _MAX_CHARACTERS:
        return None
    said = _words(sentence)
    plain = [word for word in said if word not in _NEGATIONS]
    negations = len(said) - len(plain)
    wanted = list(asked)
    if negations > 1 or plain[: len(wanted)] != wanted:
        return None
    # After the question's own words only a new clause may follow.
    if len(plain) > len(wanted) and not re.search(r"[,;:–—]|\b(?:because|since|but|and|as)\b", sentence):
        return None
    return "no" if negations else "yes"


@lru_cache(maxsize=256)
def _asked_words(prompt: str) -> tuple[str, ...]:
    for sentence in reversed(sentences(prompt)):
        if match := _QUESTION.search(sentence):
            words = tuple(word for word in _words(match["rest"]) if word not in _NEGATIONS)
            return words if len(words) >= _MIN_WORDS else ()
    return ()


def _words(text: str) -> list[str]:
    """Return the stems of the words of a sentence, without auxiliary verbs."""
    text = re.sub(r"n['’]t\b|(?<=\bcan)not\b", " not", text.casefold())
    return [_stem(word) for word in re.findall(r"[^\W_]+", re.sub(r"['’]s\b", "", text)) if word not in FILLERS]


def _stem(word: str) -> str:
    if len(word) > 4 and word.endswith("ied"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith("ed"):
        return word[:-2].rstrip("e")
    if len(word) > 3 and word.endswith("s") and not word.endswith("ss"):
        return word[:-1].rstrip("e")
    return word.rstrip("e") if len(word) > 3 else word
