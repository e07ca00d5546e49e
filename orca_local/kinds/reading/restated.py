"""Read a reply that says in a statement what the prompt asks: "Paris is not the capital of France." """

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from orca_local.kinds.reading.lexicon import AUXILIARIES, FILLERS
from orca_local.kinds.reading.wrapping import sentences

_QUESTION = re.compile(rf"(?:^|[:,]\s*)(?:{AUXILIARIES})(?:n['’]t)?\s+(?P<rest>[^?？]+)[?？]", re.IGNORECASE)
_STATEMENT = re.compile(
    r"(?:true\s+or\s+false|(?:statement|claim)(?:\s+is\s+(?:true|false|correct))?)\s?[:?]\s?[\"“'*]*"
    r"(?P<rest>[^\n\"”]+)",
    re.IGNORECASE,
)
_OPEN_QUESTION = re.compile(
    rf"\b(?:which|what|who)\b(?P<subject>[^?？.\n]{{0,80}}?)\b(?:{AUXILIARIES})\b(?P<rest>[^?？.\n]{{1,200}})[?？]",
    re.IGNORECASE,
)
_JUDGED = re.compile(
    r"(?:so,?\s+|therefore,?\s+)?(?:it|this)(?:\s+is|['’]s)(?P<not>n['’]t|\s+not)?\s+(?:\w+ly\s+|indeed\s+)?"
    r"(?P<value>true|false|correct|incorrect|untrue|the\s+case)\s+that\s+(?P<rest>.+)",
    re.IGNORECASE | re.DOTALL,
)
_CLAUSE_END = re.compile(r"[,;:–—(]|\b(?:because|since|but|and|as)\b")
_NEGATIONS = frozenset({"not", "never", "no"})
_FALSE = frozenset({"false", "incorrect", "untrue"})
_EXCEPTIONS = frozenset({"except", "least", "false", "incorrect"})
_ARTICLES = frozenset({"a", "an", "the"})
_NOUNS = frozenset({"number", "word", "statement", "sentenc", "phras", "claim", "thing"})
_PRONOUNS = frozenset({"it", "they", "he", "she", "we", "you", "i", "this", "that", "these", "those"})
_CONJUNCTIONS = frozenset({"that", "who", "if", "whether", "because", "and", "or"})
_MIN_WORDS = 2
_MAX_SUBJECT = 5
"""Most words of the question that a pronoun stands for."""
_MAX_CHARACTERS = 400


@dataclass(frozen=True, slots=True)
class _Asked:
    words: tuple[str, ...] = ()
    """Words of the question or statement, without negations."""
    is_statement: bool = False
    is_negated: bool = False
    """Whether it is a statement with a negation."""


def restated_value(sentence: str, prompt: str) -> str | None:
    """Return `yes` if a sentence says what the last question or statement of the prompt says, `no` if it denies it."""
    asked = _asked(prompt[-4_000:])
    if not asked.words or len(sentence) > _MAX_CHARACTERS:
        return None
    if (judged := _JUDGED.match(sentence)) is not None:
        words = _words(judged["rest"].rstrip(".!"))
        is_denied = bool(judged["not"]) != (judged["value"].casefold() in _FALSE)
        return _value([*words, "not"] if is_denied else words, asked) if _is_part(_plain(words), asked.words) else None
    # Only a new clause may follow the words of the question.
    for part in (sentence, _CLAUSE_END.split(sentence, maxsplit=1)[0], re.split(r"\bbut\b", sentence)[-1]):
        words = _words(part)
        if len(words) - len(_plain(words)) <= 1 and _says(_plain(words), asked.words):
            value = _value(words, asked)
            # With more words it may only quote the statement.
            return None if asked.is_statement and value == "yes" and part is not sentence else value
    return None


def answers_question(predicate: str, prompt: str) -> bool:
    """Whether what a sentence says of a subject is what the last question of the prompt asks with "which" or "what"."""
    said = [word for word in _words(_CLAUSE_END.split(predicate, maxsplit=1)[0]) if word not in _ARTICLES]
    return len(said) >= _MIN_WORDS and tuple(said) == _asked_predicate(prompt[-4_000:])


@lru_cache(maxsize=256)
def _asked_predicate(prompt: str) -> tuple[str, ...]:
    """Return what the last question with "which" or "what" asks, after its verb; empty if it asks for an exception."""
    questions = list(_OPEN_QUESTION.finditer(prompt))
    words = [word for word in _words(questions[-1]["rest"]) if word not in _ARTICLES] if questions else []
    return tuple(words) if (_NEGATIONS | _EXCEPTIONS).isdisjoint(words) else ()


@lru_cache(maxsize=256)
def _asked(prompt: str) -> _Asked:
    """Return the last question or statement of a prompt."""
    for sentence in reversed(sentences(prompt)):
        statement = _STATEMENT.search(sentence)
        match = statement or _QUESTION.search(sentence)
        if match is not None:
            words = _words(match["rest"])
            plain = _plain(words)
            is_negated = statement is not None and (len(words) - len(plain)) % 2 == 1
            return _Asked(tuple(plain), statement is not None, is_negated) if len(plain) >= _MIN_WORDS else _Asked()
    return _Asked()


def _says(said: Sequence[str], asked: Sequence[str]) -> bool:
    """Whether a sentence has the words of the question, or a pronoun instead of its subject: "They can fly." """
    said, asked = _without_noun(said), _without_noun(asked)
    if said == asked or len(said) < _MIN_WORDS or said[0] not in _PRONOUNS | _NOUNS:
        return said == asked
    rest = said[1:]
    subject = asked[: len(asked) - len(rest)]
    is_subject = 0 < len(subject) <= _MAX_SUBJECT and _CONJUNCTIONS.isdisjoint(subject)
    return is_subject and asked[len(subject) :] == rest


def _without_noun(words: Sequence[str]) -> list[str]:
    """Return the words without articles and without a last word that says little, as in "a prime number"."""
    words = [word for word in words if word not in _ARTICLES]
    return words[:-1] if len(words) > _MIN_WORDS and words[-1] in _NOUNS else words


def _is_part(said: Sequence[str], asked: Sequence[str]) -> bool:
    """Whether a sentence has at least half of the words of the question, in their order, and no others."""
    said, asked = ([word for word in words if word not in _ARTICLES] for words in (said, asked))
    rest = iter(asked)
    return len(said) >= max(_MIN_WORDS, len(asked) / 2) and all(word in rest for word in said)


def _value(words: Sequence[str], asked: _Asked) -> str:
    negations = len(words) - len(_plain(words)) + asked.is_negated
    return "no" if negations % 2 else "yes"


def _plain(words: Sequence[str]) -> list[str]:
    return [word for word in words if word not in _NEGATIONS]


def _words(text: str) -> list[str]:
    """Return the stems of the words of a sentence, without auxiliary verbs."""
    text = re.sub(r"n['’]t\b|(?<=\bcan)not\b", " not", text.casefold())
    return [_stem(word) for word in re.findall(r"[^\W_]+", re.sub(r"['’]s\b", "", text)) if word not in FILLERS]


def _stem(word: str) -> str:
    if len(word) > 4 and word.endswith("ied"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith("ed"):
        return word[:-2].rstrip("e")
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "is")):
        return word[:-1].rstrip("e")
    return word.rstrip("e") if len(word) > 3 else word
