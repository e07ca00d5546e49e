"""Find the number that answers: in a statement such as "The answer is …", and in a whole reply."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction

from orca_local.domain.text import normalize_words
from orca_local.kinds.number_clause import Clause
from orca_local.kinds.number_notation import plain_notation
from orca_local.kinds.number_parser import Quantity, parse_quantities, token_at
from orca_local.kinds.number_phrase import (
    EQUALS,
    MAX_CHARACTERS,
    OPERATORS,
    parse_phrase,
    parse_single,
    read_whole_number,
    trim_phrase,
)
from orca_local.kinds.number_token import Token, tokenize
from orca_local.kinds.number_words import CURRENCY_SYMBOLS

_MAX_START = 500
_MAX_END = 2_000
"""Numbers of characters that are read at the start and at the end of a reply."""
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
    values = _values(prompt)
    for sentence in _sentences(plain_notation(content[:MAX_CHARACTERS])):
        clause = Clause(tokenize(sentence), values)
        if (number := parse_phrase(clause.tokens)) is not None:
            return number
        if clause.quantities:
            return clause.answer()
    return None


def read_text_number(text: str, prompt: str) -> Quantity | None:
    """Return the number that a reply without a statement gives as the answer; None in doubt."""
    if (number := read_whole_number(text)) is not None:
        return number
    if len(text) > _MAX_START + _MAX_END:
        text = f"{text[:_MAX_START].rpartition(' ')[0]}\n{text[-_MAX_END:].partition(' ')[2]}"
    text = plain_notation(text)
    text = _BULLET.sub("", _ENUMERATION.sub(" ", text) if _FIRST_ITEM.search(text) else text)
    clauses = _own_clauses(text, prompt)
    if not clauses or _is_unfinished(clauses[-1].tokens):
        return None
    leading = parse_single(trim_phrase(clauses[0].tokens))
    if leading is not None and not any(parse_phrase(clause.tokens) for clause in clauses[1:]):
        return leading
    for clause in reversed(clauses):
        if clause.quantities and not clause.is_condition():
            return parse_phrase(clause.tokens) or clause.answer()
    return None


def _values(prompt: str) -> frozenset[Fraction]:
    quantities = parse_quantities(tokenize(plain_notation(prompt[-_MAX_END:])))
    return frozenset(quantity.value for quantity in quantities if quantity.value is not None)


def _sentences(text: str) -> list[str]:
    sentences, start = [], 0
    for match in _SENTENCE_END.finditer(text):
        sentences.append(text[start : match.end()])
        start = match.end()
    return [sentence for sentence in (*sentences, text[start:]) if sentence.strip()]


def _own_clauses(text: str, prompt: str) -> list[Clause]:
    """Return the sentences that may hold the answer: no questions, no copies of the prompt, no explanation after it."""
    prompt_words = f" {normalize_words(plain_notation(prompt[-_MAX_END:]))} "
    values = _values(prompt)
    sentences = _sentences(text)
    if len(sentences) > _MAX_SENTENCES:
        sentences = [sentences[0], *sentences[1 - _MAX_SENTENCES :]]
    clauses: list[Clause] = []
    for sentence in sentences:
        content = normalize_words(sentence)
        is_repeated = content.count(" ") >= _MIN_REPEATED_WORDS - 1 and f" {content} " in prompt_words
        if _EXPLANATION.match(sentence) and any(clause.quantities for clause in clauses):
            break
        if not is_repeated and not sentence.rstrip().endswith("?") and not _COURTESY.match(sentence):
            clauses.append(Clause(tokenize(sentence)[-_MAX_TOKENS:], values))
    return clauses


def _is_unfinished(tokens: Sequence[Token]) -> bool:
    """Whether the text breaks off within a calculation, as in "12 × 30 =" or "20 minus 5 is"."""
    at = len(tokens) - 1
    while token_at(tokens, at).text in (*CURRENCY_SYMBOLS, "(", ":"):
        at -= 1
    last = token_at(tokens, at)
    return last.text in EQUALS or last.text in OPERATORS or last.lower in ("is", "equals", "plus", "minus", "by")
