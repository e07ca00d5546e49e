"""Options that an answer names by their place."""

from __future__ import annotations

import pytest

from orca_local.kinds.reading.ordinal import find_ordinals, whole_ordinal

TEXTS = {"A": "iron", "B": "tin", "C": "zinc"}


@pytest.mark.parametrize(
    ("text", "mark"),
    [
        ("the second one", "B"),
        ("The last option", "C"),
        ("the third choice", "C"),
        ("the 1st answer", "A"),
        ("second", None),
        ("third choice", None),
        ("the final answer", None),
        ("the fourth one", None),
        ("the second metal", None),
    ],
)
def test_a_place_is_an_option(text: str, mark: str | None) -> None:
    assert whole_ordinal(text, TEXTS) == mark


def test_places_that_are_options_themselves_are_not_read() -> None:
    assert whole_ordinal("the second one", {"A": "the second", "B": "the first"}) is None
    assert whole_ordinal("the last one", {}) is None


def test_places_are_found_in_a_sentence() -> None:
    mentions = list(find_ordinals("Not the first option but the last choice; the second option to weigh.", TEXTS))
    assert [mention.key for mention in mentions] == ["A", "C"]
