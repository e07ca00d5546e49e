"""Decide between the answers that a text mentions: which it asserts, which it rejects, which it only considers.

Labels, options and yes/no are all found as mentions; this module weighs them. It knows negations ("not A", "rather than
A", "A is wrong"), lists ("neither A nor B"), hedges ("one might say A, but") and conclusions ("so it is B").
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from orca_local.domain.text import fold
from orca_local.kinds.wrapping import sentences

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
_SCOPE = 120
"""Number of characters before and after a mention that may tell what is said about it."""


@dataclass(frozen=True, slots=True)
class Mention:
    """A place in a sentence that names an answer."""

    key: str
    start: int
    end: int


class Stance(Enum):
    """What a sentence says about an answer that it mentions."""

    ASSERTED = "asserted"
    CONCLUDED = "concluded"
    """Asserted as the result of the reasoning before."""
    HEDGED = "hedged"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Claim:
    """A mention, and what is said about it."""

    key: str
    stance: Stance
    sentence: int
    """Index of the sentence in the text."""
    is_adjacent: bool = False
    """Whether a negation is next to the mention, as in "not spam"."""


_MARKS = " \"'“”‘’„«»「」『』*_`~()[]{}<>.$\\"
_BREAK = re.compile(
    r"[,;:—–(，、；：]|\s-+\s|\.\.\.|…|→|(?<!\banything )(?<!\bnothing )\bbut\b|\b(?:because|since|although|though|while|whereas|however|therefore|thus|hence"
    r"|aber|sondern|weil|mais|parce|pero|sino|porque)\b|(?<!\bnot )\bso\b"
    r"|\band\s+(?=(?:the|it|its|this|that|so|i|we|he|she|they)\b)|但是?|而是|因为|所以",
    re.IGNORECASE,
)
_NEGATION = re.compile(
    r"\b(?:not|anything\s+but|never|neither|nor|no|non|nothing|nobody|cannot|without|lacks?|hardly|unlike|except|than|excludes?|excluding"
    r"|rul(?:e|es|ed|ing)\s+out|eliminat(?:e|es|ed|ing)|(?:instead|in\s+place|lack|absence)\s+of|as\s+opposed\s+to|far\s+from"
    r"|isnt|arent|wasnt|doesnt|dont|cant|wont|nicht|kein\w*|weder|noch|pas|ni|nunca|não|нет|не)\b|n['’]t\b|\bover\s*$"
    r"|(?:不是?|并非|不属于|非|没有?|沒有?|無|无|未|ليس|ليست|नहीं)\s*$",
    re.IGNORECASE,
)
_NO_NEGATION = re.compile(
    r"\b(?:no|without(?:\s+an?y?)?|not?\s+any)\s+(?:doubt|question|problem|worries|matter)\b|\bnot\s+(?:only|just|merely)\b|\bwhy\s+not\b"
    r"|\bcan(?:no|['’])t\s+help\s+but\b|\b(?:nothing|none|no|nothing\s+else)\s+(?:but|other\s+than)\b|\bmore\s+than\s+(?:just\s+)?$",
    re.IGNORECASE,
)
_ADJACENT = re.compile(r"(?:\b(?:not|never|no|non)|n['’]t|nicht|kein\w*|pas|不是?|非)\s+(?:an?\s+|the\s+|any\s+|really\s+|actually\s+)?$", re.IGNORECASE)
_HEDGE = re.compile(
    r"\b(?:might|may|could|if|whether|either|seem(?:s|ed)?|appear(?:s|ed)?|at\s+first|first|initially|tempt\w+|some(?:\s+people)?\s+(?:might|may|would|say|think)"
    r"|one\s+would|assum\w+|suppose|between|among|torn|although|though|despite|unless|whereas|while|unsure|consider\s+whether|possibly)\b",
    re.IGNORECASE,
)
_HEDGE_AFTER = re.compile(r"(?:\w+\s+)?(?:might|may|could|would\s+have|seems?|appears?|looks?|sounds?)\b", re.IGNORECASE)
_VERB_AFTER = re.compile(
    r"(?:both\s+|all\s+)?(?:(?:is|are|was|were|does|do|did|has|have|would|could|should|wo|ca)n['’]t|(?:is|are|was|were|can|can['’]t|cannot|could|does|do|did"
    r"|would|will|must|seems?|looks?|might|may|has|have|had|fits?|makes?)\b)",
    re.IGNORECASE,
)
_WRONG_AFTER = re.compile(
    r"\b(?:wrong|incorrect|false|irrelevant|impossible|implausible|unlikely|eliminated|excluded|ruled\s+out|out\s+of\s+the\s+question"
    r"|not|cannot|never)\b|n['’]t\b|^\s*(?:ではない|ではありません|じゃない|no es|ist nicht|n['’]est pas)",
    re.IGNORECASE,
)
_RIGHT_AFTER = re.compile(
    r"(?:is|was|would\s+be|must\s+be|seems)\s+(?:\w+\s+){0,2}(?:best|correct|right|answer|most|true|one)\b|(?:ist|es|est)\s+\w*\s?(?:richtig|correct)",
    re.IGNORECASE,
)
_CONCLUSION = re.compile(
    r"\b(?:so|therefore|thus|hence|overall|ultimately|finally|(?:in\s+)?conclusion|conclude|in\s+short|in\s+summary|answer|best|correct|right|must\s+be"
    r"|final|probably|(?:most|more)\s+likely|(?:would|['’]d|will|i)\s+(?:say|choose|pick|go\s+with|select|opt\s+for)|classif\w+|label(?:l?ed)?|also|deshalb|donc|por\s+lo\s+tanto)\b|所以|因此|应该",
    re.IGNORECASE,
)
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
    own = list(own_sentences(text, prompt))
    claims = [claim for index, sentence in enumerate(own) for claim in claims_of(sentence, find(sentence), index)]
    concluded = _last_of(claim for claim in claims if claim.stance is Stance.CONCLUDED)
    # A reply that begins or ends with the bare answer explains it in the rest.
    bare = {answer for sentence in (*own[:1], *own[-1:]) if (answer := is_answer(sentence)) is not None}
    if bare:
        final = _last_of(claim for claim in claims if claim.stance is Stance.CONCLUDED and claim.sentence == len(own) - 1)
        return final or (bare.pop() if len(bare) == 1 else None)
    asserted = _keys(claims, Stance.ASSERTED, Stance.CONCLUDED)
    if len(asserted) == 1:
        return asserted.pop()
    if asserted:
        return concluded
    hedged = _keys(claims, Stance.HEDGED) - _keys(claims, Stance.REJECTED)
    return hedged.pop() if len(hedged) == 1 else None


def rejected_alone(text: str, find: Callable[[str], Sequence[Mention]], prompt: str = "") -> str | None:
    """Return the only answer that a text mentions, if it rejects it by a negation next to it: "not spam"."""
    own = own_sentences(text, prompt)
    claims = [claim for index, sentence in enumerate(own) for claim in claims_of(sentence, find(sentence), index)]
    keys = {claim.key for claim in claims}
    return keys.pop() if len(keys) == 1 and all(claim.is_adjacent for claim in claims) else None


def own_sentences(text: str, prompt: str) -> Iterator[str]:
    """Yield the sentences of a text that are neither questions nor sentences of the prompt."""
    parts = sentences(_ends(text, MAX_CHARACTERS))
    if len(parts) > _MAX_SENTENCES:
        parts = parts[: _MAX_SENTENCES // 2] + parts[-_MAX_SENTENCES // 2 :]
    repeated = {fold(part) for part in sentences(prompt[-MAX_CHARACTERS:])} if prompt else set()
    for part in parts:
        is_question = part.rstrip("\"'”’*_` )").endswith(("?", "？"))
        is_repeated = repeated and len(part.split(maxsplit=4)) >= _MIN_REPEATED_WORDS and fold(part) in repeated
        if not is_question and not is_repeated:
            yield _ends(part, _MAX_SENTENCE)


def _ends(text: str, limit: int) -> str:
    """Return a text, or the beginning and the end of one that is longer than the limit."""
    return text if len(text) <= limit else f"{text[: limit // 2]}\n{text[-limit // 2 :]}"


def claims_of(sentence: str, mentions: Sequence[Mention], index: int = 0) -> Iterator[Claim]:
    """Yield what a sentence says about each answer that it mentions."""
    if len(mentions) > MAX_MENTIONS:
        mentions = [*mentions[: MAX_MENTIONS // 2], *mentions[-MAX_MENTIONS // 2 :]]
    end_of_previous, subject_of_previous = 0, ""
    groups = list(_groups(sentence, mentions))
    for position, group in enumerate(groups):
        first, last = group[0], group[-1]
        before = sentence[max(end_of_previous, first.start - _SCOPE) : first.start]
        # The verb after "A" in "A is not right and B is" says nothing about B.
        before = before[len(subject_of_previous) :] if before.startswith(subject_of_previous) else before
        next_start = groups[position + 1][0].start if position + 1 < len(groups) else len(sentence)
        after = _clause_after(sentence[last.end : min(next_start, last.end + _SCOPE)])
        subject_of_previous = after if after and position + 1 < len(groups) else ""
        end_of_previous = last.end
        clause = _clause_before(before)
        stance, adjacent = _stance(clause, after, before)
        for number, mention in enumerate(group):
            is_spared = number > 0 and stance is Stance.REJECTED and not after and not _is_list(sentence, group)
            yield Claim(mention.key, Stance.ASSERTED if is_spared else stance, index, adjacent)


def _groups(sentence: str, mentions: Sequence[Mention]) -> Iterator[list[Mention]]:
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


_NO_MARKS = str.maketrans(dict.fromkeys(_MARKS.replace(" ", ""), " "))


def _is_list(sentence: str, group: Sequence[Mention]) -> bool:
    return any(
        _LIST_JOIN.search(sentence[left.end : right.start]) for left, right in zip(group, group[1:], strict=False)
    )


def _clause_before(before: str) -> str:
    """Return the clause that leads to a mention, with the conjunction that begins it."""
    before = before.rstrip(_MARKS) + " "
    breaks = list(_BREAK.finditer(before))
    return before[breaks[-1].start() :] if breaks else before


def _clause_after(after: str) -> str:
    """Return what is said of a mention as the subject: "is wrong"; empty if it is not a subject."""
    plain = after.lstrip(_MARKS)
    if not _VERB_AFTER.match(plain) and not _HEDGE_AFTER.match(plain) and not re.match(r"(?:では|じゃ|no es|ist nicht)", plain):
        return ""
    clause = _BREAK.search(after, len(after) - len(plain) + 1)
    return after[: clause.start()] if clause else after


def _stance(before: str, after: str, context: str) -> tuple[Stance, bool]:
    plain = _NO_NEGATION.sub(" ", before)
    negations = len(_NEGATION.findall(plain))
    if after and _WRONG_AFTER.search(after):
        negations += 1
    if negations % 2:
        return Stance.REJECTED, bool(_ADJACENT.search(plain))
    subject = after.lstrip(_MARKS)
    if _RIGHT_AFTER.match(subject):
        return Stance.CONCLUDED, False
    if _HEDGE.search(before) or (subject and _HEDGE_AFTER.match(subject)):
        return Stance.HEDGED, False
    # "Overall: neutral".
    is_headed = context.rstrip(_MARKS).endswith((":", "：")) and _CONCLUSION.search(context[-40:])
    return Stance.CONCLUDED if is_headed or _CONCLUSION.search(before) else Stance.ASSERTED, False


def _keys(claims: Iterable[Claim], *stances: Stance) -> set[str]:
    return {claim.key for claim in claims if claim.stance in stances}


def _last_of(claims: Iterable[Claim]) -> str | None:
    """Return the answer of the last sentence that concludes; None if that concludes several."""
    listed = list(claims)
    keys = {claim.key for claim in listed if claim.sentence == listed[-1].sentence}
    return keys.pop() if len(keys) == 1 else None
