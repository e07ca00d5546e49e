"""Similarity of an answer to a reference text, from 0 to 1, and facts in which similar texts may differ."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

from orca_local.kinds.reading.lexicon import CARDINALS, ORDINAL_WORDS

# Scripts that write words without spaces (Thai to Khmer, kana, Han): each character counts as a word.
_UNSPACED = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
_NUMBER = r"[-+]?\d+(?:[.,]\d+)*"
_WORD = re.compile(rf"(?<!\w){_NUMBER}(?!\w)|[{_UNSPACED}]|[^\W{_UNSPACED}]+")
_SYMBOLS = re.compile(r"[-+#*/%&@^=<>~|\\$€£¥]")
_ARTICLES = frozenset(("a", "an", "the"))
_NEGATION = re.compile(
    r"n['’]t\b|\b(?:not?|never|none|neither|nor|without|cannot|nicht|keine?|nie|jamais|nunca)\b|[不没無未]",
    re.IGNORECASE,
)
_CARDINALS = {word: str(value) for value, word in enumerate(CARDINALS[:13]) if value != 1}
_ORDINALS = {word: str(value) for value, word in enumerate(ORDINAL_WORDS[:12], start=1)}
_ROMAN = re.compile(r"(?<=\w )(?:I{1,3}|IV|VI{0,3}|IX|XI{0,2})\b(?!['’])")
_ROMAN_DIGITS = {"I": 1, "V": 5, "X": 10}


def words(text: str) -> list[str]:
    """Return the words of a text in lower case, without punctuation. Numbers are in one writing: 1,000 is 1000.

    In scripts without spaces between words, such as Chinese, each character is a word.
    """
    return [_number(word) or word for word in _WORD.findall(unicodedata.normalize("NFKC", text).casefold())]


def span_words(text: str) -> list[str]:
    """Return the words of a span without articles, unless it has no others; small numbers in digits.

    This is the normalization of DROP's evaluation script (Dua et al. 2019, arXiv:1903.00161) with words of scripts that
    have no spaces.
    """
    all_words = words(text.replace("'", "").replace("’", ""))
    return [_CARDINALS.get(word, word) for word in all_words if word not in _ARTICLES] or all_words


def symbols(text: str) -> list[str]:
    """Return the operators and other symbols that change what a text names: `C++` is not `C`."""
    plain = re.sub(r"(?<=\w)-(?=\w)|\s-\s", " ", unicodedata.normalize("NFKC", text))
    return _SYMBOLS.findall(re.sub(rf"(?<!\w){_NUMBER}", " ", plain))


def numbers(text: str) -> set[str]:
    """Return the numbers in a text: digits, words up to twelve, ordinals, and Roman numerals after a word."""
    values = {word for word in words(text) if word[:1].isdigit() or word[-1:].isdigit()}
    values |= {names[word] for word in words(text) for names in (_CARDINALS, _ORDINALS) if word in names}
    return values | {str(_roman_value(numeral)) for numeral in _ROMAN.findall(text)}


def is_negated(text: str) -> bool:
    """Whether a text has a negation."""
    return _NEGATION.search(text) is not None


def word_f1(answer: str, reference: str) -> float:
    """Return the F1 of the words of two spans, repeated words included (Rajpurkar et al. 2016, Dua et al. 2019)."""
    a, b = span_words(answer), span_words(reference)
    if not a or not b:
        return float(answer.strip() == reference.strip())
    return 2 * sum((Counter(a) & Counter(b)).values()) / (len(a) + len(b))


def rouge_l(answer: str, reference: str) -> float:
    """Return ROUGE-L: the F1 of the longest common subsequence of words (Lin 2004, with equal weights)."""
    a, b = words(answer), words(reference)
    if not a or not b:
        return float(answer.strip() == reference.strip())
    return 2 * common_subsequence(a, b) / (len(a) + len(b))


def common_subsequence(a: Sequence[str], b: Sequence[str]) -> int:
    """Return the length of the longest common subsequence, by the bit-parallel recurrence of Hyyrö 2004.

    Bit i of `row` is cleared if the length grows at `a[i]`. Each word of `b` costs one addition of whole numbers with
    as many bits as `a` has words.
    """
    positions: dict[str, int] = {}
    for i, word in enumerate(a):
        positions[word] = positions.get(word, 0) | 1 << i
    full = (1 << len(a)) - 1
    row = full
    for word in b:
        matches = row & positions.get(word, 0)
        row = (row + matches | row - matches) & full
    return len(a) - row.bit_count()


def _number(word: str) -> str | None:
    """Return a number in one writing, without thousands separators and trailing zeros; None for other words."""
    if not re.fullmatch(_NUMBER, word):
        return None
    sign = "-" if word.startswith("-") else ""
    digits = word.lstrip("+-")
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?", digits):
        digits = digits.replace(",", "")
    if digits.count(".") == 1 and "," not in digits:
        digits = digits.rstrip("0").rstrip(".")
    return sign + (digits.lstrip("0") or "0")


def _roman_value(numeral: str) -> int:
    digits = [_ROMAN_DIGITS[letter] for letter in numeral]
    return sum(-digit if digit < after else digit for digit, after in zip(digits, [*digits[1:], 0], strict=True))
