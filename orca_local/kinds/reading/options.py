"""The options of a prompt, and how an answer may write their texts: with or without article, numbers as words."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from orca_local.domain.text import fold
from orca_local.kinds.numbers.words import TENS, UNITS
from orca_local.kinds.reading.option_list import parse_options
from orca_local.kinds.reading.wrapping import without_period

_DEFAULT_MARKS = "ABCDEFGHIJ"
_QUANTITY = re.compile(r"(?P<currency>[$€£¥]?)\s?(?P<number>-?\d[\d.,]*)\s?(?P<unit>[^\W\d_][^\d]{0,20}|°\s?[CFK]?|%)?")
SYMBOLS = {"$": "dollars", "€": "euros", "£": "pounds"}
_CURRENCIES = {"dollar": "$", "dollars": "$", "usd": "$", "euro": "€", "euros": "€", "pounds": "£", "yen": "¥"}
DEGREES = re.compile(r"\s?(?:degrees?\s|°\s?)([CF])(?:elsius|ahrenheit)?\b", re.IGNORECASE)
ARTICLE = re.compile(r"(?:an?|the)\s+", re.IGNORECASE)
_NUMBER_WORDS = {str(value): word for word, value in (*UNITS.items(), *TENS.items(), ("one hundred", 100))} | {
    "40": "forty"
}


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
        counts = Counter(name for text in self.texts.values() for name in _names(text))
        return {name: mark for mark, text in self.texts.items() for name in _names(text) if counts[name] == 1}

    @cached_property
    def by_number(self) -> dict[str, tuple[str, str]]:
        """Mark and unit by the number of an option, if all options are different numbers of the same unit."""
        quantities = [quantity_of(text) for text in self.texts.values()]
        numbers = {
            quantity[0]: (mark, quantity[1]) for mark, quantity in zip(self.texts, quantities, strict=True) if quantity
        }
        is_clear = len(numbers) == len(self.texts) and len({unit for _, unit in numbers.values()}) == 1
        return numbers if is_clear else {}

    @cached_property
    def plurals(self) -> dict[str, str]:
        """Marks by the plural of an option that is one noun, "bats", or by its last word, "councilmen".

        A sentence may mention them without choosing the option.
        """
        nouns = {name: mark for name, mark in self.by_text.items() if name.isalpha() and not name.endswith("s")}
        words = [word for text in self.texts.values() for word in fold(text).split()]
        names = {f"{name}s": mark for name, mark in nouns.items() if f"{name}s" not in self.by_text}
        heads = {name.split()[-1]: mark for name, mark in self.by_text.items() if " " in name}
        return names | {head: mark for head, mark in heads.items() if head.isalpha() and words.count(head) == 1}

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


def _names(text: str) -> set[str]:
    """Return how an answer may write the text of an option: with or without article, number as a word."""
    name = fold(without_period(text.strip(" *_`")))
    bare = ARTICLE.sub("", name, count=1) if ARTICLE.match(name) else name
    names = {name, bare, DEGREES.sub(r" °\1", bare), bare.replace("'", "").replace("’", "")}
    if (word := _NUMBER_WORDS.get(bare)) is not None:
        names.add(word)
    if (unit := SYMBOLS.get(bare[:1])) is not None:
        names |= {f"{number} {unit}" for number in (bare[1:], _NUMBER_WORDS.get(bare[1:])) if number}
    return {name for name in names if name}


def quantity_of(text: str) -> tuple[str, str] | None:
    """Return the number and the unit that a text is; None for any other text."""
    match = _QUANTITY.fullmatch(fold(without_period(text.strip(" *_`"))))
    if match is None or (match["currency"] and match["unit"]):
        return None
    unit = (match["currency"] or match["unit"] or "").strip()
    return match["number"].replace(",", ""), _CURRENCIES.get(unit, unit)
