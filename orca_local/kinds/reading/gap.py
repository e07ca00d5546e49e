"""Read what a statement has in the place of the question word: "Ida" in "Ida sold wool." after "Who sold wool?" """

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from orca_local.kinds.reading.asked import EMPTY_STEMS, question_of, question_stems
from orca_local.kinds.reading.label_reader import text_label
from orca_local.kinds.reading.lexicon import EMPTY_WORDS, PAST_FORMS, phrase_set
from orca_local.kinds.reading.open_question import (
    ARTICLES,
    BE,
    DATE_QUESTION,
    DO,
    GLUE,
    RELATIVES,
    VERBS,
    OpenQuestion,
    Word,
    choices_of,
    open_questions,
    words_of,
)
from orca_local.kinds.reading.wrapping import unwrap, without_period

_PRONOUNS = phrase_set("it|he|she|they|that|these|those")
_OBJECT_LINKS = (GLUE - ARTICLES) | phrase_set("as|called|named|known|termed|about")
_PLACE_LINKS = (GLUE - ARTICLES) | phrase_set("in|on|at")
_LINKS = _OBJECT_LINKS | _PLACE_LINKS | phrase_set("to|from|by|with|of|for|due|because")
"""Words between a statement and the answer at its end."""
_INTRODUCTION = re.compile(
    r"\A\W*(?:so|therefore|thus|hence|the\s+(?:passage|text|article|paragraph|story)\s+(?:says|states|mentions)\s+that"
    r"|(?:according\s+to|based\s+on|from|as\s+\w+\s+in|in)\s+the\s+(?:\w+\s)?"
    r"(?:passage|text|article|paragraph|context|story|document|information)(?:\s+(?:above|given|provided))?),?\s+",
    re.IGNORECASE,
)
_OPENING = re.compile(r"\W*(?:during|in|on|at|after|before|among|for|under|with|by)\b", re.IGNORECASE)
_END = re.compile(
    r"\s+because\b(?!\s+of\b).*|,\s+(?:because|since|as|so|which|who|where|when|while|although|an?|the)\s.*"
    r"|\s+(?:rather\s+than|instead\s+of)\s.*|\s+(?:and|but)\s+(?-i:[a-z]+ed)\s+(?:in|on|at|to|by|from|for|with|the|an?)\s.*",
    re.IGNORECASE | re.DOTALL,
)
"""What follows an answer and is no part of it."""
_COMPARED = re.compile(r"\s+than\s.*", re.IGNORECASE | re.DOTALL)
_CIRCUMSTANCE = re.compile(
    r"\s+(?:at|in|on|during|for|with|by|to|from|since|before|after|that|who|which|when|where|while|(?:and|but)\s+\w+ed)\s.*"
    r"|\s*[(].*",
    re.IGNORECASE | re.DOTALL,
)
_PREDICATE = re.compile(r"\A[a-z]+(?:s|ed)\s+(?:in|on|at|to|from|near|by)\s+")
"""The verb of "stands in Paris" and "lies on the Thames"."""
_DOUBT = re.compile(
    r"\b(?:not|never|no|nor|neither|might|could|possibly|perhaps|maybe|probably|likely|if|whether|either|unknown|unclear)\b"
    r"|\b(?-i:may)\b|\?",
    re.IGNORECASE,
)
"""What shows that a sentence does not simply give the answer."""
_NOT = re.compile(r"n['’]t\b|(?<=\bcan)not\b|\bnot\b", re.IGNORECASE)
_COMPARATIVE = re.compile(r"\b(?:\w{3,}er|more|less|worse)\b", re.IGNORECASE)
_DATE = re.compile(
    r"(?P<not_then>\b(?:before|after|until|since|between|from|by)\s+)?"
    r"(?P<date>\b(?:(?:January|February|March|April|May|June|July|August|September|October|November|December)\s)?\d)"
)
_MAX_CHARACTERS = 400
_MAX_WORDS = 60
_MAX_ANSWER = 12
_MAX_SUBJECT = 6
"""Most words of the question that a pronoun stands for, unless it stands for all."""


def is_restatement(sentence: str, prompt: str) -> bool:
    """Whether a text is a sentence with words of its question, or with a pronoun and a verb for them."""
    if len(sentence) > _MAX_CHARACTERS:
        return False
    words = words_of(_INTRODUCTION.sub("", sentence))
    is_sentence = any(
        word.text in VERBS | PAST_FORMS | {"not"} and before.text not in RELATIVES for before, word in pairwise(words)
    )
    if is_sentence and chosen(sentence, prompt) is not None:
        return True
    has_pronoun = len(words) > 1 and words[0].text in _PRONOUNS
    for question in open_questions(prompt):
        shared = {*question.words} & {word.key for word in words}
        # Without an auxiliary in the question, its verb is one of its words.
        is_most = 2 * len(shared) >= len({*question.words})
        is_said = is_most and (question.auxiliary in DO or (not question.auxiliary and question.words[0] in shared))
        if (shared and (is_sentence or has_pronoun or is_said)) or (has_pronoun and words[1].text in VERBS):
            return True
    return False


def phrase_of_restatement(sentence: str, prompt: str) -> str | None:
    """Return the answer in a restated question that says nothing else; None in any doubt.

    That is one of the choices that the question offers, or the phrase in its gap. "Cheese at the fair" is only read if
    the prompt has it as a whole.
    """
    if _has_doubt(sentence, prompt):
        return None
    known = {word.key for word in words_of(question_of(prompt))} | EMPTY_STEMS
    if all(word.key in known for word in words_of(sentence)) and (choice := chosen(sentence, prompt)) is not None:
        return choice
    phrase = phrase_in_gap(sentence, prompt)
    if phrase is None:
        return None
    trimmed = trim(phrase, prompt)
    is_place = any(question.is_place for question in open_questions(prompt))
    is_place = is_place or DATE_QUESTION.search(question_of(prompt)) is not None
    if trimmed == phrase or (is_place and phrase.startswith(trimmed)):
        return trimmed
    return phrase if phrase.casefold() in prompt.casefold() else None


def chosen(sentence: str, prompt: str) -> str | None:
    """Return the one of two choices of a question that a sentence settles on, if it compares as the question does."""
    choices, question = choices_of(prompt), question_of(prompt)
    if not choices or {*_COMPARATIVE.findall(sentence.casefold())} - {*_COMPARATIVE.findall(question.casefold())}:
        return None
    if _NOT.search(question):
        sentence = _NOT.sub(" ", sentence)
    return text_label(_COMPARED.sub("", sentence), choices) or text_label(sentence, choices)


def phrase_in_gap(sentence: str, prompt: str, *, is_whole: bool = True) -> str | None:
    """Return the phrase in the place of the question word, if all other words of the sentence are the question's.

    A pronoun may stand for the beginning of the question: "He died in Rome" after "Where did the poet die?" Without
    `is_whole`, anything may follow the words of the question.
    """
    sentence = _bare(sentence[:_MAX_CHARACTERS], prompt)
    words = words_of(sentence)
    if len(words) > _MAX_WORDS or _has_doubt(sentence, prompt):
        return None
    for question in open_questions(prompt):
        links = _PLACE_LINKS if question.is_place else _OBJECT_LINKS if question.is_for_object else _LINKS
        links = links | ARTICLES if question.has_article else links
        for start, end in _gaps(words, question) if is_whole else _heads(words, question):
            side = words[start:end]
            while side and side[0].text in links:
                side = side[1:]
            while side and side[-1].text in GLUE:
                side = side[:-1]
            has_content = not all(_is_empty(word, question) for word in side)
            if has_content and (phrase := _phrase(sentence, side)) is not None:
                return phrase
    return None


def trim(phrase: str, prompt: str) -> str:
    """Return a phrase without the circumstances behind it; of an answer to "when", the date."""
    if DATE_QUESTION.search(question_of(prompt)) and (date := _DATE.search(phrase)):
        return phrase if date["not_then"] else _CIRCUMSTANCE.sub("", phrase[date.start("date") :])
    return _CIRCUMSTANCE.sub("", _PREDICATE.sub("", phrase)) or phrase


def _bare(sentence: str, prompt: str) -> str:
    """Return a sentence without an introduction, and without what is said of its answer."""
    sentence = _INTRODUCTION.sub("", sentence.replace("**", ""))
    opening, comma, rest = sentence.partition(", ")
    known = question_stems(prompt) | EMPTY_STEMS
    if comma and _OPENING.match(opening) and all(word.key in known for word in words_of(opening)):
        sentence = rest
    sentence = _END.sub("", sentence)
    return sentence if _COMPARED.search(question_of(prompt)) else _COMPARED.sub("", sentence)


def _has_doubt(sentence: str, prompt: str) -> bool:
    """Whether a sentence denies or doubts something where its question does not."""
    said, asked = (
        {doubt.casefold() for doubt in _DOUBT.findall(_NOT.sub(" not", text))}
        for text in (sentence, question_of(prompt).rstrip("?？ "))
    )
    return not said <= asked


def _phrase(sentence: str, side: Sequence[Word]) -> str | None:
    """Return words with the marks around them; None if they are no phrase."""
    start = max(sentence.rfind(" ", 0, side[0].start), sentence.rfind("\n", 0, side[0].start)) + 1
    end = re.compile(r"[^\s,;]*").match(sentence, side[-1].end)
    phrase = unwrap(without_period(unwrap(sentence[start : end.end() if end else None])))
    return phrase if len(side) <= _MAX_ANSWER and not any(word.text in VERBS for word in side) else None


def _gaps(words: Sequence[Word], question: OpenQuestion) -> Iterator[tuple[int, int]]:
    """Yield first and end index of the words that a sentence has besides those of the question, which surround them."""
    content = [at for at, word in enumerate(words) if word.text not in GLUE]
    ends = [*content, len(words)]
    has_pronoun = bool(content) and words[content[0]].text in _PRONOUNS
    for skip in _skips(words, content, question):
        keys = tuple(words[at].key for at in content[skip:])
        for wanted, gap in _forms(question):
            subject = (*range(min(gap, _MAX_SUBJECT)), gap) if has_pronoun and skip else (0,)
            drops = range(gap + 1) if question.is_blank else subject
            for drop in drops:
                before, after = wanted[drop:gap], wanted[gap:]
                rest = len(keys) - len(after)
                if len(before) < rest and keys[: len(before)] == before and keys[rest:] == after:
                    first = content[skip + len(before) - 1] + 1 if skip + len(before) else 0
                    # "It is Rome", "The city that lost is Rome".
                    needs_verb = not (before or after) or (question.is_for_subject and before == question.words[drop:])
                    if not needs_verb or words[first].text in BE:
                        yield first, ends[skip + rest]


def _forms(question: OpenQuestion) -> list[tuple[tuple[str, ...], int]]:
    """Return how a statement may order the words of a question, each with the place of the answer among them."""
    words = question.words
    if question.gap:
        return [(words, question.gap)]
    if question.is_for_subject:
        passive = (*words[1:], words[0], "by")
        return [(words, 0), (passive, len(passive)), (words, len(words))]
    return [(words, gap) for gap in (len(words), *range(question.is_for_object, len(words)))]


def _skips(words: Sequence[Word], content: Sequence[int], question: OpenQuestion) -> list[int]:
    """Return how many words may stand for the beginning of the question: a pronoun, "the person who"."""
    if not content:
        return []
    skips = {0, int(_is_empty(words[content[0]], question))}
    relative = next((at for at, word in enumerate(words[:6]) if word.text in RELATIVES), len(words))
    if words[0].text in ARTICLES and relative + 1 < len(words):
        following = words[relative + 1]
        if following.text in VERBS or following.key == question.words[0]:
            skips.add(sum(at < relative for at in content))
    return sorted(skips)


def _heads(words: Sequence[Word], question: OpenQuestion) -> Iterator[tuple[int, int]]:
    """Yield the words before those of a question that asks for its subject."""
    content = [at for at, word in enumerate(words) if word.text not in GLUE]
    keys = tuple(words[at].key for at in content)
    if question.is_for_object or question.gap or question.is_place:
        return
    for at in range(1, len(keys)):
        is_relative = words[content[at] - 1].text in RELATIVES
        if keys[at : at + len(question.words)] == question.words and not is_relative:
            yield 0, content[at]


def _is_empty(word: Word, question: OpenQuestion) -> bool:
    return word.text in EMPTY_WORDS | GLUE | _LINKS or word.key in question.noun
