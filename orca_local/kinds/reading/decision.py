"""Decide between the answers that a text mentions: which it asserts, which it rejects, which it only considers.

Labels, options and yes/no are all found as mentions; this module weighs them. It knows negations ("not A", "rather than
A", "A is wrong"), lists ("neither A nor B"), hedges ("one might say A, but") and conclusions ("so it is B").
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from orca_local.domain.text import fold
from orca_local.kinds.reading.stance import MARKS, Stance, clause_after, is_negation_adjacent, stance_of
from orca_local.kinds.reading.wrapping import sentences

MAX_CHARACTERS = 16_384
"""Number of characters of a text that are read, half of them at its end."""
_MAX_SENTENCES = 40
"""Number of sentences that are read of a text, half of them at its end."""
_MAX_SENTENCE = 800
"""Number of characters that are read of a sentence, half of them at its end."""
MAX_MENTIONS = 40
"""Number of mentions that are read in a sentence."""
_MIN_REPEATED_WORDS = 4
"""Shorter sentences occur in prompt and answer by chance."""
_MIN_BROKEN_WORDS = 3
"""The same for a last sentence that breaks off."""
_SCOPE = 120
"""Number of characters before and after a mention that may tell what is said about it."""


@dataclass(frozen=True, slots=True)
class Mention:
    """A place in a sentence that names an answer."""

    key: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Claim:
    """A mention, and what is said about it."""

    key: str
    stance: Stance
    sentence: int
    """Index of the sentence in the text."""
    is_adjacent: bool = False
    """Whether a negation is next to the mention, as in "not spam"."""


BECAUSE = re.compile(r"\b(?:because|since)\b", re.IGNORECASE)
_ANSWERED = re.compile(r"\?[\"'”*_`)\]]{0,4}\s{1,4}(?=(?:yes|no|nope)\b)", re.IGNORECASE)
"""The mark of a question that is answered at once: "(A)? No." """
_JOIN = re.compile(
    r"(?:[,/&|+、，]|,?\s*(?:or|and|nor|and/or|y|e|o|oder|und|et|ou|和|或|或者|与|や|または))?\s*(?:either|both|option|choice|an?|the)?",
    re.IGNORECASE,
)
_LIST_JOIN = re.compile(r"\b(?:or|nor|and|oder|und|ou|et|noch|ni)\b|[或和]", re.IGNORECASE)


def decide(
    text: str, find: Callable[[str], Sequence[Mention]], is_answer: Callable[[str], str | None], prompt: str = ""
) -> str | None:
    """Return the one answer that a text settles on; None if it names none, or several without a decision.

    `find` returns the mentions of a sentence in their order, `is_answer` the answer that a sentence is as a whole.
    Questions and sentences of the prompt do not count.
    """
    own = list(own_sentences(_ANSWERED.sub(": ", text), prompt, is_answer))
    claims = [claim for index, sentence in enumerate(own) for claim in _main_claims(sentence, find, index)]
    concluded = _last_of(claim for claim in claims if claim.stance is Stance.CONCLUDED)
    # A reply that begins or ends with the bare answer explains it in the rest.
    bare = {answer for sentence in own if (answer := is_answer(sentence)) is not None}
    if any(is_answer(sentence) is not None for sentence in (*own[:1], *own[-1:])):
        final = _last_of(
            claim for claim in claims if claim.stance is Stance.CONCLUDED and claim.sentence == len(own) - 1
        )
        return final or (bare.pop() if len(bare) == 1 else None)
    asserted = _keys(claims, Stance.ASSERTED, Stance.CONCLUDED)
    if len(asserted) == 1:
        return asserted.pop()
    if asserted:
        return concluded
    hedged = _keys(claims, Stance.HEDGED) - _keys(claims, Stance.REJECTED)
    return hedged.pop() if len(hedged) == 1 else None


def _main_claims(sentence: str, find: Callable[[str], Sequence[Mention]], index: int) -> list[Claim]:
    """Return the claims of a sentence; only those before "because" if there is one that asserts."""
    main = BECAUSE.split(sentence, maxsplit=1)[0]
    claims = list(claims_of(main, find(main), index)) if main != sentence else []
    is_said = any(claim.stance in (Stance.ASSERTED, Stance.CONCLUDED) for claim in claims)
    return claims if is_said else list(claims_of(sentence, find(sentence), index))


def first_stated(content: str, read: Callable[[str], str | None]) -> str | None:
    """Return what the first sentence of a statement says, else what all of it says: the others explain the first."""
    parts = dict.fromkeys((*sentences(content)[:1], content))
    return next((answer for part in parts if (answer := read(part)) is not None), None)


def rejected_alone(text: str, find: Callable[[str], Sequence[Mention]], prompt: str = "") -> str | None:
    """Return the only answer that a text mentions, if it rejects it by a negation next to it: "not spam"."""
    own = own_sentences(text, prompt)
    claims = [claim for index, sentence in enumerate(own) for claim in claims_of(sentence, find(sentence), index)]
    keys = {claim.key for claim in claims}
    return keys.pop() if len(keys) == 1 and all(claim.is_adjacent for claim in claims) else None


def own_sentences(
    text: str, prompt: str, is_answer: Callable[[str], str | None] = lambda sentence: None
) -> Iterator[str]:
    """Yield the sentences of a text that are neither questions nor, unless they are an answer, part of the prompt.

    A last sentence that breaks off in a copy of the prompt is left out too.
    """
    parts = sentences(unicodedata.normalize("NFC", both_ends(text, MAX_CHARACTERS)))
    if len(parts) > _MAX_SENTENCES:
        parts = parts[: _MAX_SENTENCES // 2] + parts[-_MAX_SENTENCES // 2 :]
    repeated = {fold(part) for part in sentences(prompt[-MAX_CHARACTERS:])} if prompt else set()
    if (
        len(parts) > 1
        and len(parts[-1].split()) >= _MIN_BROKEN_WORDS
        and any(sentence.startswith(f"{fold(parts[-1])} ") for sentence in repeated)
    ):
        parts.pop()
    for part in parts:
        is_question = part.rstrip("\"'”’*_` )").endswith(("?", "？"))
        is_repeated = repeated and len(part.split(maxsplit=4)) >= _MIN_REPEATED_WORDS and fold(part) in repeated
        if not is_question and (not is_repeated or is_answer(part) is not None):
            yield both_ends(part, _MAX_SENTENCE)


def both_ends(text: str, limit: int) -> str:
    """Return a text, or the beginning and the end of one that is longer than the limit."""
    return text if len(text) <= limit else f"{text[: limit // 2]}\n{text[-limit // 2 :]}"


def claims_of(sentence: str, mentions: Sequence[Mention], index: int = 0) -> Iterator[Claim]:
    """Yield what a sentence says about each answer that it mentions."""
    if len(mentions) > MAX_MENTIONS:
        mentions = [*mentions[: MAX_MENTIONS // 2], *mentions[-MAX_MENTIONS // 2 :]]
    end_of_previous, said_of_previous = 0, ""
    groups = list(groups_of(sentence, mentions))
    for position, group in enumerate(groups):
        first, last = group[0], group[-1]
        # The verb after "A" in "A is not right and B is" says nothing about B.
        before = sentence[max(end_of_previous, first.start - _SCOPE) : first.start].removeprefix(said_of_previous)
        next_start = groups[position + 1][0].start if position + 1 < len(groups) else len(sentence)
        after = sentence[last.end : min(next_start, last.end + _SCOPE)]
        end_of_previous, said_of_previous = last.end, clause_after(after)
        stance, is_adjacent = stance_of(before, after), is_negation_adjacent(before)
        for number, mention in enumerate(group):
            # "Not A, B" rejects A alone, "not A or B" both.
            is_spared = (
                number > 0 and stance is Stance.REJECTED and not said_of_previous and not _is_list(sentence, group)
            )
            yield Claim(mention.key, Stance.ASSERTED if is_spared else stance, index, is_adjacent)


def groups_of(sentence: str, mentions: Sequence[Mention]) -> Iterator[list[Mention]]:
    """Yield the mentions that are joined as "A, B or C"."""
    group: list[Mention] = []
    for mention in mentions:
        gap = sentence[group[-1].end : mention.start].translate(_NO_MARKS).strip() if group else ""
        # After "A and B" a comma begins something else.
        is_joined = len(gap) <= 24 and _JOIN.fullmatch(gap) and not (gap == "," and _is_list(sentence, group))
        if group and not is_joined:
            yield group
            group = []
        group.append(mention)
    if group:
        yield group


_NO_MARKS = str.maketrans(dict.fromkeys(MARKS.replace(" ", ""), " "))


def _is_list(sentence: str, group: Sequence[Mention]) -> bool:
    return any(_LIST_JOIN.search(sentence[left.end : right.start]) for left, right in pairwise(group))


def _keys(claims: Iterable[Claim], *stances: Stance) -> set[str]:
    return {claim.key for claim in claims if claim.stance in stances}


def _last_of(claims: Iterable[Claim]) -> str | None:
    """Return the answer of the last sentence that concludes; None if that concludes several."""
    listed = list(claims)
    keys = {claim.key for claim in listed if claim.sentence == listed[-1].sentence}
    return keys.pop() if len(keys) == 1 else None
