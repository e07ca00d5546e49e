"""Spans."""

from __future__ import annotations

from tests.kinds.reading import read_answer


def test_span_may_be_a_sentence() -> None:
    assert read_answer("span", "Elena has a green bike.") == "Elena has a green bike"
    assert read_answer("span", "Answer: the green bike") == "the green bike"
    assert read_answer("span", "Sōsuke") == "Sōsuke"
    assert read_answer("span", "One line.\nAnother line.") is None
