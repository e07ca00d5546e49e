"""Texts of any length."""

from __future__ import annotations

import pytest

from tests.kinds.reading import read_answer


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
