"""Read the option that an answer names, by its mark, by its text or by both."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from orca_local.domain.text import fold
from orca_local.kinds.reading.decision import (
    MAX_CHARACTERS,
    MAX_MENTIONS,
    Mention,
    both_ends,
    claims_of,
    decide,
    own_sentences,
)
from orca_local.kinds.reading.label_reader import LETTER, MAX_STATEMENT, find_labels, stands_alone
from orca_local.kinds.reading.option_list import parse_options
from orca_local.kinds.reading.ordinal import find_ordinals, whole_ordinal
from orca_local.kinds.reading.restated import answers_question
from orca_local.kinds.reading.stance import Stance
from orca_local.kinds.reading.wrapping import (
    is_cut_off,
    layers,
    sentences,
    unwrap,
    without_emoji,
    without_period,
)

_DEFAULT_MARKS = "ABCDEFGHIJ"
_WORD_MARKS = "AI"
"""Marks that are also words."""
_MAX_WORDS = 60
"""A longer text mentions options while it reasons. Only its marks and its last sentence count."""
_COMMAND = re.compile(r"\\(?:text[a-z]{0,6}|math[a-z]{0,6}|mbox|boxed|fbox)\s?\{([^{}]*)\}|\\[ ,;!]|\\quad|~")
_NOUN = (
    r"(?:(?:the\s+)?(?:(?:correct|right|best)\s+)?(?:option|choice|letter|answer|alternative|number)(?:\s+is)?\s*:?\s*)"
)
_BEFORE_I = re.compile(r"(?:\bis|option|choose|pick|answer:?)\s+[\"'“*_`(]*$", re.IGNORECASE)
_AFTER_I = re.compile(r"[\"'”*_`)\]]*\s*(?:$|[.,;:!?)])")
_LEAD = re.compile(
    r"(?:(?:so|thus|hence|therefore|and|then|ok|okay|well)[,\s]+){0,2}"
    r"(?:(?:that|this|it|which)(?:['’]s|\s+(?:is|must\s+be|would\s+be|has\s+to\s+be|gives|makes\s+it|means|matches"
    r"|corresponds\s+to))|(?:i['’]m\s+|i\s+am\s+)?going\s+with|i(?:['’]ll|\s+will|['’]d|\s+would)?\s+(?:go\s+with|choose"
    r"|pick|select)|my\s+(?:final\s+)?(?:pick|choice|vote)\s+is)\s*:?\s+(?=\S)",
    re.IGNORECASE,
)
"""The start of a sentence that does nothing but name the answer: "That's C." """
_QUANTITY = re.compile(r"(?P<currency>[$€£¥]?)\s?(?P<number>-?\d[\d.,]*)\s?(?P<unit>[^\W\d_][^\d]{0,20}|°\s?[CFK]?|%)?")
_SYMBOLS = {"$": "dollars", "€": "euros", "£": "pounds"}
_CURRENCIES = {"dollar": "$", "dollars": "$", "usd": "$", "euro": "€", "euros": "€", "pounds": "£", "yen": "¥"}
_ARTICLE = re.compile(r"(?:an?|the)\s+", re.IGNORECASE)
_UNITS = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
_TENS = {20: "twenty", 30: "thirty", 40: "forty", 50: "fifty", 60: "sixty", 70: "seventy", 80: "eighty", 90: "ninety"}
_NUMBER_WORDS = {str(value): word for value, word in (*enumerate(_UNITS), *_TENS.items(), (100, "one hundred"))}


@dataclass(frozen=True)
class Options:
    """The options that an answer may choose."""

    texts: Mapping[str, str]
    """Text of each option by its mark; empty if the prompt shows none."""
    marks: tuple[str, ...]
    """Marks that may be the answer: upper-case letters or numbers."""

    @cached_property
    def by_text(self) -> dict[str, str]:
        """Marks by the text of their option, where that is not the text of another one."""
        marks: dict[str, str] = {}
        doubled = set()
        for mark, text in self.texts.items():
            for name in _names(text):
                if marks.setdefault(name, mark) != mark:
                    doubled.add(name)
        return {name: mark for name, mark in marks.items() if name not in doubled}

    @cached_property
    def by_number(self) -> dict[str, tuple[str, str]]:
        """Mark and unit by the number of an option, if all options are different numbers of the same unit."""
        quantities = [_quantity(text) for text in self.texts.values()]
        numbers = {
            quantity[0]: (mark, quantity[1]) for mark, quantity in zip(self.texts, quantities, strict=True) if quantity
        }
        is_clear = len(numbers) == len(self.texts) and len({unit for _, unit in numbers.values()}) == 1
        return numbers if is_clear else {}

    @cached_property
    def names(self) -> tuple[str, ...]:
        """Texts that name an option."""
        return tuple(self.by_text)

    @cached_property
    def is_numbered(self) -> bool:
        """Whether the marks are numbers."""
        return self.marks[0].isdigit()


@lru_cache(maxsize=256)
def options_of(prompt: str, labels: tuple[str, ...] = ()) -> Options:
    """Return the options of a prompt, and labels that are marks."""
    texts = parse_options(prompt)
    marks = set(texts) | {label.upper() for label in labels if re.fullmatch(r"[A-Za-z]|\d{1,2}", label)}
    return Options(texts, tuple(sorted(marks, key=lambda mark: (len(mark), mark))) or tuple(_DEFAULT_MARKS))


_FULL_WIDTH = {0xFF01 + i: 0x21 + i for i in range(94)}
"""ASCII characters by their full-width forms."""


def whole_option(content: str, options: Options) -> str | None:
    """Return the mark of the option that all of a statement is: its mark, its text, or both if they agree."""
    if len(content) > MAX_STATEMENT:
        return None
    content = without_emoji(content.translate(_FULL_WIDTH).strip())
    if "\\" in content:
        content = _COMMAND.sub(lambda match: match[1] or " ", content.replace("$", "")).strip()
    for layer in layers(content, brackets=True):
        for candidate in dict.fromkeys((layer, without_period(layer), layer.rstrip("!"))):
            if (mark := _as_mark(candidate, options)) or (mark := _by_text(candidate, options)):
                return mark
    return _as_marked_text(content, options)


def stated_option(content: str, options: Options) -> str | None:
    """Return the mark of the option that a statement settles on; None if it names none, or several."""
    content = content[:MAX_STATEMENT]
    if (mark := whole_option(content, options)) is not None:
        return mark
    parts = sentences(content)
    # The first sentence states the answer; the others explain it.
    for part in parts[:1] if len(parts) == 1 else (parts[0], content) if parts else ():
        if (mark := _leading_mark(part, options) or text_option(part, options)) is not None:
            return mark
    return None


def text_option(text: str, options: Options, prompt: str = "") -> str | None:
    """Return the mark of the option that a text settles on; None if it names none, or several without a decision."""

    def find(sentence: str) -> list[Mention]:
        return find_options(sentence, options)

    def find_marks(sentence: str) -> list[Mention]:
        return _find_marks(sentence, options)

    text = _without_list(both_ends(text, MAX_CHARACTERS).translate(_FULL_WIDTH), options)
    is_short = len(text.split(maxsplit=_MAX_WORDS)) <= _MAX_WORDS
    tokens = {token.strip(".,;()") for token in text.split()} if is_short else set()
    if len(tokens) == 1 and " " in text.strip():
        return whole_option(tokens.pop(), options)
    # The reasoning of an unfinished text mentions the texts of options, most of all numbers.
    finder = find if is_short and not is_cut_off(text) else find_marks
    mark = decide(text, finder, lambda sentence: whole_option(sentence, options), prompt)
    if mark is None and not is_short:
        last = sentences(text[-MAX_STATEMENT:])[-1:]
        mark = decide(last[0], find, lambda sentence: whole_option(sentence, options), prompt) if last else None
    return mark or _last_option(text, options, prompt) or _by_predicate(text, finder, prompt)


def _last_option(text: str, options: Options, prompt: str) -> str | None:
    """Return the mark of the option that the last sentence does nothing but name by its mark or place: "That's C." """
    last = list(own_sentences(text, prompt))[-1:]
    if not last:
        return None
    sentence = re.split(r",\s(?=which\s)", last[0][:MAX_STATEMENT])[-1]
    lead = _LEAD.match(sentence)
    rest = without_period(sentence[lead.end() :]) if lead else ""
    is_lower = len(rest) == 1 and rest.islower()
    # "That gives 3" is a number, not a mark.
    mark = _as_mark(rest, options) if rest and not is_lower and not options.is_numbered else None
    return mark or whole_ordinal(rest, options.texts)


def _by_predicate(text: str, find: Callable[[str], list[Mention]], prompt: str) -> str | None:
    """Return the one mark of which a text says what the question asks: "X is hot, but Y is closest to the Sun"."""
    keys = set()
    for sentence in own_sentences(text, prompt):
        mentions = find(sentence)[:MAX_MENTIONS]
        ends = [mention.start for mention in mentions[1:]] + [len(sentence)]
        for mention, claim, end in zip(mentions, claims_of(sentence, mentions), ends, strict=False):
            is_said = claim.stance in (Stance.ASSERTED, Stance.CONCLUDED)
            if is_said and answers_question(sentence[mention.end : end], prompt):
                keys.add(mention.key)
    return keys.pop() if len(keys) == 1 else None


def find_options(sentence: str, options: Options) -> list[Mention]:
    """Return where a sentence names options, by mark or by text, in its order."""
    by_text = [
        Mention(options.by_text[mention.key], mention.start, mention.end)
        for mention in find_labels(sentence, options.names)
        if not _is_mark(mention.key, options)
    ]
    by_text += find_ordinals(sentence, options.texts)
    taken = [range(mention.start, mention.end) for mention in by_text]
    marks = [
        mention
        for mention in _find_marks(sentence, options)
        if not any(mention.start in place and mention.end - mention.start < len(place) for place in taken)
    ]
    return sorted(by_text + marks, key=lambda mention: mention.start)


def _without_list(text: str, options: Options) -> str:
    """Return the text without a list of the options, which is no choice."""
    lines = text.split("\n")
    marks = [line.lstrip("*_-( ")[:1].upper() for line in lines]
    kept, at = [], 0
    while at < len(lines):
        length = 0
        while length < len(options.marks) and at + length < len(lines) and marks[at + length] == options.marks[length]:
            length += 1
        is_list = length > 1 and all(whole_option(line, options) for line in lines[at : at + length])
        kept += [] if is_list else [lines[at]]
        at += length if is_list else 1
    return "\n".join(kept)


def _names(text: str) -> set[str]:
    """Return how an answer may write the text of an option: with or without article, number as a word."""
    name = fold(without_period(text.strip(" *_`")))
    bare = _ARTICLE.sub("", name, count=1) if _ARTICLE.match(name) else name
    names = {name, bare}
    if (word := _NUMBER_WORDS.get(bare)) is not None:
        names.add(word)
    if (unit := _SYMBOLS.get(bare[:1])) is not None:
        names |= {f"{number} {unit}" for number in (bare[1:], _NUMBER_WORDS.get(bare[1:])) if number}
    return {name for name in names if name}


def _is_mark(name: str, options: Options) -> bool:
    return name.upper() in options.marks


def _by_text(text: str, options: Options) -> str | None:
    name = fold(without_period(text))
    if (mark := options.by_text.get(name) or options.by_text.get(_ARTICLE.sub("", name, count=1))) is not None:
        return mark
    quantity = _quantity(name)
    mark, unit = options.by_number.get(quantity[0], ("", "")) if quantity else ("", "")
    # One of the two may leave out the unit.
    is_same = quantity is not None and (
        quantity[1] == unit or not quantity[1] or (not unit and quantity[1] in _SYMBOLS)
    )
    return mark if mark and is_same else whole_ordinal(name, options.texts)


def _quantity(text: str) -> tuple[str, str] | None:
    """Return the number and the unit that a text is; None for any other text."""
    match = _QUANTITY.fullmatch(fold(without_period(text.strip(" *_`"))))
    if match is None or (match["currency"] and match["unit"]):
        return None
    unit = (match["currency"] or match["unit"] or "").strip()
    return match["number"].replace(",", ""), _CURRENCIES.get(unit, unit)


def _as_mark(text: str, options: Options) -> str | None:
    """Return the mark that a text is: "C", "c.", "(C)", "C)", "option C"."""
    noun = re.match(_NOUN, text, re.IGNORECASE)
    bare = text[noun.end() :] if noun else text
    for layer in layers(bare, brackets=True):
        mark = layer.rstrip(").:]};,").strip("*_ ")
        if len(layer) - len(mark) <= 4 and mark.upper() in options.marks:
            return mark.upper()
    return None


def _as_marked_text(text: str, options: Options) -> str | None:
    """Return the mark of "C) Carbon dioxide", "(C): carbon dioxide" or "Carbon dioxide (C)" if the two agree."""
    text = unwrap(text)
    noun = re.match(_NOUN, text, re.IGNORECASE)
    text = (text[noun.end() :] if noun else text).rstrip("*_ ")
    marks = "|".join(options.marks)
    if match := re.match(
        rf"[*_`]{{0,3}}[(\[{{「]?({marks})([)\]}}」.:,*_`]{{1,5}}|\s)\s?[–—:-]?\s?[*_`]{{0,3}}(\S.*)",
        text,
        re.IGNORECASE | re.DOTALL,
    ):
        mark, separator, rest = match[1].upper(), match[2].strip(), match[3]
    elif match := re.fullmatch(rf"(\S.*?)\s?[(\[]({marks})[)\]]", without_period(text)):
        mark, separator, rest = match[2], ")", match[1]
    else:
        return None
    named = _by_text(unwrap(without_period(rest), brackets=True), options)
    if named is not None or options.texts:
        return mark if named == mark else None
    return mark if separator and not _find_marks(rest, options) else None


def _leading_mark(sentence: str, options: Options) -> str | None:
    """Return the mark that a statement begins with, if an explanation follows: "D because foxes live in forests"."""
    marks = "|".join(options.marks)
    match = re.match(
        rf"[\"'“*_`(\[{{「\s]{{0,8}}(?:{_NOUN})?[\"'“*_`(\[{{「]{{0,4}}({marks})[\"'”*_`)\]}}」]{{0,6}}(?:\s*[.,:;!]\s|\s*$|\s+(?=because\b|since\b|as\b|for\b|i\s+(?:think|believe|guess)|is\b(?!\s+(?:wrong|incorrect|false|not)\b)))",
        sentence,
        re.IGNORECASE,
    )
    if match is None or (match[1].islower() and not re.search(r"[)\].:]", match[0])):
        return None
    mark = match[1].upper()
    rest = sentence[match.end() :]
    clause = re.split(r"[,;:.(]|\b(?:because|since|as|for|but)\b", rest, maxsplit=1)[0]
    others = [mention for mention in find_options(clause, options) if mention.key != mark]
    others += [mention for mention in _find_marks(rest, options) if mention.key != mark]
    return mark if not others else None


_MAX_MARKS = 100
"""Number of marks of a sentence that are looked at: a model that repeats itself writes thousands."""


def _find_marks(sentence: str, options: Options) -> list[Mention]:
    pattern = _mark_pattern(options.marks)
    mentions = []
    for match in list(pattern.finditer(sentence))[-_MAX_MARKS:]:
        kind = match.lastgroup
        if kind == "plain" and not _is_used_as_mark(sentence, match):
            continue
        mentions.append(Mention(match[match.lastgroup or 0].upper(), match.start(), match.end()))
    return mentions


def _is_used_as_mark(sentence: str, match: re.Match[str]) -> bool:
    if match[0] == "I":
        before, after = sentence[max(0, match.start() - 24) : match.start()], sentence[match.end() : match.end() + 8]
        return _BEFORE_I.search(before) is not None and _AFTER_I.match(after) is not None
    return stands_alone(sentence, match.start(), match.end())


@lru_cache(maxsize=64)
def _mark_pattern(marks: tuple[str, ...]) -> re.Pattern[str]:
    """Return a pattern for marks: in brackets or quotes, after "option", before a bracket, or alone."""
    any_mark = "|".join(map(re.escape, sorted(marks, key=len, reverse=True)))
    either = f"(?i:{any_mark})"
    shared = rf"(?<!{LETTER})(?<!{LETTER}['’_.-])"
    plain = "" if marks[0].isdigit() else rf"|{shared}(?P<plain>{any_mark})(?!{LETTER})(?!['’._+#-]{LETTER}|[+#])"
    return re.compile(
        rf"[(\[{{「『\"“](?P<enclosed>{either})[)\]}}」』\"”]"
        rf"|\*\*(?P<bold>{any_mark})\*\*|`(?P<code>{any_mark})`"
        rf"|(?<!{LETTER})(?<![’'-])(?P<chosen>{any_mark})(?=\s+it\s+is\s*(?:[.,;!]|$))"
        rf"|\b(?i:option|choice|letter|alternative)\s+[\"'“(*]{{0,3}}(?P<named>{either})(?![^\W_])(?!['’.-][^\W_])"
        rf"|(?:^|(?<=\s))(?P<open>{either})[)\]](?=\s|$|[.,:;*])"
        rf"|(?<=\bis )(?P<said>{either})(?=[).,;!](?:\s|$)|$)" + plain
    )
