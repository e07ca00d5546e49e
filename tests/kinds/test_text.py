"""Texts of any length."""

from __future__ import annotations

import pytest

from orca_local.domain.types import Sample
from orca_local.kinds.reading.similarity import rouge_l
from orca_local.kinds.scoring import score
from tests.kinds.answers import read_answer


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A short summary of it.", "A short summary of it."),
        ("Thinking first.\nAnswer:\nA short summary.\nOf two lines.", "A short summary.\nOf two lines."),
        ("**Answer:** A summary.", "A summary."),
        ("Answer:", None),
        ("", None),
        ("...", None),
    ],
)
def test_text_is_what_follows_the_heading(text: str, expected: str | None) -> None:
    assert read_answer("text", text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Sure! Here is the summary: It rained.", "It rained."),
        ("It rained.\n\nUser: And then?\nAssistant: Sun.", "It rained."),
        ("Answer:\nIt rained.\n\nQuestion: And then?\nAnswer: Sun.", "It rained."),
        ("I'm sorry, but I can't help with that.", None),
        ("## Answer\nIt rained.", "It rained."),
    ],
)
def test_what_surrounds_a_text_is_not_part_of_it(text: str, expected: str | None) -> None:
    assert read_answer("text", text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Summary: It rained.", "It rained."),
        ("**Short summary:** It rained.", "It rained."),
        ("The summary of the report is: It rained.", "It rained."),
        ("Note: It rained.", "Note: It rained."),
        ("Summary: It rained.\nHint: Wind.", "Summary: It rained.\nHint: Wind."),
    ],
)
def test_a_heading_in_words_of_the_prompt_is_not_part_of_a_text(text: str, expected: str) -> None:
    assert read_answer("text", text, prompt="Write a short summary of the report.") == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('"Il pleut."', "Il pleut."),
        ("In French it is: **Il pleut.**", "Il pleut."),
        ("Sure! Here it is:\n\n> Il pleut.\n\nLet me know if you want more.", "Il pleut."),
        ("You can say “Il pleut.” for that.", "Il pleut."),
        ("He said that it rains, and then he left.", "He said that it rains, and then he left."),
    ],
)
def test_what_a_short_reply_shows_as_the_text_is_read(text: str, expected: str) -> None:
    assert read_answer("text", text, prompt="Translate into French: It rains.") == expected


@pytest.mark.parametrize(
    "text", ["`tar`", "```\ntar\n```", "The reversed word is tar.", 'Reversed, "rat" becomes "tar".']
)
def test_a_word_that_a_task_asks_for_is_read_without_its_sentence(text: str) -> None:
    assert read_answer("text", text, prompt="Reverse the word: rat") == "tar"


def test_a_dialogue_that_is_the_reference_is_right_as_it_stands() -> None:
    dialogue = "User: Is it far?\nAssistant: Answer: no.\nUser: Good.\nAssistant: Bye."
    sample = Sample("id", "task", "text", "Write a dialogue.", (dialogue,), "probe")
    assert score(sample, f"Answer:\n{dialogue}").strict.value == 1.0


def test_words_of_scripts_without_spaces_are_compared_one_character_at_a_time() -> None:
    assert rouge_l("今日は雨です", "今日は雪です") == pytest.approx(5 / 6)
    assert rouge_l("今日は雨です", "明日") < 0.3
