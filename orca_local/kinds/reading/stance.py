"""What a sentence says about an answer that it mentions: asserts it, concludes it, only considers it or rejects it."""

from __future__ import annotations

import re
from enum import Enum

from orca_local.kinds.reading.lexicon import pattern, phrases

MARKS = " \"'“”‘’„«»「」『』*_`~()[]{}<>.$\\"
"""Characters around a mention that are not a part of the sentence."""

_BREAK = re.compile(
    r"[,;:—–(，、；：…→]|\s-+\s|\.\.\.|(?<!\banything )(?<!\bnothing )\bbut\b|(?<!\bnot )\bso\b"
    + r"|\b(?:"
    + phrases(
        "because|since|although|though|while|whereas|however|therefore|thus|hence|aber|sondern|weil|mais|parce|pero|sino|porque"
    )
    + r")\b|\band\s+(?=(?:the|it|its|this|that|so|i|we|he|she|they)\b)|但是?|而是|因为|所以",
    re.IGNORECASE,
)
"""Where a clause ends, and with it the reach of a negation."""
_NEGATION = re.compile(
    r"\b(?:"
    + phrases(
        "not|anything but|never|neither|nor|no|non|nothing|nobody|cannot|without|lacks?|hardly|unlike|except",
        "excludes?|excluding|rul(?:e|es|ed|ing) out|eliminat(?:e|es|ed|ing)|as opposed to|far from",
        "(?:instead|in place|lack|absence) of",
        r"isnt|arent|wasnt|doesnt|dont|cant|wont|nicht|kein\w*|weder|noch|pas|ni|nunca|não|нет|не",
    )
    + r")\b|n['’]t\b|\bover\s*$|\bthan\s+(?:(?:an?|the|option)\s+)?$"
    r"|(?:不是?|并非|不属于|非|没有?|沒有?|無|无|未|ليس|ليست|नहीं)\s*$",
    re.IGNORECASE,
)
_NO_NEGATION = re.compile(
    r"\b(?:"
    + phrases(
        "(?:no|without|without an?y?|not any) (?:doubt|question|problem|worries|matter)|not (?:only|just|merely)",
        "why not|can(?:no|')t help but|(?:nothing|none|no|nothing else) (?:but|other than)",
    )
    + r")\b|\bmore\s+than\s+(?:just\s+)?$"
    r"|\b(?:that|which|who)\s+(?:is|are|was|does|do|can)(?:\s+not|n['’]t|not)\b[^,;.]*\b(?:is|are|was|would\s+be)\s",
    re.IGNORECASE,
)
"""Phrases with a negation that do not negate."""
_ADJACENT = re.compile(
    r"(?:\b(?:not|never|no|non)|n['’]t|nicht|kein\w*|pas|不是?|非)\s+(?:(?:an?|the|any|really|actually)\s+)?$",
    re.IGNORECASE,
)
_OPEN = re.compile(
    rf"\b(?:{phrases('if|whether|either|torn|unless|unsure|unclear')})\b"
    rf"|\b(?:between|among)\b(?!.*\b(?:{phrases('is|are|was|would be|must be')})\b)",
    re.IGNORECASE | re.DOTALL,
)
_HEDGE = pattern(
    r"might|may|could|seem(?:s|ed)?|appear(?:s|ed)?|at first|i first|first thought",
    "first glance|initially|suppose|although|though|despite|whereas|mentions?|contains?|includes?",
    "(?:some|others|many|most|one)(?: people)? (?:might|may|would|say|think|believe)|sounds?|looks?",
    r"while|consider whether|possibly|assum\w+|tempt\w+",
)
_HEDGE_AFTER = re.compile(
    r"(?:\w+\s+)?(?:might|may|could|would\s+have|seems?|appears?|looks?|sounds?)\b", re.IGNORECASE
)
_VERB_AFTER = re.compile(
    r"(?:(?:both|all)\s+)?(?:(?:is|are|was|were|does|do|did|has|have|would|could|should|wo|ca)n['’]t|(?:"
    + phrases(
        "is|are|was|were|can|can't|cannot|could|does|do|did|would|will|must|seems?|looks?|might|may|has|have|had|fits?|makes?"
    )
    + r")\b)",
    re.IGNORECASE,
)
_WRONG_AFTER = re.compile(
    r"\b(?:"
    + phrases(
        "wrong|incorrect|false|irrelevant|impossible|implausible|unlikely|eliminated|excluded|ruled out",
        "out of the question|too|not|cannot|never",
    )
    + r")\b|n['’]t\b|^\s*(?:ではない|ではありません|じゃない|no es|ist nicht|n['’]est pas)",
    re.IGNORECASE,
)
_RIGHT_AFTER = re.compile(
    r"(?:is|was|would\s+be|must\s+be|seems)\s+(?:\w+\s+){0,2}(?:best|correct|right|answer|most|true|one)\b"
    r"|(?:ist|es|est)\s+\w*\s?(?:richtig|correct)",
    re.IGNORECASE,
)
_IT_IS_AFTER = re.compile(r"it\s+is\s*(?:[.,;!]|$)", re.IGNORECASE)
_NOTE_AFTER = re.compile(
    r"[^\w✓✔✅✗✘❌]{1,6}(?:(?:this|that|it)\s+is\s+)?"
    r"(?:(?P<wrong>incorrect|wrong|false|not\s+(?:correct|right)|[✗✘❌])|(?:correct|right|[✓✔✅]))(?!\w)"
    r"|[^\w\n]{0,6}[:–—-][^\w\n]{0,4}(?:(?P<no>no|false)|yes|true)(?=\W*$|\s*[.,;(!–—])",
    re.IGNORECASE,
)
"""A note behind an option: "C. Canberra - correct"."""
_CONCLUSION = re.compile(
    r"\b(?:"
    + phrases(
        "so|therefore|thus|hence|overall|ultimately|finally|(?:in )?conclusion|conclude|in short|in summary",
        r"answer|best|correct|right|must be|final|probably|(?:most|more) likely|classif\w+|label(?:l?ed)?",
        "leaves|leaving|deshalb|donc|por lo tanto",
        "(?:would|will|i) (?:say|choose|pick|go with|select|opt for)|settled? on|in the end",
        r"(?<!\bwas\s)going\s+with",
        r"the (?:\w+est|most \w+) (?:\w+ )?is",
        r"(?:main|primary|dominant|predominant|prevailing) \w+ (?:is|here is|seems|appears)",
    )
    + r")\b|['’]d\s+(?:say|choose|pick|go\s+with|select|opt\s+for)\b|所以|因此|应该",
    re.IGNORECASE,
)


class Stance(Enum):
    """What a sentence says about an answer that it mentions."""

    ASSERTED = "asserted"
    CONCLUDED = "concluded"
    """Asserted as the result of the reasoning before."""
    HEDGED = "hedged"
    """Said to be possible, or to seem so."""
    OPEN = "open"
    """Only asked, as in "whether it is A"."""
    REJECTED = "rejected"


def clause_before(before: str) -> str:
    """Return the clause that leads to a mention, with the conjunction that begins it."""
    before = before.rstrip(MARKS) + " "
    breaks = list(_BREAK.finditer(before))
    return before[breaks[-1].start() :] if breaks else before


def clause_after(after: str) -> str:
    """Return what is said of a mention as the subject: "is wrong"; empty if it is not a subject."""
    plain = after.lstrip(MARKS)
    if not any(verb.match(plain) for verb in (_VERB_AFTER, _HEDGE_AFTER)):
        return ""
    end = _BREAK.search(after, len(after) - len(plain) + 1)
    return after[: end.start()] if end else after


def stance_of(before: str, after: str) -> Stance:
    """Return what a sentence says about a mention between these two texts."""
    if (note := _NOTE_AFTER.match(after)) is not None:
        return Stance.REJECTED if note["wrong"] or note["no"] else Stance.CONCLUDED
    is_chosen = _IT_IS_AFTER.match(after.lstrip(MARKS)) is not None
    clause, after = clause_before(before), clause_after(after)
    if (len(_NEGATION.findall(_NO_NEGATION.sub(" ", clause))) + bool(after and _WRONG_AFTER.search(after))) % 2:
        return Stance.REJECTED
    subject = after.lstrip(MARKS)
    if is_chosen or _RIGHT_AFTER.match(subject):
        return Stance.CONCLUDED
    if _OPEN.search(clause):
        return Stance.OPEN
    if _HEDGE.search(clause) or (subject and _HEDGE_AFTER.match(subject)):
        return Stance.HEDGED
    # "Overall: neutral".
    is_headed = before.rstrip(MARKS).endswith((":", "：")) and _CONCLUSION.search(before[-40:])
    return Stance.CONCLUDED if is_headed or _CONCLUSION.search(clause) else Stance.ASSERTED


def is_negation_adjacent(before: str) -> bool:
    """Whether a negation stands next to a mention after this text, as in "not spam"."""
    return _ADJACENT.search(_NO_NEGATION.sub(" ", clause_before(before))) is not None
