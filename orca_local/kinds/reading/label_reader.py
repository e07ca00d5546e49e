"""Find the labels of a closed set of answers in a text, and read the one that it chooses."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache, partial
from itertools import groupby

from orca_local.domain.text import fold
from orca_local.kinds.reading.decision import Mention, decide, first_stated, rejected_alone
from orca_local.kinds.reading.lexicon import AFTER_ANSWER, BEFORE_ANSWER, COMMON_WORDS
from orca_local.kinds.reading.wrapping import writings

MAX_STATEMENT = 600
"""A longer statement is a text, not an answer."""

_MIN_LETTERS = 3
"""Fewest letters of an abbreviation."""

# Chinese, Japanese, Thai, Lao, Khmer and Burmese are written without spaces; Korean adds endings to a word.
_UNSPACED = "\u0e00-\u0edf\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uff66-\uff9f"
_HANGUL = "\uac00-\ud7a3"
_COMBINING = (
    "\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670\u0900-\u0903\u093a-\u094f\u0951-\u0957\u0962\u0963\u20d0-\u20ff"
)
_SPECIAL = re.compile(f"[{_UNSPACED}{_COMBINING}]")
_PLAIN_LETTER = r"[^\W_]"
LETTER = rf"(?:[^\W_{_UNSPACED}]|[{_COMBINING}])"
_SYMBOL = r"[+\-*/=<>#%&|^~@\\−]"

_ALONE_BEFORE = re.compile(
    rf"(?:^|[{_UNSPACED}]\s*|[.,;:!?…=→⇒∴>/(\[{{\"'“„‘«「*_`$–—-]\s*|\b(?:{BEFORE_ANSWER})\s+)[\"'“„‘«「*_`$({{\[]*$",
    re.IGNORECASE,
)
_ALONE_AFTER = re.compile(
    rf"[\"'”’»」*_`$)\]}}]*(?:\s*$|[{_UNSPACED}]|\s*[.,;:!?…。=→–—)\]/✓✔✅✗✘❌]|\s+-|\s+(?:{AFTER_ANSWER})\b)",
    re.IGNORECASE,
)

_TITLE = re.compile(r"\b(?:mr|mrs|ms|dr|prof|vs)\.\s*$", re.IGNORECASE)
_OF_VERB = re.compile(r"(\w{4,})(?:ion|ment)")
_REMARK = re.compile(r"\s*[(:]|\s+[-–—]\s|\s+because\b", re.IGNORECASE)


def whole_label(content: str, labels: Sequence[str]) -> str | None:
    """Return the label that all of a statement is, apart from case, spaces, marks around it and a final period."""
    if len(content) > MAX_STATEMENT:
        return None
    by_text = {fold(label): label for label in labels}
    labelled = (
        by_text.get(fold(written)) or by_text.get(fold(written.replace("\\_", "_"))) for written in writings(content)
    )
    return next(filter(None, labelled), None)


def stated_label(content: str, labels: tuple[str, ...], prompt: str = "") -> str | None:
    """Return the label that a statement settles on; None if it names none, or several."""
    return first_stated(content[:MAX_STATEMENT], lambda part: text_label(part, labels, prompt))


def text_label(text: str, labels: tuple[str, ...], prompt: str = "") -> str | None:
    """Return the label that a text settles on; None if it names none, or several without a decision.

    Of two labels, the one that is not denied: "Not spam."
    """

    def find(sentence: str) -> list[Mention]:
        return find_labels(sentence, labels)

    def bare(sentence: str) -> str | None:
        """Return the label that a sentence is, alone or after a heading."""
        return whole_label(sentence, labels) or whole_label(re.split(r"[:：]\s", sentence)[-1], labels)

    label = decide(text, find, bare, prompt)
    if label is None:
        # "Neutral (leaning positive)".
        label = whole_label(_REMARK.split(text.strip()[:MAX_STATEMENT], maxsplit=1)[0], labels)
        label = label or _by_abbreviation(text, labels)
    if label is None and (named := _with_nouns(text, labels)) != text:
        return text_label(named, labels, prompt)
    if label is None and len(labels) == 2:
        denied = rejected_alone(text, find, prompt)
        return None if denied is None else next((other for other in labels if other != denied), None)
    return label


def _with_nouns(text: str, labels: Sequence[str]) -> str:
    """Return the text with a label in the place of its verb: "contradicts" for the label "contradiction"."""
    for label in labels:
        if noun := _OF_VERB.fullmatch(label.casefold()):
            text = re.sub(rf"\b{noun[1]}(?:s|ed|ing)?\b", label.replace("\\", r"\\"), text, flags=re.IGNORECASE)
    return text


def find_labels(sentence: str, labels: tuple[str, ...]) -> list[Mention]:
    """Return where a sentence names labels as whole words. Where labels overlap, the longest counts."""
    # The exact class of letters takes long to compile, and few texts need it.
    pattern = _pattern(labels, LETTER if _SPECIAL.search(sentence) else _PLAIN_LETTER)
    by_key = _by_key(labels)
    mentions = []
    for match in pattern.finditer(sentence):
        label = by_key.get(_key(match[0]))
        if label is not None and (not _needs_room(label) or stands_alone(sentence, match.start(), match.end())):
            mentions.append(Mention(label, match.start(), match.end()))
    return mentions


def _by_abbreviation(text: str, labels: Sequence[str]) -> str | None:
    """Return the label that abbreviates the one word of a text: "NEG" for "Negative"."""
    word = text.strip(" \n.*\"'").upper()
    named = [label for label in labels if label.isupper() and len(label) >= _MIN_LETTERS and word.startswith(label)]
    return named[0] if len(named) == 1 and word.isalpha() else None


def stands_alone(sentence: str, start: int, end: int) -> bool:
    """Whether a word is used as an answer: "is A." or "so no", but not "a plant" or "no evidence"."""
    before = _ALONE_BEFORE.search(sentence[max(0, start - 24) : start])
    if before is not None and start > 24 and before.start() == 0 and not before[0].strip():
        before = None
    is_name = _TITLE.search(sentence[max(0, start - 6) : start]) is not None
    return before is not None and not is_name and _ALONE_AFTER.match(sentence, end) is not None


def _needs_room(label: str) -> bool:
    return label.casefold() in COMMON_WORDS or (len(label) == 1 and label.isalpha() and label.isascii())


def _key(text: str) -> str:
    return re.sub(r"(?<=\w)[\s_-]+(?=\w)", " ", fold(text.replace("\\_", "_").replace("_", " ")))


@lru_cache(maxsize=64)
def _by_key(labels: tuple[str, ...]) -> dict[str, str]:
    """Return the labels by what the pattern matches; of two that look alike, the first."""
    return {_key(label): label for label in reversed(labels)}


@lru_cache(maxsize=64)
def _pattern(labels: tuple[str, ...], letter: str) -> re.Pattern[str]:
    """Return a pattern for any of the labels, the longest first. `letter` is the class of letters that join a word."""
    longest_first = sorted((" ".join(label.split()) for label in labels if label.strip()), key=len, reverse=True)
    alternatives = [
        f"{left}(?i:{'|'.join(map(_body, group))}){right}"
        for (left, right), group in groupby(longest_first, partial(_bounds, letter=letter))
    ]
    return re.compile("|".join(alternatives) or r"(?!)")


def _body(label: str) -> str:
    """Return the pattern of a label; between words, space, hyphen and underscore stand for each other."""
    return re.sub(r"(?<=\w)(?:\\ |\\-|_)(?=\w)", r"(?:[ \\t-]|\\\\?_)", re.escape(label)).replace("\\ ", r"\s")


def _bounds(label: str, letter: str) -> tuple[str, str]:
    """Return the patterns before and after a label that its first and last character need."""
    if not any(character.isalnum() for character in label):
        return r"(?<![^\s\"'“‘«「`*$(])", r"(?![^\s\"'”’»」`*$),.;!?])"
    first, last = label[0], label[-1]
    if re.match(f"[{_UNSPACED}]", first):
        left = ""
    elif first.isalnum():
        left = rf"(?<!{letter})(?<!{letter}[_'’-])" + (r"(?<!\d[.,:/])(?<![-+−.,])" if first.isdigit() else "")
    else:
        left = rf"(?<!{_SYMBOL})(?<!{letter})"
    if re.match(f"[{_UNSPACED}{_HANGUL}]", last):
        right = ""
    elif last.isalnum():
        right = rf"(?!{letter})(?![_'’-]{letter})(?![+#])" + (r"(?![.,:/]?\d|%)" if last.isdigit() else "")
        right += r"(?!\.\w)" if len(label) == 1 and last.isalpha() else ""
    else:
        right = rf"(?!{_SYMBOL})(?!{letter})"
    return left, right
