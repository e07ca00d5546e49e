"""The view of the newest evaluation."""

from __future__ import annotations

from orca_local.runs.workspace import Workspace
from orca_local.views.evaluation import load_evaluation_view
from orca_local.views.overview import load_overview
from tests.tui import stored_runs


def test_without_an_evaluation_the_view_is_empty(workspace: Workspace) -> None:
    with workspace.store() as store:
        assert load_evaluation_view(store).run is None


def test_a_running_evaluation_shows_its_rows_and_the_summary_before(workspace: Workspace) -> None:
    with workspace.store() as store:
        stored_runs.finish_evaluation(store, workspace, stored_runs.evaluation_summary(["sums"]))
        assert (load_overview(store)[-1].figure, load_overview(store)[-1].state) == ("40 % → 75 % right", "done")
        run_id = stored_runs.start_run(store, workspace, "evaluate")
        stored_runs.add_evaluated(store, run_id, "base", ["sums"])
        view = load_evaluation_view(store)
        assert [row.model for row in view.rows] == ["base"]
        assert view.summary is not None and view.summary.gain is not None and view.summary.gain.n == 20
        stored_runs.fail(store, run_id, "no", "do")
        view = load_evaluation_view(store)
        assert view.rows == () and view.failed is not None and view.failed.hint == "do"


def test_results_on_benchmarks_need_no_evaluation(workspace: Workspace) -> None:
    with workspace.store() as store:
        run_id = stored_runs.finish_suites(store, workspace)
        view = load_evaluation_view(store)
        assert view.run is None and view.suites is not None and view.suites.run_id == run_id
        stored_runs.finish_suites(store, workspace, ["base"])
        view = load_evaluation_view(store)
        assert view.suites is not None and view.suites.models == ("base",)
