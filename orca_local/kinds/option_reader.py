"""Read lettered options from a prompt, and find the option that an answer names."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping

from orca_local.kinds.word_match import find_name

_FORMS = (
    re.compile(r"(?:^|(?<=\s))[(\[]?([A-Z])[)\].:]\s*(.+?)(?=\s+[(\[]?[A-Z][)\].:]\s*\S|\s*$)", re.MULTILINE),
    re.compile(r"(?:^|(?<=\s))[(\[]?([a-z])[)\]]\s*(.+?)(?=\s+[(\[]?[a-z][)\]]\s*\S|\s*$)", re.MULTILINE),
)
# In lower case only with a bracket, or each "e.g." would be an option.
_OTHER_FORM = re.compile(r"(?<![A-Za-z0-9])(?:[(\[]?([A-Z])[)\].:]|[(\[]?([a-z])[)\]])")
_DEFAULT_LETTERS = "ABCDEFGHIJ"
_WORD_LETTERS = "AI"
"""Letters that are also words."""


def parse_options(prompt: str) -> dict[str, str]:
    """Return the options that a prompt shows, as upper-case letter → text; empty if it shows none."""
    for form in _FORMS:
        options: dict[str, str] = {}
        for mark, text in form.findall(prompt):
            letter = mark.upper()
            # The last list counts. Letters out of order, such as the initial of "J. Smith", are not options.
            if letter == "A":
                options = {}
            if letter == chr(ord("A") + len(options)):
                options[letter] = text.strip()
        if len(options) > 1:
            return options
    return {}


def displayed_letters(prompt: str) -> set[str]:
    """Return the upper-case letters of the options that a prompt shows.

    If `parse_options` reads none, everything that looks like the letter of an option counts.
    """
    return set(parse_options(prompt)) or {(upper or lower).upper() for upper, lower in _OTHER_FORM.findall(prompt)}


def answer_letters(options: Mapping[str, str], labels: Collection[str]) -> str:
    """Return the letters that may be the answer: those of the options, and labels of one letter."""
    letters = set(options) | {label.upper() for label in labels if re.fullmatch(r"[A-Za-z]", label)}
    return "".join(sorted(letters)) or _DEFAULT_LETTERS


def stated_option(statement: str, options: Mapping[str, str], letters: str) -> str | None:
    """Return the letter of the option that an answer statement names, by its letter or by its text."""
    word_letters = "".join(letter for letter in letters if letter in _WORD_LETTERS)
    plain = "".join(letter for letter in letters if letter not in _WORD_LETTERS)
    # "A" and "I" are letters only if the sentence does not use them as words.
    head = rf"[{plain or '-'}](?![\w'’])"
    if word_letters:
        head += rf"|[{word_letters}](?=\W*$|[).,:;\]]|\s+(?:is|because|as|since)\b|\s+(?:or|and)\s+\W?[A-Z]\b)"
    before = r"\W*(?:the\s+)?(?:option|choice|letter|answer)?[\s:]*"
    match = (
        re.match(rf"{before}[(\[]?({head})", statement)
        or re.match(rf"{before}[(\[]([{letters}])[)\]]", statement, re.IGNORECASE)
        or re.match(rf"{before}([{letters.lower()}])(?:[).:]|\W*$)", statement)
    )
    if match is not None:
        return None if _continues(statement[match.end() :], letters) else match[1].upper()
    if (by_text := find_name(statement, options)) is not None:
        return by_text
    return _only(re.findall(rf"[(\[]([{letters}])[)\]]|\b([{plain or '-'}])\b(?![.'’]\w)", statement))


def chosen_option(text: str, options: Mapping[str, str], letters: str) -> str | None:
    """Return the one option that a text without an answer statement chooses; None if it names several."""
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
    return find_name(text if len(text.split()) <= 40 else lines[-1], options)


def _continues(rest: str, letters: str) -> bool:
    """Whether a second letter follows as an alternative: "A or B", "A, C"."""
    return (
        re.match(rf"[)\]\"'.]*\s*(?:,|/|&|or\b|and\b|-)+\s*(?:or\b|and\b)?\s*[(\[\"']?[{letters}](?![\w'’])", rest)
        is not None
    )


def _only(matches: list[tuple[str, ...]]) -> str | None:
    """Return the letter of all matches; None if they have several."""
    distinct = {letter for groups in matches for letter in groups if letter}
    return distinct.pop() if len(distinct) == 1 else None
