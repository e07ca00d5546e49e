"""Letters of options as four harnesses read them.

inspect_evals 0.28 (`agieval`, `race_h`), which uses `multiple_choice` of inspect_ai 0.3.285: the letter in the last
line that is `ANSWER: $LETTER`; without such a line, in the last text of that form. Marks around a letter are taken off.
A reference of several letters asks for all of them, and an answer can have one.

instruct-eval (`crass.py`): the output begins with the letter.

lm-evaluation-harness 0.4.13: `mmlu_generative` compares the first line with the letter. `arc_challenge_chat` writes
"The best answer is" for the model and compares what follows, up to a period or an empty line. Both ignore case and
punctuation.
"""

from __future__ import annotations

import re

from orca_local.suites.question import Question
from orca_local.suites.reference.base import ReferenceScore, cut, exact_match

_WRAPPED = (
    (re.compile(r"\$\s*([A-Za-z\d][A-Za-z\d ,]*?)\s*\$"), r"\1"),
    (re.compile(r"\*\*\s*([A-Za-z\d][A-Za-z\d ,]*?)\s*\*\*"), r"\1"),
    (re.compile(r"(^|[:,])(\s*)\(([A-Za-z\d])\)(?=\s*(?:,|\.|\n|\Z))"), r"\1\2\3"),
)
_LINE = re.compile(r"^ANSWER\s*:\s*([A-Za-z\d ,]+)\s*(?:$|\n|\.)", re.IGNORECASE | re.MULTILINE)
_ANYWHERE = re.compile(r"ANSWER\s*:\s*([A-Za-z\d ,]+)(?:\W|\n|$|\.)", re.IGNORECASE)


def answer_line(question: Question, text: str) -> ReferenceScore:
    """Score an output by `ANSWER: $LETTER`."""
    for pattern, kept in _WRAPPED:
        text = pattern.sub(kept, text)
    found = _LINE.findall(text) or _ANYWHERE.findall(text)
    tokens = [token for token in found[-1].strip().upper().split(",") if token] if found else []
    letter = tokens[0] if len(tokens) == 1 and tokens[0] in tuple(question.letters) else None
    return ReferenceScore(letter, float(letter is not None and question.target == letter))


def first_letter(question: Question, text: str) -> ReferenceScore:
    """Score an output by the letter that it begins with."""
    start = text.strip()
    letter = start[:1] if start[:1] in tuple(question.letters) else None
    return ReferenceScore(letter, float(start.startswith(question.target)))


def first_line(question: Question, text: str) -> ReferenceScore:
    """Score an output by its first line."""
    return _whole(question, cut(text, ("</s>", "\n")))


def after_prefix(question: Question, text: str) -> ReferenceScore:
    """Score an output by its text up to a period or an empty line."""
    return _whole(question, cut(text, ("\n\n", ".")))


def _whole(question: Question, text: str) -> ReferenceScore:
    answer = text.strip()
    return ReferenceScore(answer or None, exact_match(answer, question.target, without_punctuation=True))
