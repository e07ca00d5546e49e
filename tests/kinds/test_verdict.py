"""Counts of verdicts as a sentence."""

from __future__ import annotations

from orca_local.kinds.verdict import LABELS, SENTENCES, Verdict, describe_counts, in_order


def test_counts_say_by_what_answers_match() -> None:
    counts = {"different": 20, "equal": 410, "equal_value": 22, "similar": 12, "unreadable": 10, "unchecked": 5}
    assert describe_counts(counts) == (
        "432 match the reference (410 equal, 22 equal value), 12 similar, "
        "30 do not match (20 different, 10 not readable), 5 have no reference"
    )
    assert describe_counts({}) == "0 match the reference, 0 do not match"


def test_counts_are_ordered_from_the_best_verdict() -> None:
    assert list(in_order({"unchecked": 1, "similar": 0, "different": 2, "equal": 3})) == [
        "equal",
        "different",
        "unchecked",
    ]


def test_every_verdict_has_words() -> None:
    assert LABELS.keys() == SENTENCES.keys() == set(Verdict)
