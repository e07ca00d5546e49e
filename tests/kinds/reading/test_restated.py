"""Replies that repeat the question as a statement."""

from __future__ import annotations

import pytest

from orca_local.kinds.reading.restated import restated_value


@pytest.mark.parametrize(
    ("prompt", "sentence", "expected"),
    [
        ("Is Oslo in Norway?", "Oslo is in Norway.", "yes"),
        ("Is Oslo in Norway?", "Oslo is not in Norway.", "no"),
        ("Is Oslo in Norway?", "Oslo isn't in Norway, but in Sweden.", "no"),
        ("Is Oslo in Norway?", "Norway is in Oslo.", None),
        ("Is Oslo in Norway?", "Oslo is in Norway or Sweden.", None),
        ("Does Tom like cats?", "Tom likes cats.", "yes"),
        ("Does Tom like cats?", "Tom doesn't like cats.", "no"),
        ("Did she open the door?", "She opened the door.", "yes"),
        ("Can penguins fly?", "Penguins cannot fly.", "no"),
        ("Text: It rains. Question: Is the street wet?", "The street is wet.", "yes"),
        ("What is the capital?", "The capital is Oslo.", None),
        ("", "Oslo is in Norway.", None),
    ],
)
def test_restated_question(prompt: str, sentence: str, expected: str | None) -> None:
    assert restated_value(sentence, prompt) == expected
