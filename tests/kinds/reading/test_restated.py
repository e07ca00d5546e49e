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
        ("Can ostriches fly?", "They can indeed fly.", "yes"),
        ("Can ostriches fly?", "They cannot run.", None),
        ("Can ostriches fly?", "Ostriches cannot fly because they do not have strong wings.", "no"),
        ("Can ostriches fly?", "Ostriches can run fast, but they cannot fly.", "no"),
        ("Did the butler open the safe?", "He didn't open the safe.", "no"),
        ("Did the butler open the safe?", "He did not open the door.", None),
        ("Does Anna say that she likes tea?", "She likes tea.", None),
        ("Do the two texts mean the same?", "They do not mean the same thing.", "no"),
        ("Is 51 a prime number?", "It isn't true that 51 is prime.", "no"),
        ("Is 51 a prime number?", "51 is not prime.", "no"),
        ("Is 51 a prime number?", "It is not true that 51 is large.", None),
        ("True or false: Copper floats on water.", "It is not the case that copper floats on water.", "no"),
        ("True or false: Copper floats on water.", "It's false that copper floats on water.", "no"),
        ("True or false: Copper floats on water.", "Copper does not float on water.", "no"),
        ("True or false: Copper floats on water.", "Copper floats on water, it says.", None),
        ("True or false: Copper does not float.", "Copper does not float.", "yes"),
        ("True or false: Copper does not float.", "It is true that copper does not float.", "yes"),
        ("Is the next sentence plausible? It eats air.", "This is not a plausible sentence: air is no food.", "no"),
        ("Is the next sentence plausible? It eats air.", "The sentence is not plausible.", "no"),
        ("What is the capital?", "The capital is Oslo.", None),
        ("", "Oslo is in Norway.", None),
    ],
)
def test_restated_question(prompt: str, sentence: str, expected: str | None) -> None:
    assert restated_value(sentence, prompt) == expected
