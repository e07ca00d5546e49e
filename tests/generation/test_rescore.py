"""Stored answers that an earlier version of the scorer read are read again, without any generation."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from orca_local.domain.errors import InputError
from orca_local.domain.types import Completion
from orca_local.generation import rescore
from orca_local.generation.rescore import MovedTask, Rescored, ensure_scores
from orca_local.kinds.scoring import SCORER_VERSION, Score, ScoredAnswer
from orca_local.kinds.verdict import Verdict
from orca_local.store.demonstrations import DemonstrationRow
from orca_local.store.selections import SelectionRow
from orca_local.store.store import Store
from tests.store.builders import add_samples, ensure_model, make_sample

WRONG = Score(ScoredAnswer("2", 0.0), ScoredAnswer("2", 0.0), "number", version=SCORER_VERSION - 1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Two answers and two demonstrations, all right and read wrongly by an earlier version."""
    path = tmp_path / "orca.db"
    with Store.open(path, create=True) as store:
        add_samples(store, make_sample("a"), make_sample("b", task="dates"))
        run_id = store.runs.start("probe", "{}", {})
        for name, text in (("a", "Answer: 1"), ("b", "So it is 1.")):
            store.generations.record(name, "p", Completion(name, text, "stop", 5, 3, 20), {})
            store.measurements.add(run_id, name, "steps", ensure_model(store), "", 0, name, WRONG)
            store.teacher_calls.reserve(name, "e", "m", {})
            row = DemonstrationRow(name, "steps", name, 0, "Answer: 1", False, verdict="different")
            store.demonstrations.upsert(row)
        store.demonstrations.set_review(2, "accepted")
        choice = SelectionRow(run_id, "sums", "steps", 0.0, 0.0, 1.0, 1, False, "race", 0.05, "best", "probe")
        store.selections.set(choice)
    return path


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with Store.open(path) as store:
        yield store


def test_old_scores_get_a_row_of_this_version_and_what_moved_is_named(store: Store) -> None:
    rescored = ensure_scores(store)
    assert rescored is not None and rescored.moved == (MovedTask("sums", 0.0, 1.0),)
    assert list(rescored.lines()) == [
        "2 of 2 stored answers were read again by a newer version: accuracy moved in 1 of 2 tasks",
        "  sums: 0.0 % → 100.0 %",
        "1 teacher answer was compared again by a newer version: the result changed for 1",
    ]
    values = {row.sample_id: (row.value, row.lenient_value, row.scorer_version) for row in store.measurements.rows()}
    assert values == {"a": (1.0, 1.0, SCORER_VERSION), "b": (None, 1.0, SCORER_VERSION)}
    assert len(store._connection.rows("SELECT * FROM scores")) == 4, "scores of the earlier version stay"
    assert ensure_scores(store) is None, "only once"


def test_of_many_tasks_those_that_moved_most_are_named() -> None:
    moved = tuple(MovedTask(f"t{n}", 0.0, n / 100) for n in range(1, 13))
    lines = list(Rescored(12, 12, 12, moved, 0, 0).lines())
    assert lines[1] == "  t12: 0.0 % → 12.0 %" and lines[-1] == "  … and 2 more" and len(lines) == 12


def test_verdicts_are_renewed_except_reviewed_ones(store: Store) -> None:
    ensure_scores(store)
    rows = {row.sample_id: (row.verdict, row.verified, row.review) for row in store.demonstrations.list()}
    assert rows == {"a": ("equal", True, "pending"), "b": ("different", False, "accepted")}


def test_an_edit_made_while_answers_are_compared_keeps_its_verdict(store: Store) -> None:
    outdated = store.demonstrations.outdated(SCORER_VERSION)
    store.demonstrations.edit(1, "Answer: 2", Verdict.DIFFERENT, SCORER_VERSION)
    for row in outdated:
        store.demonstrations.set_verdict(row.demonstration_id, Verdict.EQUAL, SCORER_VERSION)
    assert store.demonstrations.get(1).verdict == "different"


def test_a_choice_stays_and_is_out_of_date(store: Store) -> None:
    ensure_scores(store)
    selection = store.selections.current()["sums"]
    assert selection.strategy == "steps" and selection.is_outdated(SCORER_VERSION)


def test_a_read_only_workspace_is_rescored_in_a_copy(path: Path) -> None:
    before = path.read_bytes()
    with Store.open_read_only(path, InputError("read-only")) as store:
        assert ensure_scores(store) is not None
        assert [row.value for row in store.measurements.rows(task="sums")] == [1.0]
        with pytest.raises(InputError, match="read-only"):
            store.demonstrations.set_review(1, "accepted")
    assert path.read_bytes() == before and [file.name for file in path.parent.iterdir()] == ["orca.db"]
    with closing(sqlite3.connect(path)) as raw:
        assert raw.execute("SELECT count(*) FROM scores").fetchone() == (2,)


def test_progress_is_shown_for_many_answers(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rescore, "BIG", 2)
    lines: list[str] = []
    monkeypatch.setattr(rescore, "PROGRESS_LINES", 2)
    ensure_scores(store, lines.append)
    assert lines[0].startswith("reading 3 stored answers again") and lines[-1] == "  3 of 3"
