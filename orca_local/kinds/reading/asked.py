"""What a prompt asks, and how much of it a sentence repeats: "Who sold wool?" and "Wool was sold by Ida." """

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from orca_local.kinds.reading.lexicon import EMPTY_WORDS, OTHER_FORMS, VERB_FORMS
from orca_local.kinds.reading.wrapping import sentences

_MAX_PROMPT = 4_000
_MAX_WORDS = 60
"""A longer last sentence of a prompt is a text, not a question."""
_HEADING = re.compile(r"\A\W*(?:question|q|task|query|problem)\s*\d*\s*[:：]\s*", re.IGNORECASE)
_INPUT = re.compile(r"[:：]\s*(?=\S)")
_OPTION = re.compile(
    r"\W*(?:[A-Ja-j]|\d{1,2})[).:]\s|\W*\([A-Ja-j1-9]\)\s?\S|\W*(?:options|choices|answer)\b", re.IGNORECASE
)
CLAUSE_END = re.compile(
    r"[,;:]\s|\s[–—-]\s|\b(?:and\b(?!\s\W?\d)|(?:but|while|whereas|so|because|since|which)\b)", re.IGNORECASE
)
BLANK = r"(?<!\w)_+(?!\w)"
"""The place of the answer in "The _ is new."."""
_BLANK = re.compile(BLANK)
_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")


@lru_cache(maxsize=256)
def question_of(prompt: str) -> str:
    """Return the last question of a prompt; without one, its last sentence that is no option and no input."""
    parts = [part for part in sentences(prompt[-_MAX_PROMPT:]) if not _OPTION.match(part)]
    asking = [
        at for at, part in enumerate(parts) if part.rstrip("\"'”’*_` )").endswith(("?", "？")) or _BLANK.search(part)
    ]
    headed = [at for at, part in enumerate(parts) if _HEADING.match(part)]
    at = (asking or headed or [len(parts) - 1])[-1]
    chosen = _HEADING.sub("", " ".join(parts[at : at + 1]))
    if not asking:
        chosen = _INPUT.split(chosen, maxsplit=1)[0]
    return chosen if len(chosen.split()) <= _MAX_WORDS else ""


@lru_cache(maxsize=256)
def input_of(prompt: str) -> str:
    """Return what a task without a question is about: "planet" in "Reverse the word: planet"."""
    question = question_of(prompt)
    rest = prompt[prompt.rfind(question) + len(question) :] if question else ""
    return rest.strip(" :\n\"'“”.") if rest.lstrip().startswith(":") else ""


@lru_cache(maxsize=256)
def question_stems(prompt: str) -> frozenset[str]:
    """Return the stems of the words that the last question of a prompt is about."""
    return frozenset(stems(question_of(prompt))) - EMPTY_STEMS


def coverage(text: str, wanted: frozenset[str]) -> float:
    """Return the share of these stems that a text has; 0 without any."""
    return len(wanted.intersection(stems(text))) / len(wanted) if wanted else 0.0


def clauses(sentence: str) -> list[str]:
    """Return the clauses of a sentence, divided at commas and conjunctions."""
    return [clause for clause in CLAUSE_END.split(sentence) if clause.strip()]


def stems(text: str) -> Sequence[str]:
    """Return the stems of the words of a text."""
    return [stem(word) for word in _WORD.findall(re.sub(r"['’]s\b", "", text.casefold()))]


def stem(word: str) -> str:
    """Return a word without its ending, so that the forms of a verb or a noun become equal."""
    word = VERB_FORMS.get(word) or OTHER_FORMS.get(word) or word
    if len(word) > 5 and word.endswith("ing"):
        word = word[:-3]
        return (word[:-1] if word[-1:] == word[-2:-1] and word[-1] not in "lszd" else word).rstrip("e")
    if len(word) > 6 and word.endswith("able"):
        return word[:-4]
    if len(word) > 4 and word.endswith("ied"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith("ed"):
        word = word[:-2]
        return (word[:-1] if word[-1:] == word[-2:-1] and word[-1] not in "lszd" else word).rstrip("e")
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "is")):
        word = word[:-1]
    return word.rstrip("e") if len(word) > 3 else word


EMPTY_STEMS = frozenset(map(stem, EMPTY_WORDS)) | EMPTY_WORDS
"""Stems of words that do not tell what a question is about."""
