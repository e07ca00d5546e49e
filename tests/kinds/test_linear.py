"""The work of reading grows no faster than the text. Times are measured by `scripts/bench_reading.py`."""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orca_local.kinds.table import get_kind
from tests.kinds.hostile import CHARACTERS, LABELS, ORDINARY_KINDS, PIECES, PROMPT, texts

LENGTH = 1_500
GROWTH = 4
"""The longer text has this many times the characters of the shorter one."""


def count_calls(kind: str, text: str, labels: tuple[str, ...]) -> int:
    """Return the number of functions, also of C, that are called while a text is read."""
    calls = 0

    def count(_frame: FrameType, event: str, _argument: Any) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    reader = get_kind(kind)
    before = sys.getprofile()
    sys.setprofile(count)
    try:
        reader.read(text, prompt=PROMPT, labels=labels)
    finally:
        sys.setprofile(before)
    return calls


@pytest.mark.slow
@pytest.mark.parametrize("kind", ORDINARY_KINDS)
def test_work_grows_no_faster_than_the_text(kind: str) -> None:
    labels = LABELS if kind == "exact" else ()
    longer = texts(GROWTH * LENGTH)
    for name, text in texts(LENGTH).items():
        few, many = count_calls(kind, text, labels), count_calls(kind, longer[name], labels)
        assert many <= 1.2 * GROWTH * few + 200, f"{name!r}: {few} calls, then {many}"


@pytest.mark.slow
@pytest.mark.parametrize("kind", ORDINARY_KINDS)
def test_texts_of_any_length_are_read(kind: str) -> None:
    for piece in (*CHARACTERS, *PIECES):
        get_kind(kind).read(piece * 20_000, prompt=PROMPT, labels=LABELS)


@settings(max_examples=20, deadline=None)
@given(st.sampled_from(ORDINARY_KINDS), st.lists(st.sampled_from(PIECES), min_size=1, max_size=4))
def test_work_on_any_repeated_mixture_grows_no_faster(kind: str, pieces: list[str]) -> None:
    piece = "".join(pieces)
    repeats = LENGTH // len(piece)
    count_calls(kind, piece * repeats, LABELS)
    few, many = (count_calls(kind, piece * n, LABELS) for n in (repeats, GROWTH * repeats))
    assert many <= 1.2 * GROWTH * few + 200
