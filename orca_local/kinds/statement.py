r"""Find answer statements in a text: `Answer: B`, `\boxed{18}`, "The answer is 18 dollars."

The last statement that can be read counts. A text without a statement gets one cautious fallback. If that fails too,
the text has no readable answer, which is reported apart from a wrong answer.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

_CUE = re.compile(
    r"(?P<head>^\W*(?:(?:so|thus|hence|therefore|and)\b,?\s*)?(?:(?:the|my|your)\s+)?(?:final\s+)?answer(?:\s*[:=]|[^\S\n]*$)\s*)"
    r"|\b(?:answer|option|choice|result)\b(?:\s+(?:to|for)\b[^.:\n]{0,80}?)?\s*"
    r"(?:\b(?:is|are|was|would\s+be|should\s+be|must\s+be|equals)\b\s*:?|[:=])\s*",
    re.IGNORECASE | re.MULTILINE,
)
_BOXED = re.compile(r"\\boxed\s*\{((?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*)\}")
_REFUSAL = re.compile(
    r"\b(?:cannot|can['’]?t|can not|could not|couldn['’]?t|unable to|don['’]?t|do not|not enough|impossible to)"
    r"\s+(?:\w+\s+){0,3}?(?:answer|determine|help|assist|know|provide|solve|information|say|tell|find)\b"
    r"|\bnot sure\b",
    re.IGNORECASE,
)
_LINE = re.compile(r"[^\n]*\w[^\n]*")
_MAX_CHARACTERS = 400
"""Number of characters read from one statement."""
_MAX_STATEMENTS = 20
"""Number of statements read, from the end of the text. The two limits keep reading linear: a model that repeats itself
writes hundreds of statements."""


@dataclass(frozen=True, slots=True)
class _Statement:
    start: int
    content: str
    is_final: bool
    """Whether it has an `Answer:` heading and is the end of the text."""


def find_answer(
    text: str, read_statement: Callable[[str], str | None], read_text: Callable[[str], str | None]
) -> str | None:
    """Return the last statement that `read_statement` can read, else what `read_text` reads from the whole text.

    A text that refuses, or ends in an `Answer:` that cannot be read, has no answer: its other words are reasoning.
    """
    statements = _statements(text)
    for statement in statements:
        answer = read_statement(statement.content)
        if answer is not None:
            return answer
    if any(statement.is_final for statement in statements) or _REFUSAL.search(text):
        return None
    return read_text(text)


def has_statement(text: str) -> bool:
    """Return whether a text states an answer, readable or not."""
    return bool(_BOXED.search(text) or _CUE.search(text))


def text_after_heading(text: str) -> str | None:
    """Return what follows the last line that begins with `Answer:`, or the whole text; None without any word."""
    headings = list(re.finditer(r"^[\s*#_]*(?:final\s+)?answer[\s*_]*:[\s*_]*", text, re.IGNORECASE | re.MULTILINE))
    body = text[headings[-1].end() :] if headings else text
    return body.strip() if re.search(r"\w", body) else None


def _statements(text: str) -> list[_Statement]:
    """Return the last statements of a text, the last one first."""
    statements = [
        _Statement(match.start(), match[1][:_MAX_CHARACTERS], is_final=False) for match in _BOXED.finditer(text)
    ]
    end = len(text.rstrip())
    for match in _CUE.finditer(text):
        # "Answer:" alone on its line: the answer is on the next line that has a word.
        line = _LINE.search(text, match.end(), match.end() + _MAX_CHARACTERS)
        content, content_end = (line[0].strip(), line.end()) if line is not None else ("", match.end())
        statements.append(_Statement(match.start(), content, bool(match["head"]) and content_end >= end))
    return sorted(statements, key=lambda statement: statement.start, reverse=True)[:_MAX_STATEMENTS]
