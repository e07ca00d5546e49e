"""Previews of what training reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from orca_local.dataset.review import rewrite
from orca_local.runs.workspace import Workspace
from orca_local.views.previews import Previews
from tests.tui.answers import make_answers


@pytest.fixture
def workspace(tmp_path: Path, tiny_gguf: Path) -> Workspace:
    return make_answers(tmp_path / "ws", tiny_gguf, 6)


def test_previews_show_an_answer_as_it_is_now(workspace: Workspace) -> None:
    previews = Previews(workspace)
    try:
        first = previews.load(2)
        assert first.trained.startswith("Counting like a otter gives 2.")
        assert "What is 1 + 1?" in first.prompt
        with workspace.store() as store:
            rewrite(store, first.row, "Answer: 2")
        assert previews.load(2).trained.startswith("Answer: 2")
        assert previews.load(2).trained_tokens < first.trained_tokens
    finally:
        previews.close()
        previews.close()
