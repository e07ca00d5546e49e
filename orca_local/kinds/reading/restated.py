"""Read a reply that says in a statement what the prompt asks: "Paris is not the capital of France." """

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from orca_local.kinds.reading.asked import stem
from orca_local.kinds.reading.lexicon import AUXILIARIES, FILLERS, phrase_set
from orca_local.kinds.reading.wrapping import sentences

_QUESTION = re.compile(
    rf"(?:^|[:,]\s*)(?P<verb>{AUXILIARIES})(?:n['’]t)?\s+(?P<rest>[^?？]+)(?:[?？]|(?P<end>\Z))", re.IGNORECASE
)
_STATEMENT = re.compile(
    r"(?:true\s+or\s+false|(?:statement|claim)(?:\s+is\s+(?:true|false|correct))?)\s?[:?]\s?[\"“'*]*"
    r"(?P<rest>[^\n\"”]+)",
    re.IGNORECASE,
)
_JUDGED = re.compile(
    r"(?:so,?\s+|therefore,?\s+)?(?:it|this)(?:\s+is|['’]s)(?P<not>n['’]t|\s+not)?\s+(?:an?\s+)?(?:\w+ly\s+|indeed\s+|common\s+|popular\s+)*"
    r"(?P<value>true|false|correct|incorrect|untrue|misconception|myth|the\s+case)\s+that\s+(?P<rest>.+)",
    re.IGNORECASE | re.DOTALL,
)
_CLAUSE_END = re.compile(
    r"[,;:–—(]|\b(?:because|since|but|and|as|so|therefore|thus|hence|which|while|(?:means?|shows?|conclude|know|follows|says?|states?"
    r"|suggests?|implies|clear|see|believe|think)\s+that)\b",
    re.IGNORECASE,
)
_OPEN_CLAUSE = re.compile(
    r"\W*(?:if|whether|although|though|while|even|some|many|most|unless|suppose|assum\w+|when|as|because|since|or|except)\b",
    re.IGNORECASE,
)
"""The start of a clause that does not assert what it says."""
_ELLIPSIS = re.compile(rf"\b(?:{AUXILIARIES})(?:n['’]t|\s+not)?\W*\Z", re.IGNORECASE)
_CONTRAST = re.compile(r",\s*(?:and\s+)?not\s+(?P<rest>[^,;:.()]+)", re.IGNORECASE)
_PASSIVE = re.compile(r"\b(?:been|was|were|being)\b", re.IGNORECASE)
_THERE = re.compile(r"\W*there\b", re.IGNORECASE)
_OPPOSITE = re.compile(r"(?:un|in|im|ir|il|dis|non)-?(?=\w{3})")
_ABLE = re.compile(
    r"\b(?:it|that)(?:\s+(?:is|was|would\s+be)|['’]s)\s+(?:(?P<not>not\s+|im)\s?)?possible\s+"
    r"(?:for\s(?P<who>[^.,;]{1,60}?)\s)?to\b|\b(?:(?P<un>un)?able|allowed|permitted)\s+to\b",
    re.IGNORECASE,
)
"""Phrases that say "can" and "cannot"."""
_IT_IS_TRUE = re.compile(r"\Ait\s+(?:true|correct|right|the\s+case|a\s+fact)\s+that\s+", re.IGNORECASE)
_POSSESSIVE = re.compile(r"\b[\w-]+['’]s\s+(?=\w)")
_NEGATIONS = frozenset({"not", "never", "no"})
_FALSE = frozenset({"false", "incorrect", "untrue", "misconception", "myth"})
_ARTICLES = frozenset({"a", "an", "the"})
_NOUNS = phrase_set("number|word|statement|sentenc|phras|claim|thing|writer|author|reviewer|review|text|passag")
_PRONOUNS = frozenset({"it", "they", "he", "she", "we", "you", "i", "this", "that", "these", "those"})
_BE = frozenset({"is", "are", "was", "were"})
_NO_ADJECTIVES = phrase_set("former|fak|toy|fail|possibl|potential|so|than|and|or|like|almost|near")
_DETERMINERS = frozenset({"thi", "that", "thes", "thos", "both"})
_CONJUNCTIONS = frozenset({"that", "who", "if", "whether", "because", "and", "or"})
_PREPOSITIONS = phrase_set(
    "at|in|on|by|with|for|from|to|dur|after|befor|under|over|near|within|through|into|until|of|per|than|as|due|without|becaus|sinc"
)
"""Prepositions, as stems."""
_LIGHT = phrase_set(
    "locat|situat|in|at|of|any|anyth|someth|ever|also|really|even|now|yet|own|itself|all|ther|long|still|just|much"
)
"""Words between those of the question that do not change what a sentence says, as stems."""
_STAND_INS = phrase_set("ther|it|so|that|one|this|them|her|him|any")
"""Words that stand for the end of the question: "They do not live there." """
_MIN_WORDS = 2
_MAX_ADJECTIVES = 3
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
    verb: str = ""
    """The auxiliary verb that begins the question."""


def restated_value(sentence: str, prompt: str) -> str | None:
    """Return `yes` if a sentence says what the last question or statement of the prompt says, `no` if it denies it."""
    asked = _asked(prompt[-4_000:])
    if not asked.words or len(sentence) > _MAX_CHARACTERS:
        return None
    if (judged := _JUDGED.match(sentence)) is not None:
        words = _words(judged["rest"].rstrip(".!"))
        is_denied = bool(judged["not"]) != (judged["value"].casefold() in _FALSE)
        return _value([*words, "not"] if is_denied else words, asked) if _is_part(_plain(words), asked.words) else None
    if (contrast := _CONTRAST.search(sentence)) is not None and _denies(sentence[: contrast.start()], contrast, asked):
        return "no"
    values = []
    bare = _POSSESSIVE.sub("", sentence)
    if bare != sentence and (value := _clause_value(bare, asked)) is not None:
        return value
    for part in (sentence, *_clauses(sentence)):
        if (value := _clause_value(part, asked)) is not None:
            # With more words it may only quote the statement.
            if part is sentence or not (asked.is_statement and value == "yes"):
                values.append(value)
            if part is sentence:
                break
    return values[-1] if values else None


def _clauses(sentence: str) -> Iterator[str]:
    """Yield the clauses of a sentence that assert something."""
    start, is_open, is_relative = 0, False, False
    for match in (*_CLAUSE_END.finditer(sentence), None):
        clause = sentence[start : match.start() if match else len(sentence)]
        if not is_open and not _OPEN_CLAUSE.match(clause):
            yield f"it {clause}" if is_relative else clause
        if match is not None:
            start, is_open = match.end(), _OPEN_CLAUSE.match(match[0]) is not None
            is_relative = match[0].casefold() == "which"


def _clause_value(clause: str, asked: _Asked) -> str | None:
    """Return what a clause says about the question, if it says its words; words of the opposite count as a negation."""
    if not {"abl", "possibl"} & {*asked.words}:
        clause = _ABLE.sub(
            lambda match: (
                f"{match['who'] or 'it' * ('possible' in match[0])}{' not' * bool(match['not'] or match['un'])} "
            ),
            clause,
        )
    words = [word for written in _words(clause) for word in _without_opposite(written, asked)]
    plain = _plain(words)
    if len(words) == len(plain) and asked.verb in _BE and asked.words[-1] in plain[_MIN_WORDS:]:
        # "Fuji is an active volcano" says that it is a volcano.
        at = plain.index(asked.words[-1], _MIN_WORDS)
        is_adjective = plain[at - 1] not in {*asked.words, *_ARTICLES, *_PREPOSITIONS, *_NO_ADJECTIVES}
        plain = plain[: at - 1] + plain[at:] if is_adjective else plain
    if len(words) - len(plain) > 1 or not (_says(plain, asked.words) or _says_in_part(clause, plain, asked)):
        return None
    return _value(words, asked)


def _without_opposite(word: str, asked: _Asked) -> tuple[str, ...]:
    """Return a word, or "not" and the word of the question that it is the opposite of: "incorrect"."""
    opposite = _OPPOSITE.match(word)
    bare = word[opposite.end() :] if opposite else ""
    return ("not", bare) if bare in (*asked.words, "possibl") and word not in asked.words else (word,)


def _says_in_part(clause: str, said: Sequence[str], asked: _Asked) -> bool:
    """Whether a clause leaves out some of the question: "57 is not.", "There are none here", "It was approved"."""
    said, words = _without_noun(said), _without_noun(asked.words)
    if said and said[-1] == "possibl" and {*said[:-1]} <= _PRONOUNS:
        return asked.verb in ("can", "could") or "possibl" in words
    if _ELLIPSIS.search(clause) and 0 < len(said) <= _MAX_SUBJECT and said == words[: len(said)]:
        return True
    if _THERE.match(clause) and _is_part([word for word in said if word != "ther"], words):
        return True
    is_most = len(said) >= max(_MIN_WORDS, len(words) / 2)
    if is_most and _PASSIVE.search(clause) and asked.verb in ("did", "has", "have", "had", "do", "does"):
        return _is_passive(said, words)
    if words[:1] == ["it"] and "to" in words and {*said} - {"to"} == {*words} - {"it", "to"}:
        return True  # "Raw chicken is not safe to eat."
    if "and" in said and {*said} - {"and"} == {*words} - {"with", "as"} and {"with", "as"} & {*words}:
        return True  # "A and B share a border" for "Does A share a border with B?"
    if asked.verb in _BE and any(said == [*words[i:], *words[:i]] for i in range(1, len(words))):
        return "than" not in said and said[0] not in _PREPOSITIONS  # "The capital of Germany is Berlin."
    is_start = is_most and said[0] == words[0] and _is_part(said, words)
    return is_start and (said[-1] == words[-1] or (said == words[: len(said)] and words[len(said)] in _PREPOSITIONS))


def _is_passive(said: Sequence[str], asked: Sequence[str]) -> bool:
    """Whether a passive clause says what the question asks: "The plan was approved (by the committee)"."""
    at = said.index("by") if "by" in said else len(said)
    agent = said[at + 1 :]
    rest = (
        asked[len(agent) :] if agent == asked[: len(agent)] else asked[1:] if agent == asked[1 : len(agent) + 1] else []
    )
    return set(said[:at]) <= set(asked if at == len(said) else rest)


def _denies(before: str, contrast: re.Match[str], asked: _Asked) -> bool:
    """Whether a sentence has the subject of the question and denies its end: "Whales are mammals, not fish"."""
    said, denied, words = (
        _without_noun(part) for part in (_plain(_words(before)), _words(contrast["rest"]), asked.words)
    )
    is_end = 0 < len(denied) < len(words) and denied == words[-len(denied) :]
    return is_end and bool(said) and (said[0] == words[0] or said[0] in _PRONOUNS) and said[-len(denied) :] != denied


@lru_cache(maxsize=256)
def _asked(prompt: str) -> _Asked:
    """Return the last question or statement of a prompt."""
    for sentence in reversed(sentences(prompt)):
        statement = _STATEMENT.search(sentence)
        match = statement or _QUESTION.search(sentence)
        if match is not None and (statement or not match["end"]):
            words = _words(_IT_IS_TRUE.sub("", match["rest"]))
            plain = _plain(words)
            is_negated = statement is not None and (len(words) - len(plain)) % 2 == 1
            verb = "" if statement else match["verb"].casefold()
            asked = _Asked(tuple(plain), statement is not None, is_negated, verb)
            return asked if len(plain) >= _MIN_WORDS else _Asked()
    return _Asked()


def _says(said: Sequence[str], asked: Sequence[str]) -> bool:
    """Whether a sentence has the words of the question, or a pronoun instead of its subject: "They can fly." """
    said, asked = _without_noun(said), _without_noun(asked)
    for noun, words in ((said, asked), (asked, said)):
        if noun[:1] and noun[0] in _NOUNS and noun[1:2] == words[:1]:
            said, asked = (part[1:] if part is noun else part for part in (said, asked))
    if len(said) < _MIN_WORDS or _follows(said, asked):
        return len(said) >= _MIN_WORDS
    if asked[0] in _PRONOUNS - {"you", "i", "we"} and said[0] != asked[0]:
        return said[-len(asked) + 1 :] == asked[1:]  # "This" in the question may be anything.
    if said[0] in _DETERMINERS and len(said) > _MIN_WORDS and said[1] in asked[:_MAX_ADJECTIVES]:
        said = said[1:]
    is_pronoun = said[0] in _PRONOUNS | _NOUNS
    # "The Romans" stands for "the ancient Romans", "the sum" for "the sum of 17 and 26".
    lengths = range(1, min(_MAX_SUBJECT, len(asked) - 1) + 1) if is_pronoun else _lengths_of_subject(said[0], asked)
    return any(_is_subject(asked[:length]) and _follows_predicate(said[1:], asked[length:]) for length in lengths)


def _lengths_of_subject(noun: str, asked: Sequence[str]) -> Sequence[int]:
    """Return how many words of the question a noun may stand for: with adjectives before it, or a phrase behind it."""
    at = next((at for at, word in enumerate(asked[:_MAX_ADJECTIVES]) if word == noun), len(asked))
    if at + 1 >= len(asked) or not _PREPOSITIONS.isdisjoint(asked[:at]):
        return ()
    has_phrase = asked[at + 1] in _PREPOSITIONS
    return (at + 1, *range(at + 3, min(len(asked), at + 1 + _MAX_SUBJECT))) if has_phrase else (at + 1,)


def _is_subject(words: Sequence[str]) -> bool:
    """Whether words may be the subject of the question: no clause, and "and" only between numbers."""
    joins = (at for at, word in enumerate(words) if word in _CONJUNCTIONS)
    return all(words[at] == "and" and words[at - 1].isdigit() for at in joins)


def _follows(said: Sequence[str], asked: Sequence[str]) -> bool:
    """Whether the words are those of the question in their order, with light words between and a phrase behind them."""
    at = 0
    for word in said:
        if at == len(asked) and word in _PREPOSITIONS:
            return True
        if at < len(asked) and word == asked[at]:
            at += 1
        elif word not in _LIGHT and not word.endswith("ly"):
            return False
    return at == len(asked)


def _follows_predicate(said: Sequence[str], asked: Sequence[str]) -> bool:
    """The same for what is said of a subject, of which a phrase at the end may be missing or have a stand-in."""
    if _follows(said, asked):
        return True
    has_stand_in = said[-1] in _STAND_INS and len(said) > 1
    begun = said[:-1] if has_stand_in else said
    return (
        begun == asked[: len(begun)]
        and len(begun) < len(asked)
        and (has_stand_in or asked[len(begun)] in _PREPOSITIONS)
    )


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
    return [stem(word) for word in re.findall(r"[^\W_]+", re.sub(r"['’]s\b", "", text)) if word not in FILLERS]
