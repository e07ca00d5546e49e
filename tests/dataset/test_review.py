"""Decisions and edits."""

from __future__ import annotations

from pathlib import Path

import pytest

from orca_local.dataset.review import decide, rewrite
from orca_local.domain.errors import InputError
from orca_local.kinds.verdict import Verdict
from orca_local.runs.workspace import Workspace
from tests.tui.answers import make_answers


@pytest.fixture
def workspace(tmp_path: Path, tiny_gguf: Path) -> Workspace:
    return make_answers(tmp_path / "ws", tiny_gguf, 6)


def test_decisions_are_made_for_all_or_none(workspace: Workspace) -> None:
    with workspace.store() as store:
        with pytest.raises(InputError, match="no demonstration 99"):
            decide(store, [1, 2, 99], "rejected")
        assert {row.review for row in store.demonstrations.list()} == {"pending"}
        decide(store, [1, 2], "rejected")
        assert sorted(row.review for row in store.demonstrations.list()) == ["pending"] * 4 + ["rejected"] * 2


def test_the_teachers_own_words_take_an_edit_back(workspace: Workspace) -> None:
    with workspace.store() as store:
        before = store.demonstrations.get(2)
        assert rewrite(store, before, "It is three.\nAnswer: 3") is Verdict.DIFFERENT
        edited = store.demonstrations.get(2)
        assert (edited.review, edited.edited) == ("edited", True)
        assert rewrite(store, edited, before.text) is Verdict.EQUAL
        assert store.demonstrations.get(2) == before
        with pytest.raises(InputError, match="empty"):
            rewrite(store, before, " \n")


def test_the_newest_answers_come_first(workspace: Workspace) -> None:
    with workspace.store() as store:
        assert [row.sample_id for row in store.demonstrations.newest(2)] == ["n0005", "n0004"]
        assert store.samples.task_names("train")["n0005"] == "sums"
