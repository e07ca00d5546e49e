"""A small store with samples to teach, and helpers to run the stage."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from orca_local.domain.events import CallAnswered, CallFailed, Event
from orca_local.domain.settings import TeacherSettings
from orca_local.domain.strategies import BUILTIN, Strategy
from orca_local.domain.types import Sample
from orca_local.runs.context import StageContext
from orca_local.store.store import Store
from orca_local.tasks.split import content_hash
from orca_local.teach.engine_teacher import LocalModel
from orca_local.teach.factory import make_teacher
from orca_local.teach.job import TeachJob
from orca_local.teach.prices import Price
from orca_local.teach.stage import teach
from tests.openai_server import Reply, answer

KEY = "sk-very-secret-0123456789"
STEPS = next(s for s in BUILTIN if s.name == "step_by_step")


def sample(number: int, **changes: Any) -> Sample:
    values: dict[str, Any] = {
        "id": f"s{number:02}",
        "task": "sums",
        "kind": "number",
        "prompt": f"What is {number} + {number}?",
        "answers": (str(2 * number),),
        "split": "train",
    }
    return Sample(**(values | changes))


def fill(store: Store, samples: list[Sample]) -> list[Sample]:
    store.samples.add([(s, content_hash(s)) for s in samples], "test")
    return store.samples.list(split="train")


def settings(url: str, **changes: Any) -> TeacherSettings:
    values = {"base_url": url, "model": "scripted", "tries": 2, "timeout_s": 5.0, "concurrency": 3}
    return TeacherSettings(**(values | changes))


def no_model(name: str) -> LocalModel:
    """Stands in for the loader of local models for teachers that need none."""
    raise AssertionError(f"no model is needed, not even {name}")


def run(
    store: Store,
    samples: list[Sample],
    chosen: TeacherSettings,
    *,
    offline: bool = False,
    limit: int | None = None,
    strategy: Strategy = STEPS,
    directory: Path = Path(),
    price: Price | None = None,
    retry_failed: bool = False,
) -> list[Event]:
    context = StageContext(store, store.runs.start("teach", "{}", {}), offline)
    teacher = make_teacher(chosen, directory, no_model, offline=offline)
    events = teach(
        context,
        teacher,
        TeachJob(samples, {"sums": strategy}, chosen, price, limit, retry_failed),
    )
    return list(events)


def failures(events: list[Event]) -> list[str]:
    return [e.error for e in events if isinstance(e, CallFailed)]


def answered(events: list[Event]) -> list[CallAnswered]:
    return [e for e in events if isinstance(e, CallAnswered)]


def solve(request: dict[str, Any], _number: int) -> Reply:
    """The right answer, as a teacher would give it."""
    number = int(re.findall(r"\d+", request["messages"][-1]["content"])[0])
    return answer(f"{number} and {number} make {2 * number}.\nAnswer: {2 * number}")
