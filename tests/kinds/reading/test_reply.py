"""What the model itself wrote."""

from __future__ import annotations

import pytest

from orca_local.kinds.reading.reasoning import MARKS, remove_reasoning
from orca_local.kinds.reading.reply import HEAD_CHARACTERS, TAIL_CHARACTERS, clean_reply
from tests.kinds.answers import read_answer, read_strictly

PROMPT = "Which day comes after Monday?\nChoose one."
FORMAT = 'End with a line "Answer: " and then the answer alone.'


@pytest.mark.parametrize(("start", "end"), MARKS)
def test_hidden_reasoning_is_no_answer(start: str, end: str) -> None:
    assert remove_reasoning(f"Well. {start}It is 5.{end} It is 7.").split() == ["Well.", "It", "is", "7."]
    assert remove_reasoning(f"{start}It is 5.\nAnswer: 5").strip() == ""
    assert read_answer("number", f"{start}It is 5.\nAnswer: 5\n{end}\nAnswer: 7") == "7"


@pytest.mark.parametrize("end", [end for _, end in MARKS if end != "<|end|>"])
def test_reasoning_may_have_begun_in_the_prompt(end: str) -> None:
    assert remove_reasoning(f"It is 5.\nAnswer: 5\n{end}\nAnswer: 7").strip() == "Answer: 7"


def test_the_final_channel_is_the_answer() -> None:
    text = "<|channel|>analysis<|message|>5?<|end|><|start|>assistant<|channel|>final<|message|>Answer: 7"
    assert read_strictly("number", text) == "7"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"{PROMPT}\nTuesday", "Tuesday"),
        (f"  {PROMPT}\n\n{PROMPT}\nTuesday", "Tuesday"),
        (f"{FORMAT}\nTuesday", "Tuesday"),
        (PROMPT, ""),
        ("Tuesday, as in: Which day comes after Monday?", "Tuesday, as in: Which day comes after Monday?"),
        (f"Answer: Tuesday\n{PROMPT}\nAnswer: Friday", "Answer: Tuesday"),
        ("Tuesday\n\nHuman: And then?\nAssistant: Friday", "Tuesday"),
        ("Tuesday\n### User: And then?", "Tuesday"),
        ("Tuesday<|im_end|>\n<|im_start|>user\nFriday?", "Tuesday"),
        ("<|im_start|>Tuesday", "Tuesday"),
        ("Assistant: Tuesday", "Assistant: Tuesday"),
        ("Tuesday.\n\nQuestion: Which day is last?\nAnswer: Sunday", "Tuesday."),
        ("Let us see.\nQuestion: Which day comes after Monday?\nAnswer: Tuesday", None),
        ("Question: Which day?\nAnswer: Tuesday", None),
        ("Let me work it out.\nInput: 1, 2, 3\nThe sum is 6.\nAnswer: 6", None),
        (
            "Here are the parts.\n\nQuestion 1: What is it?\nA day.\n\nQuestion 2: Which?\nTuesday.\nAnswer: Tuesday",
            None,
        ),
        ("Example: Monday comes after Sunday.\nStudent: we want the next.\nAnswer: Tuesday", None),
        ("The answer is Tuesday.\nExample: Friday", "The answer is Tuesday."),
        ("Answer: Tuesday\n\nText: It is late.\nAnswer: Sunday", "Answer: Tuesday"),
        ("Text: It is late.\nAnswer: Tuesday\n\nText: Now.\nAnswer: Sunday", "Text: It is late.\nAnswer: Tuesday"),
        ("Answer: Tuesday\n\nText: It is late.", None),
        ("Answer: Tuesday\n\nReason: It is late.\nAnswer: Sunday", None),
        ("Answer: Tuesday\nNo, wait.\nText: It is late.\nAnswer: Sunday", None),
    ],
)
def test_only_the_first_turn_counts(text: str, expected: str | None) -> None:
    assert clean_reply(text, PROMPT, FORMAT).strip() == (text if expected is None else expected)


def test_roles_are_part_of_a_long_text() -> None:
    text = "Anna: Hello.\nUser: Good day.\n\nQuestion: who speaks?"
    assert clean_reply(text, PROMPT, FORMAT, is_long=True) == text
    assert clean_reply(PROMPT, PROMPT, FORMAT, is_long=True) == PROMPT


@pytest.mark.parametrize("markup", ["x**2", "__init__", "Paris (Texas)", "a_b_c", "*", "a < b > c", "$5", "<b>x</b>"])
def test_markup_stays(markup: str) -> None:
    assert clean_reply(f"Answer: {markup}", PROMPT, FORMAT) == f"Answer: {markup}"


def test_the_middle_of_a_very_long_reply_is_left_out() -> None:
    filler = "word " * (HEAD_CHARACTERS + TAIL_CHARACTERS)
    assert read_answer("number", f"{filler}\nAnswer: 7") == "7"
    assert read_answer("number", f"<think>{filler}\nAnswer: 7") is None
    assert read_answer("number", f"<think>{filler}</think>{filler}\nAnswer: 7") == "7"
    assert read_answer("number", f"{filler}<think>{filler}\nAnswer: 7") is None
    assert read_answer("number", f"Answer: 5\n\nHuman: Go on.\n{filler}\nAnswer: 7") == "5"
