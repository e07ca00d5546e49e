"""Read yes or no: as a word, as a judgement ("that is not true"), as an expression, or as the repeated question."""

from __future__ import annotations

import re
from collections.abc import Sequence

from orca_local.domain.text import fold
from orca_local.kinds.reading.decision import BECAUSE, Mention, claims_of, first_stated, own_sentences
from orca_local.kinds.reading.lexicon import (
    ADVERBS,
    AGREEMENT,
    DISAGREEMENT,
    FOREIGN_NO,
    FOREIGN_YES,
    NO,
    SPOKEN_AFTER,
    SPOKEN_BEFORE,
    YES,
)
from orca_local.kinds.reading.restated import restated_value
from orca_local.kinds.reading.stance import Stance
from orca_local.kinds.reading.wrapping import layers

_MAX_STATEMENT = 400
_OPPOSITE = {"yes": "no", "no": "yes"}
_VALUES = dict.fromkeys(YES, "yes") | dict.fromkeys(NO, "no")
_FOREIGN = dict.fromkeys(FOREIGN_YES, "yes") | dict.fromkeys(FOREIGN_NO, "no")
_AGREEMENT = dict.fromkeys(AGREEMENT, "yes") | dict.fromkeys(DISAGREEMENT, "no")
_EDGES = " \t\"'“”‘’«»「」*_`~()[]{}.,!;:。！、，"

_LITERAL = r"\(*\s?(?:not\s+\(*\s?){0,3}(?:true|false)\s?\)*"
_RESULT = re.compile(
    rf"(?:(?<!=)=++|→|=>|⇒|->|evaluates\s+to|equals|simplifies\s+to|is)[^\S\n]*({_LITERAL})[\s.$*`]*$", re.IGNORECASE
)
_EXPRESSION = re.compile(
    r"[\s().=→>⇒$*`-]*(?:(?:true|false|not|and|or|evaluates\s+to|equals|is|xor|therefore|thus|so)\b"
    r"[\s().=→>⇒$*`&|!,-]*)+",
    re.IGNORECASE,
)
_EITHER_WORD = r"[\"'“(]?\b(?:yes|no|true|false)\b[\"'”)]?"
_ALTERNATIVES = re.compile(
    rf"{_EITHER_WORD}\s*(?:/|,?\s*\b(?:or|nor|and)\b)\s*(?:answer:\s*)?{_EITHER_WORD}", re.IGNORECASE
)
_SHORT = re.compile(
    r"(?:(?:it|they|he|she|one|that|this|there|you|we|i|these|those)\s+|(?:it|that)['’]s\s+(?=not\b))"
    r"(?P<never>never\s+)?"
    r"(?:(?:is|are|was|were|does|do|did|can|could|would|will|has|have|had|should|must|am)(?:\b|(?=n['’]t|not))"
    r"|(?:ca|wo)(?=n['’]t)|(?<=s\s)(?=not\b))\s*"
    r"(?P<not>n['’]t|not|never)?(?:\s*(?:indeed|certainly|definitely|actually|surely|really|always|have|be|been))*",
    re.IGNORECASE,
)
"""A sentence of a pronoun and a verb: "He did not." """
_REASON = re.compile(r"\s*(?:;|:|,\s(?:because|since|as|\w+ing)\b)")
_CONDITION = re.compile(
    r"\b(?:yes|no|true|false)[\"'”*_`]{0,3},?\s+(?:only\s+|but\s+only\s+)?(?:if|unless|provided|assuming|as\s+long\s+as|depending)\b"
    r"(?!\s+you\s+ask\b)|\b(?:yes|no|true|false)\s+otherwise\b|\b(?:otherwise|else),?\s+(?:yes|no|true|false)\b",
    re.IGNORECASE,
)
"""An answer that depends on a condition."""
_NOTE = re.compile(r"\s\((?!(?:only\s)?(?:if|unless|or|not|in|most|some|no|yes|true|false)\b)[^()]*\)\.?\s*\Z", re.I)
"""A note in brackets that takes nothing back."""
_WORD = re.compile(
    rf"(?:^|[.!?:;,(\[\"“'‘*_`=→–—…>]\s*|-\s+|\b(?:{SPOKEN_BEFORE}|\w+ly)\s+|\b(?:it|that)['’]s\s+(?:an?\s+)?)[\"'“‘*_`(\[]{{0,6}}"
    rf"(?P<word>yes|no|yeah|yep|yup|nope|nah)"
    rf"(?=[\"'”’*_`)\]]*\s*(?:[.,;:!?)\]…→=–—]|\s-|$|\b(?:{SPOKEN_AFTER})\b))",
    re.IGNORECASE | re.MULTILINE,
)
_START = re.compile(
    r"[\s\"'“*_`(>#-]*(?:(?P<yes>yes|yeah|yep|yup)\b"
    r"|(?P<no>no|nope|nah)\b(?=\W*$|\W*[.,;:!–—]|\s+-\s|\s+(?:it|he|she|they|there|this|that|i|we|you|because|the)\b))",
    re.IGNORECASE,
)
_VERDICT = r"[\"'“*_`(]{{0,6}}(?P<{}>true|false|correct|incorrect|untrue|accurate|inaccurate)\b(?![\"'”*_`)]*\s*=)"
_NOUNS = r"(?:statement|claim|sentence|assertion|proposition|answer)"
_JUDGEMENT = re.compile(
    r"(?:\b(?:is|are|was|be|being|seems|holds|remains|as|evaluates\s+to|prints?|outputs?|returns?|not|so)|['’]s|n['’]t)\s+"
    rf"[\"'“*_`(]{{0,6}}(?:(?:{ADVERBS})\s+){{0,2}}{_VERDICT.format('said')}"
    rf"(?!\s+(?:that|if|when|whether|or|only|for|[a-z]+\s+(?:is|are)|{_NOUNS})\b)"
    r"|\ban?\s+(?:\w+\s+)?(?P<myth>myth|misconception|fallacy|legend|hoax)\b"
    r"|(?:\b(?:is|was)|['’]s|\bnot)\s+(?P<right>right|wrong)(?=[\"'”*_`)]*\s*(?:[.,;!]|$))"
    rf"|(?:\ban?\s+){_VERDICT.format('noun')}(?=\s+{_NOUNS})"
    rf"|(?:^|[:=→,])\s*{_VERDICT.format('alone')}(?=[\"'”*_`)]*\s*(?:[.,;:!)–—]|-\s|$|\b(?:because|since|as)\b))",
    re.IGNORECASE,
)
_JUDGED = dict.fromkeys(("true", "correct", "right", "accurate"), "yes") | dict.fromkeys(
    ("false", "incorrect", "untrue", "inaccurate", "wrong", "myth", "misconception", "fallacy", "legend", "hoax"), "no"
)
_CONCLUSION = re.compile(
    r"\W*(?:so|therefore|thus|hence|overall|ultimately|finally|in\s+conclusion|still)\b", re.IGNORECASE
)


def whole_value(content: str) -> str | None:
    """Return `yes` or `no` if the statement is that word alone, in any writing: "**True**.", "not false"."""
    if len(content) > _MAX_STATEMENT:
        return None
    for layer in layers(content, brackets=True):
        plain = fold(list(layers(layer.strip(_EDGES), brackets=True))[-1].strip(_EDGES))
        negations = 0
        while plain.startswith("not "):
            plain, negations = plain[4:].lstrip(_EDGES), negations + 1
        value = _VALUES.get(plain) or (_FOREIGN.get(plain) if not negations else None)
        if value is not None:
            return _OPPOSITE[value] if negations % 2 else value
    return None


def stated_value(content: str, prompt: str = "") -> str | None:
    """Return what a statement says; its first sentence before the others."""
    content = _NOTE.sub("", content[:_MAX_STATEMENT])
    return first_stated(content, lambda part: whole_value(part) or text_value(part, prompt))


def text_value(text: str, prompt: str = "") -> str | None:
    """Return what a text says; None if it says neither, or both without a conclusion."""
    own = list(own_sentences(text, prompt))
    values = [(_sentence_value(sentence, prompt), sentence) for sentence in own]
    said = [(value, sentence) for value, sentence in values if value is not None]
    if not said:
        return _short_value(own)
    if any(_CONDITION.search(sentence) for sentence in own):
        return None
    first, last = values[0], said[-1]
    if len({value for value, _ in said}) == 1:
        return last[0]
    is_result = last[1] is own[-1] and (whole_value(last[1]) or _expression_value(last[1])) is not None
    if _CONCLUSION.match(last[1]) or (is_result and whole_value(first[1]) is None):
        return last[0]
    # "No. It is true that he left": the first word is the answer, the rest explains it.
    if first[0] is not None and whole_value(last[1]) is None and (_START.match(first[1]) or whole_value(first[1])):
        return first[0]
    return None


def _short_value(own: Sequence[str]) -> str | None:
    """Return the value of a reply that begins with a word of agreement, or with a yes or no of another language."""
    if not own:
        return None
    first = fold(own[0].strip(_EDGES)).replace("’", "'")
    if (value := _AGREEMENT.get(first)) is not None:
        return value
    if (short := _SHORT.fullmatch(_REASON.split(first, maxsplit=1)[0])) is not None:
        return "no" if short["not"] or short["never"] else "yes"
    word = re.split(r"[\s,.!;:。！，、；：،]", first, maxsplit=1)[0].strip(_EDGES)
    return _FOREIGN.get(word) if len(own) <= 3 and sum(map(len, own)) <= _MAX_STATEMENT else None


def _sentence_value(sentence: str, prompt: str) -> str | None:
    """Return what one sentence says; None if it says neither or both."""
    if (value := whole_value(sentence) or _expression_value(sentence)) is not None:
        return value
    if _CONDITION.search(sentence):
        return None
    words = [word.lower() for word in re.findall(r"\w+", sentence[:_MAX_STATEMENT])]
    claim = BECAUSE.split(sentence, maxsplit=1)[0]
    if claim.strip() and claim != sentence and (value := _sentence_value(claim, prompt)) is not None:
        return value
    if words and all(word in _VALUES for word in words):
        return _one({_VALUES[word] for word in words})
    plain = _ALTERNATIVES.sub(" ", sentence)
    mentions = _mentions(plain)
    start = _START.match(plain)
    if start is not None and (plain == sentence or not mentions or mentions[0].start > start.end()):
        return "yes" if start["yes"] else "no"
    values: dict[Stance, set[str]] = {stance: set() for stance in Stance}
    for claim in claims_of(plain, mentions):
        value = _OPPOSITE[claim.key] if claim.stance is Stance.REJECTED else claim.key
        values[claim.stance].add(value)
    said = values[Stance.ASSERTED] | values[Stance.CONCLUDED] | values[Stance.REJECTED]
    if said:
        return _one(said) or (None if "statement that" in plain else _one(values[Stance.CONCLUDED]))
    return restated_value(sentence, prompt) or _one(values[Stance.HEDGED])


def _mentions(sentence: str) -> list[Mention]:
    words = [
        Mention(_VALUES[match["word"].lower()], match.start("word"), match.end()) for match in _WORD.finditer(sentence)
    ]
    judgements = [
        Mention(_JUDGED[match[name].lower()], match.start(name), match.end())
        for match in _JUDGEMENT.finditer(sentence)
        if (name := match.lastgroup)
    ]
    return sorted(words + judgements, key=lambda mention: mention.start)


def _one(values: set[str]) -> str | None:
    return next(iter(values)) if len(values) == 1 else None


def _expression_value(sentence: str) -> str | None:
    """Return the result of a logical expression: "True and not False = True"."""
    result = _RESULT.search(sentence[-_MAX_STATEMENT:])
    if result is None or _EXPRESSION.fullmatch(sentence[:_MAX_STATEMENT]) is None:
        return None
    words = re.findall(r"not|true|false", result[1].lower())
    return _OPPOSITE[_VALUES[words[-1]]] if words.count("not") % 2 else _VALUES[words[-1]]
