"""Similarity of an answer to a reference text, from 0 to 1."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from orca_local.kinds.word_match import normalize


def exact_match(answer: str, reference: str) -> float:
    """Return 1.0 if the two differ only in case, punctuation, articles and spaces (SQuAD), else 0.0."""
    return float(normalize(answer) == normalize(reference))


def token_f1(answer: str, reference: str) -> float:
    """Return the F1 of the words of the two texts, repeated words included (SQuAD, Rajpurkar et al. 2016)."""
    a, b = normalize(answer).split(), normalize(reference).split()
    if not a or not b:
        return float(a == b)
    return 2 * sum((Counter(a) & Counter(b)).values()) / (len(a) + len(b))


def rouge_l(answer: str, reference: str) -> float:
    """Return ROUGE-L: the F1 of the longest common subsequence of words (Lin 2004, with equal weights)."""
    a, b = re.findall(r"\w+", answer.lower()), re.findall(r"\w+", reference.lower())
    if not a or not b:
        return float(a == b)
    return 2 * common_subsequence(a, b) / (len(a) + len(b))


def common_subsequence(a: Sequence[str], b: Sequence[str]) -> int:
    """Return the length of the longest common subsequence, by the bit-parallel recurrence of Hyyrö 2004.

    Bit i of `row` is cleared if the length grows at `a[i]`. Each word of `b` costs one addition of whole numbers with
    as many bits as `a` has words.
    """
    positions: dict[str, int] = {}
    for i, word in enumerate(a):
        positions[word] = positions.get(word, 0) | 1 << i
    full = (1 << len(a)) - 1
    row = full
    for word in b:
        matches = row & positions.get(word, 0)
        row = (row + matches | row - matches) & full
    return len(a) - row.bit_count()
