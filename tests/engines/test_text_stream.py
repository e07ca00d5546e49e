"""Text that was returned is final, wherever the token boundaries are."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orca_local.engines.text_stream import TextStream


def feed(pieces: list[bytes], stop: tuple[str, ...]) -> tuple[str, bool]:
    stream = TextStream(stop)
    shown = "".join(stream.push(piece) for piece in pieces) + stream.finish()
    assert shown == stream.text
    return shown, stream.stopped


@pytest.mark.parametrize(
    ("pieces", "stop", "expected"),
    [
        (["Hello", " world"], (), ("Hello world", False)),
        (["4", "\n", "\nQ", ": next"], ("\n\nQ:",), ("4", True)),
        (["4", "\n", "\nA"], ("\n\nQ:",), ("4\n\nA", False)),
        (["ab"], ("abc",), ("ab", False)),
        (["aab", "c"], ("aabd", "abc"), ("a", True)),
        (["xabc"], ("ab", "xabc"), ("x", True)),
        (["one STOP two STOP"], ("STOP",), ("one ", True)),
        (["text"], ("",), ("text", False)),
    ],
)
def test_stop_texts(pieces: list[str], stop: tuple[str, ...], expected: tuple[str, bool]) -> None:
    assert feed([piece.encode() for piece in pieces], stop) == expected


def test_a_character_that_is_split_over_tokens_is_shown_whole() -> None:
    stream = TextStream()
    whale = "🐋".encode()
    assert [stream.push(whale[:1]), stream.push(whale[1:3]), stream.push(whale[3:])] == ["", "", "🐋"]
    assert stream.finish() == ""


def test_broken_bytes_are_replaced() -> None:
    assert feed([b"a\xff", b"b\xf0\x9f"], ()) == ("a\ufffdb\ufffd", False)


def test_what_may_become_a_stop_text_is_held_back() -> None:
    stream = TextStream(("###",))
    assert [stream.push(b"a#"), stream.push(b"#"), stream.push(b"b")] == ["a", "", "##b"]


@given(
    st.text(alphabet="ab#é🐋", max_size=30),
    st.lists(st.text(alphabet="ab#é", min_size=1, max_size=4), max_size=3),
    st.lists(st.integers(0, 60), max_size=12),
)
def test_the_borders_of_tokens_make_no_difference(text: str, stop: list[str], cuts: list[int]) -> None:
    raw = text.encode()
    borders = [0, *sorted(min(cut, len(raw)) for cut in cuts), len(raw)]
    pieces = [raw[a:b] for a, b in itertools.pairwise(borders)]
    shown, stopped = feed(pieces, tuple(stop))
    assert (shown, stopped) == feed([raw], tuple(stop))
    assert text.startswith(shown)
    assert not any(item in shown for item in stop)
    assert stopped == any(item in text for item in stop)
