"""Read options that an answer names by their place in the list: "the second one", "the third option"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from orca_local.kinds.reading.decision import Mention
from orca_local.kinds.reading.lexicon import ORDINAL_WORDS

_INDEXES = {word: index for index, word in enumerate(ORDINAL_WORDS[:10])} | {"last": -1}
_ORDINAL = rf"(?P<place>{'|'.join(_INDEXES)}|[1-9](?:st|nd|rd|th))"
_NOUN = r"(?:answer\s+)?(?:option|choice|alternative|sentence|statement)"
_WHOLE = re.compile(rf"the\s+{_ORDINAL}(?:\s+(?:one|answer|{_NOUN}))?(?:\s+in\s+the\s+list)?", re.I)
_NAMED = re.compile(rf"\bthe\s+{_ORDINAL}\s+{_NOUN}\b(?!\s+(?:to|we|i|you|that|for|of)\b)", re.IGNORECASE)


def whole_ordinal(text: str, texts: Mapping[str, str]) -> str | None:
    """Return the mark of the option whose place is all of a text; `texts` are the options by mark, in their order."""
    match = _WHOLE.fullmatch(text)
    return _mark(match["place"], texts) if match else None


def find_ordinals(sentence: str, texts: Mapping[str, str]) -> Iterator[Mention]:
    """Yield where a sentence names an option by its place."""
    for match in _NAMED.finditer(sentence):
        if (mark := _mark(match["place"], texts)) is not None:
            yield Mention(mark, match.start(), match.end())


def _mark(place: str, texts: Mapping[str, str]) -> str | None:
    """Return the mark at a place; None if there is none, or if an option has such a word in its text."""
    marks = list(texts)
    index = int(place[0]) - 1 if place[0].isdigit() else _INDEXES[place.casefold()]
    if index >= len(marks) or not marks or any(re.search(rf"\b{_ORDINAL}\b", text, re.I) for text in texts.values()):
        return None
    return marks[index]
