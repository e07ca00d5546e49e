"""Scripted models on made benchmarks."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from orca_local.domain.errors import OrcaError
from orca_local.domain.events import Event, StageFinished
from orca_local.domain.settings import EvaluateSettings
from orca_local.domain.suite_evaluation import SuiteEvaluation
from orca_local.domain.types import Request
from orca_local.engines.fake import FakeEngine
from orca_local.evaluate.named_model import NamedModel
from orca_local.evaluate.stage import LoadedModel
from orca_local.evaluate.suites import evaluate_suites
from orca_local.generation.generate import ModelRef
from orca_local.rows.renderer import PromptRenderer
from orca_local.runs.context import StageContext
from orca_local.store.store import Store
from orca_local.suites.choose import ChosenQuestions

GENERAL = "Be kind."
SETTINGS = EvaluateSettings(system_messages=(GENERAL, ""), suite_max_tokens=16)
Script = Callable[[Request], str]
Choose = Callable[..., list[ChosenQuestions]]


def question_of(request: Request) -> str:
    return request.messages[-1].content


def add(request: Request) -> str:
    """Right for GSM8K; always the first option elsewhere."""
    text = question_of(request)
    if "What is" not in text:
        return "Answer: A"
    return f"The answer is {int(text.split()[2]) + 1000}."


def silent(request: Request) -> str:
    return "I do not know."


def fail(request: Request) -> str:
    raise OrcaError("the engine broke", hint="")


class Scene:
    """Scripted models and a store."""

    def __init__(self, store: Store, gguf: Path) -> None:
        self.store, self.gguf = store, gguf
        self.engines: dict[str, FakeEngine] = {}

    def model(self, name: str, script: Script, context: int = 2048) -> NamedModel:
        def load() -> LoadedModel:
            self.engines[name] = FakeEngine(script, context=context)
            return LoadedModel(self.engines[name], PromptRenderer(self.gguf))

        model_id = self.store.models.ensure(f"/{name}", name * 8, "llama", "F16", 1)
        return NamedModel(name, ModelRef(model_id, name * 8), load)

    def run(
        self, chosen: list[ChosenQuestions], *models: NamedModel, settings: EvaluateSettings = SETTINGS
    ) -> tuple[SuiteEvaluation, list[Event]]:
        context = StageContext(self.store, self.store.runs.start("suites", json.dumps({}), {}))
        events = list(evaluate_suites(context, models, chosen, settings))
        for event in events:
            self.store.runs.add_event(context.run_id, event.kind, event.payload())
        self.store.runs.finish(context.run_id, "done")
        assert isinstance(events[-1], StageFinished) and isinstance(events[-1].summary, SuiteEvaluation)
        return events[-1].summary, events
