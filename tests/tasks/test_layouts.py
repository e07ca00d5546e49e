"""Rows of well-known layouts become samples, whatever the file's format."""

from __future__ import annotations

import pytest

from tests.tasks.layouts import LAYOUTS
from tests.tasks.rows import good_samples, made


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_known_layout_becomes_samples(layout: str) -> None:
    row, expected = LAYOUTS[layout]
    sample = good_samples(made(row))[2]
    assert {key: getattr(sample, key) for key in expected} == expected


NATIVE = {"passage and a truth value", "label in words", "task format", "task format without id, task and kind"}
"""Layouts whose numbers and truth values are no texts."""


@pytest.mark.parametrize("layout", sorted(LAYOUTS.keys() - NATIVE))
def test_the_same_from_cells_that_are_all_texts(layout: str) -> None:
    """As a CSV file has them: lists and objects are written as Python or JSON does."""
    row, expected = LAYOUTS[layout]
    rows = [
        {key: cell if isinstance(cell, str) else repr(cell) for key, cell in made_row.items()} for made_row in made(row)
    ]
    sample = good_samples(rows)[2]
    assert {key: getattr(sample, key) for key in expected} == expected
