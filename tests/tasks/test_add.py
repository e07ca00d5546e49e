from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from orca_local.domain.errors import InputError
from orca_local.store.store import Store
from orca_local.tasks.add import MAX_SHOWN_PROBLEMS, RejectedTasks, add_tasks


def sample(sample_id: str, **changes: Any) -> dict[str, Any]:
    return {"id": sample_id, "task": "sums", "kind": "exact", "prompt": f"Say {sample_id}", "answer": "x", **changes}


def write(path: Path, *records: dict[str, Any] | str) -> Path:
    lines = [record if isinstance(record, str) else json.dumps(record) for record in records]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "orca.db", create=True) as opened:
        yield opened


def ids(store: Store) -> list[str]:
    return [sample.id for sample in store.samples.list()]


def test_adding_the_same_files_again_adds_nothing(store: Store, tmp_path: Path) -> None:
    one = write(tmp_path / "one.jsonl", sample("a"), sample("b", task="dates"))
    two = write(tmp_path / "two.jsonl", sample("c"), sample("d", prompt="say  A"))
    first = add_tasks(store, [one, two])
    assert (first.added, first.duplicates, first.problems, first.tasks) == (3, 1, (), ("dates", "sums"))
    again = add_tasks(store, [two, one, one])
    assert (again.added, again.duplicates) == (0, 6)
    assert ids(store) == ["b", "a", "c"]


def test_bad_lines_of_all_files_are_named_at_once_and_nothing_is_added(store: Store, tmp_path: Path) -> None:
    one = write(tmp_path / "one.jsonl", sample("a"), "{", sample("b", kind="x"))
    two = write(tmp_path / "two.jsonl", sample("c", prompt=""))
    with pytest.raises(InputError) as caught:
        add_tasks(store, [one, two, tmp_path / "none.jsonl", tmp_path])
    message = caught.value.message
    for place in (f"{one}:2: ", f"{one}:3: ", f"{two}:1: ", f"{tmp_path}/none.jsonl: ", f"{tmp_path}: is a directory"):
        assert place in message
    assert "nothing was added: 5 problems" in message
    assert ids(store) == []


def test_skip_bad_adds_the_good_lines_and_returns_the_others(store: Store, tmp_path: Path) -> None:
    path = write(tmp_path / "one.jsonl", sample("a"), "{", sample("a", prompt="other"), sample("b"))
    with pytest.raises(InputError, match="2 problems") as caught:
        add_tasks(store, [path])
    assert "--skip-bad" in caught.value.hint
    added = add_tasks(store, [path], skip_bad=True)
    assert (added.added, [problem.line for problem in added.problems]) == (2, [2, 3])
    assert ids(store) == ["a", "b"]


def test_skip_bad_does_not_skip_a_file_that_cannot_be_read(store: Store, tmp_path: Path) -> None:
    path = write(tmp_path / "one.jsonl", sample("a"))
    with pytest.raises(InputError, match="there is no such file"):
        add_tasks(store, [path, tmp_path / "none.jsonl"], skip_bad=True)
    assert ids(store) == []


def test_id_of_other_content_is_named_with_both_places(store: Store, tmp_path: Path) -> None:
    one = write(tmp_path / "one.jsonl", sample("a"))
    two = write(tmp_path / "two.jsonl", sample("b"), sample("a", prompt="other"))
    with pytest.raises(InputError) as caught:
        add_tasks(store, [one, two])
    assert f"{two}:2: id 'a' belongs to another sample already, in {one}:1" in caught.value.message
    add_tasks(store, [one])
    with pytest.raises(InputError, match="'a' belongs to another sample already, in the workspace"):
        add_tasks(store, [two])
    assert ids(store) == ["a"]


def test_sample_stays_in_its_split_whatever_a_later_file_says(store: Store, tmp_path: Path) -> None:
    add_tasks(store, [write(tmp_path / "one.jsonl", sample("a", split="holdout"))])
    moved = write(tmp_path / "two.jsonl", sample("a", split="train"))
    assert add_tasks(store, [moved]).duplicates == 1
    assert add_tasks(store, [moved], resplit=True).duplicates == 1
    assert store.samples.get("a").split == "holdout"


def test_resplit_divides_by_content_what_the_file_has_divided(store: Store, tmp_path: Path) -> None:
    records = [sample(f"s{n}", split="train") for n in range(200)]
    add_tasks(store, [write(tmp_path / "one.jsonl", *records)], resplit=True)
    (count,) = store.samples.tasks()
    assert min(count.probe, count.train, count.holdout) > 20


def test_very_many_problems_are_cut_with_their_number(store: Store, tmp_path: Path) -> None:
    path = write(tmp_path / "one.jsonl", *["{"] * (MAX_SHOWN_PROBLEMS + 5))
    with pytest.raises(RejectedTasks, match="… and 5 more") as caught:
        add_tasks(store, [path])
    assert len(caught.value.problems) == caught.value.count == MAX_SHOWN_PROBLEMS + 5


def test_a_rejection_says_how_many_lines_are_good(store: Store, tmp_path: Path) -> None:
    path = write(tmp_path / "one.jsonl", sample("a"), "{", sample("a", prompt="other"), sample("b"))
    with pytest.raises(RejectedTasks) as caught:
        add_tasks(store, [path])
    assert caught.value.good == 2
    with pytest.raises(RejectedTasks) as caught:
        add_tasks(store, [path, tmp_path / "none.jsonl"])
    assert caught.value.good == 0
