"""Read yes or no: as a word, as a judgement ("that is not true"), as an expression, or as the question's own sentence."""

from __future__ import annotations

import re

from orca_local.domain.text import fold
from orca_local.kinds.decision import Mention, Stance, claims_of, own_sentences
from orca_local.kinds.restated import restated_value
from orca_local.kinds.wrapping import layers, sentences

_MAX_STATEMENT = 400
_OPPOSITE = {"yes": "no", "no": "yes"}
_VALUES = {
    **dict.fromkeys(("yes", "true", "yeah", "yep", "yup", "yea"), "yes"),
    **dict.fromkeys(("no", "false", "nope", "nah"), "no"),
}
_FOREIGN = {
    **dict.fromkeys("ja jawohl sí si oui sim da да tak evet ναι نعم أجل हाँ हां vâng có 是 是的 对 對 对的 正确 是。 はい ええ うん 네 예".split(), "yes"),
    **dict.fromkeys("nein non não nao нет nie hayır όχι لا नहीं không nee 不是 否 不 不对 不對 不是的 没有 错误 错 いいえ いや 아니요 아니오 아니".split(), "no"),
}
_AGREEMENT = {
    **dict.fromkeys(
        ("correct", "right", "absolutely", "definitely", "certainly", "of course", "indeed", "exactly", "precisely", "affirmative", "that is correct"
         , "that's correct", "that is right", "that's right", "totally", "it is", "it does", "it was", "they are", "they do", "i agree", "agreed",
         "plausible", "very much so", "without a doubt", "undoubtedly", "yes indeed", "absolutely yes", "indeed it is", "it can"), "yes"),
    **dict.fromkeys(
        ("incorrect", "wrong", "not at all", "absolutely not", "definitely not", "certainly not", "of course not", "not really", "never", "negative"
         , "not correct", "not right", "untrue", "not quite", "that is incorrect", "that's incorrect", "that is wrong", "that's wrong", "it is not"
         , "it isn't", "it does not", "it doesn't", "they are not", "they aren't", "no way", "i disagree", "not plausible", "implausible", "it was not"
         , "by no means", "it wasn't", "it can't", "it cannot"), "no"),
}  # fmt: skip
_EDGES = " \t\"'“”‘’«»「」*_`~()[]{}.,!;:。！、，"

_LITERAL = r"\(*\s?(?:not\s+\(*\s?){0,3}(?:true|false)\s?\)*"
_RESULT = re.compile(rf"(?:=+|→|=>|⇒|->|evaluates\s+to|equals|simplifies\s+to|is)[^\S\n]*({_LITERAL})[\s.$*`]*$", re.IGNORECASE)
_EXPRESSION = re.compile(r"[\s().=→>⇒$*`-]*(?:(?:true|false|not|and|or|evaluates\s+to|equals|is|x?or|&&|\|\||!|therefore|thus|so)\b[\s().=→>⇒$*`&|!,-]*)+", re.IGNORECASE)
_ALTERNATIVES = re.compile(
    r"[\"'“(]?\b(?:yes|no|true|false)\b[\"'”)]?\s*(?:/|,?\s*\b(?:or|nor|and)\b)\s*(?:answer:\s*)?[\"'“(]?(?:yes|no|true|false)\b[\"'”)]?",
    re.IGNORECASE,
)
_POLITE = re.compile(
    r"\bno\s+(?:problem|worries|doubt|need|one|more|longer|matter|way|such|other|idea|evidence|information|wonder|question|thanks)\b[^.!\n]{0,40}?(?:[.!,:\n]|$)",
    re.IGNORECASE,
)
_QUOTED = re.compile(r"\"[^\"\n]{12,200}\"|“[^”\n]{12,200}”")

_BEFORE_WORD = (
    r"(?:^|[.!?:;,(\[\"“'‘*_`=→–—…>]\s*|-\s+|\b(?:is|are|be|was|so|hence|thus|therefore|indeed|say|says|answer|probably|likely|definitely|clearly|still|then|but"
    r"|not|isn['’]t|or|and|a|simply|also|with|choose|pick|think|believe|guess|to|as|well|hell|oh|absolutely|obviously|ultimately|perhaps|maybe)\s+)[\"'“‘*_`(\[]*"
)
_AFTER_WORD = r"(?=[\"'”’*_`)\]]*\s*(?:[.,;:!?)\]…→=–—]|\s-|$|\b(?:because|since|as|for|but|and|not|rather|instead|if|though|although|to\s+(?:this|the|your))\b))"
_WORD = re.compile(rf"{_BEFORE_WORD}(?P<word>yes|no|yeah|yep|yup|nope|nah){_AFTER_WORD}", re.IGNORECASE | re.MULTILINE)
_START = re.compile(
    r"[\s\"'“*_`(>#-]*(?:(?P<yes>yes|yeah|yep|yup)\b|(?P<no>no|nope|nah)\b(?=\W*$|\W*[.,;:!–—-]|\s+(?:it|he|she|they|there|this|that|i|we|you|because|the)\b))",
    re.IGNORECASE,
)
_ADVERBS = (
    "indeed actually clearly definitely therefore thus probably likely also always generally still simply completely entirely"
    " absolutely partly considered rated"
)
_VERDICT = r"[\"'“*_`(]*(?P<{}>true|false|correct|incorrect|untrue)\b(?![\"'”*_`)]*\s*=)"
_NOUNS = r"(?:statement|claim|sentence|assertion|proposition|answer)"
_JUDGEMENT = re.compile(
    r"(?:\b(?:is|are|was|be|being|seems|holds|remains|as|evaluates\s+to|not|so)|['’]s|n['’]t)\s+"
    rf"[\"'“*_`(]*(?:(?:{_ADVERBS.replace(' ', '|')})\s+){{0,2}}{_VERDICT.format('said')}"
    rf"(?!\s+(?:that|if|when|whether|or|only|for|[a-z]+\s+(?:is|are)|{_NOUNS})\b)"
    rf"|(?:\ban?\s+){_VERDICT.format('noun')}(?=\s+{_NOUNS})"
    rf"|(?:^|[:=→,])\s*{_VERDICT.format('alone')}(?=[\"'”*_`)]*\s*(?:[.,;:!)]|$|\b(?:because|since|as)\b))",
    re.IGNORECASE,
)
_JUDGED = {"true": "yes", "correct": "yes", "false": "no", "incorrect": "no", "untrue": "no"}
_CONCLUSION = re.compile(r"\W*(?:so|therefore|thus|hence|overall|ultimately|finally|in\s+conclusion|still)\b", re.IGNORECASE)


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
    content = content[:_MAX_STATEMENT]
    parts = sentences(content)
    for part in (parts[0] if parts else "", content):
        if (value := whole_value(part) or text_value(part, prompt)) is not None:
            return value
    return None


def text_value(text: str, prompt: str = "") -> str | None:
    """Return what a text says; None if it says neither, or both without a conclusion."""
    own = list(own_sentences(text, prompt))
    values = [(_sentence_value(sentence, prompt), sentence) for sentence in own]
    said = [(value, sentence) for value, sentence in values if value is not None]
    if not said:
        return _short_value(own)
    first, last = values[0], said[-1]
    if len({value for value, _ in said}) == 1:
        return last[0]
    if _CONCLUSION.match(last[1]) or (last[1] is own[-1] and whole_value(last[1]) and whole_value(first[1]) is None):
        return last[0]
    # "No. It is true that he left": the first word is the answer, the rest explains it.
    if first[0] is not None and whole_value(last[1]) is None and (_START.match(first[1]) or whole_value(first[1])):
        return first[0]
    return None


def _short_value(own: list[str]) -> str | None:
    """Return the value of a reply that begins with a word of agreement, or with a yes or no of another language."""
    if not own:
        return None
    first = fold(own[0].strip(_EDGES))
    if (value := _AGREEMENT.get(first)) is not None:
        return value
    word = re.split(r"[\s,.!;:。！，、；：]", first, maxsplit=1)[0].strip(_EDGES)
    return _FOREIGN.get(word) if len(own) <= 3 and sum(map(len, own)) <= _MAX_STATEMENT else None


def _sentence_value(sentence: str, prompt: str) -> str | None:
    """Return what one sentence says; None if it says neither or both."""
    if (value := whole_value(sentence) or _expression_value(sentence)) is not None:
        return value
    words = re.findall(r"\w+", sentence)
    if words and all(word.lower() in _VALUES for word in words):
        return _VALUES[words[0].lower()] if len({_VALUES[word.lower()] for word in words}) == 1 else None
    plain = _POLITE.sub(" ", _ALTERNATIVES.sub(" ", _QUOTED.sub(" ", sentence)))
    start = _START.match(plain)
    if start is not None and plain == sentence:
        return _last_turn(plain, "yes" if start["yes"] else "no")
    mentions = [Mention(_VALUES[match["word"].lower()], match.start("word"), match.end()) for match in _WORD.finditer(plain)]
    judgements = [Mention(_JUDGED[match[name].lower()], match.start(name), match.end()) for match in _JUDGEMENT.finditer(plain) if (name := match.lastgroup)]
    mentions = sorted(mentions + judgements, key=lambda mention: mention.start)
    if start is not None and (not mentions or mentions[0].start > start.end()):
        return "yes" if start["yes"] else "no"
    asserted, hedged, concluded = set(), set(), []
    for claim in claims_of(plain, mentions):
        value = _OPPOSITE[claim.key] if claim.stance is Stance.REJECTED else claim.key
        (hedged if claim.stance is Stance.HEDGED else asserted).add(value)
        if claim.stance is Stance.CONCLUDED:
            concluded.append(value)
    if len(asserted) == 1:
        return asserted.pop()
    if asserted:
        return concluded[-1] if concluded and len(set(concluded)) == 1 and not re.search(r"\bstatement that\b", plain) else None
    return restated_value(sentence, prompt) or (hedged.pop() if len(hedged) == 1 else None)


def _last_turn(sentence: str, value: str) -> str:
    """Return the value of a sentence that begins with yes or no, if it does not conclude otherwise: "Yes, ... so no"."""
    turn = re.search(r"\b(?:so|therefore|thus|hence)\s*,?\s+(?:the\s+answer\s+is\s+|it\s+is\s+)?(yes|no|true|false)[.!]?$", sentence, re.IGNORECASE)
    return _VALUES[turn[1].lower()] if turn else value


def _expression_value(sentence: str) -> str | None:
    """Return the result of a logical expression: "True and not False = True"."""
    result = _RESULT.search(sentence[-_MAX_STATEMENT:])
    if result is None or _EXPRESSION.fullmatch(sentence[:_MAX_STATEMENT]) is None:
        return None
    literal = re.findall(r"not|true|false", result[1].lower())
    value = _VALUES[literal[-1]]
    return _OPPOSITE[value] if literal.count("not") % 2 else value
