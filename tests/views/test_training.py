"""The view of the newest training."""

from __future__ import annotations

from orca_local.runs.workspace import Workspace
from orca_local.views.training import load_training_view
from tests.tui import stored_runs


def test_without_a_training_the_view_is_empty(workspace: Workspace) -> None:
    with workspace.store() as store:
        assert load_training_view(store).run is None and load_training_view(store).resume_step == 0


def test_a_view_extends_the_curves_of_the_previous_one(workspace: Workspace) -> None:
    with workspace.store() as store:
        run_id, _ = stored_runs.add_training(store, workspace, last=40)
        first = load_training_view(store)
        assert first.done_steps == 40 and first.total_steps == 120 and first.saved_step == 30
        assert first.is_running and first.resume_step == 0
        store.runs.finish(run_id, "interrupted")
        assert load_training_view(store).resume_step == 30
        run_id, training_id = stored_runs.add_training(store, workspace, first=31, last=60)
        second = load_training_view(store, first)
        assert [step for step, _ in second.loss] == [*range(1, 61)]
        assert second.resumed is not None and second.resumed.step == 30
        assert second.best is not None and second.best[0] == 60
        stored_runs.finish_training(store, workspace, run_id, training_id, 60)
        last = load_training_view(store, second)
        assert last.resume_step == 0 and last.adapter is not None and last.loss == second.loss


def test_a_run_that_prepares_a_training_does_not_show_the_old_one(workspace: Workspace) -> None:
    with workspace.store() as store:
        run_id, training_id = stored_runs.add_training(store, workspace, last=15)
        stored_runs.finish_training(store, workspace, run_id, training_id, 15)
        later = stored_runs.start_run(store, workspace, "train")
        assert load_training_view(store).training is None
        stored_runs.fail(store, later, "no rows", "build them")
        view = load_training_view(store)
        assert view.training is not None and view.failed is not None and view.failed.hint == "build them"
