"""The result of the newest dataset build."""

from __future__ import annotations

from pathlib import Path

import pytest

from orca_local.domain.summaries import DatasetSummary
from orca_local.runs.summaries import last_summary
from orca_local.runs.workspace import Workspace
from tests.tui.answers import add_run, make_answers


@pytest.fixture
def workspace(tmp_path: Path, tiny_gguf: Path) -> Workspace:
    return make_answers(tmp_path / "ws", tiny_gguf, 6)


def test_the_newest_build_is_summarized(workspace: Workspace) -> None:
    summary = {"run_id": 7, "rows": 4, "dropped": {"mismatch": 2}, "tokens": 90, "loss_tokens": 30}
    with workspace.store() as store:
        assert last_summary(store, "dataset", DatasetSummary) is None
    add_run(workspace, "dataset", [("StageFinished", {"stage": "dataset", "summary": summary})], "done")
    with workspace.store() as store:
        build = last_summary(store, "dataset", DatasetSummary)
        assert build is not None
        assert (build.run_id, build.rows, build.dropped, build.loss_tokens) == (7, 4, {"mismatch": 2}, 30)
