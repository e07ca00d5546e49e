"""What an open question asks, as the words around the place of its answer: "Where did the poet die?" """

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from orca_local.kinds.reading.asked import BLANK, question_of, stem
from orca_local.kinds.reading.lexicon import AUXILIARIES, EMPTY_WORDS, phrase_set

BE = phrase_set("is|are|was|were|be|been|being|'s|'re")
VERBS = BE | phrase_set(AUXILIARIES)
ARTICLES = phrase_set("a|an|the")
RELATIVES = phrase_set("who|that|which")
GLUE = VERBS | ARTICLES | RELATIVES | phrase_set("also|located|situated")
"""Words that a statement may have where its question has none."""
DO = phrase_set("do|does|did")
_NUMBERS = phrase_set("two|three|four|five|six")
_PREPOSITIONS = phrase_set("to|in|on|at|of|by|for|from|with|as|about|per")
_NOUN_ENDS = (_PREPOSITIONS - {"of"}) | phrase_set("that|who|which|when|if|after|before|first|more|most")
_MAX_NOUN = 4
"""Most words between "which" and the verb."""

_WORD = re.compile(
    r"(?:it|he|she|that)(?=['’]s\b)|they(?=['’]re\b)|['’](?:s|re)\b|[^\W_]+(?:[-'’.&/][^\W_]+)*", re.IGNORECASE
)
_QUESTION_WORD = re.compile(
    r"\b(?:(?P<noun>(?:how\s+(?:many|much)|what|which|whose)(?:\s+(?:(?:kind|type|sort)s?\s+of|percent(?:age)?))?)"
    rf"|who|whom|(?P<place>where|when))\b|{BLANK}",
    re.IGNORECASE,
)
_CHOICE = re.compile(
    r"[,:]\s*(?P<first>[^,:?]{1,60}?),?\s+or\s+(?P<second>[^,:?]{1,60}?)\s*\?\W*\Z"
    rf"|\A\W*(?:{AUXILIARIES})\b[^?]*?\b(?P<one>[\w-]+)\s+or\s+(?P<other>[\w-]+)",
    re.IGNORECASE,
)
DATE_QUESTION = re.compile(r"\b(?:what|which|the)\s+(?:date|year)\b|\A\W*when\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a sentence."""

    text: str
    """In lower case; "not" for every form of it."""
    key: str
    """Its stem."""
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class OpenQuestion:
    """A question as the stems of its words, without the question word, its noun, and `GLUE`."""

    words: tuple[str, ...]
    gap: int
    """How many of the words stand before the question word."""
    noun: frozenset[str]
    """Words for what the answer is one of: "city" in "which city"."""
    auxiliary: str
    """The verb after the question word: "did" in "where did"; empty if that is a main verb."""
    is_place: bool
    """Whether it asks when or where."""
    has_article: bool
    """Whether an article stands before the place of the answer."""
    is_blank: bool
    """Whether the place of the answer is a blank, so that a statement may begin anywhere before it."""

    @property
    def is_for_subject(self) -> bool:
        """Whether it asks who or what does something: "Who sold wool?" """
        return not (self.auxiliary or self.gap or self.is_place)

    @property
    def is_for_object(self) -> bool:
        """Whether it asks to whom or what something is done: "What did Ida sell?" """
        return self.auxiliary in DO and not self.is_place


def words_of(text: str) -> list[Word]:
    """Return the words of a text, contracted pronouns and verbs apart."""
    words = []
    for match in _WORD.finditer(text):
        word = match[0].casefold().replace("’", "'")
        word = "not" if word.endswith("n't") or word == "cannot" else word
        word = "May" if match[0] == "May" else word  # the month, not the verb
        words.append(Word(word, stem(word), match.start(), match.end()))
    return words


@lru_cache(maxsize=256)
def choices_of(prompt: str) -> tuple[str, ...]:
    """Return the two answers that the last question of a prompt offers: "Is it warmer or cooler?" """
    match = _CHOICE.search(question_of(prompt))
    return tuple(group.strip() for group in match.groups() if group) if match else ()


@lru_cache(maxsize=256)
def open_questions(prompt: str) -> tuple[OpenQuestion, ...]:
    """Return the ways to read the last question of a prompt, the one with the most words first."""
    question = question_of(prompt)
    asking = _QUESTION_WORD.search(question)
    if asking is None:
        return ()
    choice = _CHOICE.search(question, asking.end())
    # "During this period, what percent …": an introduction is no part of the question.
    introduction = max(question.rfind(mark, 0, asking.start()) for mark in ",:") + 1
    before = _without_glue(words_of(question[introduction : asking.start()]))
    after = words_of(question[asking.end() : choice.start() if choice else len(question)])
    if all(word in EMPTY_WORDS | _PREPOSITIONS for word in before):
        before = []
    end = next((at for at, word in enumerate(after[: _MAX_NOUN + 1]) if word.text in VERBS | _NOUN_ENDS), len(after))
    auxiliary = after[end].text if end < len(after) and after[end].text in VERBS else ""
    is_denied = auxiliary in DO and [word.text for word in after[end + 1 : end + 2]] == ["not"]
    lengths = [end] if auxiliary else [0]
    if asking["noun"] and not auxiliary and after:
        # The first word may be the noun or the verb: "which city lost", "what happened".
        lengths.append(1 + (after[0].text in _NUMBERS))
    has_article = question[: asking.start()].casefold().endswith(("a ", "an ", "the "))
    return tuple(
        OpenQuestion(
            words=words,
            gap=len(before),
            noun=frozenset(word.key for word in after[:length]),
            auxiliary="" if is_denied else auxiliary,  # "Who did not sell it?"
            is_place=bool(asking["place"]),
            has_article=has_article,
            is_blank="_" in asking[0],
        )
        for length in lengths
        if (words := (*before, *_without_glue(after[length:])))
    )


def _without_glue(words: Sequence[Word]) -> list[str]:
    return [word.key for word in words if word.text not in GLUE]
