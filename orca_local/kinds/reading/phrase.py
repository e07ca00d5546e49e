"""Read short answers in words: the phrase as it is written, or the phrase that a sentence states."""

from __future__ import annotations

import re
import unicodedata

from orca_local.kinds.reading.addition import ABOUT_TEXT, DESCRIPTION, added_phrase
from orca_local.kinds.reading.gap import is_restatement
from orca_local.kinds.reading.plain import plain_lines
from orca_local.kinds.reading.statement import is_refusal
from orca_local.kinds.reading.wrapping import is_cut_off, sentences, unwrap, without_emoji, without_period

_MAX_WORDS = 8
"""A longer phrase is a sentence about the answer, not the answer."""
_MAX_CHARACTERS = 2_000
"""A longer statement is not trimmed."""
_SPACE = r"(?<!\s)\s++"
"""All of a run of white space. A search that tried each of its characters would take quadratic time."""

_LEAD = re.compile(
    r"(?:so|thus|therefore|hence|well|sure|okay|ok|indeed|certainly|yes|ah)[,:!.]\s+"
    r"|(?:so|thus|therefore|hence)\s+(?=the|it|this|that)|(?:probably|definitely|clearly|surely)\s*[:,]?\s+"
    r"|(?:i\s+(?:would|will)|i['’](?:d|ll))\s+(?:say|guess|go\s+with|choose|pick|answer)\s+(?:that\s+)?(?:it(?:\s+i|['’])s\s+)?"
    r"|i\s+(?:think|believe|guess)(?:\s+that)?,?\s+|(?:it|that|this)\s+(?:must|should|would|has\s+to)\s+be\s+",
    re.IGNORECASE,
)
_SUBJECT = re.compile(
    r"(?:the|this|that|it|these|those|its|his|her|their|my|your|our|he|she|they)\b|(?:it|that)['’]s\b", re.IGNORECASE
)
_COPULA = re.compile(
    r"(?:\b(?:is|are|was|were|will\s+be|would\s+be|must\s+be|should\s+be)|(?<=\b[Ii]t)['’]s|(?<=\b[Tt]hat)['’]s)\b"
    r"(?:\s*:|\s+(?:called|named|(?:also\s+)?(?:known|referred\s+to)\s+as|that|likely|probably|clearly))?\s+"
)
_PREDICATE = re.compile(rf"{_SPACE}(?:is|was|are|were)\s+(?:the|its|his|her|their)\s", re.IGNORECASE)
_REASON = re.compile(
    rf",?{_SPACE}because\b|,\s+according\s+to\b|,\s+(?:since|as|which|for|not|so|and\s+not|but\s+not|rather\s+than|where|who|when|while|although)\s"
    rf"|{_SPACE}since\s+(?=(?:it|the|they|he|she|this|that)\b)|{_SPACE}(?:rather\s+than|instead\s+of|as\s+opposed\s+to)\s"
    rf"|{_SPACE}[—–-]\s+(?=(?:because|the|it|this|that|as)\b)"
)
_REMARK_AFTER = re.compile(
    r",\s+(?:who|which|where|while|although|rather than|not|since|because|as|so)\s", re.IGNORECASE
)
_CORRECTED = re.compile(
    r"not\s+[^.;]{1,80}?(?:,?\s+but(?:\s+rather)?|;|,\s+it['’]s|,\s+it\s+is)\s+(?=\S)", re.IGNORECASE
)
_REMARK = re.compile(rf"{_SPACE}\((?:(?=[^()]*\s)|(?:because|not)\b)[^()]*+\)$")
_RELATIVE = re.compile(r"\b(?:who|which|that|whose|where|when|what)\b", re.IGNORECASE)
_CONCLUSION = re.compile(r"(?:so|thus|therefore|hence|in conclusion|finally)\b", re.IGNORECASE)
_NO_NAME = re.compile(
    r"(?:what|who|where|when|why|how|which|there|here|to|if|i|we|you|one|no|nothing|all|everything|a|an|some)\b",
    re.IGNORECASE,
)
"""Words that no name begins with."""
_CLAUSE = re.compile(r"(?:it|i|we|they|this|there|you|he|she|let|let['’]s|as|if)\s+[a-z]", re.IGNORECASE)
_VERB = re.compile(r"\b(?:is|are|was|were|has|have|had|does|do|did|can|could|will|would|became|becomes|starts|ends)\b")


_FENCE = re.compile(r"\A(?:[^\n`]{0,200}[:：]\s*)?```[^\S\n]*[\w+#-]{0,20}[^\S\n]*\n(?P<code>[^`]+)\n[^\S\n]*```\s*\Z")
"""A reply that is nothing but code."""
_HEADED = re.compile(
    r"(?:(?P<result>concatenat\w+|combin\w+|join\w+|together|results?|output|final\s\w+|sorted(?:\s\w+)?|reversed|solution)"
    r"|(?!note|explanation|example|reason|source|hint|step|check|original|input|given)[^\W\d_]+(?:\s[^\W\d_]+){0,3})\s?[:：]\s*"
    r"(?P<quoted>[\"“'`*].*[\"”'`*]\.?)?(?P<plain>.+)?",
    re.IGNORECASE | re.DOTALL,
)
"""A last sentence with the result behind its heading: `Joined: "abc"`."""
_SO = re.compile(rf",?{_SPACE}(?:so|thus|therefore|hence),?\s+", re.IGNORECASE)
_ANNOUNCEMENT = re.compile(
    r"(?:let me|let['’]s|let us|i will|i['’]ll|now,?\s+(?:i|we)|first)\b.*[^.!?:\s]", re.IGNORECASE
)
"""A last sentence that says what comes next, and breaks off."""
_DATED = re.compile(
    r"(?!today\b|now\b)(?:\w+\s){1,5}(?:is|was|will\s+be|would\s+be)\s(?P<value>\S*\d\S*)", re.IGNORECASE
)
_ABSENT = re.compile(
    r"(?:n['’]t|\bnot|\bcannot|\Ano\s[^.]{1,60}\s(?:is|are|was|were))\s+(?:\w+\s)?"
    r"(?:named|mentioned|given|stated|provided|specified|found|known|listed|described)\b",
    re.IGNORECASE,
)


def written_phrase(content: str) -> str | None:
    """Return the whole of a statement as written, without marks around it and the period after it.

    None if it has no visible character.
    """
    phrase = _plain(content)
    return phrase if any(not unicodedata.category(character).startswith(("Z", "C")) for character in phrase) else None


def stated_phrase(statement: str) -> str | None:
    """Return the phrase of a statement, without a reason that follows and without a sentence around it."""
    phrase = written_phrase(statement)
    if phrase is None or len(phrase) > _MAX_CHARACTERS:
        return phrase
    phrase = _without_reason(_without_lead(_first_sentence(_without_lead(phrase))))
    if (corrected := _CORRECTED.match(phrase)) is not None:
        phrase = phrase[corrected.end() :]
    return written_phrase(_predicate(phrase) or phrase)


def has_remark(statement: str) -> bool:
    """Whether a remark about the answer follows it, or what it is not precedes it: "not Ann but Ida"."""
    return _REMARK_AFTER.search(statement) is not None or _CORRECTED.match(statement) is not None


def phrase_in_statement(statement: str, prompt: str = "") -> str | None:
    """Return the phrase of a statement; None if it only says something about the answer, such as "not given"."""
    if DESCRIPTION.match(statement):
        return None
    first = next(iter(sentences(statement)), "")
    added = added_phrase(first, prompt) if is_restatement(first, prompt) else None
    return added or stated_phrase(statement)


def lone_phrase(text: str, prompt: str = "", max_words: int = _MAX_WORDS) -> str | None:
    """Return the answer in a text without a statement: a short line, alone or above an explanation, a last sentence
    that concludes, or code. None for any other text."""
    if (fence := _FENCE.match(text[:_MAX_CHARACTERS].strip())) is not None:
        return written_phrase(fence["code"])
    text = _without_introduction(_visible_result(text[:_MAX_CHARACTERS].strip()))
    first = re.split(r"\n[^\S\n]*+\n", text, maxsplit=1)[0].strip()
    if not first.strip("*_.… ") or without_emoji(f".{first}") == ".":
        return None
    last = next(reversed(sentences(text)), "")
    if last != first and _ANNOUNCEMENT.fullmatch(last):
        return None
    if (phrase := _concluded(last, is_first=last == first)) is not None and len(phrase.split()) <= max_words:
        return phrase
    if not is_cut_off(text) and not is_refusal(text) and (added := added_phrase(text, prompt)) is not None:
        return added
    if "\n" in first or first.endswith((":", "：", "?", "？")):
        return None
    phrase = stated_phrase(first)
    is_short = phrase is not None and len(phrase.split()) <= max_words
    return phrase if is_short and phrase is not None and not _is_sentence(phrase, first) else None


def _visible_result(text: str) -> str:
    """Return the one value of a JSON object, or what code is seen to give; another text as it is."""
    plain = plain_lines(text).strip()
    return plain if plain and "\n" not in plain and plain != text and len(plain) < len(text) else text


def _without_introduction(text: str) -> str:
    """Return the text below a first line such as "Here is the sorted list:"."""
    first, _, rest = text.partition("\n")
    return rest.strip() if first.rstrip(" *_").endswith((":", "：")) and rest.strip() else text


def _concluded(sentence: str, *, is_first: bool) -> str | None:
    """Return the phrase that the last sentence of a text concludes: "So it is X", "Joined: X", "So it was 3/5"."""
    if dated := _DATED.fullmatch(_SO.split(_plain(sentence))[-1]):
        return dated["value"]
    # The period after a letter, as in "Its last letter is g. Joined: X", may be taken for that of an initial.
    tail = re.split(r"(?<=[.!?])\s+", sentence)[-1]
    headed = None if is_first and tail == sentence else _HEADED.fullmatch(tail)
    if headed is not None and (headed["quoted"] or headed["result"]) and not (headed["quoted"] and headed["plain"]):
        return written_phrase(headed["quoted"] or headed["plain"])
    phrase = stated_phrase(sentence) if not is_first and _CONCLUSION.match(sentence) else None
    return phrase if phrase != _plain(sentence) else None


def _is_sentence(phrase: str, line: str) -> bool:
    """Whether a phrase is a sentence of this line that only says something about the answer."""
    is_whole = phrase == _plain(line)
    if (
        _CLAUSE.match(phrase)
        or ABOUT_TEXT.match(phrase)
        or _ABSENT.search(phrase)
        or (is_whole and len(_VERB.findall(phrase)) > 1)
    ):
        return True
    if is_cut_off(line) or (is_whole and _SUBJECT.match(phrase) and _COPULA.search(phrase)):
        return True
    first, *others = sentences(line)
    return bool(others) and phrase == _plain(first) and (len(phrase.split()) > 4 or _VERB.search(first) is not None)


def _plain(text: str) -> str:
    """Return a phrase without marks around it and without the period after it, inside or outside of the marks."""
    return without_period(unwrap(without_period(unwrap(text))))


def _without_lead(phrase: str) -> str:
    """Return a phrase without "So," or "I would say" before it."""
    for _ in range(3):
        lead = _LEAD.match(phrase)
        if lead is None or not phrase[lead.end() :].strip():
            break
        phrase = phrase[lead.end() :]
    return phrase


def _first_sentence(phrase: str) -> str:
    parts = sentences(phrase)
    is_list = re.match(r"1[.)]\s(?s:.*)\s2[.)]\s", phrase) is not None
    return _plain(parts[0]) if len(parts) > 1 and not is_list else phrase


def _without_reason(phrase: str) -> str:
    remark = _REMARK.search(phrase)
    if remark is not None and phrase[: remark.start()].strip():
        phrase = _plain(phrase[: remark.start()])
    reason = _REASON.search(phrase)
    if reason is not None and phrase[: reason.start()].strip():
        phrase = _plain(phrase[: reason.start()])
    return phrase


def _predicate(phrase: str) -> str | None:
    """Return what a sentence says about its subject: "The capital is Canberra"; None for any other phrase."""
    if phrase.endswith("?"):
        return None
    if _SUBJECT.match(phrase):
        for index, copula in enumerate(_COPULA.finditer(phrase)):
            # The verb of "the man who was king" is not that of the sentence.
            if index < len(_RELATIVE.findall(phrase, 4, copula.start())):
                continue
            rest = phrase[copula.end() :].strip()
            corrected = _CORRECTED.match(rest)
            rest = rest[corrected.end() :] if corrected else rest
            is_short = 0 < len(rest.split()) <= _MAX_WORDS
            is_phrase = is_short and not re.match(r"(?:not|no)\b", rest, re.IGNORECASE) and not DESCRIPTION.match(rest)
            return rest if is_phrase else None
        return None
    match = _PREDICATE.search(phrase)
    name = phrase[: match.start()] if match else ""
    return name if name[:1].isupper() and len(name.split()) <= 4 and not _NO_NAME.match(name) else None
