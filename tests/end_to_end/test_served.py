"""Probing a student that something else serves."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from orca_local.domain.errors import MissingError
from orca_local.domain.events import Event
from orca_local.pipeline.pipeline import Pipeline
from orca_local.runs.workspace import Workspace
from orca_local.tasks.split import content_hash
from tests.generation.scene import make_samples
from tests.openai_server import OpenAIServer, Reply, answer


def reply(request: dict[str, Any], _number: int) -> Reply:
    """Right where it may think step by step."""
    number = request["messages"][-1]["content"].split()[-1].strip("?.")
    thinks = "step by step" in request["messages"][0]["content"]
    return answer(f"Answer: {2 * int(number)}" if thinks and number.isdigit() else "Answer: no idea")


@pytest.mark.slow
def test_a_served_student_is_probed_and_its_answers_are_kept(tmp_path: Path, tiny_gguf: Path) -> None:
    with OpenAIServer(reply) as server:
        engine = {"kind": "openai", "base_url": server.url, "model": "served", "capacity": 4}
        settings: dict[str, dict[str, Any]] = {"student": {"file": tiny_gguf}, "engine": engine}
        workspace = Workspace.create(tmp_path / "w", settings=settings)
        events: list[Event] = []
        with workspace.store() as store:
            store.samples.add([(s, content_hash(s)) for s in make_samples(10)], source="test")
            pipeline = Pipeline(workspace, store, offline=False, on_event=events.append)
            first = pipeline.probe()
            asked = len(server.requests)
            again = pipeline.probe()
            assert len(server.requests) == asked and again.generations.new == 0
            run = store.runs.list()[0]
            with pytest.raises(MissingError, match="offline"):
                Pipeline(workspace, store, offline=True, on_event=events.append).probe()
    assert first.generations.new == asked and run.inputs["served"].endswith("served")
    assert first.tasks[0].strategy in ("step_by_step", "recall_reason_generate")
