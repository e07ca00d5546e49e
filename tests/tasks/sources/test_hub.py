"""Tasks from the hub: by an address, and as a ready source."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from random import Random

import pytest

from orca_local.domain.errors import InputError, MissingError, RemoteError
from orca_local.hub.address import CONVERTED
from orca_local.hub.repository import Repository
from orca_local.store.store import Store
from orca_local.tasks.add import AddedTasks, add_tasks
from orca_local.tasks.import_request import ImportRequest, ReadOptions
from orca_local.tasks.preview import preview_tasks
from orca_local.tasks.ready import find_ready
from tests.hub_dataset import HubDataset
from tests.hub_server import Faults, HubServer
from tests.tasks.mix.made_hub import parquet_of

ROWS = 5_000
SVAMP_ROW = {"ID": "c-1", "Body": "There are 3 birds.", "Question": "How many?", "Answer": "3"}


def worked(count: int) -> bytes:
    rows = (
        {"question": f"What is {n} + {n}? {'x' * 500}", "answer": f"{n} twice.\n#### {2 * n}"} for n in range(count)
    )
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def converted() -> dict[str, bytes | Path]:
    """What the hub made of tasksource/bigbench, whose `main` holds a program."""
    names = ("anachronisms", "navigate", "logical_deduction", "known_unknowns")
    row = {"inputs": "Q: 1?", "targets": ["a", "b"], "multiple_choice_targets": ["a", "b", "c"]}
    return {
        f"{name}/{split}/0000.parquet": parquet_of([row | {"inputs": f"{name} {split}"}])
        for name in names
        for split in ("train", "validation")
    }


@pytest.fixture
def hub(datasets: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    sets = [
        HubDataset("openai/gsm8k", {"main/train-0.jsonl": worked(ROWS), "socratic/train-0.jsonl": worked(3)}),
        HubDataset("ChilleD/SVAMP", {"data/train.jsonl": json.dumps(SVAMP_ROW).encode(), "data/test.jsonl": b"{}"}),
        HubDataset("kaist-ai/CoT-Collection", {"CoT-Collection.py": b""}),
        HubDataset("tasksource/bigbench", {"bigbench.py": b"", "README.md": b"# BIG-bench"}, {CONVERTED: converted()}),
    ]
    with HubServer(datasets=sets) as server:
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        yield server


def add(store: Store, location: str, limit: int | None = None, notes: list[str] | None = None) -> AddedTasks:
    options = ReadOptions(on_note=None if notes is None else notes.append)
    return add_tasks(store, [location], ImportRequest(limit=limit, options=options))


def test_rows_of_the_hub_become_samples(hub: HubServer, store: Store, tmp_path: Path) -> None:
    added = add(store, "hub:openai/gsm8k/main", limit=20)
    assert (added.added, added.tasks) == (20, ("gsm8k/main",))
    sample = store.samples.list()[0]
    assert sample.kind == "number" and sample.rationale and sample.rationale.endswith("twice.")
    commit = hub.datasets["openai/gsm8k"].commits["main"]
    with closing(sqlite3.connect(tmp_path / "orca.db")) as database:
        sources = [source for (source,) in database.execute("SELECT source FROM tasks")]
    assert sources == [f"hub:openai/gsm8k@{commit}/main/train-0.jsonl"]


def test_a_limit_fetches_the_beginning_alone(hub: HubServer, store: Store) -> None:
    add(store, "hub:openai/gsm8k/main", limit=20)
    assert 0 < hub.sent_bytes < len(worked(ROWS)) / 2


@pytest.fixture
def parquet(hub: HubServer) -> bytes:
    """A Parquet file of ten row groups, on the hub."""
    letters = Random(0)
    rows = [
        {"question": "".join(letters.choices("abcdefgh ", k=400)), "answer": str(n), "unused": letters.random()}
        for n in range(10_000)
    ]
    content = parquet_of(rows, row_group_size=1000)
    hub.datasets["a/table"] = HubDataset("a/table", {"data/train-00000-of-00001.parquet": content})
    return content


def test_of_a_parquet_file_the_end_and_the_first_rows_are_fetched(hub: HubServer, store: Store, parquet: bytes) -> None:
    assert add(store, "hub:a/table", limit=50).added == 50
    assert hub.sent_bytes < len(parquet) / 2


def test_a_parquet_file_that_breaks_off_goes_on(hub: HubServer, store: Store, parquet: bytes) -> None:
    hub.faults.break_after = [1 << 20, 700_000] + [0] * 20
    with pytest.raises(RemoteError, match=r"did not send data/train-00000-of-00001\.parquet"):
        add(store, "hub:a/table")
    assert not store.samples.list()
    hub.faults.break_after.clear()
    assert add(store, "hub:a/table", limit=2000).added == 2000


def test_what_the_row_names_can_be_added_again(hub: HubServer, store: Store) -> None:
    commit = hub.datasets["openai/gsm8k"].commits["main"]
    assert add(store, f"hub:openai/gsm8k@{commit}/socratic/train-0.jsonl").added == 3
    assert add(store, "hub:openai/gsm8k/socratic:train").duplicates == 3


def test_a_ready_source_brings_its_map_and_says_where_it_comes_from(hub: HubServer, store: Store) -> None:
    notes: list[str] = []
    assert add(store, "ready:svamp", notes=notes).tasks == ("svamp",)
    (sample,) = store.samples.list()
    assert (sample.prompt, sample.answers, sample.kind) == ("There are 3 birds. How many?", ("3",), "number")
    commit, record = hub.datasets["ChilleD/SVAMP"].commits["main"], Repository("ChilleD/SVAMP").directory / "commit"
    assert notes == [f"ready:svamp is ChilleD/SVAMP at commit {commit} (from {record}); MIT"]
    assert record.read_text() == f"{commit}  ChilleD/SVAMP\n"


def test_the_user_precedes_a_ready_source(hub: HubServer, store: Store) -> None:
    add_tasks(store, ["ready:svamp"], ImportRequest(task="birds", kind="exact", columns={"answer": "Body"}))
    (sample,) = store.samples.list()
    assert (sample.task, sample.kind, sample.answers) == ("birds", "exact", ("There are 3 birds.",))


def test_a_source_of_many_tasks_leaves_out_what_a_benchmark_tests(hub: HubServer, store: Store) -> None:
    notes: list[str] = []
    added = add(store, "ready:bigbench", notes=notes)
    assert added.tasks == ("bigbench/anachronisms", "bigbench/known_unknowns")
    assert {sample.answers for sample in store.samples.list()} == {("a", "b")}
    assert {sample.prompt for sample in store.samples.list()} == {"anachronisms train", "known_unknowns train"}
    assert hub.datasets["tasksource/bigbench"].commits[CONVERTED] in notes[0]
    assert add(store, "ready:bigbench").duplicates == 2


def test_the_first_commit_stays_when_the_repository_changes(hub: HubServer, store: Store) -> None:
    add(store, "ready:svamp")
    first = hub.datasets["ChilleD/SVAMP"]
    changed = HubDataset("ChilleD/SVAMP", {"data/train.jsonl": b'{"Body": "x", "Question": "y", "Answer": "1"}'})
    changed.branches["old"] = first.files
    hub.datasets["ChilleD/SVAMP"] = changed
    assert add(store, "ready:svamp").duplicates == 1
    record = Repository("ChilleD/SVAMP").directory / "commit"
    (record.parent / record.read_text()[:40] / "files").unlink()
    del changed.branches["old"]
    with pytest.raises(RemoteError, match=r"no commit .* any more, which was read first") as raised:
        add(store, "ready:svamp")
    assert f"delete {record}" in raised.value.hint
    record.write_text("nonsense")
    with pytest.raises(InputError, match="does not begin with a commit"):
        add(store, "ready:svamp")


def test_a_program_has_a_ready_copy(hub: HubServer, store: Store) -> None:
    with pytest.raises(RemoteError, match=r"holds a program \(CoT-Collection.py\)") as raised:
        add(store, "hub:kaist-ai/CoT-Collection")
    assert "ready:cot-collection" in raised.value.hint and find_ready("cot-collection").repo in raised.value.hint


@pytest.mark.parametrize(
    ("location", "message", "hint"),
    [
        ("hub:openai/gsm9k", "has no dataset openai/gsm9k", "did you mean openai/gsm8k"),
        ("hub:chilled/svam", "has no dataset chilled/svam", "ChilleD/SVAMP"),
        ("ready:gsm", "no ready source 'gsm'", "did you mean ready:gsm8k"),
        ("hub:openai", "names no dataset", "hub:OWNER/NAME"),
    ],
)
def test_a_wrong_name_is_one_message_and_adds_nothing(
    hub: HubServer, store: Store, location: str, message: str, hint: str
) -> None:
    with pytest.raises((InputError, RemoteError), match=message) as raised:
        add(store, location)
    assert hint in raised.value.hint and not store.samples.list()


def test_a_hub_that_breaks_off_in_the_middle_adds_nothing(hub: HubServer, store: Store) -> None:
    hub.faults = Faults(break_after=[300_000] + [0] * 20)
    with pytest.raises(RemoteError, match=r"did not send main/train-0\.jsonl"):
        add(store, "hub:openai/gsm8k/main")
    assert not store.samples.list()
    hub.faults.break_after.clear()
    assert add(store, "hub:openai/gsm8k/main").added == ROWS


def test_offline_an_unknown_set_is_named(hub: HubServer, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(MissingError, match="not on this machine"):
        add(store, "ready:svamp")
    assert not hub.requests


def test_a_preview_shows_rows_of_the_hub_or_why_there_are_none(hub: HubServer) -> None:
    preview = preview_tasks("ready:svamp")
    assert preview.names == ("ID", "Body", "Question", "Answer") and preview.rows[0].sample is not None
    failed = preview_tasks("hub:openai/gsm9k")
    assert failed.mapping is None and isinstance(failed.error, RemoteError)
