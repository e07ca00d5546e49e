"""A judge behind a scripted endpoint, and a store with answers to grade."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from typing import Any, TypeVar

from orca_local.domain.events import Event
from orca_local.domain.settings import JudgeSettings
from orca_local.domain.types import Sample
from orca_local.judge.judge import Judge
from orca_local.runs.context import StageContext
from orca_local.store.store import Store
from orca_local.teach.factory import make_teacher
from orca_local.teach.prices import Price
from orca_local.teach.purpose import Purpose
from tests.openai_server import Reply, answer
from tests.teach.scene import no_model

PRICE = Price(1.0, 1.0)
"""US dollars per million tokens."""
T = TypeVar("T")


def letters(count: int) -> list[Sample]:
    return [Sample(f"l{i}", "letters", "judged", f"Write letter {i}.", (), "probe") for i in range(count)]


def judge_settings(url: str, **changes: Any) -> JudgeSettings:
    values = {"kind": "openai", "base_url": url, "model": "scripted", "tries": 2, "timeout_s": 5.0, "concurrency": 2}
    return JudgeSettings(**(values | {"max_tokens": 64} | changes))


def make_judge(settings: JudgeSettings, price: Price | None = PRICE, directory: Path = Path()) -> Judge:
    purpose = Purpose("judge", "judge", "orca-local probe", "judge")
    return Judge(
        settings,
        lambda offline: make_teacher(settings, directory, no_model, offline=offline, purpose=purpose),
        lambda endpoint, model: price,
        "orca-local probe",
    )


def context_of(store: Store, *, offline: bool = False) -> StageContext:
    return StageContext(store, store.runs.start("probe", "{}", {}), offline)


def drained(events: Generator[Event, None, T]) -> tuple[list[Event], T]:
    """All events of a part of a stage, and what it returns."""
    seen: list[Event] = []
    while True:
        try:
            seen.append(next(events))
        except StopIteration as end:
            return seen, end.value


def polite(request: dict[str, Any], _number: int) -> Reply:
    """A judge that gives 5 to an answer with "Dear", else 2."""
    text = request["messages"][-1]["content"]
    sent = sum(len(message["content"]) for message in request["messages"])
    usage = {"prompt_tokens": sent // 4, "completion_tokens": 6}
    return answer(f"I read it.\nGrade: {5 if 'Dear' in text else 2}", usage=usage)
