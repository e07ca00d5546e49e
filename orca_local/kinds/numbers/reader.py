"""Find the number that answers: in a statement such as "The answer is …", and in a whole reply."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache

from orca_local.domain.text import normalize_words
from orca_local.kinds.numbers.clause import Clause
from orca_local.kinds.numbers.notation import plain_notation
from orca_local.kinds.numbers.parser import parse_quantities, token_at
from orca_local.kinds.numbers.phrase import (
    EQUALS,
    MAX_CHARACTERS,
    OPERATORS,
    parse_phrase,
    parse_single,
    read_whole_number,
    trim_phrase,
)
from orca_local.kinds.numbers.token import tokenize
from orca_local.kinds.numbers.value import Quantity
from orca_local.kinds.numbers.words import CURRENCY_SYMBOLS

_MAX_START = 500
_MAX_END = 2_000
_MAX_PROMPT = 1_000
"""Numbers of characters that are read at the start and at the end of a reply, and at the end of a prompt."""
_MAX_SENTENCES = 40
_MAX_TOKENS = 150
"""Numbers of sentences, and of words and signs of a sentence, that are read."""
_POSSIBLE_YEARS = range(1000, 2100)
_MIN_REPEATED_WORDS = 5
"""Shorter sentences occur in prompt and answer by chance."""
_MIN_WORDS_AFTER_COPY = 3
"""The same for a sentence that breaks off after a copy."""

_SENTENCE_END = re.compile(r"(?<!\bno)(?<!\bapprox)(?<!\bca)(?<!\brs)(?<!\bst)[.!?]\"?(?=\s)|[\n;]", re.IGNORECASE)
_BULLET = re.compile(r"^[ \t]*(?:[-•+>]|#+)[ \t]+", re.MULTILINE)
_ENUMERATION = re.compile(r"^[ \t]*(?:step\s+)?\d{1,2}[.):](?=\s|$)", re.IGNORECASE | re.MULTILINE)
_FIRST_ITEM = re.compile(r"^[ \t]*(?:step\s+)?1[.):]\s", re.IGNORECASE | re.MULTILINE)
_EXPLANATION = re.compile(
    r"\s*(?:(?:explanation|reasoning|rationale|note|justification|here(?:'s| is) (?:why|how))\b|because\b[^,=]*$)",
    re.IGNORECASE,
)
_REMARK = re.compile(r"(?:(?<=[.!?]\s)|^[ \t]*)\([A-Z][^()]*[.!?]\)(?=\s|$)", re.MULTILINE)
"""Whole sentences in brackets."""
_UNKNOWN = re.compile(
    r"\b(?:problem|question|text|passage|prompt|statement|story|exercise|puzzle|table|it|we|they)\b\s+"
    r"(?:(?:does|do|did|has|have|was|were|is|are)\s?n[o'’]t|never)\s+(?:\w+\s+)?"
    r"(?:give|state|specif|mention|provide|tell|told|list|include|say|said|contain|indicate|reveal|know)"
    r"|\b(?:is|are|was|were)\s?(?:n[o'’]t|never)\s+(?:given|stated|specified|mentioned|provided|known|told)\b"
    r"|\b(?:information|data|detail|price|number|amount)s?\b[^,.]{0,40}\b(?:is|are)\s+(?:missing|unknown)\b",
    re.IGNORECASE,
)
"""What says that the prompt lacks something."""
_LABELLED = re.compile(r"\W*(?P<label>[^\W\d][^:=\d]{0,40}):[^:]*")
_RESULT_LABEL = re.compile(
    r"total|sum|result|answer|difference|final|left|remain|altogether|solution|profit|combined|average", re.IGNORECASE
)
_OPENING = re.compile(
    r"\s*(?:then|next|now|after|finally|second(?:ly)?|third(?:ly)?|we|let)\b[\w\s,']*$", re.IGNORECASE
)
_STEP = re.compile(
    r"\s*(?:(?:first|then|next|now|finally|so|after that)\b,?\s*)?(?:(?:we|you|i|let us|let's)\s+)?"
    r"(?:(?:need|have) to\s+)?(?:add|subtract|multiply|divide)\b"
    r"(?!.*(?:[=≈:]|\b(?:get|gives?|is|are|makes?|equals?|leaves?|leaving|giving|so|which|have|has|result)\b))",
    re.IGNORECASE | re.DOTALL,
)
"""A step without its result."""
_YEAR_QUESTION = re.compile(
    r"\A(?!.*\bhow\b).*\b(?:(?:what|which) year|when (?:was|were|did))\b", re.IGNORECASE | re.DOTALL
)
_UNFINISHED_WORDS = frozenset(
    (
        *("is", "are", "equals", "plus", "minus", "times", "by", "and", "or", "but", "because", "so", "if", "the", "a"),
        *("an", "his", "her", "their", "its", "of", "from", "to", "then", "which"),
    )
)
_COURTESY = re.compile(r"\s*(?:i hope|let me know|feel free|if you have|please|thank)\b", re.IGNORECASE)


def read_statement_number(content: str, prompt: str) -> Quantity | None:
    """Return the number that a statement gives as the answer; None if there is none or more than one."""
    for sentence in _sentences(plain_notation(content[:MAX_CHARACTERS])):
        tokens = tokenize(sentence)
        if (number := parse_phrase(tokens)) is not None:
            return number
        if parse_quantities(tokens):
            return Clause(tokens, _values(_read_part(prompt))).answer()
    return None


def read_text_number(text: str, prompt: str) -> Quantity | None:
    """Return the number that a reply without a statement gives as the answer; None in doubt."""
    if (number := read_whole_number(text)) is not None:
        return number
    if len(text) > _MAX_START + _MAX_END:
        text = f"{text[:_MAX_START].rpartition(' ')[0]}\n{text[-_MAX_END:].partition(' ')[2]}"
    text, prompt = plain_notation(text), _read_part(prompt)
    text = _BULLET.sub("", _ENUMERATION.sub(" ", text) if _FIRST_ITEM.search(text) else text)
    sentences = _own_sentences(_REMARK.sub(" ", text) if _REMARK.sub("", text).strip() else text, prompt)
    if not sentences or _is_unfinished(sentences[-1]):
        return None
    leading = parse_single(trim_phrase(tokenize(sentences[0])))
    if leading is not None and not any(parse_phrase(tokenize(sentence)) for sentence in sentences[1:]):
        return leading
    if _is_listed(sentences, _values(prompt)):
        return None
    years = _last_years(sentences) if _YEAR_QUESTION.search(prompt) else []
    if years:
        return years[0] if len({year.value for year in years}) == 1 else None
    return _last_answer(sentences, _values(prompt))


def _last_years(sentences: Sequence[str]) -> list[Quantity]:
    """Return the numbers that look like years in the last sentence with any."""
    for sentence in reversed(sentences):
        quantities = parse_quantities(tokenize(sentence)[-_MAX_TOKENS:])
        if years := [number for number in quantities if number.value in _POSSIBLE_YEARS and not number.decimals]:
            return years
    return []


def _last_answer(sentences: Sequence[str], prompt_values: frozenset[Fraction]) -> Quantity | None:
    """Return the answer of the last sentence with a number; of the one before if the last repeats the prompt's."""
    last: Quantity | None = None
    for sentence in reversed(sentences):
        clause = Clause(tokenize(sentence)[-_MAX_TOKENS:], prompt_values)
        if not clause.quantities or clause.is_condition():
            continue
        answer = parse_phrase(clause.tokens) or clause.answer()
        if last is not None:
            return last if answer is None or answer.value in prompt_values else answer
        if answer is None or answer.value not in prompt_values or clause.concludes():
            return answer
        last = answer
    return last


@lru_cache(maxsize=8)
def _read_part(prompt: str) -> str:
    """Return the end of a prompt, where its question is, in plain notation."""
    return plain_notation(prompt[-_MAX_PROMPT:])


def _is_listed(sentences: Sequence[str], prompt_values: frozenset[Fraction]) -> bool:
    """Whether the last two sentences only name parts, as in "Apples: 3. Pears: 4."."""
    for sentence in sentences[-2:]:
        match = _LABELLED.fullmatch(sentence)
        number = parse_phrase(tokenize(sentence[match.end("label") + 1 :])) if match else None
        if match is None or number is None or number.value in prompt_values or _RESULT_LABEL.search(match["label"]):
            return False
        if any(token.text in EQUALS for token in tokenize(sentence)):
            return False
    return len(sentences) > 1


@lru_cache(maxsize=8)
def _values(prompt: str) -> frozenset[Fraction]:
    quantities = parse_quantities(tokenize(prompt))
    return frozenset(quantity.value for quantity in quantities if quantity.value is not None)


def _sentences(text: str) -> list[str]:
    sentences, start = [], 0
    for match in _SENTENCE_END.finditer(text):
        sentences.append(text[start : match.end()])
        start = match.end()
    return [sentence for sentence in (*sentences, text[start:]) if sentence.strip()]


def _own_sentences(text: str, prompt: str) -> list[str]:
    """Return the sentences that may hold the answer: no questions, no copies of the prompt, no explanation after it."""
    prompt_words = f" {normalize_words(prompt)} "
    sentences = _sentences(text)
    if len(sentences) > _MAX_SENTENCES:
        sentences = [sentences[0], *sentences[1 - _MAX_SENTENCES :]]
    own: list[str] = []
    is_copy = False
    for sentence in sentences:
        if _EXPLANATION.match(sentence) and any(parse_quantities(tokenize(before)) for before in own):
            break
        is_question = sentence.rstrip().endswith("?")
        is_broken_off = is_copy and not sentence.rstrip().endswith((".", "!"))
        min_words = _MIN_WORDS_AFTER_COPY if is_broken_off else _MIN_REPEATED_WORDS
        is_copy = _is_repeated(sentence, prompt_words, min_words)
        is_left_out = is_question or is_copy or _COURTESY.match(sentence) or _UNKNOWN.search(sentence)
        if not is_left_out:
            own.append(sentence)
    return own


def _is_repeated(sentence: str, prompt_words: str, min_words: int) -> bool:
    content = normalize_words(sentence)
    return content.count(" ") >= min_words - 1 and f" {content} " in prompt_words


def _is_unfinished(sentence: str) -> bool:
    """Whether a text breaks off here, as in "12 × 30 =", "20 minus 5 is" or "Then we subtract the"."""
    tokens = tokenize(sentence)
    if _STEP.match(sentence) or (_OPENING.match(sentence) and not parse_quantities(tokens)):
        return True
    at = len(tokens) - 1
    while token_at(tokens, at).text in (*CURRENCY_SYMBOLS, "(", ":"):
        at -= 1
    last = token_at(tokens, at)
    return last.text in EQUALS or last.text in OPERATORS or last.lower in _UNFINISHED_WORDS
