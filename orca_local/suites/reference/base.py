"""What a reference rule returns, and what several rules share.

A rule reads an output as the harness that published it does, with that harness's faults, so that a result can be
compared with others of that harness. It is written from the rule, not from the harness's code.
"""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Sequence

from orca_local.domain.frozen import Frozen
from orca_local.suites.question import Question

REFERENCE_VERSION = 1
"""Version of the rules. It is raised whenever an output may get another score by one of them."""


class ReferenceScore(Frozen):
    """How a harness reads and scores an output."""

    extracted: str | None
    """The answer that it finds; None if it finds none."""
    value: float
    """Its score, from 0 to 1."""


Rule = Callable[[Question, str], ReferenceScore]

_PUNCTUATION = str.maketrans("", "", string.punctuation)


def cut(text: str, ends: Sequence[str]) -> str:
    """Return a text up to the first of the texts at which the harness ends an answer."""
    for end in ends:
        text = text.partition(end)[0]
    return text


def exact_match(answer: str, target: str, removed: Sequence[str] = (), *, without_punctuation: bool = False) -> float:
    """Return whether two texts are the same to lm-evaluation-harness, in lower case.

    All matches of the patterns `removed` are taken out of both first, one pattern after the other.
    """
    texts = [answer, target]
    for pattern in removed:
        texts = [re.sub(pattern, "", text) for text in texts]
    texts = [text.lower() for text in texts]
    if without_punctuation:
        texts = [text.translate(_PUNCTUATION) for text in texts]
    return float(texts[0] == texts[1])


def nth_match(pattern: re.Pattern[str], text: str, place: int) -> str | None:
    """Return the match at a place, its first group that is not empty, without spaces around it; None if there is none.

    A match that is nothing but spaces is empty, not None.
    """
    matches = pattern.findall(text)
    if not matches:
        return None
    match = matches[place]
    if isinstance(match, tuple):
        match = next(filter(None, match), "")
    return str(match).strip()


def matched(answer: str | None, target: str, removed: Sequence[str] = ()) -> ReferenceScore:
    """Return the score of an answer; 0 if there is none."""
    return ReferenceScore(answer, 0.0 if answer is None else exact_match(answer, target, removed))
