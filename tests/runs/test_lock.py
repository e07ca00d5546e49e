from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from orca_local.domain.errors import BusyError, InputError
from orca_local.runs.lock import LockHolder, read_holder, workspace_lock
from orca_local.runs.workspace import Workspace
from orca_local.store.store import Store
from orca_local.system.processes import host_name, is_running, process_started

RUNNER = """
import sys, time
from pathlib import Path
from orca_local.domain.events import StageFinished, StageStarted, Warned
from orca_local.runs.run import run_stage
from orca_local.runs.workspace import Workspace

workspace = Workspace.open(Path(sys.argv[1]))

def stage(run):
    yield StageStarted("probe", 1, "generations")
    for number in range(600):
        run.store.models.ensure("path", str(number), "llama", "F16", 1)
        yield Warned(str(number))
        time.sleep(0.05)
    yield StageFinished("probe")

with workspace.store() as store:
    run_stage(store, workspace.directory, "probe", workspace.settings, stage, lambda e: print(e.kind, flush=True))
"""


@contextmanager
def running_stage(workspace: Workspace) -> Iterator[subprocess.Popen[str]]:
    """A stage in another process, some events on its way."""
    command = [sys.executable, "-c", RUNNER, str(workspace.directory)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for _ in range(12):
            assert process.stdout.readline()
        try:
            yield process
        finally:
            process.kill()
            process.communicate()


def take(workspace: Workspace, store: Store) -> None:
    with workspace_lock(store, workspace.directory, "train"):
        pass


def write_lock(workspace: Workspace, holder: LockHolder) -> Path:
    path = workspace.directory / "orca.lock"
    content = {
        "pid": holder.pid,
        "process_started": holder.process_started,
        "host": holder.host,
        "stage": holder.stage,
    }
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def test_second_stage_is_told_who_holds_the_workspace(workspace: Workspace, store: Store) -> None:
    with running_stage(workspace) as process:
        with pytest.raises(BusyError, match=f"probe is running in this workspace .process {process.pid}") as caught:
            take(workspace, store)
        assert f"kill {process.pid}" in caught.value.hint
        assert [run.status for run in store.runs.list()] == ["running"]


@pytest.mark.slow
def test_killed_stage_keeps_its_rows_and_its_lock_is_taken_over(workspace: Workspace, store: Store) -> None:
    with running_stage(workspace) as process:
        time.sleep(0.5)
        process.kill()
        process.wait(timeout=30)
        assert (workspace.directory / "orca.lock").exists()
        take(workspace, store)
    (run,) = store.runs.list()
    assert run.status == "dead"
    assert len([event for event in store.runs.events(run.run_id) if event.kind == "Warned"]) >= 10
    assert store.models.get(10).sha256 == "9"
    assert not (workspace.directory / "orca.lock").exists()


def test_terminated_stage_ends_as_interrupted_and_frees_the_workspace(workspace: Workspace, store: Store) -> None:
    with running_stage(workspace) as process:
        process.send_signal(signal.SIGTERM)
        _, stderr = process.communicate(timeout=30)
        assert "KeyboardInterrupt" in stderr
    assert [run.status for run in store.runs.list()] == ["interrupted"]
    assert not (workspace.directory / "orca.lock").exists()


def test_recycled_process_number_is_not_taken_for_the_holder(workspace: Workspace, store: Store) -> None:
    write_lock(workspace, LockHolder(os.getppid(), "12345 long ago", host_name(), "probe"))
    take(workspace, store)


def test_own_process_number_in_an_old_lock_is_not_this_process(workspace: Workspace, store: Store) -> None:
    # In a container every run may have the same number.
    write_lock(workspace, LockHolder(os.getpid(), "12345 long ago", host_name(), "probe"))
    take(workspace, store)


def test_holder_on_another_machine_lives_as_long_as_its_heart_beats(workspace: Workspace, store: Store) -> None:
    path = write_lock(workspace, LockHolder(1, "1", "another-host", "probe"))
    store.runs.start("probe", "{}", {}, 1)
    store._connection.execute("UPDATE runs SET host = 'another-host'")
    with pytest.raises(BusyError, match="another-host") as caught:
        take(workspace, store)
    assert f"delete {path}" in caught.value.hint
    store._connection.execute("UPDATE runs SET heartbeat_at = '2020-01-01T00:00:00.000+00:00'")
    take(workspace, store)
    assert [run.status for run in store.runs.list()] == ["dead"]


def test_lock_that_cannot_be_written_is_an_input_error(workspace: Workspace, store: Store) -> None:
    (workspace.directory / "orca.lock").mkdir()
    with pytest.raises(InputError, match=r"orca.lock cannot be written"):
        take(workspace, store)
    assert store.runs.list() == []


@pytest.mark.parametrize("content", ["", "{}", "[]", "4711", '{"pid": null}'])
def test_lock_file_that_says_nothing_is_replaced(workspace: Workspace, store: Store, content: str) -> None:
    path = workspace.directory / "orca.lock"
    path.write_text(content, encoding="utf-8")
    assert read_holder(path) is None
    take(workspace, store)
    assert not path.exists()


def test_silent_run_of_a_dead_process_is_listed_as_dead(store: Store) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        run_id = store.runs.start("probe", "{}", {}, child.pid)
        assert store.runs.get(run_id).status == "running"
        child.kill()
        child.wait(timeout=30)
        assert store.runs.get(run_id).status == "running", "its heartbeat is still fresh"
        store._connection.execute("UPDATE runs SET heartbeat_at = '2020-01-01T00:00:00.000+00:00'")
        assert [run.status for run in store.runs.list()] == ["dead"]
        own = [os.getpid(), process_started(os.getpid())]
        store._connection.execute("UPDATE runs SET pid = ?, process_started = ?", own)
        assert [run.status for run in store.runs.list()] == ["running"], "its process lives"


def test_zombie_does_not_run() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        started = process_started(child.pid)
        assert started
        assert is_running(child.pid, started)
        assert not is_running(child.pid, started + "0")
        child.kill()
        until = time.monotonic() + 30
        while is_running(child.pid, started) and time.monotonic() < until:
            time.sleep(0.01)
        assert not is_running(child.pid, started)
    assert process_started(child.pid) is None
