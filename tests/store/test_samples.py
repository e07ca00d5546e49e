from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orca_local.domain.errors import InputError, OrcaError
from orca_local.domain.text import storable
from orca_local.domain.types import Message, Sample
from orca_local.store.check import row_problem
from orca_local.store.encoding import from_json, to_json
from orca_local.store.samples import AddResult, TaskCount
from orca_local.store.store import Store
from tests.conversations import SALE, message_lists
from tests.store.builders import add_samples, make_sample


def test_sample_comes_back_as_it_was(store: Store) -> None:
    sample = Sample(
        "a", "sums", "span", "Where?\n\tHere ☃", ("Bern", "the city"), "train", ("x",), "because", {"n": [1, None]}
    )
    add_samples(store, sample)
    assert store.samples.get("a") == sample
    assert store.samples.list() == [sample]


@pytest.mark.slow
@given(message_lists())
def test_messages_come_back_as_they_were(messages: tuple[Message, ...]) -> None:
    sample = replace(SALE, messages=messages)
    with Store.open(Path(":memory:"), create=True) as store:
        add_samples(store, sample)
        assert store.samples.get(sample.id) == sample


@pytest.mark.parametrize("broken", ['["hello"]', '[{"role":"user"}]', '[{"role":"human","content":"x"}]', "{}", "["])
def test_messages_that_cannot_be_read_are_damage(store: Store, broken: str) -> None:
    add_samples(store, SALE)
    store._connection.execute("UPDATE samples SET messages_json = ?", [broken])
    with pytest.raises(OrcaError, match="damaged"):
        store.samples.get(SALE.id)
    row = dict(store._connection.one("SELECT * FROM samples"))
    assert row_problem("samples", row) and not row_problem("samples", {**row, "messages_json": "[]"})


def test_content_that_is_there_already_is_a_duplicate_and_never_moves(store: Store) -> None:
    add_samples(store, make_sample("a", split="probe"))
    moved = make_sample("b", split="holdout")
    assert store.samples.add([(moved, "a"), (make_sample("c"), "c")], "test") == AddResult(added=1, duplicates=1)
    assert [(sample.id, sample.split) for sample in store.samples.list()] == [("a", "probe"), ("c", "probe")]


def test_id_of_other_content_is_refused_and_nothing_is_added(store: Store) -> None:
    add_samples(store, make_sample("a"))
    with pytest.raises(InputError, match="'a' is already used"):
        store.samples.add([(make_sample("b"), "b"), (make_sample("a"), "other")], "test")
    assert [sample.id for sample in store.samples.list()] == ["a"]


def test_tasks_are_counted_by_split_and_kind(store: Store) -> None:
    add_samples(
        store,
        make_sample("a", task="z"),
        make_sample("b", task="z", split="train", kind="exact"),
        make_sample("c", task="m", split="holdout"),
        make_sample("d", task="m", split="holdout"),
    )
    assert store.samples.tasks() == [TaskCount("m", "number", 0, 0, 2), TaskCount("z", "mixed", 1, 1, 0)]


def test_list_filters_and_orders_by_task_and_id(store: Store) -> None:
    add_samples(store, *(make_sample(f"{n}", task=task) for task, n in [("b", 1), ("a", 3), ("a", 2)]))
    add_samples(store, make_sample("9", task="a", split="train"))
    assert [sample.id for sample in store.samples.list(split="probe")] == ["2", "3", "1"]
    assert [sample.id for sample in store.samples.list(tasks=["a"], limit=2)] == ["2", "3"]
    assert store.samples.list(tasks=[]) == []


def test_unknown_sample_names_the_command_that_lists_them(store: Store) -> None:
    with pytest.raises(InputError, match="no sample 'x'") as caught:
        store.samples.get("x")
    assert "tasks show" in caught.value.hint


@given(st.text(st.characters(exclude_categories=())))
def test_any_text_can_be_stored(text: str) -> None:
    storable(text).encode()
    to_json({text: text}).encode()


def test_json_text_is_valid_whatever_the_value() -> None:
    assert to_json({"loss": float("nan"), "a": (1, float("inf"))}) == '{"a":[1,null],"loss":null}'
    assert from_json(to_json({"a\ud800": ["b\0", "\ud83d", 1]})) == {"a\ufffd": ["b\ufffd", "\ufffd", 1]}
    assert from_json('"\\ud800 \\u0000 \\ud83d\\ude00"') == "\ufffd \ufffd 😀", "as earlier versions stored it"
    assert storable("a\ud800b \ud83d\ude00 \0") == "a\ufffdb 😀 \ufffd"
