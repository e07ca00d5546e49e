"""GSM8K as lm-evaluation-harness 0.4.13 scores it (task `gsm8k_cot_zeroshot`, version 3).

An answer ends at `Q:`, `</s>` or `<|im_end|>`. The strict rule reads the first number after "The answer is " that one
more character follows. The flexible rule reads the last run of at least two of digits, `$`, `.` and `,`, or else of
digits alone. Commas, `$`, all up to "#### " and a last period are removed before the comparison.
"""

from __future__ import annotations

import re

from orca_local.suites.question import Question
from orca_local.suites.reference.base import ReferenceScore, cut, matched, nth_match

_ENDS = ("Q:", "</s>", "<|im_end|>")
_STRICT = re.compile(r"The answer is (-?[0-9.,]+).")
_FLEXIBLE = re.compile(r"(-?[$0-9.,]{2,})|(-?[0-9]+)")
_REMOVED = (",", r"\$", "(?s).*#### ", r"\.$")


def gsm8k_strict(question: Question, text: str) -> ReferenceScore:
    """Score an output by the rule `strict-match`."""
    return matched(nth_match(_STRICT, cut(text, _ENDS), 0), question.target, _REMOVED)


def gsm8k_flexible(question: Question, text: str) -> ReferenceScore:
    """Score an output by the rule `flexible-extract`."""
    return matched(nth_match(_FLEXIBLE, cut(text, _ENDS), -1), question.target, _REMOVED)
