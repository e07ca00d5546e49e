r"""Find the answer in what a model wrote.

Models end their answers in many ways: `Answer: B`, `**Answer: (B)**`, `\boxed{18}`, "The answer is 18
dollars." The last statement that can be read counts. Where there is none, each kind has one cautious
fallback; where that fails too the result is None, which is reported as *nothing found*, not as wrong.
What only repeats the prompt or the instructions is no answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from orca_local.domain.strategies import ANSWER_FORMAT
from orca_local.domain.text import printable
from orca_local.domain.types import Kind
from orca_local.kinds.number_reader import last_number, stated_number
from orca_local.kinds.option_reader import (
    longest_inside,
    loose_option,
    normalize,
    option_letters,
    parse_options,
    stated_option,
)

_CUE = re.compile(
    r"(?P<head>^\W*(?:(?:so|thus|hence|therefore|and)\b,?\s*)?(?:(?:the|my|your)\s+)?(?:final\s+)?answer(?:\s*[:=]|[^\S\n]*$)\s*)"
    r"|\b(?:answer|option|choice|result)\b(?:\s+(?:to|for)\b[^.:\n]{0,80}?)?\s*"
    r"(?:\b(?:is|are|was|would\s+be|should\s+be|must\s+be|equals)\b\s*:?|[:=])\s*",
    re.IGNORECASE | re.MULTILINE,
)
_BOXED = re.compile(r"\\boxed\s*\{((?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*)\}")
_REFUSAL = re.compile(
    r"\b(?:cannot|can['’]?t|can not|could not|couldn['’]t|unable to|don['’]?t|do not|not enough|impossible to)"
    r"\s+(?:\w+\s+){0,3}?(?:answer|determine|help|assist|know|provide|solve|information|say|tell|find)\b"
    r"|\bnot sure\b",
    re.IGNORECASE,
)
_LINE = re.compile(r"[^\n]*\w[^\n]*")
_SENTENCE = re.compile(r"(?:[^\n.!?]|[.!?](?!\s|$))+[.!?]*")
_LONGEST = 400
"""Characters of a statement that are read."""
_MOST = 20
"""Statements that are read, from the last one backwards."""
_WORDY = 8
"""More words than this are a sentence about the answer, not the answer."""


def extract_answer(kind: Kind, text: str, *, prompt: str = "", labels: Sequence[str] = ()) -> str | None:
    """The answer in `text`, normalised for `kind`, or None where there is none.

    `prompt` gives the options of a `multiple_choice` question, and tells what is only repeated; `labels` is
    the closed set of an `exact` answer, or adds letters to the options.
    """
    text = _own_words(kind, text, prompt)
    if not re.search(r"\w", text):
        return None
    match kind:
        case "number":
            return _find(text, stated_number, last_number)
        case "boolean":
            return _find(text, _stated_truth, _last_truth)
        case "multiple_choice":
            options = parse_options(prompt)
            letters = option_letters(options, labels)
            return _find(
                text,
                lambda part: stated_option(part, options, letters),
                lambda whole: loose_option(whole, options, letters),
            )
        case "exact" if labels:
            names = {label: label for label in labels}
            return _find(text, lambda part: longest_inside(part, names), lambda whole: longest_inside(whole, names))
        case "exact":
            return _find(text, _phrase, _lone_phrase)
        case "span":
            return _find(text, _phrase, lambda whole: _lone_phrase(whole, words=30))
        case "text" | "free":
            return _after_heading(text)


# ── what the model wrote itself ─────────────────────────────────────────────────────────────────────


def _own_words(kind: Kind, text: str, prompt: str) -> str:
    """The text without markup, hidden reasoning, and what it repeats from prompt and instructions."""
    text = printable(text)
    text = re.sub(r"<think>.*?(?:</think>|\Z)", "\n", text, flags=re.DOTALL).rpartition("</think>")[2]
    prompt = printable(prompt).strip()
    for repeated in (prompt, ANSWER_FORMAT[kind]):
        if repeated:
            text = text.replace(repeated, "\n")
    if kind in ("text", "free"):
        return text
    text = _without_markup(text)
    # A span may well be a sentence of the prompt, and an option is one; a number or a yes is not.
    if kind in ("number", "boolean"):
        known = f" {normalize(prompt)} "
        text = _SENTENCE.sub(lambda match: "" if _repeats(match[0], known) else match[0], text)
    return text


def _repeats(sentence: str, known: str) -> bool:
    words = normalize(sentence)
    return words.count(" ") >= 4 and f" {words} " in known


def _without_markup(text: str) -> str:
    """Markdown, LaTeX wrapping, tags and typographic minus signs taken away; line breaks stay."""
    text = re.sub("(?<=\\d)[\u00a0\u202f\u2009](?=\\d{3}\\b)", ",", text)
    text = re.sub("[\u2212\u2010-\u2015\ufe63\uff0d]", "-", re.sub("[\u00a0\u2007\u2009\u202f]", " ", text)).replace(
        "：", ":"
    )
    text = re.sub(r"\\(?:text|mathrm|mathbf|textbf|mbox)\s*\{([^{}]*)\}", r"\1", text)
    text = re.sub(r"\\(?:left|right)(?=[()\[\]])", "", text.replace("{,}", ",").replace("\\,", "").replace("\\!", ""))
    text = re.sub(r"\\([%$#&_])", r"\1", re.sub(r"\\[()\[\]]", " ", text))
    text = re.sub(r"<answer>\s*", "\nAnswer: ", text, flags=re.IGNORECASE)
    text = re.sub(r"</?[A-Za-z]\w*\s*/?>|<\|[^|<>\n]*\|>", " ", text)
    text = re.sub(r"(?<=[\d)])([^\S\n]*)\*([^\S\n]*)(?=[\d($])", r"\1×\2", text)
    text = re.sub(r"^[^\S\n]*(?:[-*•+]|#+|>)[^\S\n]+", "", text, flags=re.MULTILINE)
    return re.sub(r"\*+|`+|~~|(?<!\w)_+|_+(?!\w)", "", text)


# ── statements ──────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class _Statement:
    start: int
    part: str
    final: bool
    """Whether it is headed `Answer:` and nothing follows it."""


def _find(text: str, stated: Callable[[str], str | None], loose: Callable[[str], str | None]) -> str | None:
    """The last statement that `stated` can read, else what `loose` makes of the whole text.

    A text that ends in an `Answer:` that cannot be read has no answer: whatever stands before it is reasoning.
    """
    statements = _statements(text)
    for statement in statements:
        answer = stated(statement.part)
        if answer is not None:
            return answer
    if any(statement.final for statement in statements) or _REFUSAL.search(text):
        return None
    return loose(text)


def _statements(text: str) -> list[_Statement]:
    """The last statements of an answer, the last one first."""
    found = [_Statement(match.start(), match[1][:_LONGEST], False) for match in _BOXED.finditer(text)]
    end = len(text.rstrip())
    for match in _CUE.finditer(text):
        # "Answer:" alone on its line is followed by the answer on the next one that has a word.
        line = _LINE.search(text, match.end(), match.end() + _LONGEST)
        part, part_end = (line[0].strip(), line.end()) if line is not None else ("", match.end())
        found.append(_Statement(match.start(), part, bool(match["head"]) and part_end >= end))
    # A model that repeats itself states hundreds; the bounds keep reading linear.
    return sorted(found, key=lambda statement: statement.start, reverse=True)[:_MOST]


# ── yes and no ──────────────────────────────────────────────────────────────────────────────────────

_TRUTH = {"yes": "yes", "true": "yes", "no": "no", "false": "no"}
_OPPOSITE = {"yes": "no", "no": "yes"}
_EITHER = re.compile(
    r"[\"'“]?\b(?:yes|no|true|false)\b[\"'”]?\s*(?:/|,?\s*\b(?:or|nor)\b)\s*(?:answer:\s*)?[\"'“]?(?:yes|no|true|false)\b[\"'”]?",
    re.IGNORECASE,
)
_HEAD = re.compile(
    r"\W*(?:(yes|true|false)\b|(no)\b(?!\s+(?:one|more|longer|matter|doubt|way|such|other|information|evidence|need)\b))",
    re.IGNORECASE,
)
_CLAUSE = re.compile(
    r"(?:^|[.!?:;,(\"“'-]\s*|\b(?:is|are|was|so|hence|thus|therefore|indeed|say|answer)\s+)(?P<not>not\s+)?[\"“']?"
    r"(?P<word>yes|no|true|false)(?=[\"”']?\s*(?:[.,;:!?)\"”']|-\s|$))",
    re.IGNORECASE | re.MULTILINE,
)


def _stated_truth(part: str) -> str | None:
    part = _EITHER.sub(" ", part)
    head = _HEAD.match(part)
    return _TRUTH[(head[1] or head[2]).lower()] if head else _last_truth(part)


def _last_truth(text: str) -> str | None:
    """The last yes, no, true or false that stands as a statement, not as a word of a sentence."""
    text = _EITHER.sub(" ", text).strip()
    if clauses := list(_CLAUSE.finditer(text)):
        truth = _TRUTH[clauses[-1]["word"].lower()]
        return _OPPOSITE[truth] if clauses[-1]["not"] else truth
    head = re.match(r"\W*(?:(yes|true|false)\b|(no)\s+(?:it|he|she|they|there|this|that|i|we)\b)", text, re.IGNORECASE)
    return _TRUTH[(head[1] or head[2]).lower()] if head else None


# ── words ───────────────────────────────────────────────────────────────────────────────────────────


def _phrase(part: str) -> str | None:
    """The words of a statement, without a reason that follows and a sentence around them."""
    part = re.split(r"(?<=[\w)\"”'][\w)\"”']{2})[.!?]\s+(?=[A-Z])|\s+\(|,?\s+(?:because|since)\b", part, maxsplit=1)[0]
    part = part.strip(_EDGES)
    tail = re.search(r"\b(?:is|are|was|were)\s+(?:that\s+)?(.+)$", part)
    if tail and len(part.split()) > 3 and len(tail[1].split()) <= _WORDY:
        part = tail[1].strip(_EDGES)
    return part if normalize(part) else None


_EDGES = "\"'“”‘’.,;:!?()[] "


def _lone_phrase(text: str, words: int = _WORDY) -> str | None:
    """A text that is nothing but a short answer."""
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) == 1 and len(lines[0].split()) <= words:
        return _phrase(lines[0])
    return None


def _after_heading(text: str) -> str | None:
    """What follows the last line that begins with `Answer:`, else all of it."""
    headings = list(re.finditer(r"^[\s*#_]*(?:final\s+)?answer[\s*_]*:[\s*_]*", text, re.IGNORECASE | re.MULTILINE))
    body = text[headings[-1].end() :] if headings else text
    return body.strip() if re.search(r"\w", body) else None
