"""BIG-Bench Hard as lm-evaluation-harness 0.4.13 scores it (tasks `bbh_zeroshot` and `bbh_cot_zeroshot`, version 3).

An answer ends at `</s>`, `Q:` or `<|im_end|>`. The rule `flexible-extract` depends on the task; it takes the first
match without and the last match with reasoning. With lettered options it takes `(A)`, else the text of an option,
without case and punctuation, else a letter after a colon. `strict-match` takes what follows "the answer is " up to the
character before the end of the line. Commas, backslashes, quotes, line breaks and a last period are removed before the
comparison.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from string import ascii_uppercase

from orca_local.suites.question import Question
from orca_local.suites.reference.base import ReferenceScore, cut, matched, nth_match
from orca_local.suites.reference.number_words import last_number_in_words

_ENDS = ("</s>", "Q:", "<|im_end|>")
_REMOVED = (r"\.$", ",", r"\\", "\n", '"')
_STRICT = re.compile("(?:(?<=The answer is )|(?<=the answer is )|(?<=The answer: )|(?<=The final answer: ))(.*)(?=.)")
_YES_NO = re.compile(r"\b(Yes|No|yes|no)\b")
_PATTERNS: Mapping[str, re.Pattern[str]] = {
    "boolean_expressions": re.compile(r"\b(True|False)\b"),
    "causal_judgement": _YES_NO,
    "navigate": _YES_NO,
    "formal_fallacies": re.compile(r"\b(valid|invalid)\b"),
    "dyck_languages": re.compile(r'(?<= )([" \[(<{}>)\]]+)|([" \[(<{}>)\]]+)'),
}
_MEANINGS: Mapping[str, Sequence[tuple[str, re.Pattern[str]]]] = {
    "sports_understanding": (
        ("no", re.compile(r"\b(no|not plausible)\b")),
        ("yes", re.compile(r"\b(yes|plausible)\b")),
    ),
    "web_of_lies": (
        ("no", re.compile(r"\b(no|does not tell the truth|is not telling the truth)\b")),
        ("yes", re.compile(r"\b(yes|tells the truth|is telling the truth)\b")),
    ),
}
"""What stands for which answer, in the order in which it is looked for."""
_NUMBER = re.compile("([-0-9]+)")
_LETTER = re.compile(r"(\([A-Z]\))")
_OPTION = re.compile(r"\([A-Z]\)([^\n^(]*)")


def bbh_flexible(question: Question, text: str) -> ReferenceScore:
    """Score an output by the rule `flexible-extract` of `bbh_cot_zeroshot`."""
    return matched(_read(question, cut(text, _ENDS), -1), question.target, _REMOVED)


def bbh_first(question: Question, text: str) -> ReferenceScore:
    """Score an output by the rule `flexible-extract` of `bbh_zeroshot`."""
    return matched(_read(question, cut(text, _ENDS), 0), question.target, _REMOVED)


def bbh_strict(question: Question, text: str) -> ReferenceScore:
    """Score an output by the rule `strict-match` of both tasks."""
    return matched(nth_match(_STRICT, cut(text, _ENDS), 0), question.target, _REMOVED)


def _read(question: Question, text: str, place: int) -> str | None:
    task = question.group
    if task in _PATTERNS:
        return nth_match(_PATTERNS[task], text, place)
    if task in _MEANINGS:
        return _meaning(_MEANINGS[task], text.lower(), place)
    if task == "word_sorting":
        return _sorted_words(question.prompt, text)
    if question.kind == "number":
        return nth_match(_NUMBER, text, place) or last_number_in_words(text, place)
    return nth_match(_LETTER, text, place) or _option(question.prompt, text, place)


def _meaning(meanings: Sequence[tuple[str, re.Pattern[str]]], text: str, place: int) -> str | None:
    either = re.compile("|".join(pattern.pattern for _, pattern in meanings))
    said = nth_match(either, text, place)
    return next((answer for answer, pattern in meanings if said and pattern.search(said)), None)


def _sorted_words(prompt: str, text: str) -> str:
    """Return the words of the list, each where the text names it last."""
    words = prompt.split("List:")[1].split()
    named = re.findall("|".join(rf"\b{word}\b" for word in words), text)
    return " ".join(reversed(dict.fromkeys(reversed(named))))


def _option(prompt: str, text: str, place: int) -> str | None:
    """Return the letter of the option whose text is named, or a letter after a colon."""
    options = {_plain(option.strip()): number for number, option in enumerate(_OPTION.findall(prompt))}
    letters = ascii_uppercase[: len(_OPTION.findall(prompt))]
    by_length = sorted(map(re.escape, options), key=len, reverse=True)
    named = nth_match(re.compile("|".join(by_length)), _plain(text), place)
    if named:
        return f"({letters[options[named]]})" if named in options else named
    letter = nth_match(re.compile(rf":\s*({'|'.join(letters)})"), text, place)
    return f"({letter})" if letter else None


def _plain(text: str) -> str:
    return "".join(c for c in text.lower() if not unicodedata.category(c).startswith("P"))
