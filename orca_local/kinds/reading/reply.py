"""A reply as the model itself wrote it: without hidden reasoning, the prompt, and turns that it invented."""

from __future__ import annotations

import re

from orca_local.domain.text import printable
from orca_local.kinds.reading.reasoning import MARKS, remove_reasoning
from orca_local.kinds.reading.statement import find_forms, find_sentences, headings, split_corrections

HEAD_CHARACTERS = 2_048
TAIL_CHARACTERS = 4_096
"""Number of characters that are read at the start and at the end of a reply. What lies between is left out."""
LONG_FACTOR = 4
"""Of a long text, this many times as much is read."""
_BARE = re.compile(r"(?:[^\s:]{1,40}+[^\S\n]?+){1,4}+\n[^\S\n]*+\n\s*+(?=\S)")
"""An answer of at most four words above a blank line."""
_MAX_INTRODUCTION_WORDS = 12
_INTRODUCTION = re.compile(r"\s*(?:let|first|sure|okay|ok|to|we|here|so|step|now|i)\b|[^\n]*:\s*\Z", re.IGNORECASE)
_SAME_WORDS = 3
"""Number of first words that a question has in common with the prompt's if it is the next of its kind."""
_MAX_QUESTIONS = 8
"""Number of headings such as `Question:` that are looked at."""

# Tokens of chat templates. What follows the first one is another turn.
_TURN_TOKENS = re.compile(
    r"<\|(?:im_end|im_start|endoftext|eot_id|start_header_id|end|user|assistant|end_of_text|EOT)\|>"
    r"|<(?:end|start)_of_turn>|</s>|\[/?INST\]|<｜(?:User|Assistant|end▁of▁sentence)｜>"
)
_HEADING = r"^[^\S\n]*+[#*>]*+[^\S\n]*+"
_ROLES = re.compile(
    _HEADING + r"(?:(?:human|user|assistant)\b[^\S\n]*+\**+:|(?<=#)[^\S\n]*+instruction\b[^\S\n]*+\**+:)",
    re.IGNORECASE | re.MULTILINE,
)
_QUESTIONS = re.compile(
    _HEADING + r"(?:(?:next |new )?(?:question|problem|exercise|example|instruction)(?: \d+)?|q\d*)\b\**+[:：]",
    re.IGNORECASE | re.MULTILINE,
)
_INPUT = re.compile(
    _HEADING
    + r"(?:(?:the |next |new |another |following )?(?:review|text|passage|sentence|statement|premise|hypothesis|context"
    r"|article|tweet|post|comment|message|e-?mail|headline|document|paragraph|story|claim|snippet|abstract|dialog(?:ue)?|riddle"
    r"|conversation|utterance|input|query|scenario|quote|request|puzzle|task|prompt)s?(?: #?\d+)?)\b\**+[^\S\n]*+[:：]",
    re.IGNORECASE | re.MULTILINE,
)
"""Headings of what a task may ask about. After an answer they begin another round."""
_EXCHANGE = re.compile(
    r"\n[^\S\n]*+(?:human|user|question|instruction|problem)[^\S\n]*+:[^\n]*+\n(?:\s*+)(?:assistant|ai|bot|answer|response)[^\S\n]*+:",
    re.IGNORECASE,
)


def clean_reply(text: str, prompt: str, format_line: str, *, is_long: bool = False) -> str:
    """Return what the model itself wrote. Markup stays.

    Control characters, hidden reasoning, and lines that repeat the prompt or the format line are taken out, and turns
    after the answer are cut off. In a long text, such as a summary or a dialogue, names of roles are part of the text:
    it is cut only at tokens of chat templates.
    """
    text, prompt = remove_reasoning(printable(_without_middle(text, is_long=is_long))), printable(prompt)
    marks = (_TURN_TOKENS,) if is_long else (_TURN_TOKENS, _ROLES)
    for mark in marks:
        content = len(text) - len(text.lstrip())
        match = mark.search(text, content)
        if match is not None and match.start() > content:
            text = text[: match.start()]
    text = _TURN_TOKENS.sub("\n", text)
    text = _without_copies(_without_copies(text, format_line), prompt.strip(), keeps_lone=is_long)
    return text if is_long else first_turn(text, prompt)


def first_turn(text: str, prompt: str) -> str:
    """Return a text up to a question or another input that the model invented after its answer."""
    return _first_round(_first_question(text, prompt), prompt)


def first_exchange(text: str) -> str:
    """Return a long text up to a further question with its answer, as models invent them at its end."""
    content = len(text) - len(text.lstrip())
    exchange = _EXCHANGE.search(text, content + 1)
    return text[: exchange.start()] if exchange is not None else text


def _without_middle(text: str, *, is_long: bool) -> str:
    """Return a text of bounded length. The last mark of hidden reasoning in the part left out stays."""
    first, last = (LONG_FACTOR * size if is_long else size for size in (HEAD_CHARACTERS, TAIL_CHARACTERS))
    if len(text) <= first + last:
        return text
    head, middle, tail = text[:first], text[first:-last], text[-last:]
    if not any(sign in middle for sign in {mark[0] for pair in MARKS for mark in pair}):
        return f"{head}\n{tail}"
    middle = middle.lower()
    place, mark = max((middle.rfind(mark.lower()), mark) for pair in MARKS for mark in pair)
    return f"{head}\n{mark if place >= 0 else ''}\n{tail}"


def _without_copies(text: str, repeated: str, *, keeps_lone: bool = False) -> str:
    """Return the text without whole lines that are `repeated`.

    Copies at the start are removed. A copy after an answer begins another round, so it ends the text. With
    `keeps_lone`, a text that is nothing but a copy stays: the answer of a task such as correcting a text may be that.
    """
    copies = _whole_lines(text, repeated)
    start = 0
    while copies and not text[start : copies[0]].strip():
        start = copies.pop(0) + len(repeated)
    if keeps_lone and not text[start:].strip():
        return text
    if copies:
        form_ends = [form.end for form in find_forms(text) if form.content.strip() and form.start >= start]
        rounds = [copy for copy in copies if form_ends and copy >= form_ends[0]]
        text = text[: rounds[0]] if rounds else text
    return text[start:]


def _whole_lines(text: str, repeated: str) -> list[int]:
    """Return the places where `repeated` takes up whole lines of the text."""
    if not repeated or repeated not in text:
        return []
    line = r"^[^\S\n]*+(" + re.escape(repeated) + r")[^\S\n]*+$"
    return [match.start(1) for match in re.finditer(line, text, re.MULTILINE)]


def _first_round(text: str, prompt: str) -> str:
    """Return the text up to another input that the model invented after its answer, if it answers that one too."""
    answers = headings(text)
    if len(answers) < 2:
        return text
    first, last = answers[0].end(), answers[-1].start()
    match = _INPUT.search(text, first, last)
    start = match.start() if match is not None else _line_like_the_prompt(text, prompt, first, last)
    if start is None:
        return text
    following = next(answer for answer in answers if answer.start() > start)
    is_correction = len(split_corrections(text[answers[0].end() : following.start()])) > 1
    return text if is_correction else text[:start]


def _line_like_the_prompt(text: str, prompt: str, start: int, end: int) -> int | None:
    """Return where a line begins that asks as a line of the prompt does, perhaps about something else."""
    asked = {_first_words(line) for line in prompt.splitlines() if "?" in line} - {None}
    if not asked:
        return None
    at = text.find("\n", start, end) + 1
    while 0 < at < end:
        line_end = text.find("\n", at, end)
        line = text[at : line_end if line_end >= 0 else end]
        if "?" in line and _first_words(line) in asked:
            return at
        at = line_end + 1
    return None


def _first_words(line: str) -> str | None:
    """Return the first three words of a line; None if there are fewer."""
    words = line.split(maxsplit=_SAME_WORDS)[:_SAME_WORDS]
    return " ".join(words).casefold() if len(words) == _SAME_WORDS else None


def _first_question(text: str, prompt: str) -> str:
    """Return the text up to a question that the model invented after its answer."""
    content = len(text) - len(text.lstrip())
    bare = _BARE.match(text, content)
    if bare is not None and not _INTRODUCTION.match(text) and _INPUT.match(text, bare.end()):
        return text[: bare.end()]
    for _, match in zip(range(_MAX_QUESTIONS), _QUESTIONS.finditer(text, content), strict=False):
        line = text[match.end() :].partition("\n")[0].strip()
        before = text[: match.start()]
        # Before it answers, a reply may repeat its question or divide it into parts.
        is_answered = bool(find_forms(before) or find_sentences(before))
        is_copy = bool(line) and line in prompt
        is_part = match[0].rstrip(":： *")[-1:].isdigit()
        if is_answered or (not is_copy and not is_part and _may_be_answer(before)):
            return before
    return text


def _may_be_answer(text: str) -> bool:
    """Whether a text that a blank line ends may be an answer without a statement, and not only an introduction."""
    if not text.strip() or re.search(r"\n[^\S\n]*+\n[^\S\n]*+\Z", text[-100:]) is None:
        return False
    return len(text.split()) > _MAX_INTRODUCTION_WORDS or _INTRODUCTION.match(text) is None
