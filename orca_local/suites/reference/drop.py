"""DROP: the answer line of inspect_evals 0.28 (`drop`), scored by the F1 that the authors of DROP published.

The answer is what follows the first "Answer:" to the end of its line, or the whole output. Its words are compared as a
bag, without case, articles and punctuation; numbers are compared by value. Where the reference has a number, an answer
without one of its numbers scores 0. An output gives one span: with several in the reference, the F1 of the nearest is
divided by their number. The F1 is rounded to two decimals; the best reference counts.

Dua et al., "DROP: A Reading Comprehension Benchmark Requiring Discrete Reasoning Over Paragraphs" (arXiv 1903.00161),
section 5, and its evaluation script (`drop_eval.py` of allennlp).
"""

from __future__ import annotations

import re
import string
from collections.abc import Sequence

from orca_local.suites.question import Question
from orca_local.suites.reference.base import ReferenceScore

_ANSWER = re.compile(r"Answer\s*:\s*([^\n]+)", re.IGNORECASE)
_ARTICLE = re.compile(r"\b(?:a|an|the)\b")
_PUNCTUATION = str.maketrans("", "", string.punctuation)


def drop_f1(question: Question, text: str) -> ReferenceScore:
    """Score an output by the F1 of its answer line."""
    found = _ANSWER.search(text)
    answer = found[1] if found else text
    value = max((f1(answer, reference.split("\n")) for reference in question.answers), default=0.0)
    return ReferenceScore(answer.strip() or None, value)


def f1(answer: str, reference: Sequence[str]) -> float:
    """Return the F1 of an answer and the spans of a reference, from 0 to 1, with two decimals."""
    named = _words(answer)
    return round(max(_bag_f1(named, _words(span)) for span in reference) / len(reference), 2)


def _bag_f1(answer: frozenset[str], reference: frozenset[str]) -> float:
    numbers = {word for word in reference if _is_number(word)}
    if numbers and not numbers & answer:
        return 0.0
    shared = len(answer & reference)
    precision = shared / len(answer) if answer else 1.0
    recall = shared / len(reference) if reference else 1.0
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def _words(text: str) -> frozenset[str]:
    """Return the words of a span, numbers in one form."""
    return frozenset(word for token in re.split("[ -]", text.lower()) for word in _plain(token).split())


def _plain(token: str) -> str:
    token = token if _is_number(token) else token.translate(_PUNCTUATION)
    return _ARTICLE.sub(" ", str(float(token)) if _is_number(token) else token)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
