"""Find the labels of a closed set of answers in a text, and read the one that it chooses."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from orca_local.domain.text import fold
from orca_local.kinds.decision import Mention, decide, rejected_alone
from orca_local.kinds.lexicon import AFTER_ANSWER, BEFORE_ANSWER, COMMON_WORDS
from orca_local.kinds.wrapping import layers, sentences, without_emoji, without_period

MAX_STATEMENT = 600
"""A longer statement is a text, not an answer."""

# Chinese, Japanese, Thai, Lao, Khmer and Burmese are written without spaces; Korean adds endings to a word.
_UNSPACED = "\u0e00-\u0edf\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uff66-\uff9f"
_HANGUL = "\uac00-\ud7a3"
LETTER = rf"[^\W_{_UNSPACED}]"
_COMBINING = (
    "\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670\u0900-\u0903\u093a-\u094f\u0951-\u0957\u0962\u0963\u20d0-\u20ff"
)
_SYMBOL = r"[+\-*/=<>#%&|^~@\\−]"

_ALONE_BEFORE = re.compile(
    rf"(?:^|[{_UNSPACED}]|[.,;:!?…=→>/(\[{{\"'“„‘«「*_`$–—-]\s*|\b(?:{BEFORE_ANSWER})\s+)[\"'“„‘«「*_`$({{\[]*$",
    re.IGNORECASE,
)
_ALONE_AFTER = re.compile(
    rf"[\"'”’»」*_`$)\]}}]*(?:\s*$|[{_UNSPACED}]|\s*[.,;:!?…。=→–—)\]/]|\s+-|\s+(?:{AFTER_ANSWER})\b)", re.IGNORECASE
)


def whole_label(content: str, labels: Sequence[str]) -> str | None:
    """Return the label that all of a statement is, apart from case, spaces, marks around it and a final period."""
    if len(content) > MAX_STATEMENT:
        return None
    by_text = {fold(label): label for label in labels}
    content = without_emoji(content.strip())
    for written in (content, without_period(content), content.rstrip("!")):
        for layer in layers(written, brackets=True):
            for candidate in (layer, without_period(layer), layer.replace("\\_", "_")):
                if (label := by_text.get(fold(candidate))) is not None:
                    return label
    return None


def stated_label(content: str, labels: tuple[str, ...], prompt: str = "") -> str | None:
    """Return the label that a statement settles on; None if it names none, or several."""
    if (label := whole_label(content, labels)) is not None:
        return label
    parts = sentences(content[:MAX_STATEMENT])
    # The first sentence states the answer; the others explain it.
    for part in (parts[0] if parts else "", content[:MAX_STATEMENT]):
        if (label := text_label(part, labels, prompt)) is not None:
            return label
    return None


def text_label(text: str, labels: tuple[str, ...], prompt: str = "") -> str | None:
    """Return the label that a text settles on; None if it names none, or several without a decision.

    Of two labels, the one that is not denied: "Not spam."
    """

    def find(sentence: str) -> list[Mention]:
        return find_labels(sentence, labels)

    label = decide(text, find, lambda sentence: whole_label(sentence, labels), prompt)
    if label is None and len(labels) == 2:
        denied = rejected_alone(text, find, prompt)
        return None if denied is None else next((other for other in labels if other != denied), None)
    return label


def find_labels(sentence: str, labels: tuple[str, ...]) -> list[Mention]:
    """Return where a sentence names labels as whole words. Where labels overlap, the longest counts."""
    pattern, by_key = _pattern(labels)
    mentions = []
    for match in pattern.finditer(sentence):
        label = by_key.get(_key(match[0]))
        if label is None:
            continue
        if _needs_room(label) and not stands_alone(sentence, match.start(), match.end()):
            continue
        mentions.append(Mention(label, match.start(), match.end()))
    return mentions


def stands_alone(sentence: str, start: int, end: int) -> bool:
    """Whether a word is used as an answer: "is A." or "so no", but not "a plant" or "no evidence"."""
    before = _ALONE_BEFORE.search(sentence[max(0, start - 24) : start])
    if before is not None and start > 24 and before.start() == 0 and not before[0].strip():
        before = None
    return before is not None and _ALONE_AFTER.match(sentence, end) is not None


def _needs_room(label: str) -> bool:
    return label.casefold() in COMMON_WORDS or (len(label) == 1 and label.isalpha() and label.isascii())


def _key(text: str) -> str:
    return re.sub(r"(?<=\w)[\s_-]+(?=\w)", " ", fold(text.replace("\\_", "_").replace("_", " ")))


@lru_cache(maxsize=64)
def _pattern(labels: tuple[str, ...]) -> tuple[re.Pattern[str], dict[str, str]]:
    """Return a pattern for any of the labels, the longest first, and the labels by what it matches."""
    keys: dict[str, str] = {}
    for label in labels:
        keys.setdefault(_key(label), label)
    alternatives = [_alternative(label) for label in sorted(labels, key=len, reverse=True) if label.strip()]
    return re.compile("|".join(alternatives) or r"(?!)", re.IGNORECASE), keys


def _alternative(label: str) -> str:
    """Return the pattern of one label with the bounds that its first and last character need."""
    text = " ".join(label.split())
    body = re.sub(r"(?<=\w)(?:\\ |\\-|_)(?=\w)", r"(?:[ \\t-]|\\\\?_)", re.escape(text)).replace("\\ ", r"\s")
    if not any(character.isalnum() for character in text):
        return rf"(?<![^\s\"'“‘«「`*$(]){body}(?![^\s\"'”’»」`*$),.;!?])"
    return _left_bound(text[0]) + body + _right_bound(text)


def _left_bound(first: str) -> str:
    if re.match(f"[{_UNSPACED}]", first):
        return ""
    if not first.isalnum():
        return rf"(?<!{_SYMBOL})(?<!{LETTER})"
    bound = rf"(?<!{LETTER})(?<!{LETTER}[_'’-])"
    return bound + r"(?<!\d[.,:/])(?<![-+−.,]\b)" if first.isdigit() else bound


def _right_bound(text: str) -> str:
    last = text[-1]
    if re.match(f"[{_UNSPACED}{_HANGUL}]", last):
        return ""
    if not last.isalnum():
        return rf"(?!{_SYMBOL})(?!{LETTER})"
    bound = rf"(?!{LETTER}|[{_COMBINING}])(?![_'’-]{LETTER})(?![+#])"
    if last.isdigit():
        return bound + r"(?![.,:/]?\d|%)"
    return bound + r"(?!\.\w)" if len(text) == 1 else bound
