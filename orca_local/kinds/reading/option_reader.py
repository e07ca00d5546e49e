"""Read the option that an answer names, by its mark, by its text or by both."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from orca_local.domain.text import fold
from orca_local.kinds.reading.decision import MAX_CHARACTERS, Mention, both_ends, decide
from orca_local.kinds.reading.label_reader import LETTER, MAX_STATEMENT, find_labels, stands_alone
from orca_local.kinds.reading.option_list import parse_options
from orca_local.kinds.reading.wrapping import layers, sentences, unwrap, without_emoji, without_period

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
    mark = decide(text, find if is_short else find_marks, lambda sentence: whole_option(sentence, options), prompt)
    if mark is None and not is_short:
        last = sentences(text[-MAX_STATEMENT:])[-1:]
        mark = decide(last[0], find, lambda sentence: whole_option(sentence, options), prompt) if last else None
    return mark


def find_options(sentence: str, options: Options) -> list[Mention]:
    """Return where a sentence names options, by mark or by text, in its order."""
    by_text = [
        Mention(options.by_text[mention.key], mention.start, mention.end)
        for mention in find_labels(sentence, options.names)
        if not _is_mark(mention.key, options)
    ]
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
    return {name for name in names if name}


def _is_mark(name: str, options: Options) -> bool:
    return name.upper() in options.marks


def _by_text(text: str, options: Options) -> str | None:
    name = fold(without_period(text))
    return options.by_text.get(name) or options.by_text.get(_ARTICLE.sub("", name, count=1))


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
        rf"[\"'“*_`(\[{{「\s]{{0,8}}(?:{_NOUN})?[\"'“*_`(\[{{「]{{0,4}}({marks})[\"'”*_`)\]}}」]{{0,6}}(?:\s*[.,:;!]\s|\s*$|\s+(?=because\b|since\b|as\b|for\b|i\s+(?:think|believe|guess)|is\b))",
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


def _find_marks(sentence: str, options: Options) -> list[Mention]:
    pattern = _mark_pattern(options.marks)
    mentions = []
    for match in pattern.finditer(sentence):
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
        rf"|\b(?i:option|choice|letter|alternative)\s+[\"'“(*]{{0,3}}(?P<named>{either})(?![^\W_])(?!['’.-][^\W_])"
        rf"|(?:^|(?<=\s))(?P<open>{either})[)\]](?=\s|$|[.,:;*])"
        rf"|(?<=\bis )(?P<said>{either})(?=[).,;!](?:\s|$)|$)" + plain
    )
