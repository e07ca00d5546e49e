"""Teachers on this machine: the student itself, or a larger model."""

from __future__ import annotations

from typing import Any

from orca_local.domain.settings import TeacherSettings
from orca_local.domain.types import Request
from orca_local.engines.base import Engine
from orca_local.engines.fake import FakeEngine
from orca_local.kinds.prompts import student_messages, teacher_messages
from orca_local.rows.renderer import PromptRenderer
from orca_local.runs.context import StageContext
from orca_local.store.store import Store
from orca_local.teach.engine_teacher import EngineTeacher, LocalModel
from orca_local.teach.job import TeachJob
from orca_local.teach.stage import teach
from tests.events import summary_of
from tests.teach.scene import STEPS, failures, fill, sample


def run(store: Store, engine: Engine, renderer: PromptRenderer, endpoint: str = "self", **changes: Any) -> list[Any]:
    settings = TeacherSettings(kind="self", max_tokens=20, **changes)
    teacher = EngineTeacher(LocalModel(engine, renderer, "base abc"), endpoint)
    samples = store.samples.list(split="train")
    context = StageContext(store, store.runs.start("teach", "{}", {}))
    return list(teach(context, teacher, TeachJob(samples, {"sums": STEPS}, settings)))


def guess(request: Request) -> str:
    """Right for one seed of four."""
    number = int(request.messages[1].content.split()[2])
    return f"I guess.\nAnswer: {2 * number + (request.settings.seed + number) % 4}"


def test_the_student_teaches_itself_with_several_answers_per_sample(store: Store, renderer: PromptRenderer) -> None:
    fill(store, [sample(i) for i in range(8)])
    engine = FakeEngine(guess, capacity=3)
    first = summary_of(run(store, engine, renderer, samples=4, temperature=0.9))
    assert first["calls"] == {"new": 32, "cached": 0, "failed": 0}
    assert (first["verified"], first["rejected"]) == (8, 24)
    assert (first["cost_usd"], first["prompt_tokens"] > 0) == (None, True)
    assert {request.settings.seed for request in engine.requests} == {0, 1, 2, 3}
    assert engine.requests[0].messages == student_messages(sample(0), STEPS) != teacher_messages(sample(0), STEPS)
    again = summary_of(run(store, FakeEngine([]), renderer, samples=4, temperature=0.9))
    assert again["calls"] == {"new": 0, "cached": 32, "failed": 0}


def test_a_local_model_gets_the_instructions_for_teachers(store: Store, renderer: PromptRenderer) -> None:
    fill(store, [sample(1)])
    engine = FakeEngine(lambda request: "Answer: 2")
    run(store, engine, renderer, "local")
    assert engine.requests[0].messages == teacher_messages(sample(1), STEPS)


def test_a_prompt_that_does_not_fit_and_a_cut_off_answer_fail_alone(store: Store, renderer: PromptRenderer) -> None:
    fill(store, [sample(1), sample(2, prompt="What is 2 + 2? " + "Think. " * 400), sample(3)])
    engine = FakeEngine(lambda r: "Answer: 2" if "1 + 1" in r.messages[1].content else "on and on " * 50, context=300)
    events = run(store, engine, renderer)
    assert summary_of(events)["calls"] == {"new": 1, "cached": 0, "failed": 2}
    errors = " | ".join(failures(events))
    assert "context of 300" in errors and "cut off at 20 tokens: raise teacher.max_tokens" in errors


def test_stopping_leaves_no_completions_in_the_engine(store: Store, renderer: PromptRenderer) -> None:
    fill(store, [sample(i) for i in range(6)])
    engine = FakeEngine(guess, capacity=2)
    teacher = EngineTeacher(LocalModel(engine, renderer, "base abc"), "self")
    settings = TeacherSettings(kind="self")
    samples = store.samples.list(split="train")
    context = StageContext(store, store.runs.start("teach", "{}", {}))
    events = teach(context, teacher, TeachJob(samples, {"sums": STEPS}, settings))
    while not store.demonstrations.list():
        next(events)
    events.close()  # type: ignore[attr-defined]
    assert engine.step() == []
