from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from orca_local.domain.errors import InputError
from orca_local.store import incoming
from orca_local.store.store import Store
from orca_local.tasks import add
from orca_local.tasks.add import MAX_SHOWN_PROBLEMS, RejectedTasks, add_tasks
from orca_local.tasks.import_request import ImportRequest
from orca_local.tasks.read import read_tasks


def sample(sample_id: str, **changes: Any) -> dict[str, Any]:
    return {"id": sample_id, "task": "sums", "kind": "exact", "prompt": f"Say {sample_id}", "answer": "x", **changes}


def write(path: Path, *records: dict[str, Any] | str) -> Path:
    lines = [record if isinstance(record, str) else json.dumps(record) for record in records]
    path.write_text("\n".join(lines), encoding="utf-8")
    return path


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


def test_skip_bad_is_an_error_where_no_line_is_good(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text("{\n[]\n")
    with pytest.raises(RejectedTasks, match="2 problems") as raised:
        add_tasks(store, [path], skip_bad=True)
    assert raised.value.hint == "correct the lines; none is good"


def test_skip_bad_does_not_skip_the_rest_of_a_file(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "one.csv"
    row = "s{0},sums,number,What is {0} + 1?,{1}\n"
    path.write_text("id,task,kind,prompt,answer\n" + row.format(1, 2) + 's2,sums,number,"What?,3\n' + row.format(3, 4))
    with pytest.raises(RejectedTasks, match=r"one\.csv:3: the quote that opens cell 4 is never closed") as caught:
        add_tasks(store, [path], skip_bad=True)
    assert caught.value.good == 0 and "correct the file" in caught.value.hint
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


def test_problems_beyond_those_in_memory_are_counted(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(add, "MAX_KEPT_PROBLEMS", 3)
    path = write(tmp_path / "one.jsonl", "{", "{", sample("a"), sample("a", prompt="x"), sample("a", prompt="y"))
    with pytest.raises(RejectedTasks, match="4 problems") as caught:
        add_tasks(store, [path])
    assert ([problem.line for problem in caught.value.problems], caught.value.count) == ([1, 2, 4], 4)
    added = add_tasks(store, [path], skip_bad=True)
    assert (added.added, added.rejected, added.problem_count, len(added.problems)) == (1, 4, 4, 3)


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(add, "_BATCH", 2)
    monkeypatch.setattr(incoming, "_STORED_AT_ONCE", 3)


@pytest.mark.usefixtures("small_batches")
def test_order_decides_whatever_the_size_of_the_batches(store: Store, tmp_path: Path) -> None:
    add_tasks(store, [write(tmp_path / "zero.jsonl", sample("z", prompt="stored"), sample("y", prompt="too"))])
    one = write(
        tmp_path / "one.jsonl",
        sample("a"),
        sample("b", task="dates", prompt="say A"),  # the content of a
        sample("b"),  # an id of which another content is known
        sample("z"),  # an id of the workspace
        sample("c", task="dates", prompt="stored"),
        sample("c", prompt="STORED"),
        sample("z", prompt="stored"),
        sample("z", prompt="again"),
        sample("d"),
    )
    added = add_tasks(store, [one], skip_bad=True)
    messages = [f"{problem.line}: {problem.message}" for problem in added.problems]
    assert messages == [
        f"3: id 'b' belongs to another sample already, in {one}:2",
        "4: id 'z' belongs to another sample already, in the workspace",
        f"8: id 'z' belongs to another sample already, in {one}:7",
    ]
    assert (added.added, added.duplicates, added.tasks) == (2, 4, ("dates", "sums"))
    assert [(row.task, row.present_in, row.samples, row.example) for row in added.elsewhere] == [
        ("dates", "sums", 2, "b")
    ]
    assert ids(store) == ["a", "d", "y", "z"]


def test_the_first_good_samples_of_each_file_and_no_more_of_it_is_read(store: Store, tmp_path: Path) -> None:
    one = write(tmp_path / "one.jsonl", sample("a"), "{", sample("b"), "{", sample("c"))
    two = write(tmp_path / "two.jsonl", sample("d"))
    added = add_tasks(store, [one, two], ImportRequest(limit=2), skip_bad=True)
    assert ([problem.line for problem in added.problems], ids(store)) == ([2], ["a", "b", "d"])


def test_random_samples_are_those_of_the_seed(tmp_path: Path) -> None:
    path = write(tmp_path / "one.jsonl", *(sample(f"s{n:03}") for n in range(200)), "{")
    chosen = []
    for number, seed in enumerate((1, 1, 2)):
        with Store.open(tmp_path / f"{number}.db", create=True) as store:
            added = add_tasks(store, [path], ImportRequest(limit=20, seed=seed), skip_bad=True)
            assert (added.added, added.rejected) == (20, 1)
            chosen.append(ids(store))
    assert chosen[0] == chosen[1] != chosen[2]
    assert chosen[0] != [f"s{n:03}" for n in range(20)]


def test_each_sample_is_chosen_equally_often(tmp_path: Path) -> None:
    path = write(tmp_path / "one.jsonl", *(sample(f"{n}") for n in range(10)))
    counts = dict.fromkeys(map(str, range(10)), 0)
    for seed in range(400):
        for found in read_tasks(path, ImportRequest(limit=3, seed=seed)).samples:
            counts[found.id] += 1
    assert all(80 < count < 160 for count in counts.values())  # 120 expected, a standard deviation of 9


def test_others_can_write_while_a_file_is_read(store: Store, tmp_path: Path) -> None:
    def on_progress(done: int, total: int) -> None:
        assert (done, total) == (path.stat().st_size, path.stat().st_size)
        with Store.open(tmp_path / "orca.db", busy_seconds=0) as other:
            add_tasks(other, [write(tmp_path / "other.jsonl", sample("b"))])

    path = write(tmp_path / "one.jsonl", sample("a"))
    assert add_tasks(store, [path], progress=on_progress).added == 1
    assert ids(store) == ["a", "b"]


def test_an_interrupt_leaves_the_store_as_it_was(store: Store, tmp_path: Path) -> None:
    def on_progress(done: int, total: int) -> None:
        raise KeyboardInterrupt

    path = write(tmp_path / "one.jsonl", sample("a"))
    with pytest.raises(KeyboardInterrupt):
        add_tasks(store, [path], progress=on_progress)
    assert ids(store) == []
    assert add_tasks(store, [path]).added == 1


CHILD = """
import sys
from pathlib import Path
from orca_local.store.store import Store
from orca_local.tasks.add import add_tasks

with Store.open(Path(sys.argv[1])) as store:
    add_tasks(store, sys.argv[2:], progress=lambda done, total: print(done, flush=True))
"""


def test_a_killed_import_leaves_the_store_as_it_was(store: Store, tmp_path: Path) -> None:
    add_tasks(store, [write(tmp_path / "one.jsonl", sample("a"))])
    before = (tmp_path / "orca.db").read_bytes()
    many = write(tmp_path / "many.jsonl", *(sample(f"s{n}", prompt="x" * 900 + str(n)) for n in range(2000)))
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(tmp_path / "orca.db"), str(many)], stdout=subprocess.PIPE
    )
    assert child.stdout is not None
    with child.stdout as lines:
        for count, _ in enumerate(lines):
            if count == 20:
                os.kill(child.pid, signal.SIGKILL)
                break
    assert child.wait(timeout=30) == -signal.SIGKILL
    assert ids(store) == ["a"] and (tmp_path / "orca.db").read_bytes() == before
    assert add_tasks(store, [many]).added == 2000


def test_a_compressed_file_that_grows_without_bound_takes_bounded_memory(tmp_path: Path) -> None:
    path = tmp_path / "bomb.csv.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        file.write(b'id,prompt\n1,"')
        for _ in range(150):
            file.write(b"x" * 1_000_000)
    script = (
        "import resource, sys; from orca_local.tasks.read import read_tasks\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "result = read_tasks(sys.argv[1])\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)\n"
        "print([str(problem) for problem in result.problems])"
    )
    result = subprocess.run([sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=True)
    grown, problems = result.stdout.splitlines()
    assert "bomb.csv.gz:2: the text that a quote opens in cell 2 goes on for more than 10 million" in problems
    assert int(grown) * (1 if sys.platform == "darwin" else 1024) < 100_000_000
