"""A store with samples, and all else that `generate` needs."""

from __future__ import annotations

import json
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path

from orca_local.domain.events import Event
from orca_local.domain.types import Message, Request, Sample, SamplingSettings
from orca_local.engines.base import Engine
from orca_local.generation.generate import GenerationCounts, ModelRef, PlannedMeasurement, generate
from orca_local.rows.renderer import PromptRenderer
from orca_local.store.store import Store
from orca_local.tasks.split import content_hash


def make_samples(count: int, *, task: str = "doubles", kind: str = "number") -> list[Sample]:
    answers = () if kind == "free" else ("4",)
    return [
        Sample(f"{task}-{i}", task, kind, f"{task}: what is twice {i}?", (str(2 * i),) if answers else (), "probe")
        for i in range(count)
    ]


def doubled(request: Request) -> str:
    """Answer correctly."""
    number = request.messages[-1].content.rpartition("twice ")[2].rstrip("?")
    return f"Answer: {2 * int(number)}"


def planned(sample: Sample, strategy: str = "s", system: str = "", **settings: float) -> PlannedMeasurement:
    messages = (Message("system", system), Message("user", sample.prompt))
    return PlannedMeasurement(sample, strategy, messages, system, SamplingSettings(**{"max_tokens": 16, **settings}))  # type: ignore[arg-type]


@dataclass(frozen=True)
class Scene:
    """A store, a renderer and a model."""

    store: Store
    renderer: PromptRenderer
    model: ModelRef

    @classmethod
    def make(cls, store: Store, gguf: Path, samples: list[Sample]) -> Scene:
        store.samples.add([(sample, content_hash(sample)) for sample in samples], source="test")
        model_id = store.models.ensure(str(gguf), "ab" * 32, "llama", "F16", 1000)
        return cls(store, PromptRenderer(gguf), ModelRef(model_id, "ab" * 32))

    def start(self) -> int:
        return self.store.runs.start("probe", json.dumps({}), {})

    def events(
        self, engine: Engine, measurements: list[PlannedMeasurement]
    ) -> Generator[Event, None, GenerationCounts]:
        return generate(engine, self.renderer, self.store, measurements, model=self.model, run_id=self.start())

    def generate(self, engine: Engine, measurements: list[PlannedMeasurement]) -> tuple[GenerationCounts, list[Event]]:
        events: list[Event] = []
        generator = self.events(engine, measurements)
        while True:
            try:
                events.append(next(generator))
            except StopIteration as stop:
                return stop.value, events
