"""Grades in probe and evaluation, on the fake engine and a scripted judge."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from orca_local.domain.errors import OrcaError
from orca_local.domain.evaluation_summary import EvaluationSummary
from orca_local.domain.events import Event, StageFinished, Warned
from orca_local.domain.probe_summary import ProbeSummary
from orca_local.domain.settings import EvaluateSettings, ProbeSettings
from orca_local.domain.strategies import Strategy
from orca_local.domain.types import Request, Sample
from orca_local.engines.fake import FakeEngine
from orca_local.evaluate.prompted import Prompting
from orca_local.evaluate.report import render_report
from orca_local.evaluate.results import load_summary
from orca_local.evaluate.stage import Candidate, LoadedModel, evaluate
from orca_local.generation.generate import ModelRef
from orca_local.generation.rescore import ensure_scores
from orca_local.judge.check import check, user_grade
from orca_local.judge.judge import Judge
from orca_local.probe.stage import probe
from orca_local.rows.renderer import PromptRenderer
from orca_local.runs.context import StageContext
from orca_local.store.store import Store
from orca_local.tasks.split import content_hash
from tests.generation.scene import Scene, doubled, make_samples
from tests.judge.scene import judge_settings, letters, make_judge, polite
from tests.openai_server import OpenAIServer, Reply, answer

BRIEF, KIND = Strategy("brief", "Be brief.", "Be brief."), Strategy("kind", "Be kind.", "Be kind.")
EXHAUSTIVE = ProbeSettings(method="exhaustive", max_tokens=16)
GENERAL = "Be good."


def write(request: Request) -> str:
    """A letter that is polite under `kind`; a number for a question about one."""
    if "twice" in request.messages[-1].content:
        return doubled(request)
    number = request.messages[-1].content.split()[-1]
    return f"Dear {number}" if request.messages[0].content.startswith("Be kind.") else f"Hey {number}"


@pytest.fixture
def scene(tmp_path: Path, tiny_gguf: Path) -> Iterator[Scene]:
    with Store.open(tmp_path / "orca.db", create=True) as store:
        made = Scene.make(store, tiny_gguf, [*letters(6), *make_samples(6)])
        yield made
        made.renderer.close()


def run_probe(
    scene: Scene, judge: Judge | None, settings: ProbeSettings = EXHAUSTIVE
) -> tuple[ProbeSummary, list[Event]]:
    context = StageContext(scene.store, scene.start())
    samples = scene.store.samples.list(split="probe")
    strategies = [BRIEF, KIND]
    engine = FakeEngine(write)
    events = list(probe(context, engine, scene.renderer, samples, strategies, settings, model=scene.model, judge=judge))
    return finish(scene.store, context, events), events  # type: ignore[return-value]


def finish(store: Store, context: StageContext, events: list[Event]) -> object:
    for event in events:
        store.runs.add_event(context.run_id, event.kind, event.payload())
    store.runs.finish(context.run_id, "done")
    assert isinstance(events[-1], StageFinished)
    return events[-1].summary


def warnings(events: list[Event]) -> list[str]:
    return [event.message for event in events if isinstance(event, Warned)]


@pytest.mark.parametrize("method", ["race", "exhaustive"])
def test_a_strategy_is_chosen_by_grades(scene: Scene, method: Any) -> None:
    with OpenAIServer(polite) as server:
        judge = make_judge(judge_settings(server.url))
        summary, _ = run_probe(scene, judge, ProbeSettings(method=method, max_tokens=16))
        chosen = {task.task: task for task in summary.tasks}
        assert chosen["letters"].strategy == "kind"
        cells = {cell.strategy: cell for cell in chosen["letters"].cells}
        assert (cells["kind"].accuracy, cells["brief"].accuracy) == (1.0, 0.25)
        assert summary.judged is not None
        assert summary.judged.counts.graded == len(server.requests) == sum(cell.n for cell in cells.values())
        assert scene.store.selections.current()["letters"].strategy == "kind"
        again, _ = run_probe(scene, judge, ProbeSettings(method=method, max_tokens=16))
        assert {task.task: task.strategy for task in again.tasks} == {
            name: one.strategy for name, one in chosen.items()
        }
        assert len(server.requests) == summary.judged.counts.graded, "a second run asks nothing"
    text = render_report(scene.store)
    assert f"scripted at {server.url}" in text and "not checked" in text


def test_without_a_judge_open_answers_are_left_out(scene: Scene) -> None:
    summary, events = run_probe(scene, None)
    assert [task.task for task in summary.tasks] == ["doubles"]
    assert summary.judged is None
    (warning,) = [event for event in events if isinstance(event, Warned)]
    assert warning.message == "6 samples of kind `judged` have no score and are not probed"
    assert "[judge] in orca.toml" in warning.hint


def test_prose_counts_nowhere(scene: Scene) -> None:
    def script(request: dict[str, Any], number: int) -> Reply:
        return answer("Nice.") if "Dear 3" in request["messages"][-1]["content"] else polite(request, number)

    with OpenAIServer(script) as server:
        summary, events = run_probe(scene, make_judge(judge_settings(server.url)))
    cells = {cell.strategy: cell for task in summary.tasks if task.task == "letters" for cell in task.cells}
    assert (cells["kind"].n, cells["kind"].accuracy, cells["brief"].n) == (5, 1.0, 6)
    assert any("11 of 12 answers graded, 1 without a grade" in text for text in warnings(events))
    stored = {cell.strategy: cell for cell in scene.store.measurements.cells(summary.run_id) if cell.task == "letters"}
    assert (stored["kind"].n, stored["brief"].n) == (5, 6)


def test_no_strategy_is_chosen_from_half_of_the_grades(scene: Scene) -> None:
    with OpenAIServer(polite) as server:
        capped = make_judge(judge_settings(server.url, max_calls=5, concurrency=1))
        summary, events = run_probe(scene, capped)
        assert [task.task for task in summary.tasks] == ["doubles"]
        assert "letters" not in scene.store.selections.current()
        assert "not all answers of task 'letters' are graded, so no strategy was chosen for it" in warnings(events)
        assert len(server.requests) == 5
        summary, _ = run_probe(scene, make_judge(judge_settings(server.url)))
        assert {task.task: task.strategy for task in summary.tasks}["letters"] == "kind"
        assert len(server.requests) == 12


class Models:
    """Base and tuned on the fake engine; base writes less politely to odd numbers."""

    def __init__(self, store: Store, gguf: Path, samples: list[Sample]) -> None:
        self.store, self._gguf, self.samples = store, gguf, samples
        store.samples.add([(sample, content_hash(sample)) for sample in samples], source="test")
        self.candidates = [
            Candidate(name, gguf, ModelRef(store.models.ensure(f"/{name}", name * 8, "llama", "F16", 1), name * 8))
            for name in ("base", "tuned")
        ]
        self.asked: dict[str, list[str]] = {}

    def load(self, candidate: Candidate) -> LoadedModel:
        def reply(request: Request) -> str:
            self.asked.setdefault(candidate.name, []).append(request.messages[0].content)
            last = request.messages[-1].content
            if "twice" in last:
                return doubled(request)
            is_dear = candidate.name == "tuned" or int(last.split()[-1].rstrip(".")) % 2 == 0
            return f"{'Dear' if is_dear else 'Hey'} {last.split()[-1]}"

        return LoadedModel(FakeEngine(reply), PromptRenderer(self._gguf))

    def run(
        self, judge: Judge | None, names: tuple[str, ...] = ("base", "tuned")
    ) -> tuple[EvaluationSummary, list[Event]]:
        context = StageContext(self.store, self.store.runs.start("evaluate", "{}", {}))
        candidates = [candidate for candidate in self.candidates if candidate.name in names]
        settings = EvaluateSettings(system_messages=(GENERAL, ""), max_tokens=16)
        prompting = Prompting(GENERAL, GENERAL)
        events = list(
            evaluate(context, self.load, candidates, self.samples, settings, prompting=prompting, judge=judge)
        )
        return finish(self.store, context, events), events  # type: ignore[return-value]


@pytest.fixture
def models(tmp_path: Path, tiny_gguf: Path) -> Iterator[Models]:
    samples = [replace(sample, split="holdout") for sample in (*letters(6), *make_samples(4))]
    with Store.open(tmp_path / "orca.db", create=True) as store:
        yield Models(store, tiny_gguf, samples)


def judging(request: dict[str, Any], number: int) -> Reply:
    """Grades as `polite` does; of two answers, prefers the one with "Dear"."""
    text = request["messages"][-1]["content"]
    if "<answer A" not in text:
        return polite(request, number)
    first = text.partition("<answer B")[0]
    return answer("Better: A" if "Dear" in first else "Better: B")


@pytest.mark.slow
def test_an_evaluation_has_grades_pairs_and_the_judges_name(models: Models) -> None:
    with OpenAIServer(judging) as server:
        judge = make_judge(judge_settings(server.url))
        summary, _ = models.run(judge)
        accuracies = {model.model: {task.task: task.accuracy for task in model.tasks} for model in summary.models}
        assert accuracies == {
            "base": {"doubles": 1.0, "letters": pytest.approx((3 + 3 * 0.25) / 6)},
            "tuned": {"doubles": 1.0, "letters": 1.0},
        }
        assert summary.judged is not None and summary.judged.pairs is not None
        assert summary.judged.counts.graded == 12
        pairs = summary.judged.pairs
        assert (pairs.wins, pairs.losses, pairs.ties, pairs.win_rate) == (3, 0, 3, 0.75)
        # Three letters are the same under both models, and are graded once: 9 grades and 2 × 3 choices.
        assert len(server.requests) == 15
        assert "" in models.asked["base"] and models.asked["base"].count("") == 4, "graded under one system message"
        assert models.run(judge)[0].judged == replace(summary.judged, cost_usd=summary.judged.cost_usd)
        assert len(server.requests) == 15
    text = render_report(models.store)
    assert f"scripted at {server.url}" in text
    assert "tuned wins 75 %" in text and "not checked" in text


def test_the_report_has_the_agreement_once_it_was_checked(models: Models) -> None:
    with OpenAIServer(judging) as server:
        judge = make_judge(judge_settings(server.url))
        models.run(judge, ("tuned",))
        context = StageContext(models.store, models.store.runs.start("judge", "{}", {}))
        grades = [user_grade("Write.", "Dear Ann", 5), user_grade("Write.", "Hey", 1)]
        summary = finish(models.store, context, list(check(context, judge, grades)))
    text = render_report(models.store)
    assert "same grade for 50 %" in text and "not checked" not in text
    assert [one["judge"] for one in summary.to_dict()["answers"]] == [5, 2]  # type: ignore[attr-defined]


@pytest.mark.slow
def test_an_answer_without_a_grade_is_left_out_of_the_accuracy(models: Models) -> None:
    def script(request: dict[str, Any], number: int) -> Reply:
        return answer("Hm.") if "Hey 1" in request["messages"][-1]["content"] else judging(request, number)

    with OpenAIServer(script) as server:
        summary, events = models.run(make_judge(judge_settings(server.url)))
    task = next(task for task in summary.models[0].tasks if task.task == "letters")
    assert task.n == 5
    assert task.accuracy == pytest.approx((3 + 2 * 0.25) / 5)
    assert summary.gain is not None and {one.task: one.n for one in summary.gain.tasks}["letters"] == 5
    assert summary.judged is not None and summary.judged.counts.ungraded == 1
    assert any("without a grade in the asked form" in text for text in warnings(events))


@pytest.mark.slow
def test_a_limit_leaves_the_rest_for_the_next_run(models: Models) -> None:
    with OpenAIServer(judging) as server:
        summary, _ = models.run(make_judge(judge_settings(server.url, max_calls=7, concurrency=1)))
        assert summary.judged is not None and summary.judged.pairs is not None
        assert summary.judged.counts.not_asked == 2 and summary.judged.pairs.not_asked == 3
        assert len(server.requests) == 7
        summary, _ = models.run(make_judge(judge_settings(server.url)))
        assert summary.judged is not None and summary.judged.counts.not_asked == 0
        assert len(server.requests) == 15


def test_grades_outlive_a_new_version_of_the_readers(models: Models) -> None:
    with OpenAIServer(judging) as server:
        models.run(make_judge(judge_settings(server.url)))
    before = models.store.measurements.accuracy_by_task()
    assert before["letters"] == pytest.approx((1.0 + 0.625) / 2)
    ensure_scores(models.store)
    assert models.store.measurements.accuracy_by_task() == before
    assert all(row.sample_id.startswith("doubles") for row in models.store.measurements.outdated(99))
    assert load_summary(models.store) is not None


@pytest.mark.parametrize("limits", [{}, {"max_calls": 1, "concurrency": 1}])
def test_an_evaluation_without_any_grade_says_so(tmp_path: Path, tiny_gguf: Path, limits: dict[str, int]) -> None:
    samples = [replace(sample, split="holdout") for sample in letters(2)]
    with (
        Store.open(tmp_path / "orca.db", create=True) as store,
        OpenAIServer(lambda *_: answer("Nice.")) as server,
        pytest.raises(OrcaError, match="no answer has a score: 0 of 4 answers graded") as caught,
    ):
        Models(store, tiny_gguf, samples).run(make_judge(judge_settings(server.url, **limits)))
    assert caught.value.hint


def test_a_workspace_of_open_answers_alone_is_evaluated(tmp_path: Path, tiny_gguf: Path) -> None:
    samples = [replace(sample, split="holdout") for sample in letters(4)]
    with Store.open(tmp_path / "orca.db", create=True) as store, OpenAIServer(judging) as server:
        summary, _ = Models(store, tiny_gguf, samples).run(make_judge(judge_settings(server.url)))
    assert [len(model.by_system_message) for model in summary.models] == [1, 1]
    assert summary.prompted is None
    assert summary.gain is not None and summary.gain.n == 4
