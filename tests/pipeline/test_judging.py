"""A workspace with a judge, from the settings to the report."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from orca_local.domain.errors import InputError
from orca_local.domain.events import Event, JudgePlanned, Warned
from orca_local.evaluate.report import render_report
from orca_local.pipeline.pipeline import Pipeline
from orca_local.runs.workspace import Workspace
from orca_local.tasks.split import content_hash
from tests.judge.scene import letters
from tests.openai_server import OpenAIServer, Reply, answer

LIMITS = {"probe": {"max_tokens": 8, "samples": 2}, "evaluate": {"max_tokens": 8}, "engine": {"compute": "as_is"}}


def fair(request: dict[str, Any], number: int) -> Reply:
    """Grades 3, and a tie."""
    return answer("Better: tie" if "<answer A" in request["messages"][-1]["content"] else "Grade: 3")


def make_pipeline(tmp_path: Path, student: Path, judge: dict[str, Any], events: list[Event]) -> Pipeline:
    workspace = Workspace.create(tmp_path / "ws", student=str(student), settings={**LIMITS, "judge": judge})
    samples = [
        *letters(2),
        *(replace(one, id=f"h{one.id}", split="holdout", prompt=f"{one.prompt} Please.") for one in letters(2)),
        *(replace(one, id=f"f{one.id}", task="notes", kind="free", prompt=f"Note {one.id}.") for one in letters(2)),
        *(replace(one, id=f"t{one.id}", split="train", prompt=f"{one.prompt} Now.") for one in letters(1)),
    ]
    with workspace.store() as store:
        store.samples.add([(sample, content_hash(sample)) for sample in samples], "test")
    return Pipeline.open(workspace.directory, on_event=events.append)


@pytest.mark.slow
def test_open_tasks_are_probed_evaluated_and_reported(tmp_path: Path, tiny_gguf: Path) -> None:
    events: list[Event] = []
    with OpenAIServer(fair) as server:
        judge = {"kind": "openai", "base_url": server.url, "model": "scripted", "tasks": ["notes"], "max_calls": 200}
        with make_pipeline(tmp_path, tiny_gguf, judge, events) as pipeline:
            train = pipeline.store.samples.list(split="train")
            with pytest.raises(InputError, match="no strategy is chosen yet"):
                pipeline.selected_strategies(train)
            probed = pipeline.probe(names=["direct_answer", "plain"])
            assert {task.task for task in probed.tasks} == {"letters", "notes"}
            assert {cell.accuracy for task in probed.tasks for cell in task.cells} == {0.5}
            assert pipeline.selected_strategies(train)["letters"].name in ("direct_answer", "plain")
            asked = len(server.requests)
            estimate = pipeline.estimate_evaluation(["base"]).judge
            assert estimate is not None and estimate.answers == 2 + 2 * 2 and len(server.requests) == asked
            evaluated = pipeline.evaluate(("base",))
            assert (evaluated.models[0].accuracy, evaluated.models[0].n) == (0.5, 2)
            assert evaluated.judged is not None and evaluated.judged.pairs is None
            text = render_report(pipeline.store)
    assert text.count(f"scripted at {server.url}") == 2 and text.count("not checked") == 2
    planned = [event.description for event in events if isinstance(event, JudgePlanned)]
    assert len(planned) == 2 and all("never more than" in line or "at no cost" in line for line in planned)
    assert all(server.url in line and "judge.max_calls = 200" in line for line in planned)


@pytest.mark.slow
def test_a_local_judge_that_writes_prose_gives_no_score(tmp_path: Path, tiny_gguf: Path) -> None:
    events: list[Event] = []
    judge = {"kind": "self", "max_tokens": 8}
    with make_pipeline(tmp_path, tiny_gguf, judge, events) as pipeline:
        summary = pipeline.probe(names=["direct_answer", "plain"])
        assert summary.judged is not None
        assert (summary.judged.counts.graded, summary.judged.counts.ungraded) == (0, 4)
        assert summary.tasks == () and "letters" not in pipeline.store.selections.current()
    warnings = [event.message for event in events if isinstance(event, Warned)]
    assert any("without a grade in the asked form" in text for text in warnings)
    assert "task 'letters' has no graded answer, so no strategy was chosen for it" in warnings
