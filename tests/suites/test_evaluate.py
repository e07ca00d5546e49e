"""Models on made benchmarks, on the scripted engine: scores, differences, and what is counted."""

from __future__ import annotations

import pytest

from orca_local.domain.errors import OrcaError
from orca_local.domain.events import GenerationFailed, StageProgressed, StageStarted
from orca_local.domain.suite_evaluation import SuiteEvaluation, SuiteResult
from orca_local.domain.types import Request
from orca_local.evaluate.suite_estimate import estimate_suites
from orca_local.hub.benchmarks import load_suites
from tests.suites.scene import GENERAL, SETTINGS, Choose, Scene, add, fail, question_of, silent


def row(summary: SuiteEvaluation, suite: str, model: str, message: str = "") -> SuiteResult:
    keys = (suite, model, message)
    return next(one for one in summary.results if (one.suite, one.model, one.system_message) == keys)


def test_every_model_is_scored_in_both_ways_under_every_message(scene: Scene, chosen: Choose) -> None:
    models = [scene.model("base", lambda request: "#### 7"), scene.model("tuned", add)]
    summary, events = scene.run(chosen("gsm8k", "race"), *models)
    assert events[0] == StageStarted("suites", (12 + 3) * 2 * 2, "generations")
    assert max(event.done for event in events if isinstance(event, StageProgressed)) == 60
    assert [(one.suite, one.system_message, one.model) for one in summary.results] == [
        (suite, message, model) for suite in ("gsm8k", "race") for message in (GENERAL, "") for model in summary.models
    ]
    tuned = row(summary, "gsm8k", "tuned", GENERAL)
    assert (tuned.n, tuned.ours.accuracy, tuned.ours.rule, tuned.ours.extracted) == (12, 1.0, "ours", 1.0)
    assert [score.rule for score in tuned.references] == list(load_suites()["gsm8k"].references)
    flexible, strict = tuned.references
    assert (flexible.accuracy, strict.accuracy) == (1.0, 1.0)
    base = row(summary, "gsm8k", "base").references
    assert [score.extracted for score in base] == [1.0, 0.0], "the strict rule asks for `The answer is`"
    assert tuned.ours.ci[0] < 1 == tuned.ours.ci[1] and tuned.tokens == 5.0
    assert row(summary, "gsm8k", "base").ours.accuracy == 0.0
    assert row(summary, "race", "tuned").parts[0].n in (1, 2)
    requests = scene.engines["base"].requests
    assert {request.messages[0].content for request in requests} == {GENERAL, ""}
    assert {request.settings.temperature for request in requests} == {0.0}
    assert scene.store.samples.count() == (0, 0), "no question becomes a sample"


def test_differences_are_of_the_tuned_model_to_each_other_one(scene: Scene, chosen: Choose) -> None:
    scripts = {"base": silent, "tuned": add, "x": silent}
    models = [scene.model(name, script) for name, script in scripts.items()]
    summary, _ = scene.run(chosen("gsm8k"), *models)
    assert [(one.before, one.after) for one in summary.differences] == [("base", "tuned"), ("x", "tuned")] * 2
    one = summary.differences[0]
    assert (one.value, one.n, one.reference_value) == (1.0, 12, 1.0)
    assert one.p_value == pytest.approx(2 / 2**12) and one.ci[0] > 0
    assert row(summary, "gsm8k", "base").no_answer == 1.0
    alone, _ = scene.run(chosen("gsm8k"), models[0])
    assert alone.differences == () and alone.means == ()


def test_means_and_the_literature_stand_apart(scene: Scene, chosen: Choose) -> None:
    six = ("agieval", "bbh", "drop", "crass", "race", "gsm8k")
    summary, _ = scene.run(chosen(*six), scene.model("base", add))
    means = [one.ours.accuracy for one in summary.results if one.system_message == GENERAL]
    (general, empty) = summary.means
    assert general.ours == pytest.approx(sum(means) / 6) and (general.suites, empty.system_message) == (6, "")
    assert general.ci[0] < general.ours < general.ci[1]
    assert {one.model: one.mean for one in summary.reported}["GPT-4"] == 0.7903
    assert all("2311.11045" in one.source for one in summary.reported)
    assert scene.run(chosen("gsm8k", "race"), scene.model("base", add))[0].reported == ()


def test_a_question_longer_than_the_context_is_counted_and_not_fatal(scene: Scene, chosen: Choose) -> None:
    suites = chosen("gsm8k", "bbh")
    longest = max(len(question.prompt) for suite in suites for question in suite.questions)
    with_room = scene.model("base", add, context=4096)
    _, _ = scene.run(suites, with_room)
    sizes = sorted(len(request.token_ids) for request in scene.engines["base"].requests)
    summary, events = scene.run(suites, scene.model("small", add, context=sizes[-1]))
    failed = [event for event in events if isinstance(event, GenerationFailed)]
    too_long = sum(one.too_long for one in summary.results)
    assert longest and 0 < too_long == len(failed) == sum(size == sizes[-1] for size in sizes)
    assert all(event.is_too_long for event in failed) and failed[0].sample_id.split("/")[0] in ("gsm8k", "bbh")
    assert summary.failures is None and sum(one.failed for one in summary.results) == 0


def test_what_fails_otherwise_is_reported_and_all_of_it_ends_the_run(scene: Scene, chosen: Choose) -> None:
    def often(request: Request) -> str:
        return fail(request) if "What is 3 " in question_of(request) else add(request)

    summary, _ = scene.run(chosen("gsm8k"), scene.model("base", often))
    assert summary.failures is not None and summary.failures.count == 2
    assert "evaluate --suite" in summary.failures.again
    result = row(summary, "gsm8k", "base")
    assert (result.failed, result.too_long, result.n) == (1, 0, 12) and result.ours.accuracy == pytest.approx(11 / 12)
    with pytest.raises(OrcaError, match="broken answered none of 24 questions; the last error: the engine broke"):
        scene.run(chosen("gsm8k"), scene.model("broken", fail))


def test_only_what_is_missing_is_generated(scene: Scene, chosen: Choose) -> None:
    part, whole = chosen("gsm8k", limit=5), chosen("gsm8k")
    first, _ = scene.run(part, scene.model("base", add))
    assert (first.new, first.cached, first.suites[0].asked, first.suites[0].questions) == (10, 0, 5, 12)
    second, _ = scene.run(whole, scene.model("base", add))
    assert (second.new, second.cached) == (14, 10)
    third, _ = scene.run(whole, scene.model("base", add))
    assert (third.new, third.cached, scene.engines["base"].requests) == (0, 24, [])
    assert third.results == second.results


def test_a_limited_suite_has_every_part(scene: Scene, chosen: Choose) -> None:
    summary, _ = scene.run(chosen("mmlu", limit=20), scene.model("base", add))
    assert {one.part: one.n for one in summary.results[0].parts} == {"law": 6, "maths": 12, "virology": 2}


def test_the_estimate_heeds_what_is_there_and_what_was_measured(scene: Scene, chosen: Choose) -> None:
    suites, model = chosen("gsm8k"), scene.model("base", add)
    models = {"base": model.model.model_id, "tuned": None}
    before = estimate_suites(scene.store, models, suites, SETTINGS)
    assert (before.answers, before.answered, before.completion_tokens) == (48, 0, 48 * 16)
    assert "assumes" in before.basis
    scene.run(suites, model)
    after = estimate_suites(scene.store, models, suites, SETTINGS)
    assert (after.answers, after.answered, after.completion_tokens) == (48, 24, 24 * 5)
    assert "run 1" in after.basis
