"""Find the number that answers: in a statement such as "The answer is …", and in a whole reply."""

from __future__ import annotations

import re
from collections.abc import Sequence
from fractions import Fraction
from functools import lru_cache

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
from orca_local.kinds.reading.asked import clauses, coverage, question_of, question_stems
from orca_local.kinds.reading.decision import own_sentences
from orca_local.kinds.reading.lexicon import phrase_set
from orca_local.kinds.reading.wrapping import is_cut_off
from orca_local.kinds.reading.wrapping import sentences as split_sentences

_MAX_START = 500
_MAX_END = 2_000
_MAX_PROMPT = 1_000
"""Numbers of characters that are read at the start and at the end of a reply, and at the end of a prompt."""
_MAX_TOKENS = 150
"""Number of words and signs of a sentence that are read."""
_POSSIBLE_YEARS = range(1000, 2100)

_BULLET = re.compile(r"^[ \t]*(?:[-•+>]|#+)[ \t]+", re.MULTILINE)
_ENUMERATION = re.compile(r"^[ \t]*(?:step\s+)?\d{1,2}[.):](?=\s|$)", re.IGNORECASE | re.MULTILINE)
_FIRST_ITEM = re.compile(r"^[ \t]*(?:step\s+)?1[.):]\s", re.IGNORECASE | re.MULTILINE)
_FIRST_NUMBER = re.compile(r"\A(\s*\d+)\.\s")
"""A number that ends a sentence of its own: "18. He had 5 left." """
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
_LABELLED = re.compile(r"\W*(?P<label>[^\W\d][^:=\d]{0,40})[:=][^:]*")
_RESULT_LABEL = re.compile(
    r"\b(?:total|sum|result|answer|difference|final|left|remain\w*|altogether|together|solution|profit|combined|average|value|overall"
    r"|output|(?:in|of)\s+all)\b",
    re.IGNORECASE,
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
_DOUBTFUL_WORDS = phrase_set(
    "not|no|never|isn't|aren't|don't|doesn't|didn't|can't|cannot|none|least|most|more|less|fewer|over|under|than|between|or",
    "another|each|per|every|if|unless|almost|nearly|too|before|first|originally|initially|already",
)
"""Words with which a number is not, or not alone, the answer."""
_AMOUNT_QUESTION = re.compile(r"\bhow\s+much\b|\b(?:cost|price|money|dollars|total|amount)\b", re.IGNORECASE)
_YEAR_QUESTION = re.compile(
    r"\A(?!.*\bhow\b).*\b(?:(?:what|which) year|when (?:was|were|did))\b", re.IGNORECASE | re.DOTALL
)
_UNFINISHED_WORDS = phrase_set(
    "is|are|that's|it's|equals|plus|minus|times|by|and|or|but|because|so|if|the|a|an|his|her|their|its|of|from|to|then|which"
)
_COUNTED = re.compile(r"[0-9](?:\s+\w+)?\s+(?:times|each)\W*\Z", re.IGNORECASE)
"""A number and its unit, such as "3 times", that end a text."""
_MIN_COVERAGE = 0.34
"""Share of the words of the question that a sentence repeats, if it may be the one that answers."""
_RIGHT = re.compile(
    r"[✓✔✅]|\b(?:match(?:es)?|correct|checks\s+out|works|is\s+right|as\s+(?:given|required|stated|expected))\b", re.I
)
"""What a reply says of a calculation that checks its answer."""
_BELOW = re.compile(
    r"(?P<number>[0-9][0-9.,]*|\b[a-z]+(?:-[a-z]+)?)(?P<unit>\s?°\s?[CF]?|(?:\s+(?:degrees?|celsius|fahrenheit|met(?:er|re)s?|feet"
    r"|strokes?|shots?|floors?)){0,2})\s+(?:below|under)\s+(?:zero|0|freezing|par|ground|sea\s+level)\b",
    re.IGNORECASE,
)
_LOSS = re.compile(r"\b(?:loss|deficit|debt|decrease|drop|decline)\s+of\s+(?=[$€£]?\s?[0-9])", re.IGNORECASE)
_SIGNED_QUESTION = re.compile(
    r"\bnegative\b|\bsign(?:ed)?\b|\b(?:profit|gain|change|balance|net)\b(?!.*\b(?:loss|lose|lost|debt)\b)", re.I | re.S
)
_COURTESY = re.compile(r"\s*(?:i hope|let me know|feel free|if you have|please|thank)\b", re.IGNORECASE)


def read_statement_number(content: str, prompt: str) -> Quantity | None:
    """Return the number that a statement gives as the answer; None if there is none or more than one."""
    content = _FIRST_NUMBER.sub(r"\1\n", content[:MAX_CHARACTERS])
    for sentence in _sentences(_signed(plain_notation(content), prompt)):
        tokens = tokenize(sentence)
        if (number := parse_phrase(tokens)) is not None:
            return number
        if parse_quantities(tokens):
            return Clause(tokens, _values(_read_part(prompt)), question_stems(prompt)).answer()
    return None


def read_restated_number(content: str, prompt: str) -> Quantity | None:
    """Return the only number of a sentence, if it is new and counts what the question asks: "There are 5 eggs left."

    None for a bound, and for a part as in "half of the eggs".
    """
    tokens = tokenize(plain_notation(content)) if len(content) <= MAX_CHARACTERS else []
    clause = Clause(tokens, _values(_read_part(prompt)), question_stems(prompt))
    number = clause.quantities[0] if len(clause.quantities) == 1 else None
    if number is None or number.value is None or number.value in clause.prompt_values:
        return None
    if any(token.lower in _DOUBTFUL_WORDS for token in tokens) or token_at(tokens, number.end).lower == "of":
        return None
    is_money = tokens[number.first].text in CURRENCY_SYMBOLS
    is_amount = is_money and _AMOUNT_QUESTION.search(question_of(prompt)) is not None
    return number if is_amount or clause.is_asked(number) else None


def read_text_number(text: str, prompt: str) -> Quantity | None:
    """Return the number that a reply without a statement gives as the answer; None in doubt."""
    if "\n" not in text.strip() and (number := read_whole_number(text)) is not None:
        return number
    if len(text) > _MAX_START + _MAX_END:
        text = f"{text[:_MAX_START].rpartition(' ')[0]}\n{text[-_MAX_END:].partition(' ')[2]}"
    text = _signed(plain_notation(text), prompt)
    text = re.sub(r"\bi\.\s?e\.,?(?=\s)", "that is", text)
    text = _BULLET.sub("", _ENUMERATION.sub(" ", text) if _FIRST_ITEM.search(text) else text)
    text = _REMARK.sub(" ", text) if _REMARK.sub("", text).strip() else text
    question, values = question_stems(prompt), _values(_read_part(prompt))
    is_year = _YEAR_QUESTION.search(_read_part(prompt)) is not None
    # A sentence of the prompt may give a year, but not the result of a calculation.
    written = _own_sentences(text, "" if is_year else _read_part(prompt))
    sentences = _without_repeats(written)
    if not sentences or _is_unfinished(sentences, values):
        return None
    leading = parse_single(trim_phrase(tokenize(sentences[0])))
    if leading is not None and not any(parse_phrase(tokenize(sentence)) for sentence in sentences[1:]):
        return leading
    if labelled := _labelled(sentences):
        answer = _labelled_answer(labelled, values, question)
        if answer is not None or "=" not in "".join(sentences):
            return answer
    if is_year and (years := _last_years(sentences, question)):
        return years[0] if len({year.value for year in years}) == 1 else None
    answer = _last_answer(sentences, values, question) or _best_restated(sentences, values, question)
    last = written[-1].strip()
    is_loop = last not in sentences or any(sentence.strip() == last for sentence in written[:-1])
    return None if is_loop and answer is not None and answer.value in values else answer


def _signed(text: str, prompt: str) -> str:
    """Return the text with "minus" before amounts such as "5 below zero", unless the question asks for them so."""
    question = question_of(prompt)
    if not re.search(r"\b(?:below|under)\b", question, re.IGNORECASE):
        text = _BELOW.sub(lambda match: f"minus {match['number']}{match['unit']}", text)
    return _LOSS.sub("minus ", text) if _SIGNED_QUESTION.search(question) else text


def _without_repeats(sentences: Sequence[str]) -> list[str]:
    """Return the sentences without repetitions, and without a last one that breaks off within a repetition."""
    kept = list(dict.fromkeys(sentence.strip() for sentence in sentences))
    last = kept[-1] if kept else ""
    is_broken = len(last.split()) > 1 and any(sentence.startswith(last) for sentence in kept[:-1])
    return kept[:-1] if is_broken else kept


def _last_years(sentences: Sequence[str], question: frozenset[str]) -> list[Quantity]:
    """Return the numbers that look like years in the last sentence with any, where it repeats most of the question."""
    for sentence in reversed(sentences):
        parts = [part for part in clauses(sentence) if _years(part)]
        if parts:
            return _years(max(parts, key=lambda part: coverage(part, question)))
    return []


def _years(text: str) -> list[Quantity]:
    """Return the numbers of a text that look like years; those behind its last equals sign, if there is one."""
    text = text.rpartition("=")[2] or text
    quantities = parse_quantities(tokenize(text)[-_MAX_TOKENS:])
    return [number for number in quantities if number.value in _POSSIBLE_YEARS and not number.decimals]


def _last_answer(
    sentences: Sequence[str], prompt_values: frozenset[Fraction], question: frozenset[str]
) -> Quantity | None:
    """Return the answer of the last sentence with a number; of the one before if the last repeats the prompt's."""
    last: Quantity | None = None
    for sentence in reversed(sentences):
        clause = Clause(tokenize(sentence)[-_MAX_TOKENS:], prompt_values, question)
        if not clause.quantities or clause.is_condition() or clause.is_denied():
            continue
        answer = parse_phrase(clause.tokens) or clause.answer()
        if last is not None:
            return last if answer is None or answer.value in prompt_values else answer
        is_given = answer is not None and answer.value in prompt_values
        is_other = answer is not None and is_given and not (clause.concludes() or clause.is_asked(answer))
        if is_other and len(clause.quantities) > 1 and {number.value for number in clause.quantities} <= prompt_values:
            continue  # It tells the prompt in other words.
        if not is_given or (clause.concludes() and not _RIGHT.search(sentence)):
            return answer
        last = answer
    return last


def _best_restated(
    sentences: Sequence[str], prompt_values: frozenset[Fraction], question: frozenset[str]
) -> Quantity | None:
    """Return the new number of the sentence or clause that repeats most of the question, of two such the last."""
    best, highest = None, _MIN_COVERAGE
    for sentence in sentences:
        for part in (sentence, *clauses(sentence)):
            share = coverage(part, question)
            clause = Clause(tokenize(part)[-_MAX_TOKENS:], prompt_values, question)
            is_whole = part.count("(") == part.count(")")
            if share >= highest and is_whole and clause.quantities and not clause.is_condition():
                answer = parse_phrase(clause.tokens) or clause.answer()
                if answer is not None and answer.value not in prompt_values:
                    best, highest = answer, share
    return best


@lru_cache(maxsize=8)
def _read_part(prompt: str) -> str:
    """Return the end of a prompt, where its question is, in plain notation."""
    return plain_notation(prompt[-_MAX_PROMPT:])


def _labelled(sentences: Sequence[str]) -> list[tuple[str, Quantity]]:
    """Return label and number of each of the last sentences that are "Apples: 3" or "Apples = 3", if there are two."""
    labelled: list[tuple[str, Quantity]] = []
    for sentence in reversed(sentences):
        match = _LABELLED.fullmatch(sentence)
        number = parse_phrase(tokenize(sentence[match.end("label") + 1 :])) if match else None
        if not labelled and _RIGHT.search(sentence) and "=" in sentence:
            continue  # a check at the end
        if match is None or number is None:
            break
        labelled.append((match["label"], number))
    return labelled[::-1] if len(labelled) > 1 else []


def _labelled_answer(
    labelled: Sequence[tuple[str, Quantity]], prompt_values: frozenset[Fraction], question: frozenset[str]
) -> Quantity | None:
    """Return the number whose label says that it is the result, or that repeats most of the question."""
    new = [(label, number) for label, number in labelled if number.value not in prompt_values]
    results = [number for label, number in new if _RESULT_LABEL.search(label)]
    if not results and new:
        highest = max(coverage(label, question) for label, _ in new)
        results = [number for label, number in new if coverage(label, question) == highest]
    return results[-1] if len({number.value for number in results}) == 1 else None


@lru_cache(maxsize=8)
def _values(prompt: str) -> frozenset[Fraction]:
    quantities = parse_quantities(tokenize(prompt))
    return frozenset(quantity.value for quantity in quantities if quantity.value is not None)


def _sentences(text: str) -> list[str]:
    return [part for sentence in split_sentences(text) for part in sentence.split(";") if part.strip()]


def _own_sentences(text: str, prompt: str) -> list[str]:
    """Return the sentences that may hold the answer: no questions, no copies of the prompt, nothing that is unknown."""
    parts = [part for sentence in own_sentences(text, prompt) for part in sentence.split(";") if part.strip()]
    return [part for part in parts if not (_COURTESY.match(part) or _UNKNOWN.search(part))]


def _is_unfinished(sentences: Sequence[str], prompt_values: frozenset[Fraction]) -> bool:
    """Whether a text breaks off here, as in "12 × 30 =", "20 minus 5 is", "Then we subtract the" or "5 of the 72"."""
    sentence = sentences[-1]
    tokens = tokenize(sentence)
    if _STEP.match(sentence) or (_OPENING.match(sentence) and not parse_quantities(tokens)):
        return True
    at = len(tokens) - 1
    while token_at(tokens, at).text in (*CURRENCY_SYMBOLS, "(", ":"):
        at -= 1
    last = token_at(tokens, at)
    is_counted = _COUNTED.search(sentence) is not None
    is_open = is_cut_off(sentence) or last.text in OPERATORS or last.lower in _UNFINISHED_WORDS
    if last.text in EQUALS or (is_open and not is_counted):
        return True
    return len(sentences) > 1 and _has_nothing_new(tokens[-_MAX_TOKENS:], sentences[:-1], prompt_values)


def _has_nothing_new(tokens: Sequence[Token], before: Sequence[str], prompt_values: frozenset[Fraction]) -> bool:
    """Whether a last sentence without its period only takes up numbers that are known, one of the prompt among them."""
    clause = Clause(tokens, prompt_values)
    is_open = tokens[-1].text not in (*".!?)]%:",) and all(part.rstrip().endswith((".", "!", ":")) for part in before)
    if not is_open or clause.concludes():
        return False
    values = {number.value for number in clause.quantities}
    known = {number.value for part in before for number in parse_quantities(tokenize(part))} | prompt_values
    return len(values) > 1 and bool(values & prompt_values) and values <= known
