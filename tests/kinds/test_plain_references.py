"""What is taken for granted of plain references is what reading a reply would find."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orca_local.domain.types import Sample
from orca_local.kinds.numbers.phrase import read_bare_number
from orca_local.kinds.numbers.value import reference_text
from orca_local.kinds.scoring import find_unscorable, score
from orca_local.kinds.table import KINDS, get_kind
from tests.kinds.hostile import CHARACTERS, PIECES

WORDS = (
    *("answer", "is", "the", "final", "so", "wait", "no", "not", "actually", "because", "it", "and", "or", "question"),
    *(
        "human",
        "user",
        "assistant",
        "12",
        "3.5",
        "-4",
        "1/2",
        "1,000",
        "St. John",
        "Q",
        "N",
        "X",
        "yes",
        "naïve",
        "東京",
    ),
)
pieces = st.sampled_from((*WORDS, *CHARACTERS, *PIECES))
words = st.lists(st.sampled_from(WORDS), min_size=1, max_size=6)
joints = st.sampled_from((" ", ", ", "-", "/", " (", ") ", "'", " $", "%", ".", ". "))
plain_texts = (
    st.tuples(words, joints).map(lambda pair: pair[1].join(pair[0]))
    | st.lists(pieces, min_size=1, max_size=6).map(" ".join)
    | st.lists(pieces, max_size=4).map("".join)
)
numbers = st.from_regex(r"-?[0-9]{1,17}(\.[0-9]{1,11})?", fullmatch=True)
prompts = st.lists(pieces, max_size=4).map("".join)


def is_found(kind_name: str, reference: str, prompt: str, labels: tuple[str, ...]) -> bool:
    """Whether a reply that gives the reference as asked is read and scores 1, without taking anything for granted."""
    kind = get_kind(kind_name)
    sample = Sample("id", "task", kind_name, prompt, (reference,), "probe", labels)
    lines = {kind.answer_line(reference), *([] if "\n" in reference else [f"Answer: {reference}"])}
    return all(score(sample, line).strict.value == 1 for line in lines)


@pytest.mark.parametrize("kind_name", ["exact", "span"])
@given(plain_texts, prompts, st.booleans(), st.booleans())
@settings(max_examples=300)
def test_plain_texts(kind_name: str, reference: str, prompt: str, is_copy: bool, has_labels: bool) -> None:
    prompt = f"Answer: {reference}{prompt[:1]}" if is_copy else prompt
    labels = (reference, "other") if has_labels else ()
    found = find_unscorable(get_kind(kind_name), reference, prompt, labels)
    assert (found == "") == is_found(kind_name, reference, prompt, labels)


@given(numbers, prompts, st.booleans())
@settings(max_examples=300)
def test_plain_numbers(number: str, prompt: str, is_copy: bool) -> None:
    kind = get_kind("number")
    read = read_bare_number(number)
    reference = kind.parse_reference(number)
    assert reference == (None if read is None else reference_text(read))
    if reference is None:
        return
    prompt = f" Answer: {reference}\n{prompt[:1]}" if is_copy else prompt
    assert (find_unscorable(kind, reference, prompt, ()) == "") == is_found("number", reference, prompt, ())


def test_short_numbers() -> None:
    for number in map(str, [*range(-130, 1300), *range(1900, 2040), 0.1, 0.25, 1.5, 3.14, 99.99, -2.5, "10.0", "0.00"]):
        read = read_bare_number(number)
        assert read is not None and reference_text(read) == get_kind("number").parse_reference(number)
        assert get_kind("number").is_plain(number) and is_found("number", number, "", ())


def test_most_answers_of_data_sets_are_plain() -> None:
    assert all(get_kind(kind).is_plain(text) for kind in ("exact", "span") for text in ("red", "St John's", "3/4 (a)"))
    assert not any(kind.is_plain("<think>x</think>") for kind in KINDS.values())
    assert not any(KINDS[name].is_plain("A") for name in ("multiple_choice", "text", "free"))
    assert get_kind("exact").is_plain("3.5") and not get_kind("exact").is_plain("a. Answer: b")
