"""What prompting alone gives, on the fake engine."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from orca_local.cli.evaluate import show_comparison
from orca_local.domain.evaluation_summary import EvaluationSummary
from orca_local.domain.events import Event, StageFinished, StageProgressed, StageStarted, Warned
from orca_local.domain.settings import EvaluateSettings
from orca_local.domain.strategies import BUILTIN, Strategy
from orca_local.domain.types import Request
from orca_local.engines.fake import FakeEngine
from orca_local.evaluate.prompted import Prompting
from orca_local.evaluate.report import render_report
from orca_local.evaluate.stage import Candidate, LoadedModel, evaluate
from orca_local.generation.generate import ModelRef
from orca_local.kinds.table import get_kind
from orca_local.rows.renderer import PromptRenderer
from orca_local.runs.context import StageContext
from orca_local.store.store import Store
from orca_local.tasks.split import content_hash
from tests.generation.scene import doubled, make_samples

GENERAL, LINE = "Be kind.", get_kind("number").format_line
PLAIN, STEPS = BUILTIN[-1], Strategy("steps", "Explain.", "Explain.")
SAMPLES = [replace(s, split="holdout") for s in (*make_samples(10), *make_samples(10, task="hard"))]
SETTINGS = EvaluateSettings(system_messages=(GENERAL, ""), max_tokens=16)
PROMPTING = Prompting(GENERAL, GENERAL, {"doubles": STEPS, "hard": PLAIN})


def answer(request: Request) -> str:
    """Right with an instruction; with the format line alone one time in two; else never."""
    system, number = request.messages[0].content, int(request.messages[1].content.rpartition("twice ")[2].rstrip("?"))
    if system == f"Explain.\n{LINE}" or (system == f"{GENERAL}\n{LINE}" and number % 2):
        return doubled(request)
    return "Answer: 0.5"


class Scene:
    """A store, and engines that record what they are asked."""

    def __init__(self, store: Store, gguf: Path) -> None:
        self.store, self._gguf = store, gguf
        store.samples.add([(sample, content_hash(sample)) for sample in SAMPLES], source="test")
        self.candidates = [
            Candidate(name, gguf, ModelRef(store.models.ensure(f"/{name}", name * 8, "llama", "F16", 1), name * 8))
            for name in ("base", "tuned")
        ]
        self.engines: dict[str, FakeEngine] = {}

    def load(self, candidate: Candidate) -> LoadedModel:
        self.engines[candidate.name] = FakeEngine(answer if candidate.name == "base" else doubled)
        return LoadedModel(self.engines[candidate.name], PromptRenderer(self._gguf))

    def run(
        self, prompting: Prompting | None = PROMPTING, names: tuple[str, ...] = ("base", "tuned")
    ) -> tuple[EvaluationSummary, list[Event]]:
        context = StageContext(self.store, self.store.runs.start("evaluate", json.dumps({}), {}))
        candidates = [candidate for candidate in self.candidates if candidate.name in names]
        events = list(evaluate(context, self.load, candidates, SAMPLES, SETTINGS, prompting=prompting))
        for event in events:
            self.store.runs.add_event(context.run_id, event.kind, event.payload())
        self.store.runs.finish(context.run_id, "done")
        assert isinstance(events[-1], StageFinished) and isinstance(events[-1].summary, EvaluationSummary)
        return events[-1].summary, events

    def asked(self, name: str) -> set[str]:
        return {request.messages[0].content for request in self.engines[name].requests}


def test_the_base_is_measured_with_the_format_line_and_with_its_strategies(scene: Scene) -> None:
    summary, _ = scene.run()
    assert scene.asked("base") == {GENERAL, "", f"{GENERAL}\n{LINE}", f"Explain.\n{LINE}"}
    assert scene.asked("tuned") == {GENERAL, ""}
    assert summary.prompted is not None and summary.prompted.base_strategy is not None
    line, strategy = summary.prompted.base_format_line, summary.prompted.base_strategy
    assert (line.accuracy, line.n, strategy.accuracy, strategy.n) == (0.5, 20, 0.5, 20)
    assert {row.task: row.accuracy for row in line.tasks} == {"doubles": 0.5, "hard": 0.5}
    assert {row.task: row.accuracy for row in strategy.tasks} == {"doubles": 1.0, "hard": 0.0}, "hard is plain"
    assert line.ci[0] < 0.5 < line.ci[1]


def test_the_gain_over_each_is_paired_and_that_over_base_stays_the_headline(scene: Scene) -> None:
    summary, _ = scene.run()
    assert summary.gain is not None and summary.prompted is not None and summary.prompted.base_strategy is not None
    assert (summary.gain.value, summary.models[0].accuracy, summary.models[1].accuracy) == (1.0, 0.0, 1.0)
    for row in (summary.prompted.base_format_line, summary.prompted.base_strategy):
        assert row.gain is not None and (row.gain.value, row.gain.n) == (0.5, 20)
        assert row.gain.ci[0] > 0 and row.gain.p_value is not None and row.gain.p_value < 0.01


@pytest.mark.slow
def test_progress_counts_what_is_added_and_a_second_run_generates_nothing(scene: Scene) -> None:
    first, events = scene.run()
    assert events[0] == StageStarted("evaluate", 20 * 2 * 2 + 20 + 20, "generations")
    assert max(event.done for event in events if isinstance(event, StageProgressed)) == 120
    assert len(scene.engines["base"].requests) == 20 * 3 + 10, "plain is the same prompt as that of the main result"
    again, _ = scene.run()
    assert not scene.engines["base"].requests and not scene.engines["tuned"].requests
    assert again.prompted == first.prompted


def test_a_task_without_a_strategy_is_left_out_with_a_warning(scene: Scene) -> None:
    summary, events = scene.run(replace(PROMPTING, strategies={"doubles": STEPS}))
    warning = "task 'hard' has no chosen strategy: base with its chosen strategy is not measured there"
    assert Warned(warning, "run `orca-local probe`") in events
    assert summary.prompted is not None and summary.prompted.base_strategy is not None
    assert (summary.prompted.base_strategy.n, summary.prompted.without_strategy) == (10, ("hard",))
    assert summary.prompted.base_strategy.gain is not None and summary.prompted.base_strategy.gain.n == 10
    assert summary.prompted.base_format_line.n == 20


def test_without_any_strategy_only_the_format_line_is_measured(scene: Scene) -> None:
    summary, events = scene.run(replace(PROMPTING, strategies={}))
    assert summary.prompted is not None and summary.prompted.base_strategy is None
    assert any(isinstance(e, Warned) and e.message.startswith("2 tasks, such as 'doubles', have") for e in events)
    assert "base_strategy" not in summary.to_dict()["prompted"]


def test_without_the_setting_or_the_base_nothing_is_added(scene: Scene) -> None:
    summary, events = scene.run(None)
    assert summary.prompted is None and "prompted" not in summary.to_dict()
    assert events[0] == StageStarted("evaluate", 80, "generations")
    assert scene.asked("base") == {GENERAL, ""}
    summary, events = scene.run(names=("tuned",))
    assert summary.prompted is None and events[0] == StageStarted("evaluate", 40, "generations")


def test_without_the_tuned_model_there_is_no_gain(scene: Scene) -> None:
    summary, _ = scene.run(names=("base",))
    assert summary.prompted is not None
    assert [row.gain for _, row in summary.prompted.labelled] == [None, None]
    assert "gain" not in summary.to_dict()["prompted"]["base_format_line"]


def test_a_base_without_an_instruction_is_asked_as_it_is_trained(scene: Scene) -> None:
    scene.run(Prompting(GENERAL, "Sei genau.", {"doubles": PLAIN, "hard": PLAIN}))
    assert scene.asked("base") == {GENERAL, "", f"{GENERAL}\n{LINE}", "Sei genau."}


def test_the_command_and_the_report_say_it_in_plain_words(scene: Scene, capsys: pytest.CaptureFixture[str]) -> None:
    summary, _ = scene.run(replace(PROMPTING, strategies={"doubles": STEPS}))
    show_comparison(summary)
    printed, report = capsys.readouterr().out, render_report(scene.store)
    for text in (printed, report):
        for label in ("base, told the answer format", "base with its chosen strategy"):
            (row,) = (line for line in text.splitlines() if label in line)
            assert "50.0" in row or "100.0" in row
        assert "left out" in text and "hard" in text
    assert EvaluationSummary.from_dict(summary.to_dict()) == summary
