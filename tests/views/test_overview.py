"""The state of every stage."""

from __future__ import annotations

import pytest

from orca_local.runs.workspace import Workspace
from orca_local.views.overview import choice_figure, load_overview
from tests.tui import stored_runs


@pytest.mark.parametrize(
    ("counts", "text"),
    [
        ((9, 9, 0), "9 of 9 chosen, none certain"),
        ((9, 9, 4), "9 of 9 chosen, 4 certain"),
        ((9, 3, 3), "3 of 9 chosen, all certain"),
        ((1500, 1500, 1000), "1,500 of 1,500 chosen, 1,000 certain"),
        ((0, 2, 1), "2 of 2 chosen, 1 certain"),
    ],
)
def test_choices_are_counted_with_their_certainty(counts: tuple[int, int, int], text: str) -> None:
    assert choice_figure(*counts) == text


def test_making_the_base_model_counts_as_part_of_the_probe(workspace: Workspace) -> None:
    with workspace.store() as store:
        run_id = stored_runs.start_run(store, workspace, "base")
        stages = {stage.name: stage for stage in load_overview(store)}
        assert stages["probe"].state == "running" and stages["probe"].figure == "making the base model"
        assert stages["export"].state == "waiting"
        store.runs.finish(run_id, "done")
        assert {stage.state for stage in load_overview(store)} == {"ready", "waiting"}
        stored_runs.start_export(store, workspace)
        assert {stage.name for stage in load_overview(store) if stage.state == "running"} == {"export"}
