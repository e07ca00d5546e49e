r"""Find the places of a reply that state an answer.

A *form* is what a prompt may ask for: `Answer: B`, `\boxed{18}`, `#### 18`, `<answer>B</answer>` or JSON with the key
`answer`. A *sentence* only says it: "The answer is 18 dollars." Every search is linear in the text.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

from orca_local.domain.text import printable
from orca_local.kinds.reading.plain import json_text
from orca_local.kinds.reading.wrapping import closing_brace

MAX_CHARACTERS = 400
"""Number of characters read from one statement."""
MAX_STATEMENTS = 20
"""Number of statements read, from the end of the text: a model that repeats itself writes hundreds."""

_ANSWER = (
    "answer|respuesta|antwort|réponse|resposta|risposta|odpowiedź|ответ|答案|答え|回答|답|정답|الإجابة|الجواب|उत्तर"
)
_BEFORE = (
    r"(?:(?:so|thus|hence|therefore|and|ergo)\b,?[^\S\n]*+)?(?:(?:the|my|your|die|la|le)\s+)?"
    r"(?:(?:final|correct|right|best|short|exact|richtige|finale|правильный)\s+|最终|最終|正しい)?"
)
_COLON = r"[*_`]*+(?:[^\S\n]*+(?:[:=：]|[-–—](?=\s))[*_`]*+|[^\S\n]*+[*_#]*+$)"
_HEADING = re.compile(
    rf"(?:^(?:[^\w\n]|_)*+|(?<=[.!?。；;] )[*_]*+){_BEFORE}(?:{_ANSWER})(?:\s+(?:correcta|finale?))?{_COLON}",
    re.IGNORECASE | re.MULTILINE,
)
_BOXED = re.compile(r"\\(?:boxed|fbox)\s?\{")
_SEPARATOR = re.compile(r"(?:[,;&$]|\s|and|or|\\text\{ ?(?:and|or) ?\})*+", re.IGNORECASE)
_HASHES = re.compile(r"^####[^\S\n]++(?=\S)", re.MULTILINE)
_TAG = re.compile(r"<(?:final_)?answer>", re.IGNORECASE)
_END_TAG = re.compile(r"</(?:final_)?answer>", re.IGNORECASE)
_JSON_KEYS = ("answer", "final_answer", "result", "response", "output", "label", "choice", "solution", "value")
_JSON = re.compile(r'\{\s{0,20}"\w{1,30}"\s{0,20}:')
_IS = r"(?:is|are|was|(?:would|should|must|will|has\s+to)\s+be|equals|becomes|es|ist|lautet|est|é|è|jest)\b"
_IS_NOT = r"(?:(?:is|was|are|would|should|could|can|must)(?:n['’]t|\s+not)(?:\s+be)?|can(?:not|\s+never)\s+be)\b"
_SENTENCE = re.compile(
    rf"\b(?:{_ANSWER}|option|choice|result)\b(?:[^\S\n]+(?:to|for|of)\b(?:[^\S\n]++[^\s.:]++){{0,10}}?)?"
    rf"\s*+\b(?:(?P<not>{_IS_NOT})|{_IS}\s*+:?)[^\S\n]*+"
    r"|(?:答案|答え|回答|结果|정?답)(?:是|为|は|은|는)[:：]?[^\S\n]*+",
    re.IGNORECASE,
)
_OTHERWISE = re.compile(r"\b(?:otherwise|or\s+else|if\s+not),?\s+(?:\w+\s+){0,2}\Z", re.IGNORECASE)
_SUBJECT_FIRST = re.compile(
    r"(?<!\S)(?!(?:this|that|it|which|what|here|there|one)\b)([^\s,;:]{1,60})"
    r" is the (?:correct |right |final )?answer\b",
    re.IGNORECASE,
)
_LIST_ITEM = re.compile(r"[^\S\n]*+(?:[-*•+]|\d{1,2}[.)])[^\S\n]++\S")
_CLOSERS = {"$$": "$$", r"\[": r"\]", r"\(": r"\)"}
_REFUSAL = re.compile(
    r"(?:\b|(?<=\w)(?=n['’]t enough))(?:can(?:not|['’]?t| not)|could(?: not|n['’]?t)|unable to"
    r"|don['’]?t|do not|not enough|n['’]t enough|impossible to)"
    r"(?:\s+\w+){0,3}?\s+(?:answer|determined?|help|assist|know|provide|solve|information|say|tell|find|sure)\b"
    r"|\bnot (?:stated|mentioned|specified|given|found) in the (?:passage|text|question|article)\b"
    r"|\bnot sure\b|\bno (?:way to (?:know|tell)|idea)\b"
    r"|\b(?:does|do|did) ?n[o'’]t (?:say|state|mention|specify|contain)\b"
    r"|\A\W*i['’]?(?: a)?m sorry\b",
    re.IGNORECASE,
)
_REASON = re.compile(r"\w[^.!?\n]*\s(?:because|since|as)\s[^.!?\n]*\Z", re.IGNORECASE)
"""The start of a reason: "Neutral, as the text does not say it" is an answer."""
_TURN = re.compile(r"\b(?:but|however|still|nevertheless|if i (?:had|have) to|my (?:best )?guess)\b", re.IGNORECASE)
_CORRECTION = re.compile(
    r"(?:(?<=[.!?…,;:)\n–—-])|(?<=[.!?…,;:)\n–—-] )|^)[^\S\n]*+(?:oh,?\s+)?(?:no,?\s+)?"
    r"(?:wait|actually|correction|scratch that|hold on|oops|sorry|on second thoughts?|i mean|moment|nein,|non,|不对"
    r"|i made (?:a mistake|an error)|let me (?:re(?:consider|check|think|calculate|do)|check)"
    r"|that['’]?s (?:wrong|not right))"
    r"(?!\w)[\s,.!:;…–—-]*+"
    r"|(?:(?<=[,;…–—.?])|(?<=\s-)) ?no,[^\S\n]++",
    re.IGNORECASE | re.MULTILINE,
)
_MAX_CORRECTIONS = 5


@dataclass(frozen=True, slots=True)
class Statement:
    """A place that states an answer."""

    start: int
    end: int
    content: str
    """What follows the heading or cue, up to the end of its line, as written."""
    content_start: int
    """Where the content begins."""


def find_forms(text: str) -> list[Statement]:
    """Return the last forms of a text, in its order."""
    forms = [*_headings(text), *_boxes(text), *_tags(text), *_json(text), *_hashes(text)]
    forms.sort(key=lambda form: form.start)
    return forms[-MAX_STATEMENTS:]


def find_sentences(text: str) -> list[Statement]:
    """Return the last sentences of a text that state an answer, in its order. One that denies begins with "not"."""
    sentences = [
        Statement(match.start(), match.end(), match[1], match.start(1))
        for match in list(_SUBJECT_FIRST.finditer(text))[-MAX_STATEMENTS:]
    ]
    matches = list(_SENTENCE.finditer(text))
    # A statement ends where the next one of its line begins: "The answer is 7. The answer is 7."
    ends = [match.start() for match in matches[1:]] + [len(text)]
    for match, next_start in list(zip(matches, ends, strict=False))[-MAX_STATEMENTS:]:
        line = text[match.end() : min(match.end() + MAX_CHARACTERS, next_start)].partition("\n")[0]
        end = match.end() + len(line)
        line_start = text.rfind("\n", 0, match.start()) + 1
        if _OTHERWISE.search(text, max(line_start, match.start() - 30), match.start()):
            # "If it rains, the answer is yes. Otherwise, the answer is no." states none.
            sentences[-1:] = []
            continue
        line = _without_closing_mark(line, text[max(line_start, match.start() - MAX_CHARACTERS) : match.end()])
        # "The answer is:" alone on its line: the answer is below.
        if not line.strip(" *_:"):
            line = text[match.end() : match.end() + MAX_CHARACTERS].strip(" *_:\n").partition("\n")[0]
        sentences.append(Statement(match.start(), end, f"not {line}" if match["not"] else line, match.end()))
    return sorted(sentences, key=lambda sentence: sentence.start)


def is_refusal(text: str) -> bool:
    """Whether a text says that it cannot answer."""
    return _REFUSAL.search(text) is not None


def text_after_refusal(text: str, prompt: str) -> str:
    """Return what a text says after it refused: "I am not sure, but probably yes." Empty if it says no more.

    Words of the prompt, such as the option "Cannot be determined", are no refusal.
    """
    shown = prompt.casefold()
    refusals = [match for match in _REFUSAL.finditer(text) if match[0].casefold() not in shown]
    refusals = [match for match in refusals if not _REASON.search(text, max(0, match.start() - 100), match.start())]
    if not refusals:
        return text
    rest = text[refusals[-1].end() :]
    turn = _TURN.search(rest)
    return rest[turn.end() :] if turn else ""


def split_corrections(text: str) -> list[str]:
    """Return the parts of a text between its last corrections such as "wait". One part means that it has none."""
    parts, at = [], 0
    for match in list(_CORRECTION.finditer(text))[-_MAX_CORRECTIONS:]:
        parts.append(text[at : match.start()])
        at = match.end()
    return [*parts, text[at:]]


def headings(text: str) -> list[re.Match[str]]:
    """Return the headings of a text that say `Answer:`; each match ends where the answer begins."""
    return list(_HEADING.finditer(text))


def _headings(text: str) -> Iterator[Statement]:
    for match in list(_HEADING.finditer(text))[-MAX_STATEMENTS:]:
        rest = text[match.end() : match.end() + MAX_CHARACTERS]
        line = rest.partition("\n")[0]
        if line.strip() and not (line.lstrip().startswith("```") and line.count("```") == 1):
            content = _without_closing_mark(line.strip(), match[0])
            yield Statement(match.start(), match.end() + len(line), content, match.end())
            continue
        block = _block(rest)
        # "The answer" at the end of a text that was cut off is no heading.
        if not block.strip() and match[0].rstrip("*_`# ")[-1:].isalpha():
            continue
        end = match.end() + rest.find(block) + len(block)
        yield Statement(match.start(), end, block.strip(), match.end())


def _without_closing_mark(content: str, heading: str) -> str:
    """Return the content without the mark that closes emphasis opened in the heading, as in "**Answer: 7**"."""
    marks = re.findall(r"\*+|_+", heading)
    return content.removesuffix(marks[-1]).rstrip() if len(marks) % 2 else content


def _block(rest: str) -> str:
    """Return the first line with text, or all items of the list or formula that begins there."""
    rest = rest.lstrip()
    first, _, below = rest.partition("\n")
    closing = _CLOSERS.get(first.strip()) or ("```" if first.startswith("```") else None)
    if closing is not None:
        return below.partition(closing)[0].rstrip()
    lines = rest.split("\n")
    count = next((i for i, line in enumerate(lines) if not _LIST_ITEM.match(line)), len(lines))
    return "\n".join(lines[: max(count, 1)])


def _boxes(text: str) -> Iterator[Statement]:
    r"""Yield each `\boxed{…}`; several on one line are one list."""
    found: list[Statement] = []
    for match in list(_BOXED.finditer(text))[-MAX_STATEMENTS:]:
        end = closing_brace(text, match.end(), MAX_CHARACTERS)
        if end is None:
            continue
        content = text[match.end() : end].strip()
        if found and _SEPARATOR.fullmatch(text, found[-1].end, match.start()):
            last = found.pop()
            content = content if content == last.content else f"{last.content}, {content}"
        found.append(Statement(match.start(), end + 1, content, match.end()))
    return iter(found)


def _tags(text: str) -> Iterator[Statement]:
    for match in list(_TAG.finditer(text))[-MAX_STATEMENTS:]:
        end = _END_TAG.search(text, match.end(), match.end() + MAX_CHARACTERS)
        content = text[match.end() : end.start() if end else match.end() + MAX_CHARACTERS].strip()
        yield Statement(match.start(), end.end() if end else match.end() + len(content), content, match.end())


def _hashes(text: str) -> Iterator[Statement]:
    """Yield `#### 18`, the form of GSM8K, if it is the last line: elsewhere it is a heading."""
    for match in list(_HASHES.finditer(text))[-1:]:
        line, _, below = text[match.end() :].partition("\n")
        if not below.strip() and not _HEADING.match(text, match.start()):
            yield Statement(match.start(), match.end() + len(line), line.strip(), match.end())


def _json(text: str) -> Iterator[Statement]:
    """Yield the value of the key `answer` in a JSON object, and a reply that is a JSON list."""
    decoder, end = json.JSONDecoder(), 0
    for match in list(_JSON.finditer(text))[-MAX_STATEMENTS:]:
        try:
            value, length = decoder.raw_decode(text[match.start() : match.start() + 10 * MAX_CHARACTERS])
        except (ValueError, RecursionError):
            continue
        values = {key.lower(): value[key] for key in reversed(value)}
        # Other keys than these two count only where they are the first one.
        keys = [key for key in (*_JSON_KEYS[:2], *list(values)[-1:]) if key in values and key in _JSON_KEYS]
        if keys and match.start() >= end:
            end = match.start() + length
            # The escapes of JSON may stand for characters that the reply was cleaned of.
            yield Statement(match.start(), end, printable(json_text(values[keys[0]])), match.start())
