"""Short answers and labels."""

from __future__ import annotations

import pytest

from tests.kinds.answers import NOTHING, REFUSALS, read_answer


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Tuesday", "Tuesday"),
        ("Answer: Tuesday", "Tuesday"),
        ("**Answer:** Tuesday.", "Tuesday"),
        ("**Answer: Tuesday**", "Tuesday"),
        ("**Answer: Tuesday.**", "Tuesday"),
        ("**The answer is Tuesday.**", "Tuesday"),
        ("Answer:\n\nTuesday", "Tuesday"),
        ("Answer: The day is Tuesday.", "Tuesday"),
        ("Answer: Tuesday (three days after Saturday)", "Tuesday"),
        ("Answer: Tuesday, because three days have passed.", "Tuesday"),
        ("The answer is Tuesday. This is what the calendar says.", "Tuesday"),
        ("The answer is Monday.\nThe answer is Tuesday.", "Tuesday"),
        ("\\boxed{\\text{Tuesday}}", "Tuesday"),
        ('The answer is "Sunday."', "Sunday"),
        ('The answer to this question is: "Liam"', "Liam"),
        ("The answer is: Liam.", "Liam"),
        ("Answer: Mr. Smith", "Mr. Smith"),
        ("Answer: 8, 9", "8, 9"),
        ("The job starts in December and ends in January.", None),
        ("It starts in June.\nIt ends in July.\n", None),
        ('End with a line "Answer: " and then the answer alone.', None),
        *[(text, None) for text in (*NOTHING, *REFUSALS)],
    ],
)
def test_exact_answer_is_read(text: str, expected: str | None) -> None:
    assert read_answer("exact", text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Answer: positive", "positive"),
        ("The sentiment is Positive.", "positive"),
        ("POSITIVE", "positive"),
        ("Answer: very positive", "very positive"),
        ("It is very positive.", "very positive"),
        ("The tweet is not positive; it is negative.", "negative"),
        ('1. Positive: "you totally deserved it!"\n2. Negative: "I\'m so jealous of you!"', None),
        ("It is either positive or negative.", None),
        ("Answer: mixed", None),
        ("positively", None),
        ("It goes against the traditional notion of a documentary.", None),
        *[(text, None) for text in (*NOTHING, *REFUSALS)],
    ],
)
def test_label_is_read(text: str, expected: str | None) -> None:
    assert read_answer("exact", text, labels=("positive", "negative", "very positive")) == expected
