"""Tables of cases for the number tests."""

from __future__ import annotations


def parse_cases(table: str) -> list[tuple[str, str | None]]:
    """Return the pairs (text, expected) of a table. A line is `EXPECTED: text ¦ text`; `None` expects no number.

    `⏎` in a text stands for a line end.
    """
    cases: list[tuple[str, str | None]] = []
    for line in table.strip().splitlines():
        expected, _, texts = line.strip().partition(": ")
        value = None if expected == "None" else expected
        cases.extend((text.replace("⏎", "\n"), value) for text in texts.split(" ¦ "))
    return cases
