"""What holds for every kind."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orca_local.kinds.table import KINDS, get_kind
from tests.kinds.answers import OPTIONS, read_answer


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("free", "judged")])
def test_instructions_repeated_are_no_answer(kind: str) -> None:
    assert read_answer(kind, get_kind(kind).format_line) is None
    assert read_answer(kind, f"  {get_kind(kind).format_line}\r\n") is None


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind not in ("free", "judged", "text")])
def test_prompt_repeated_is_no_answer(kind: str) -> None:
    prompt = "Is 257 even? Is it true or false, yes or no?\r\nA) odd\r\nB) even"
    assert read_answer(kind, prompt, prompt=prompt) is None


@given(st.sampled_from(list(KINDS)), st.text(max_size=300), st.text(max_size=100))
def test_any_text_gives_an_answer_or_none(kind: str, text: str, prompt: str) -> None:
    answer = read_answer(kind, text, prompt=prompt, labels=("yes", "no"))
    assert answer is None or answer.strip()


WORDS = ("Answer:", "is", "A", "b", "(C)", "yes", "no", "12", "-", "=", "\n", "the", "**", "\\boxed{", "}", "or")


@given(st.sampled_from(list(KINDS)), st.lists(st.sampled_from(WORDS), max_size=20))
def test_any_mixture_of_cues_gives_an_answer_or_none(kind: str, words: list[str]) -> None:
    answer = read_answer(kind, " ".join(words), prompt=OPTIONS)
    if kind == "boolean":
        assert answer in ("yes", "no", None)
    if kind == "multiple_choice":
        assert answer in (*"ABCDE", None)


def test_long_repetition_is_read_in_time() -> None:
    for text in ("the answer is " * 4000, "(" * 20000, "\\boxed{" * 3000, "- " * 20000, "<think>" * 3000):
        for kind in KINDS:
            read_answer(kind, text, prompt=OPTIONS)


def test_format_lines_are_short() -> None:
    assert all(len(kind.format_line.split()) <= 20 and "\n" not in kind.format_line for kind in KINDS.values())


REFERENCES = {"multiple_choice": "B", "boolean": "yes"}
"""A reference of each kind for which "12" is none, in the form that `parse_reference` returns."""


@pytest.mark.parametrize("name", KINDS)
def test_an_answer_line_is_read_back(name: str) -> None:
    kind = get_kind(name)
    reference = REFERENCES.get(name, "12")
    assert kind.parse_reference(reference) == reference
    assert read_answer(name, kind.answer_line(reference)) == reference


def test_each_kind_is_in_the_table_once_under_its_own_name() -> None:
    assert all(kind.name == name for name, kind in KINDS.items())
    assert len({type(kind) for kind in KINDS.values()}) == len(KINDS)
