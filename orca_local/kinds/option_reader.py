"""Lettered options: read them from a prompt, and find the one that an answer names."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

_FORMS = (
    re.compile(r"(?:^|(?<=\s))[(\[]?([A-Z])[)\].:]\s*(.+?)(?=\s+[(\[]?[A-Z][)\].:]\s*\S|\s*$)", re.MULTILINE),
    re.compile(r"(?:^|(?<=\s))[(\[]?([a-z])[)\]]\s*(.+?)(?=\s+[(\[]?[a-z][)\]]\s*\S|\s*$)", re.MULTILINE),
)
_WITHOUT_OPTIONS = "ABCDEFGHIJ"
_WORDS = "AI"
"""Letters that are also words."""


def parse_options(prompt: str) -> dict[str, str]:
    """Letter, upper case → text of the lettered options that a prompt shows; empty where it shows none."""
    for form in _FORMS:
        options: dict[str, str] = {}
        for found, text in form.findall(prompt):
            letter = found.upper()
            # A later list is the question's own; an initial such as "J. Smith" does not follow on.
            if letter == "A":
                options = {}
            if letter == chr(ord("A") + len(options)):
                options[letter] = text.strip()
        if len(options) > 1:
            return options
    return {}


def option_letters(options: Mapping[str, str], labels: Collection[str]) -> str:
    """The letters that may be the answer: those of the options and those among the labels."""
    letters = set(options) | {label.upper() for label in labels if re.fullmatch(r"[A-Za-z]", label)}
    return "".join(sorted(letters)) or _WITHOUT_OPTIONS


def stated_option(part: str, options: Mapping[str, str], letters: str) -> str | None:
    """The letter that an answer statement names, by letter or by the option's text."""
    words = "".join(letter for letter in letters if letter in _WORDS)
    plain = "".join(letter for letter in letters if letter not in _WORDS)
    # "A" and "I" are letters only where the sentence does not go on as if they were words.
    head = rf"[{plain or '-'}](?![\w'’])" + (
        rf"|[{words}](?=\W*$|[).,:;\]]|\s+(?:is|because|as|since)\b|\s+(?:or|and)\s+\W?[A-Z]\b)" if words else ""
    )
    before = r"\W*(?:the\s+)?(?:option|choice|letter|answer)?[\s:]*"
    match = (
        re.match(rf"{before}[(\[]?({head})", part)
        or re.match(rf"{before}[(\[]([{letters}])[)\]]", part, re.IGNORECASE)
        or re.match(rf"{before}([{letters.lower()}])(?:[).:]|\W*$)", part)
    )
    if match is not None:
        return None if _continues(part[match.end() :], letters) else match[1].upper()
    if (by_text := named_option(part, options)) is not None:
        return by_text
    return _only(re.findall(rf"[(\[]([{letters}])[)\]]|\b([{plain or '-'}])\b(?![.'’]\w)", part))


def loose_option(text: str, options: Mapping[str, str], letters: str) -> str | None:
    """The one option that a text without an answer statement settles on; None where it names several."""
    chosen = re.findall(
        rf"(?:^|[\s(])\(?([{letters}])[).]?\s+(?:is|would be)\s+(?:the\s+)?(?:correct|right|best|answer|most)\b"
        rf"|\b(?:choose|pick|select|go with|chose)\s+(?:option\s+)?\(?([{letters}])\b",
        text,
    )
    if chosen:
        return _only(chosen[-1:])
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    alone = [line for line in lines if re.fullmatch(rf"\W*[{letters}]\W*", line)]
    if alone and (len(lines) == 1 or len(set(alone)) == 1):
        return re.sub(r"\W", "", alone[-1])
    marked = re.findall(
        rf"^\s*[(\[]?([{letters}])[)\].:](?=\s|$)|[(\[]([{letters}])[)\]]|\b[Oo]ption\s+([{letters}])\b",
        text,
        re.MULTILINE,
    )
    if marked:
        return _only(marked)
    return named_option(text if len(text.split()) <= 40 else lines[-1], options)


def named_option(part: str, options: Mapping[str, str]) -> str | None:
    """The letter of the option whose text, and no other's, is in `part`."""
    return longest_inside(part, options)


def longest_inside(part: str, names: Mapping[str, str]) -> str | None:
    """The key of the one name that is in `part` as whole words; where one name holds the others, its key."""
    words = re.sub(r"\b(?:not|never|neither|nor) (\w+)", " ", f" {normalize(part)} ")
    inside = [key for key, name in names.items() if (plain := normalize(name)) and f" {plain} " in words]
    longest = max(inside, key=lambda key: len(names[key]), default=None)
    if longest is None:
        return None
    # "New York" holds "York"; two that stand apart leave it open.
    rest = words.replace(f" {normalize(names[longest])} ", "  ")
    return None if any(f" {normalize(names[key])} " in rest for key in inside if key != longest) else longest


def normalize(text: str) -> str:
    """Lower case, no punctuation, no articles, single spaces: what SQuAD's evaluation script does.

    Rajpurkar et al. 2016, `normalize_answer`. Here punctuation parts words instead of joining them, but for
    apostrophes, and a text of nothing but articles keeps them.
    """
    text = re.sub(r"[^\w\s]", " ", re.sub("['’]", "", text.lower()))
    return " ".join(re.sub(r"\b(?:a|an|the)\b", " ", text).split()) or " ".join(text.split())


def _continues(rest: str, letters: str) -> bool:
    """Whether a second letter follows as an alternative: "A or B", "A, C"."""
    return (
        re.match(rf"[)\]\"'.]*\s*(?:,|/|&|or\b|and\b|-)+\s*(?:or\b|and\b)?\s*[(\[\"']?[{letters}](?![\w'’])", rest)
        is not None
    )


def _only(found: list[tuple[str, ...]]) -> str | None:
    """The letter, where all that was found is one letter."""
    distinct = {letter for groups in found for letter in groups if letter}
    return distinct.pop() if len(distinct) == 1 else None
