"""Similarity of an answer to a reference."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orca_local.kinds.reading.similarity import common_subsequence, rouge_l, word_f1


def test_word_f1_counts_repeats() -> None:
    assert word_f1("no no", "no") == pytest.approx(2 / 3)
    assert word_f1("red", "blue") == 0.0
    assert word_f1("the", "a") == 0.0


def test_rouge_l_agrees_with_a_worked_example() -> None:
    # Lin 2004, section 3: "police killed the gunman" against "police kill the gunman" has F1 3/4.
    assert rouge_l("police kill the gunman", "police killed the gunman") == pytest.approx(0.75)
    assert rouge_l("the gunman kill police", "police killed the gunman") == pytest.approx(0.5)


def slow_common_subsequence(a: str, b: str) -> int:
    table = [[0] * (len(b) + 1) for _ in range(len(a) + 1)]
    for i, x in enumerate(a):
        for j, y in enumerate(b):
            table[i + 1][j + 1] = table[i][j] + 1 if x == y else max(table[i][j + 1], table[i + 1][j])
    return table[-1][-1]


@given(st.text("abcd", max_size=80), st.text("abcd", max_size=80))
def test_common_subsequence_equals_the_table_method(a: str, b: str) -> None:
    assert common_subsequence(a, b) == slow_common_subsequence(a, b)


@given(st.text("ab c", max_size=60), st.text("ab c", max_size=60))
def test_partial_scores_are_symmetrical_and_bounded(a: str, b: str) -> None:
    for measure in (word_f1, rouge_l):
        assert 0.0 <= measure(a, b) <= 1.0
        assert measure(a, b) == measure(b, a)
        assert measure(a, a) == 1.0


def test_rouge_l_of_long_texts_is_quick() -> None:
    rng = random.Random(0)
    a, b = (" ".join(rng.choices("abcdefgh", k=20_000)) for _ in range(2))
    assert 0.4 < rouge_l(a, b) < 0.9
