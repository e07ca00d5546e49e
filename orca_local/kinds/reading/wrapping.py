"""What writers put around an answer: quotes, Markdown, LaTeX and brackets. It is removed in pairs only."""

from __future__ import annotations

import re
from collections.abc import Iterator

from orca_local.kinds.reading.lexicon import ABBREVIATIONS, ALSO_WORDS, NUMBERED

_QUOTES = '"" “” ‘’ „“ „” ”” «» »« ‹› 「」 『』 《》 〈〉 ＂＂ ‚‘ ’’'
_MARKUP = (("```", "```"), ("``", "``"), ("`", "`"), ("***", "***"), ("**", "**"), ("*", "*"), ("~~", "~~"))
_MATH = (("$$", "$$"), ("$", "$"), (r"\(", r"\)"), (r"\[", r"\]"))
_PAIRS = (("'", "'"), *((pair[0], pair[1]) for pair in _QUOTES.split()), *_MARKUP, *_MATH)
_BRACKETS = (("(", ")"), ("[", "]"), ("{", "}"), ("<", ">"), ("（", "）"), ("【", "】"), ("__", "__"), ("_", "_"))
_COMMAND = re.compile(r"\\(?:text[a-z]{0,6}|math[a-z]{0,6}|mbox|boxed|fbox|operatorname|emph)\s?(?=\{)")
_TAG = re.compile(r"<([A-Za-z]{1,12})>")
_MAX_LAYERS = 6

_CUT_OFF = re.compile(
    r"(?:[,(=×]|\b(?:and|or|but|the|an?|of|to|in|with|by|from|that|because|is|was|are|were|has|have|had|then|so|now|we"
    r"|which|when|where|if|as|for|at|he|she|they|i|(?:that|it|there|here)['’]s|its|their|his|her|need|must|should|will|be|per|each|than|plus|minus|times|divided))\s*\Z",
    re.IGNORECASE,
)
_LIST_WORDS = frozenset({"option", "answer", "choice", "letter", "label"})
_NOTES = frozenset(map(ord, "✓✔✅✗✘❌"))
"""Marks that judge what stands before them."""
_EMOJI = " \ufe0f\u200d" + "".join(map(chr, {*range(0x2600, 0x27C0), *range(0x1F000, 0x1FB00)} - _NOTES))
_CLOSERS = "\"'”’»」』)]*_`"
_SENTENCE_END = re.compile(r"(?<![.!?…])[.!?…]++[\"'”’»*_`)\]]{0,4}(?=\s)(?!\s*[=≈])|[。！？]++[」』”]?|\n\s*+")


def unwrap(text: str, *, brackets: bool = False) -> str:
    """Return the text without the pairs of marks around all of it.

    `brackets` also removes brackets and underscores, which may be a part of an answer in words.
    """
    return list(layers(text, brackets=brackets))[-1]


def layers(text: str, *, brackets: bool = False) -> Iterator[str]:
    """Yield the text, then what is left as each pair of marks around it is removed."""
    text = text.strip()
    yield text
    for _ in range(_MAX_LAYERS):
        inner = _inner(text, _PAIRS + _BRACKETS if brackets else _PAIRS)
        if inner is None:
            return
        text = inner
        yield text


def writings(content: str) -> Iterator[str]:
    """Yield a statement as it may write its answer: without emoji, marks around it, a final period or exclamation."""
    content = without_emoji(content.strip())
    for written in dict.fromkeys((content, without_period(content), content.rstrip("!"))):
        for layer in layers(written, brackets=True):
            yield from dict.fromkeys((layer, without_period(layer)))


def _inner(text: str, pairs: tuple[tuple[str, str], ...]) -> str | None:
    """Return what is between the outermost pair of marks; None if there is none."""
    if (command := _COMMAND.match(text)) and text.endswith("}"):
        is_whole = closing_brace(text, command.end() + 1, len(text)) == len(text) - 1
        return text[command.end() + 1 : -1].strip() if is_whole else None
    if (tag := _TAG.match(text)) and text.endswith(end := f"</{tag[1]}>"):
        inner = text[tag.end() : -len(end)]
        return inner.strip() if "</" not in inner and inner.strip() else None
    for start, end in pairs:
        if text.startswith(start) and text.endswith(end) and len(text) > len(start) + len(end):
            inner = text[len(start) : -len(end)]
            if start not in inner and end not in inner and inner.strip():
                return inner.strip()
    return None


def closing_brace(text: str, start: int, limit: int) -> int | None:
    """Return the index of the brace that closes the one before `start`, of this number of characters; None without."""
    depth = 1
    for at in range(start, min(len(text), start + limit)):
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        if depth == 0:
            return at
    return None


def without_period(text: str) -> str:
    """Return the text without the final period of a sentence; the period of an abbreviation stays."""
    if text.endswith("。"):
        return text[:-1].rstrip()
    if not text.endswith(".") or text.endswith(".."):
        return text
    word = re.split(r"[\s(\"'“‘]", text[-40:-1].rstrip(_CLOSERS))[-1]
    is_number = re.fullmatch(r"[\d.,:/-]+", word) is not None
    if (
        not word.strip(_CLOSERS)
        or ("." in word and not is_number)
        or (word.casefold() in ABBREVIATIONS - ALSO_WORDS and " " in text)
    ):
        return text
    is_initial = (
        len(word) == 1 and text[-2:-1] == word and word.isupper() and len(text) > 2 and _follows_name(text[:-2])
    )
    return text if is_initial else text[:-1].rstrip()


def is_cut_off(text: str) -> bool:
    """Whether a text of several words ends in the middle of a sentence, as when the tokens of the model ran out."""
    end = text[-40:].rstrip()
    return len(text.split(maxsplit=3)) > 3 and _CUT_OFF.search(end) is not None


def without_emoji(text: str) -> str:
    """Return the text without emoji at its end; a text of emoji alone stays."""
    bare = text.rstrip(_EMOJI)
    return bare if bare else text


def sentences(text: str) -> list[str]:
    """Return the sentences of a text, with their marks at the end. A line end also ends a sentence."""
    result, start = [], 0
    for match in _SENTENCE_END.finditer(text):
        if match[0].startswith(".") and not match[0].startswith("..") and _is_abbreviation(text, start, match.start()):
            continue
        result.append(text[start : match.end()].strip())
        start = match.end()
    return [sentence for sentence in (*result, text[start:].strip()) if sentence]


def _is_abbreviation(text: str, start: int, end: int) -> bool:
    """Whether the period at `end` belongs to the word before it, in a sentence that begins at `start`."""
    word = re.split(r"[\s(\"'“‘*]", text[max(start, end - 40) : end])[-1]
    if not word:
        return False
    if "." in word.strip(".") and not re.fullmatch(r"\D?\d[\d.,]*\D{0,2}", word):
        # "the U.S. Army", but also "in the U.S. It is".
        return not re.match(r"\.[\"')]*\s+(?:The|It|This|That|He|She|They|In|So|We|I)\b", text[end : end + 20])
    if word.casefold() in NUMBERED:
        return text[end + 1 : end + 4].lstrip()[:1].isdigit()
    if word.casefold() in ABBREVIATIONS or (word.isdigit() and not text[start : end - len(word)].strip()):
        return True
    is_followed_by_initial = re.match(r"\.\s[A-Z]\.", text[end : end + 4]) is not None
    return len(word) == 1 and word.isalpha() and (is_followed_by_initial or _follows_name(text[start : end - 1]))


def _follows_name(before: str) -> bool:
    """Whether a letter after this text is an initial, as in "George W. Bush", or the mark of a list item."""
    words = before[-60:].split()
    if not words or words[-1].endswith("."):
        return True
    return words[-1][:1].isupper() and len(words[-1]) > 1 and words[-1].casefold() not in _LIST_WORDS
