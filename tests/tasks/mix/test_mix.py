"""The mix of Orca 2, from a hub with small copies of the repositories that it reads."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from orca_local.domain.errors import InputError, RemoteError
from orca_local.store.store import Store
from orca_local.tasks.mix import collection
from orca_local.tasks.mix.add import AddedMix, add_mix, render_licences
from orca_local.tasks.mix.assemble import MixRequest
from orca_local.tasks.ready import find_mix
from tests.hub_server import Faults, HubServer
from tests.tasks.mix.made_hub import made_datasets

ROOT = Path(__file__).resolve().parents[3]
TASKS, PER_TASK = 25, 10
MIX = "orca2-with-orca1"


@pytest.fixture
def hub(datasets: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    with HubServer(datasets=made_datasets()) as server:
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        yield server


def mixed(database: Path, **asked: Any) -> AddedMix:
    request = MixRequest(**{"mix": find_mix("orca2"), "tasks": TASKS, "per_task": PER_TASK, "seed": 0, **asked})
    with Store.open(database, create=True) as store:
        return add_mix(store, request)


def content(database: Path) -> list[tuple[Any, ...]]:
    """Everything that the store has of tasks and samples, in its order, but when it was written."""
    columns = "id, task, split, kind, prompt, messages_json, answer_json, labels_json, rationale, metadata_json"
    with closing(sqlite3.connect(database)) as connection:
        samples = connection.execute(f"SELECT rowid, {columns} FROM samples ORDER BY rowid").fetchall()
        return samples + connection.execute("SELECT rowid, name, source FROM tasks ORDER BY rowid").fetchall()


def rows_of(result: AddedMix, *names: str) -> int:
    return sum(use.rows for use in result.uses if use.name in names)


def test_a_mix_has_the_proportions_of_the_paper(hub: HubServer, tmp_path: Path) -> None:
    result = mixed(tmp_path / "orca.db")
    assert sum(use.tasks for use in result.uses) == TASKS and not result.failed and not result.left_out
    flan = rows_of(result, "natural-instructions", "flan-niv2", "flan-t0", "flan-2021", "flan-cot")
    assert flan == 18 * PER_TASK
    assert rows_of(result, "gsm8k", "aqua-rat", "svamp", "asdiv", "mawps", "orca-math") == flan * 160 // 602
    assert rows_of(result, "dialogsum") == 1
    with Store.open(tmp_path / "orca.db") as store:
        kinds = {task.task: task.kind for task in store.samples.tasks()}
        by_prompt = {sample.prompt for sample in store.samples.list()}
    assert kinds["natural-instructions/task0001_made"] == "exact" and kinds["aqua-rat"] == "multiple_choice"
    assert kinds["flan-niv2/niv20_1"] == "boolean" and kinds["dialogsum"] == "text"
    assert not any("task0009" in task for task in kinds), "a task of the test split"
    assert by_prompt and result.added.duplicates < 10


def test_two_mixes_have_the_same_samples_in_the_same_order(hub: HubServer, tmp_path: Path) -> None:
    first, second, other = (tmp_path / name for name in ("a.db", "b.db", "c.db"))
    mixed(first)
    mixed(second)
    mixed(other, seed=1)
    assert content(first) == content(second) and len(content(first)) > 200
    assert content(other) != content(first)
    before = content(first)
    assert mixed(first).added.added == 0 and content(first) == before


def test_a_large_task_waits_in_a_file_and_changes_nothing(
    hub: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mixed(tmp_path / "memory.db")
    monkeypatch.setattr(collection, "MAX_ROWS_IN_MEMORY", 0)
    mixed(tmp_path / "file.db")
    assert content(tmp_path / "memory.db") == content(tmp_path / "file.db")


def test_few_tasks_of_one_part_are_made_up_by_others(hub: HubServer, tmp_path: Path) -> None:
    result = mixed(tmp_path / "orca.db", tasks=40)
    assert sum(use.tasks for use in result.uses) == 40
    assert "flan-flan2021" in {use.name for use in result.uses}
    result = mixed(tmp_path / "other.db", tasks=100)
    assert "the sources have no more" in result.left_out[-1].reason


def test_too_few_tasks_are_refused(hub: HubServer, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="7 tasks are too few for the mix orca2") as raised:
        mixed(tmp_path / "orca.db", tasks=7)
    assert "--tasks 8" in raised.value.hint


def test_a_source_that_fails_is_named_and_left_out_if_asked(hub: HubServer, tmp_path: Path) -> None:
    del hub.datasets["ChilleD/SVAMP"]
    with pytest.raises(RemoteError, match=r"ready:svamp: .* has no dataset ChilleD/SVAMP") as raised:
        mixed(tmp_path / "orca.db")
    assert "--skip-bad" in raised.value.hint and not content(tmp_path / "orca.db")
    result = mixed(tmp_path / "orca.db", skip_bad=True)
    assert [failure.name for failure in result.failed] == ["svamp"]
    assert sum(use.tasks for use in result.uses) == TASKS
    assert "svamp" not in render_licences(MixRequest(find_mix("orca2"), 1, 1, 0), result.uses)


def test_a_mix_of_which_every_source_fails_is_no_success(hub: HubServer, tmp_path: Path) -> None:
    hub.datasets.clear()
    with pytest.raises(RemoteError, match=r"no source of the mix orca2 gave a sample: .* has no dataset") as raised:
        mixed(tmp_path / "orca.db", skip_bad=True)
    assert raised.value.hint and not content(tmp_path / "orca.db")


def test_a_source_that_breaks_off_keeps_what_went_in_before(hub: HubServer, tmp_path: Path) -> None:
    hub.datasets["openai/gsm8k"].is_gated = True
    with pytest.raises(RemoteError, match="ready:gsm8k: the licence of openai/gsm8k must be accepted"):
        mixed(tmp_path / "orca.db")
    assert not content(tmp_path / "orca.db")
    result = mixed(tmp_path / "orca.db", skip_bad=True)
    assert [failure.name for failure in result.failed] == ["gsm8k"]
    assert rows_of(result, "aqua-rat", "svamp", "asdiv", "mawps", "orca-math") == 180 * 160 // 602


def test_a_task_without_usable_rows_makes_room_for_the_next(hub: HubServer, tmp_path: Path) -> None:
    files = hub.datasets["Muennighoff/natural-instructions"].files
    taken = {sample[2] for sample in _samples(mixed, tmp_path / "first.db")}
    broken = sorted(path for path in files if path.startswith("train/"))[:2]
    files[broken[0]] = b"<html>please log in</html>"
    files[broken[1]] = b'{"definition": "", "inputs": "", "targets": ""}\n' * 20
    for entry in (tmp_path / "datasets").rglob("files"):
        entry.unlink()
    result = mixed(tmp_path / "second.db")
    assert len(result.left_out) == 2 and sum(use.tasks for use in result.uses) == TASKS
    assert "web page" in " ".join(left.reason for left in result.left_out)
    assert {sample[2] for sample in content(tmp_path / "second.db") if len(sample) > 3} != taken


def _samples(make: Any, database: Path) -> list[tuple[Any, ...]]:
    make(database)
    return [row for row in content(database) if len(row) > 3]


def test_the_licences_are_written_out(hub: HubServer, tmp_path: Path) -> None:
    result = mixed(tmp_path / "orca.db")
    page = render_licences(MixRequest(find_mix("orca2"), TASKS, PER_TASK, 0), result.uses)
    assert "arXiv 2311.11045" in page and f"--tasks {TASKS} --per-task {PER_TASK} --seed 0" in page
    commit = hub.datasets["MU-NLPC/Calc-asdiv_a"].commits["main"]
    assert f"| asdiv | MU-NLPC/Calc-asdiv_a | {commit} | 1 | 8 | CC-BY-NC-4.0 | yes |" in page
    assert "| orca-math | microsoft/orca-math-word-problems-200k |" in page and "| no |" not in page


COMMAND = """
import sys
if sys.argv.pop(1) == "no sockets":
    def refuse(event, arguments):
        if event.startswith("socket."):
            raise AssertionError(f"{event} {arguments}")
    sys.addaudithook(refuse)
from orca_local.__main__ import main
main()
"""


def start(workspace: Path, *options: str, sockets: str = "any") -> subprocess.Popen[str]:
    words = ["tasks", "mix", MIX, "--tasks", str(TASKS), "--per-task", str(PER_TASK), "-w", str(workspace)]
    return subprocess.Popen(
        [sys.executable, "-c", COMMAND, sockets, *words, "--json", "--quiet", *options],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=dict(os.environ),
    )


def finish(process: subprocess.Popen[str]) -> dict[str, Any]:
    out, errors = process.communicate(timeout=100)
    assert process.returncode == 0, errors + out
    found: dict[str, Any] = json.loads(out)
    return found


@pytest.mark.slow
def test_a_killed_mix_goes_on_and_is_made_again_without_the_network(hub: HubServer, tmp_path: Path) -> None:
    workspaces = [tmp_path / name for name in ("killed", "offline")]
    for workspace in workspaces:
        workspace.mkdir()
        (workspace / "orca.toml").write_text("")
    hub.faults = Faults(pause_s=0.05, piece=2000)
    killed = start(workspaces[0])
    end = time.monotonic() + 60
    while len(hub.downloads) < 12 and time.monotonic() < end:
        time.sleep(0.01)
    killed.send_signal(signal.SIGKILL)
    killed.communicate(timeout=60)
    assert not content(workspaces[0] / "orca.db")
    hub.faults = Faults()
    before = len(hub.downloads)
    again = finish(start(workspaces[0]))
    assert again["tasks"] == TASKS and again["added"] > 200 and len(hub.downloads) - before < before + 30
    asked = len(hub.requests) + len(hub.downloads)
    talk = next(source for source in again["sources"] if source["name"] == "slimorca")
    assert talk["rows"] == 17 * PER_TASK * 1_000_000 // 602_000
    offline = finish(start(workspaces[1], "--offline", sockets="no sockets"))
    assert len(hub.requests) + len(hub.downloads) == asked
    assert offline["added"] == again["added"] and offline["sources"] == again["sources"]
    assert content(workspaces[0] / "orca.db") == content(workspaces[1] / "orca.db")
    assert (workspaces[0] / f"mix-{MIX}.md").read_text() == (workspaces[1] / f"mix-{MIX}.md").read_text()
