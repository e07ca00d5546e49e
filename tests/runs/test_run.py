from __future__ import annotations

import json
import math
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from itertools import pairwise

import pytest

from orca_local.domain.errors import BusyError, InputError
from orca_local.domain.events import Event, StageFinished, StageProgressed, StageStarted, StepTrained, Warned
from orca_local.domain.record import Record
from orca_local.runs.context import StageContext
from orca_local.runs.run import run_stage
from orca_local.runs.workspace import Workspace
from orca_local.store.runs import RunRow
from orca_local.store.store import Store

Stage = Callable[[StageContext], Iterator[Event]]


class Numbered(Record):
    """A summary with the number of its run."""

    run_id: int


def run(workspace: Workspace, store: Store, stage: Stage, heard: list[Event] | None = None) -> StageFinished:
    events = [] if heard is None else heard
    return run_stage(store, workspace.directory, "probe", workspace.settings, stage, events.append)


def short_stage(context: StageContext) -> Iterator[Event]:
    yield StageStarted("probe", 2, "generations")
    yield StageFinished("probe", Numbered(context.run_id))


def only_run(store: Store) -> RunRow:
    (row,) = store.runs.list()
    return row


def test_finished_run_keeps_events_settings_versions_and_inputs(workspace: Workspace, store: Store) -> None:
    def stage(context: StageContext) -> Iterator[Event]:
        context.record_inputs(model_sha256="aa")
        context.record_inputs(template="{{ x }}")
        yield from short_stage(context)

    heard: list[Event] = []
    finished = run(workspace, store, stage, heard)
    row = only_run(store)
    assert finished == heard[-1] == StageFinished("probe", Numbered(row.run_id))
    assert [event.kind for event in store.runs.events(row.run_id)] == ["StageStarted", "StageFinished"]
    assert [event.kind for event in store.runs.events(row.run_id, after_seq=1)] == ["StageFinished"]
    assert (row.stage, row.status, row.error, row.pid) == ("probe", "done", "", os.getpid())
    assert row.settings["train"]["rank"] == workspace.settings.train.rank
    assert {"python", "system", "numpy"} <= row.versions.keys()
    assert row.inputs == {"model_sha256": "aa", "template": "{{ x }}"}
    assert row.finished_at is not None
    json.dumps(asdict(row))
    assert not (workspace.directory / "orca.lock").exists()


@pytest.mark.slow
def test_progress_is_thinned_and_its_last_word_is_kept_in_order(workspace: Workspace, store: Store) -> None:
    def stage(context: StageContext) -> Iterator[Event]:
        until = time.monotonic() + 1.2
        done = 0
        while time.monotonic() < until:
            done += 1
            yield StageProgressed(done)
            time.sleep(0.001)
        yield Warned("half-way")
        yield StageProgressed(done + 1)
        yield StageFinished("probe")

    heard: list[Event] = []
    run(workspace, store, stage, heard)
    events = store.runs.events(only_run(store).run_id)
    progress = [event.payload["done"] for event in events if event.kind == "StageProgressed"]
    last_heard = [event.done for event in heard if isinstance(event, StageProgressed)]
    assert len(progress) <= 8 < len(last_heard)
    assert all(a < b for a, b in pairwise(progress))
    assert progress[-2:] == last_heard[-2:]
    assert [event.kind for event in events[-3:]] == ["Warned", "StageProgressed", "StageFinished"]


@pytest.mark.slow
def test_heartbeat_goes_on_while_the_stage_is_silent_or_writing(workspace: Workspace, store: Store) -> None:
    beats = []

    def stage(context: StageContext) -> Iterator[Event]:
        yield StageStarted("probe", 1, "generations")
        for _ in range(2):
            time.sleep(1.4)
            with workspace.store() as reader:
                beats.append(reader.runs.get(context.run_id).heartbeat_at)
        with context.store.transaction():
            context.store.models.ensure("a", "aa", "llama", "F16", 1)
            time.sleep(1.4)
        yield StageFinished("probe")

    run(workspace, store, stage)
    row = only_run(store)
    assert row.started_at < beats[0] < beats[1] < row.heartbeat_at
    assert row.status == "done"


def test_event_that_json_cannot_spell_is_kept(workspace: Workspace, store: Store) -> None:
    def stage(context: StageContext) -> Iterator[Event]:
        yield StepTrained(1, math.nan, 1e-3, math.inf, 10, 0.1)
        yield Warned("half \ud83d")
        yield StageFinished("train")

    run(workspace, store, stage)
    first, second, _ = store.runs.events(only_run(store).run_id)
    assert (first.payload["loss"], second.payload["message"]) == (None, "half \ufffd")


@pytest.mark.parametrize(
    ("error", "message"),
    [(InputError("no samples", hint="add some"), "no samples"), (ZeroDivisionError("x/0"), "ZeroDivisionError: x/0")],
)
def test_failed_stage_is_recorded_and_its_error_goes_on(
    workspace: Workspace, store: Store, error: Exception, message: str
) -> None:
    closed = []

    def stage(context: StageContext) -> Iterator[Event]:
        try:
            yield StageStarted("probe", 1, "generations")
            raise error
        finally:
            closed.append(store.runs.get(context.run_id).status)

    with pytest.raises(type(error)):
        run(workspace, store, stage)
    row = only_run(store)
    assert (row.status, row.error, closed) == ("failed", message, ["running"])
    run(workspace, store, short_stage)


def test_what_ended_a_stage_is_said_where_its_end_cannot_be_written(workspace: Workspace, store: Store) -> None:
    def stage(context: StageContext) -> Iterator[Event]:
        yield StageStarted("probe", 1, "generations")
        store._connection.execute("PRAGMA query_only=ON")
        raise InputError("no samples", hint="add some")

    with pytest.raises(InputError, match="no samples"):
        run(workspace, store, stage)
    assert only_run(store).status == "running"  # until the next stage finds that nobody lives


def test_stage_without_an_end_is_our_bug(workspace: Workspace, store: Store) -> None:
    with pytest.raises(RuntimeError, match="without StageFinished"):
        run(workspace, store, lambda context: iter(()))
    assert only_run(store).status == "failed"


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_signal_interrupts_the_stage_and_closes_it(workspace: Workspace, store: Store, number: signal.Signals) -> None:
    # A shell that starts tests in the background makes them ignore Ctrl-C, and `nohup` a hang-up.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
    closed = []

    def stage(context: StageContext) -> Iterator[Event]:
        try:
            yield StageStarted("probe", 1, "generations")
            with context.store.transaction():
                context.store.models.ensure("a", "aa", "llama", "F16", 1)
                signal.raise_signal(number)
                time.sleep(5)
        finally:
            closed.append(True)

    before = [signal.getsignal(name) for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    with pytest.raises(KeyboardInterrupt):
        run(workspace, store, stage)
    assert only_run(store).status == "interrupted"
    assert closed == [True]
    assert [signal.getsignal(name) for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)] == before
    with pytest.raises(InputError):
        store.models.get(1)
    assert not (workspace.directory / "orca.lock").exists()


def test_a_transaction_that_an_interrupt_left_open_takes_nothing_with_it(workspace: Workspace, store: Store) -> None:
    left = []

    def stage(context: StageContext) -> Iterator[Event]:
        yield StageStarted("probe", 1, "generations")
        left.append(context.store.transaction())
        left[0].__enter__()  # as an interrupt leaves it that comes before the end of its `with`
        context.store.models.ensure("a", "aa", "llama", "F16", 1)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(workspace, store, stage)
    with Store.open(store.path) as other:
        assert only_run(other).status == "interrupted"
        with pytest.raises(InputError):
            other.models.get(1)


def test_interrupt_in_the_listener_closes_the_generator(workspace: Workspace, store: Store) -> None:
    closed = []

    def stage(context: StageContext) -> Iterator[Event]:
        try:
            yield StageStarted("probe", 1, "generations")
        except GeneratorExit:
            closed.append(True)
            raise

    def interrupted(event: Event) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_stage(store, workspace.directory, "probe", workspace.settings, stage, interrupted)
    assert (closed, only_run(store).status) == ([True], "interrupted")


def test_no_thread_is_left_behind(workspace: Workspace, store: Store) -> None:
    run(workspace, store, short_stage)
    assert [thread.name for thread in threading.enumerate() if thread.name == "run-log"] == []


def test_stage_within_a_stage_is_refused(workspace: Workspace, store: Store) -> None:
    def outer(context: StageContext) -> Iterator[Event]:
        with pytest.raises(BusyError, match="is running in this workspace"):
            run(workspace, store, short_stage)
        yield StageFinished("probe")

    run(workspace, store, outer)
    assert only_run(store).status == "done"


def test_stage_can_run_outside_the_main_thread(workspace: Workspace, store: Store) -> None:
    results: list[StageFinished] = []

    def work() -> None:
        with workspace.store() as own:
            results.append(run(workspace, own, short_stage))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert len(results) == 1


def test_a_failed_run_writes_down_its_remedy(workspace: Workspace, store: Store) -> None:
    def stage(context: StageContext) -> Iterator[Event]:
        yield StageStarted("probe", 1, "generations")
        raise InputError("no samples", hint="add some")

    with pytest.raises(InputError):
        run(workspace, store, stage)
    event = store.runs.last_of(only_run(store).run_id, "RunFailed")
    assert event is not None and event.payload == {"message": "no samples", "hint": "add some"}
    assert store.runs.last_of(only_run(store).run_id, "StageFinished") is None
