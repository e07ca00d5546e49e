"""The answer that a text settles on among those that it mentions."""

from __future__ import annotations

import re

import pytest

from orca_local.kinds.reading.decision import Mention, claims_of, decide, own_sentences, rejected_alone
from orca_local.kinds.reading.stance import Stance


def find(sentence: str) -> list[Mention]:
    """Return where a sentence names red, green or blue."""
    return [Mention(match[0], match.start(), match.end()) for match in re.finditer(r"\b(?:red|green|blue)\b", sentence)]


def bare(sentence: str) -> str | None:
    """Return the color that a sentence is."""
    return sentence.strip(".") if sentence.strip(".") in ("red", "green", "blue") else None


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("It is red", "asserted"),
        ("So it is red", "concluded"),
        ("red is the best", "concluded"),
        ("red might be it", "hedged"),
        ("whether it is red", "open"),
        ("It is not red", "rejected"),
        ("It isn't red", "rejected"),
        ("anything but red", "rejected"),
        ("nothing but red", "asserted"),
        ("no doubt it is red", "asserted"),
        ("It is not only red", "asserted"),
        ("It is not that it isn't red", "asserted"),
        ("I do not know why, it is red", "asserted"),
        ("red is wrong", "rejected"),
        ("red - incorrect", "rejected"),
        ("red: correct", "concluded"),
        ("Overall: red", "concluded"),
    ],
)
def test_stance_of_one_mention(sentence: str, expected: str) -> None:
    assert [claim.stance for claim in claims_of(sentence, find(sentence))] == [Stance(expected)]


@pytest.mark.parametrize(
    ("sentence", "rejected"),
    [
        ("not red or green, but blue", {"red", "green"}),
        ("neither red nor green", {"red", "green"}),
        ("not red, green", {"red"}),
        ("red, not green", {"green"}),
        ("red rather than green", {"green"}),
        ("red is not right and green is", {"red"}),
        ("red and green are wrong", {"red", "green"}),
    ],
)
def test_rejected_mentions_of_a_sentence(sentence: str, rejected: set[str]) -> None:
    claims = claims_of(sentence, find(sentence))
    assert {claim.key for claim in claims if claim.stance is Stance.REJECTED} == rejected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("It is red.", "red"),
        ("Is it red? It is blue.", "blue"),
        ("Red things are red. Green things are green.", None),
        ("It has red in it. It has green in it. So it is blue.", "blue"),
        ("red\n\nSome of it is green.", "red"),
        ("Some of it is green.\n\nred", "red"),
        ("red\n\ngreen", None),
        ("red or green", None),
        ("It could be red.", "red"),
        ("It could be red or green.", None),
        ("It is not red.", None),
        ("", None),
    ],
)
def test_decision(text: str, expected: str | None) -> None:
    assert decide(text, find, bare) == expected


def test_sentence_of_the_prompt_does_not_count() -> None:
    assert list(own_sentences("The car of Tom is red. It is blue.", "The car of Tom is red. Which color?")) == [
        "It is blue."
    ]


def test_answer_that_is_only_denied() -> None:
    assert [rejected_alone(text, find) for text in ("Not red.", "It is red.", "not red, green")] == ["red", None, None]
