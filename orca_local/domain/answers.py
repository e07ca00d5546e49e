r"""Find the answer in what a model wrote.

Models end their answers in many ways: `Answer: B`, `**Answer: (B)**`, `\boxed{18}`, "The answer is 18
dollars." The last statement that can be read counts. Where there is none, each kind has one cautious
fallback; where that fails too the result is None, which is reported as *nothing found*, not as wrong.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from fractions import Fraction

from orca_local.domain.text import printable
from orca_local.domain.types import Kind

_CUE = re.compile(
    r"\b(?:final\s+|correct\s+|right\s+|best\s+)*(?:answer|option|choice|result)\b"
    r"(?:\s+(?:to|for)\b[^.:\n]{0,80}?)?\s*(?:(?:is|are|was|would\s+be|should\s+be|equals)\b\s*:?|:|=)\s*",
    re.IGNORECASE,
)
_BOXED = re.compile(r"\\boxed\s*\{((?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*)\}")
_FRAC = re.compile(r"\\[dt]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}")
_WORDY = 8
"""More words than this are a sentence about the answer, not the answer."""


def extract_answer(kind: Kind, text: str, *, prompt: str = "", labels: Sequence[str] = ()) -> str | None:
    """The answer in `text`, normalised for `kind`, or None where there is none.

    `prompt` gives the options of a `multiple_choice` question; `labels` the closed set of an `exact` one.
    """
    text = _clean(text)
    if not text.strip():
        return None
    match kind:
        case "number":
            return _last_statement(text, _number) or _last_number(text)
        case "boolean":
            return _last_statement(text, _boolean) or _loose_boolean(text)
        case "multiple_choice":
            options = parse_options(prompt)
            return _last_statement(text, lambda part: _choice(part, options)) or _loose_choice(text, options)
        case "exact":
            if labels:
                return _last_statement(text, lambda part: _label(part, labels)) or _label(text, labels)
            return _last_statement(text, _phrase) or _lone_phrase(text)
        case "span":
            return _last_statement(text, _phrase) or _lone_phrase(text, words=30)
        case "text" | "free":
            return _after_heading(text)


def _clean(text: str) -> str:
    """Markdown emphasis, LaTeX wrapping and typographic minus signs taken away; line breaks stay."""
    text = printable(text).replace("\u2212", "-").replace("\u2013", "-").replace("\u00a0", " ").replace("\u202f", " ")
    text = re.sub(r"\\(?:text|mathrm|mathbf)\s*\{([^{}]*)\}", r"\1", text)
    text = text.replace("{,}", ",").replace("\\,", "").replace("\\!", "").replace("\\%", "%").replace("\\$", "$")
    text = re.sub(r"\\[()\[\]]", " ", text)
    return re.sub(r"\*+|`+|(?<!\w)_+|_+(?!\w)|^#+\s*", "", text, flags=re.MULTILINE)


def _last_statement(text: str, parse: Callable[[str], str | None]) -> str | None:
    """What `parse` reads from the last statement of an answer that it can read."""
    found = [(match.start(), match.group(1)) for match in _BOXED.finditer(text)]
    for match in _CUE.finditer(text):
        line, _, rest = text[match.end() :].partition("\n")
        # "Answer:" alone on its line is followed by the answer on the next one.
        found.append((match.start(), line if line.strip() else rest.strip().partition("\n")[0]))
    for _, part in sorted(found, reverse=True):
        answer = parse(part)
        if answer is not None:
            return answer
    return None


# ── number ──────────────────────────────────────────────────────────────────────────────────────────

_DIGITS = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|\.\d+"
_NUMBER = re.compile(
    rf"(?<![\w.:/])(?P<sign>-\s?)?[$€£¥]?\s?(?P<minus>-)?(?:(?P<whole>\d+)\s+(?=\d+/\d))?"
    rf"(?P<value>{_DIGITS})(?:[eE](?P<exponent>[+-]?\d{{1,3}}))?(?:\s?/\s?(?P<below>\d+(?:\.\d+)?))?(?![\d:/]|\.\d|-\d)"
)
_ENUMERATION = re.compile(r"^\s*(?:step\s+)?\d+\s*[.):](?=\s|$)", re.IGNORECASE | re.MULTILINE)


def _numbers(text: str) -> list[str]:
    text = _FRAC.sub(r" \1/\2", text)
    return [number for match in _NUMBER.finditer(text) if (number := _value(match)) is not None]


def _value(match: re.Match[str]) -> str | None:
    value = Fraction(match["value"].replace(",", ""))
    if match["exponent"]:
        value *= Fraction(10) ** int(match["exponent"])
    if match["below"]:
        below = Fraction(match["below"])
        if below == 0:
            return None
        value /= below
    if match["whole"]:
        value += int(match["whole"])
    # "7-3" is a difference, not a negative three: a sign counts only where no operand stands before it.
    before = match.string[: match.start()].rstrip()
    negative = bool(match["sign"] or match["minus"]) and not before[-1:].isdigit()
    return _plain(-value if negative else value)


def _plain(value: Fraction) -> str:
    if value.denominator == 1:
        return str(value.numerator)
    return f"{float(value):.12g}"


def _number(part: str) -> str | None:
    """The number of an answer statement: what stands after its last `=`, else its first number."""
    if "=" in part:
        after = _numbers(part.rpartition("=")[2])
        if after:
            return after[0]
    numbers = _numbers(part)
    return numbers[0] if numbers else None


def _last_number(text: str) -> str | None:
    numbers = _numbers(_ENUMERATION.sub(" ", text))
    return numbers[-1] if numbers else None


# ── boolean ─────────────────────────────────────────────────────────────────────────────────────────

_TRUTH = {"yes": "yes", "true": "yes", "no": "no", "false": "no"}


def _boolean(part: str) -> str | None:
    match = re.match(r"\W*(yes|no|true|false)\b", part, re.IGNORECASE)
    return _TRUTH[match[1].lower()] if match else None


def _loose_boolean(text: str) -> str | None:
    """The last yes, no, true or false that stands as a statement, not as a word of a sentence."""
    statement = re.compile(
        r"(?:^|[.!?:;,\n\"'(]\s*|\b(?:is|so|hence|thus|therefore|indeed)\s+)(yes|no|true|false)(?=\s*(?:[.,;:!?\n\"')]|$))",
        re.IGNORECASE,
    )
    found = statement.findall(text.strip())
    if not found and (first := re.match(r"\W*(yes|true|false)\b", text, re.IGNORECASE)):
        found = [first[1]]
    return _TRUTH[found[-1].lower()] if found else None


# ── multiple choice ─────────────────────────────────────────────────────────────────────────────────

_OPTION = re.compile(r"(?:^|(?<=\s))\(?([A-Z])[).:]\s*(.+?)(?=\s+\(?[A-Z][).:]\s|\s*$)", re.MULTILINE)


def parse_options(prompt: str) -> dict[str, str]:
    """Letter → text of the lettered options that a prompt shows; empty where it shows none."""
    options: dict[str, str] = {}
    for letter, text in _OPTION.findall(prompt):
        # A later list is the question's own; an initial such as "J. Smith" does not follow on.
        if letter == "A":
            options = {}
        if letter == chr(ord("A") + len(options)):
            options[letter] = text.strip()
    return options if len(options) > 1 else {}


def _choice(part: str, options: dict[str, str]) -> str | None:
    letters = "".join(options) or "A-J"
    match = re.match(rf"\W*(?:option|choice|letter)?\s*\(?([{letters}])(?![\w'])(?!\s+[a-z])", part)
    if match is None:
        match = re.match(rf"\W*\(([{letters}])\)", part, re.IGNORECASE) or re.fullmatch(
            rf"\W*([{letters.lower()}])\W*", part.strip()
        )
    if match is not None:
        return match[1].upper()
    return _option_text(part, options)


def _loose_choice(text: str, options: dict[str, str]) -> str | None:
    letters = "".join(options) or "A-J"
    head = re.match(rf"\s*\(?([{letters}])(?:[).:]|\s*$)", text)
    marked = re.findall(rf"\(([{letters}])\)|\b[Oo]ption\s+([{letters}])\b", text)
    named = {letter for pair in marked for letter in pair if letter}
    if head is not None and not named - {head[1]}:
        return head[1]
    if len(named) == 1:
        return named.pop()
    return _option_text(text, options)


def _option_text(part: str, options: dict[str, str]) -> str | None:
    """The option whose text, and no other's, is in `part`."""
    words = f" {normalize(part)} "
    inside = [letter for letter, text in options.items() if normalize(text) and f" {normalize(text)} " in words]
    # "New York" holds "York": the longest text wins where it holds all the others.
    longest = max(inside, key=lambda letter: len(options[letter]), default=None)
    if longest is None:
        return None
    whole = f" {normalize(options[longest])} "
    return longest if all(f" {normalize(options[letter])} " in whole for letter in inside) else None


# ── words ───────────────────────────────────────────────────────────────────────────────────────────


def normalize(text: str) -> str:
    """Lower case, no punctuation, no articles, single spaces, as SQuAD's official script does it.

    https://worksheets.codalab.org/rest/bundles/0x6b567e1cf2e041ec80d7098f031c5c9e/contents/blob/
    """
    text = re.sub(r"[^\w\s]", " ", text.lower().replace("'", "").replace("\u2019", ""))
    return " ".join(re.sub(r"\b(?:a|an|the)\b", " ", text).split()) or " ".join(text.split())


def _label(part: str, labels: Sequence[str]) -> str | None:
    """The label that `part` names; where it names several, none, unless one holds the others."""
    words = f" {normalize(part)} "
    inside = [label for label in labels if normalize(label) and f" {normalize(label)} " in words]
    longest = max(inside, key=len, default=None)
    if longest is None:
        return None
    whole = f" {normalize(longest)} "
    return longest if all(f" {normalize(label)} " in whole for label in inside) else None


def _phrase(part: str) -> str | None:
    part = part.strip().strip("\"'“”‘’.,;:!() ")
    tail = re.search(r"\b(?:is|are|was|were)\s+(?:that\s+)?(.+)$", part)
    if tail and len(part.split()) > 3 and len(tail[1].split()) <= _WORDY:
        part = tail[1].strip("\"'“”‘’.,;: ")
    return part if normalize(part) else None


def _lone_phrase(text: str, words: int = _WORDY) -> str | None:
    """A text that is nothing but a short answer."""
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) == 1 and len(lines[0].split()) <= words:
        return _phrase(lines[0])
    return None


def _after_heading(text: str) -> str | None:
    headings = list(re.finditer(r"^\s*(?:final\s+)?answer\s*:\s*", text, re.IGNORECASE | re.MULTILINE))
    body = text[headings[-1].end() :] if headings else text
    return body.strip() or None
