"""The progress of the newest teach run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from orca_local.domain.events import CallAnswered, CallFailed, StageProgressed, StageStarted, Warned
from orca_local.domain.settings import TeacherSettings
from orca_local.store.store import Store
from orca_local.views.teach_progress import load_teach_progress
from tests.tui.stored_runs import add_events

SETTINGS = TeacherSettings()


def speed(store: Store, now: datetime) -> float | None:
    return load_teach_progress(store, SETTINGS, now).calls_per_minute


def test_without_a_run_there_is_no_progress(store: Store) -> None:
    assert load_teach_progress(store, SETTINGS).run is None


def test_answers_and_failures_are_counted(store: Store) -> None:
    store.runs.start("probe", "{}", {})
    run_id = store.runs.start("teach", "{}", {})
    add_events(store, run_id, StageStarted("teach", 9, "samples"), StageProgressed(1, usd=0.1))
    for number, verified in enumerate((True, True, False, None)):
        add_events(store, run_id, CallAnswered(f"s{number}", "x", number == 0, verified))
    add_events(
        store, run_id, CallFailed("s4", "x", "cut"), CallFailed("s5", "x", "refused"), CallFailed("s6", "x", "refused")
    )
    add_events(store, run_id, Warned("slow", "wait"), StageProgressed(7, usd=0.25))
    progress = load_teach_progress(store, SETTINGS)
    assert (progress.done, progress.total, progress.spent_usd) == (7, 9, 0.25)
    assert (progress.new, progress.cached, progress.failed) == (3, 1, 3)
    assert progress.verdicts == {"equal": 2, "different": 1, "unchecked": 1}
    assert list(progress.failures.items()) == [("refused", 2), ("cut", 1)]
    assert progress.warning == "slow: wait"
    assert progress.waiting == 0


def test_speed_covers_the_last_minute_or_the_whole_run(store: Store) -> None:
    run_id = store.runs.start("teach", "{}", {})
    now = datetime.now(UTC)
    add_events(store, run_id, *[CallAnswered(f"s{n}", "x", cached=False, verified=True) for n in range(10)])
    add_events(store, run_id, CallAnswered("old", "x", cached=True, verified=True))
    assert speed(store, now) is None
    assert speed(store, now + timedelta(seconds=30)) == pytest.approx(20, rel=0.05)
    assert speed(store, now + timedelta(minutes=10)) == 0
    store.runs.finish(run_id, "done")
    assert speed(store, now + timedelta(minutes=10)) is None
