"""Find the number that answers: in a statement such as "The answer is …", and in a whole reply."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

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
from orca_local.kinds.numbers.token import Token, tokenize
from orca_local.kinds.numbers.value import Quantity
from orca_local.kinds.numbers.words import CURRENCY_SYMBOLS

_MAX_START = 500
_MAX_END = 2_000
_MAX_PROMPT = 1_000
"""Numbers of characters that are read at the start and at the end of a reply, and at the end of a prompt."""
_MAX_SENTENCES = 40
_MAX_TOKENS = 150
"""Numbers of sentences, and of words and signs of a sentence, that are read."""
_MIN_REPEATED_WORDS = 5
"""Shorter sentences occur in prompt and answer by chance."""

_SENTENCE_END = re.compile(r"(?<!\bno)(?<!\bapprox)(?<!\bca)(?<!\brs)(?<!\bst)[.!?]\"?(?=\s)|[\n;]", re.IGNORECASE)
_BULLET = re.compile(r"^[ \t]*(?:[-•+>]|#+)[ \t]+", re.MULTILINE)
_ENUMERATION = re.compile(r"^[ \t]*(?:step\s+)?\d{1,2}[.):](?=\s|$)", re.IGNORECASE | re.MULTILINE)
_FIRST_ITEM = re.compile(r"^[ \t]*(?:step\s+)?1[.):]\s", re.IGNORECASE | re.MULTILINE)
_EXPLANATION = re.compile(
    r"\s*(?:(?:explanation|reasoning|rationale|note|justification|here(?:'s| is) (?:why|how))\b|because\b[^,=]*$)",
    re.IGNORECASE,
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
    sentences = _own_sentences(text, prompt)
    if not sentences or _is_unfinished(tokenize(sentences[-1])):
        return None
    leading = parse_single(trim_phrase(tokenize(sentences[0])))
    if leading is not None and not any(parse_phrase(tokenize(sentence)) for sentence in sentences[1:]):
        return leading
    return _last_answer(sentences, _values(prompt))


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


def _read_part(prompt: str) -> str:
    """Return the end of a prompt, where its question is, in plain notation."""
    return plain_notation(prompt[-_MAX_PROMPT:])


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
    for sentence in sentences:
        if _EXPLANATION.match(sentence) and any(parse_quantities(tokenize(before)) for before in own):
            break
        is_question = sentence.rstrip().endswith("?")
        if not is_question and not _COURTESY.match(sentence) and not _is_repeated(sentence, prompt_words):
            own.append(sentence)
    return own


def _is_repeated(sentence: str, prompt_words: str) -> bool:
    content = normalize_words(sentence)
    return content.count(" ") >= _MIN_REPEATED_WORDS - 1 and f" {content} " in prompt_words


def _is_unfinished(tokens: Sequence[Token]) -> bool:
    """Whether the text breaks off within a calculation, as in "12 × 30 =" or "20 minus 5 is"."""
    at = len(tokens) - 1
    while token_at(tokens, at).text in (*CURRENCY_SYMBOLS, "(", ":"):
        at -= 1
    last = token_at(tokens, at)
    return last.text in EQUALS or last.text in OPERATORS or last.lower in ("is", "equals", "plus", "minus", "by")
