"""The probe stage on the fake engine and on a tiny model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import pytest

from orca_local.domain.errors import OrcaError
from orca_local.domain.events import (
    CellMeasured,
    Event,
    StageStarted,
    StrategyChosen,
    StrategyDropped,
    Warned,
)
from orca_local.domain.settings import DEFAULT_SYSTEM_MESSAGE, EngineSettings, ProbeSettings
from orca_local.domain.strategies import BUILTIN, Strategy
from orca_local.domain.types import Request, Sample
from orca_local.engines.base import Engine
from orca_local.engines.fake import FakeEngine
from orca_local.engines.llama_cpp import LlamaCppEngine
from orca_local.probe.stage import limit_per_task, probe
from orca_local.runs.context import StageContext
from orca_local.store.store import Store
from orca_local.views.probe_matrix import load_probe_matrix
from tests.events import summary_of
from tests.generation.scene import Scene, doubled, make_samples

BRIEF = Strategy("brief", "Be brief.", "Be brief.")
LONG = Strategy("long", "Explain.", "Explain.")
SAMPLES = [*make_samples(12), *make_samples(12, task="hard")]


@pytest.fixture
def scene(tmp_path: Path, tiny_gguf: Path) -> Iterator[Scene]:
    """Two tasks of twelve samples, and one that has no score."""
    with Store.open(tmp_path / "orca.db", create=True) as store:
        made = Scene.make(store, tiny_gguf, [*SAMPLES, *make_samples(2, task="essays", kind="free")])
        yield made
        made.renderer.close()


def answer(request: Request) -> str:
    """Right under `long`; under `brief` only on the task `hard`, and in fewer words."""
    if request.messages[0].content.startswith("Explain."):
        return "Let me think about it. " + doubled(request)
    return doubled(request) if request.messages[-1].content.startswith("hard") else "no idea"


def noisy(request: Request) -> str:
    """Right two times in three under `long`, one in three under `brief`, as the prompt has it."""
    rare = sum(map(ord, request.messages[1].content)) % 3 == 0
    is_long = request.messages[0].content.startswith("Explain.")
    return doubled(request) if rare != is_long else "no idea"


def run(
    scene: Scene,
    engine: Engine,
    samples: list[Sample] = SAMPLES,
    strategies: tuple[Strategy, ...] = (BRIEF, LONG),
    limit: int = 0,
    method: Literal["race", "exhaustive"] = "exhaustive",
    system_message: str = DEFAULT_SYSTEM_MESSAGE,
) -> list[Event]:
    events = probe(
        StageContext(scene.store, scene.start()),
        engine,
        scene.renderer,
        samples,
        strategies,
        ProbeSettings(max_tokens=16, samples=limit, method=method),
        model=scene.model,
        system_message=system_message,
    )
    return list(events)


def test_every_strategy_is_measured_on_every_sample_and_the_best_is_chosen(scene: Scene) -> None:
    events = run(scene, FakeEngine(answer))
    assert events[0] == StageStarted("probe", 48, "generations")
    cells = {(e.task, e.strategy): (e.n, e.score_sum, e.extracted) for e in events if isinstance(e, CellMeasured)}
    assert cells == {
        ("doubles", "brief"): (12, 0.0, 0.0),
        ("doubles", "long"): (12, 12.0, 1.0),
        ("hard", "brief"): (12, 12.0, 1.0),
        ("hard", "long"): (12, 12.0, 1.0),
    }
    chosen = {e.task: (e.strategy, e.decided) for e in events if isinstance(e, StrategyChosen)}
    assert chosen == {"doubles": ("long", True), "hard": ("brief", False)}, "a tie goes to the cheaper"


def test_the_summary_is_what_json_prints(scene: Scene) -> None:
    result = summary_of(run(scene, FakeEngine(answer)))
    assert {"run_id", "method", "tasks", "worth", "generations", "completion_tokens", "seconds"} == set(result)
    assert result["generations"] == {"new": 48, "cached": 0}
    doubles = result["tasks"][0]
    assert (doubles["task"], doubles["strategy"], doubles["decided"]) == ("doubles", "long", True)
    cell = doubles["cells"][1]
    assert cell["strategy"] == "long"
    assert (cell["n"], cell["score_sum"], cell["accuracy"], cell["extracted"]) == (12, 12.0, 1.0, 1.0)
    assert cell["ci"][0] == pytest.approx(0.7200, abs=1e-3), "n / (n + t²) with Student's t of 13 degrees of freedom"
    assert cell["completion_tokens"] == 12 * 8
    total = sum(cell["completion_tokens"] for task in result["tasks"] for cell in task["cells"])
    assert total == result["completion_tokens"]


def test_selections_are_kept(scene: Scene) -> None:
    result = summary_of(run(scene, FakeEngine(answer)))
    selection = scene.store.selections.current()["doubles"]
    assert (selection.run_id, selection.strategy, selection.decided) == (result["run_id"], "long", True)
    assert (selection.samples, selection.accuracy, selection.method) == (12, 1.0, "exhaustive")
    assert "12 samples" in selection.reason


def test_a_second_probe_makes_nothing_and_finds_the_same(scene: Scene) -> None:
    first = summary_of(run(scene, FakeEngine(answer)))
    again = summary_of(run(scene, FakeEngine([])))
    assert again["generations"] == {"new": 0, "cached": 48}
    assert again["tasks"] == first["tasks"]


def test_a_changed_strategy_is_measured_again(scene: Scene) -> None:
    run(scene, FakeEngine(answer))
    changed = Strategy("long", "Explain. Well.", "Explain.")
    result = summary_of(run(scene, FakeEngine(answer), strategies=(BRIEF, changed)))
    assert result["generations"] == {"new": 24, "cached": 24}
    assert [cell["n"] for task in result["tasks"] for cell in task["cells"]] == [12] * 4


def test_a_larger_limit_extends_a_smaller_one(scene: Scene) -> None:
    few, more = limit_per_task(SAMPLES, 3), limit_per_task(SAMPLES[::-1], 5)
    assert [sum(s.task == task for s in few) for task in ("doubles", "hard")] == [3, 3]
    assert {s.id for s in few} < {s.id for s in more}
    assert summary_of(run(scene, FakeEngine(answer), limit=3))["generations"]["new"] == 12
    result = summary_of(run(scene, FakeEngine(answer), SAMPLES[::-1], limit=5))
    assert result["generations"] == {"new": 8, "cached": 12}
    assert {cell["n"] for task in result["tasks"] for cell in task["cells"]} == {5}


def test_samples_without_a_score_are_left_out_with_a_warning(scene: Scene) -> None:
    events = run(scene, FakeEngine(answer), [*SAMPLES, *make_samples(2, task="essays", kind="free")])
    assert events[0] == Warned("2 samples of kind `free` have no score and are not probed")
    assert {task["task"] for task in summary_of(events)["tasks"]} == {"doubles", "hard"}
    assert summary_of(run(scene, FakeEngine([]), make_samples(2, task="essays", kind="free")))["tasks"] == []


def test_failed_generations_are_left_out_with_a_warning(scene: Scene) -> None:
    def broken(request: Request) -> str:
        if request.messages[0].content.startswith("Be brief.") and "doubles" in request.messages[1].content:
            raise OrcaError("broken")
        return answer(request)

    events = run(scene, FakeEngine(broken))
    assert Warned("12 generations failed and are left out of the scores") in events
    doubles = summary_of(events)["tasks"][0]
    assert [cell["n"] for cell in doubles["cells"]] == [0, 12]
    assert doubles["strategy"] == "long"


def test_a_task_without_one_answer_gets_no_strategy(scene: Scene) -> None:
    def broken(request: Request) -> str:
        if "doubles" in request.messages[1].content:
            raise OrcaError("broken")
        return answer(request)

    events = run(scene, FakeEngine(broken))
    assert any(isinstance(event, Warned) and "'doubles'" in event.message for event in events)
    assert [task["task"] for task in summary_of(events)["tasks"]] == ["hard"]
    assert list(scene.store.selections.current()) == ["hard"]


def test_a_probe_without_any_answer_fails(scene: Scene) -> None:
    def broken(request: Request) -> str:
        raise OrcaError("broken")

    with pytest.raises(OrcaError, match="all 24 generations failed; the last error: broken"):
        run(scene, FakeEngine(broken), SAMPLES[:12])
    assert not scene.store.selections.current()


def test_a_tiny_model_is_probed_under_the_builtin_strategies(scene: Scene, tiny_gguf: Path) -> None:
    engine = LlamaCppEngine(tiny_gguf, EngineSettings(capacity=8, context=512, threads=1))
    result = summary_of(run(scene, engine, SAMPLES[:4], BUILTIN))
    engine.close()
    assert result["generations"] == {"new": 28, "cached": 0}
    assert result["completion_tokens"] > 0
    assert result["tasks"][0]["strategy"] in {strategy.name for strategy in BUILTIN}


class Dies(Exception):
    """Stands for a process that is killed."""


def test_a_race_generates_less_and_reports_dropped_strategies(scene: Scene) -> None:
    events = run(scene, FakeEngine(answer), method="race")
    result = summary_of(events)
    dropped = [e for e in events if isinstance(e, StrategyDropped)]
    assert dropped == [StrategyDropped("doubles", "brief", 8), StrategyDropped("hard", "long", 8)]
    doubles, hard = result["tasks"]
    assert [cell["n"] for cell in doubles["cells"]] == [8, 8]
    assert (doubles["strategy"], doubles["probability_best"] > 0.99, doubles["loss_bound"]) == ("long", True, 0.0)
    assert (hard["strategy"], hard["decided"]) == ("brief", False), "a tie goes to the cheaper"
    assert scene.store.selections.current()["doubles"].method == "race"
    assert result["generations"]["new"] < 48


def test_a_race_that_was_killed_goes_on_to_the_same_decisions(scene: Scene, tiny_gguf: Path) -> None:
    whole = summary_of(run(scene, FakeEngine(noisy), method="race"))["tasks"]
    with Store.open(scene.store.path.with_name("other.db"), create=True) as store:
        other = Scene.make(store, tiny_gguf, SAMPLES)
        for after in (5, 17):
            count = 0

            def dying(request: Request, after: int = after) -> str:
                nonlocal count
                count += 1
                if count > after:
                    raise Dies
                return noisy(request)

            with pytest.raises(Dies):
                run(other, FakeEngine(dying), method="race")
        again = summary_of(run(other, FakeEngine(noisy), method="race"))
        other.renderer.close()
    assert again["tasks"] == whole
    assert again["generations"]["cached"] > 0


def test_the_order_of_samples_makes_no_difference(scene: Scene) -> None:
    first = summary_of(run(scene, FakeEngine(noisy), method="race"))["tasks"]
    assert summary_of(run(scene, FakeEngine([]), SAMPLES[::-1], method="race"))["tasks"] == first


def test_a_strategy_that_always_fails_is_dropped_at_once(scene: Scene) -> None:
    def broken(request: Request) -> str:
        if request.messages[0].content.startswith("Be brief."):
            raise OrcaError("broken")
        return answer(request)

    result = summary_of(run(scene, FakeEngine(broken), method="race"))
    assert {task["strategy"] for task in result["tasks"]} == {"long"}
    assert all(task["cells"][0]["n"] == 0 for task in result["tasks"])


def test_empty_answers_are_wrong_and_not_readable(scene: Scene) -> None:
    result = summary_of(run(scene, FakeEngine(lambda _: ""), method="race"))
    for task in result["tasks"]:
        assert task["strategy"] == "brief" and not task["decided"]
        assert all(cell["extracted"] == 0 for cell in task["cells"])
        assert task["reason"].startswith("no strategy got an answer right")


def test_two_samples_are_enough_to_choose(scene: Scene) -> None:
    result = summary_of(run(scene, FakeEngine(answer), SAMPLES[:2], method="race"))
    assert result["tasks"][0]["strategy"] == "long" and not result["tasks"][0]["decided"]


def test_the_strict_reading_decides_unless_the_strategy_does_not_ask_for_the_form(scene: Scene) -> None:
    def without_the_form(request: Request) -> str:
        text = doubled(request)
        return text if request.messages[0].content.startswith("Be brief.") else text.replace("Answer:", "It makes")

    asking = summary_of(run(scene, FakeEngine(without_the_form), SAMPLES[:12]))["tasks"][0]
    assert asking["strategy"] == "brief" and asking["decided"]
    figures = [(cell["accuracy"], cell["lenient_accuracy"], cell["extracted"]) for cell in asking["cells"]]
    assert figures == [(1.0, 1.0, 1.0), (0.0, 1.0, 0.0)]

    plain = Strategy("plain", "Explain.", "Explain.", asks_form=False)
    free = summary_of(run(scene, FakeEngine(without_the_form), SAMPLES[:12], (BRIEF, plain)))["tasks"][0]
    assert [(cell["accuracy"], cell["extracted"]) for cell in free["cells"]] == [(1.0, 1.0), (1.0, 1.0)]
    assert not free["decided"]


def test_truncated_and_unreadable_answers_have_a_share(scene: Scene) -> None:
    def cut_off(request: Request) -> str:
        return "so " * 40 if request.messages[0].content.startswith("Explain.") else doubled(request)

    brief, long = summary_of(run(scene, FakeEngine(cut_off), SAMPLES[:12]))["tasks"][0]["cells"]
    assert (brief["truncated"], brief["unreadable"]) == (0.0, 0.0)
    assert (long["truncated"], long["unreadable"]) == (1.0, 1.0)


def in_own_way(request: Request) -> str:
    """Right in words of its own where no form is asked for; else in the form, and wrong."""
    return "Answer: 0.5" if "\n" in request.messages[0].content else doubled(request).replace("Answer:", "It makes")


@pytest.mark.parametrize("method", ["race", "exhaustive"])
def test_plain_is_raced_and_read_leniently(scene: Scene, method: Literal["race", "exhaustive"]) -> None:
    (task,) = summary_of(run(scene, FakeEngine(in_own_way), SAMPLES[:12], BUILTIN, method=method))["tasks"]
    cells = {cell["strategy"]: cell for cell in task["cells"]}
    assert set(cells) == {strategy.name for strategy in BUILTIN}
    assert task["strategy"] == "plain" and task["decided"] == (method == "exhaustive")
    assert (cells["plain"]["accuracy"], cells["plain"]["extracted"]) == (1.0, 1.0)
    assert {cell["accuracy"] for name, cell in cells.items() if name != "plain"} == {0.0}


def test_plain_asks_with_the_message_that_the_student_is_trained_with(scene: Scene) -> None:
    engine = FakeEngine(in_own_way)
    run(scene, engine, SAMPLES[:1], BUILTIN, system_message="Sei genau.")
    asked = [request.messages[0].content for request in engine.requests]
    assert "Sei genau." in asked and len(asked) == len(BUILTIN)
    assert not any("Sei genau." in text for text in asked if text != "Sei genau.")
    (row,) = scene.store.measurements.rows(strategy="plain")
    assert (row.system_message, row.asks_form) == ("Sei genau.", False)


def test_a_probe_with_six_strategies_stays_and_a_new_one_only_asks_plain(scene: Scene) -> None:
    six = summary_of(run(scene, FakeEngine(answer), SAMPLES[:12], BUILTIN[:6]))
    before = scene.store.selections.current()["doubles"]
    matrix = load_probe_matrix(scene.store, [strategy.name for strategy in BUILTIN])
    assert matrix is not None and matrix.strategies == tuple(strategy.name for strategy in BUILTIN[:6])
    assert before.strategy == six["tasks"][0]["strategy"]
    engine = FakeEngine(answer)
    seven = summary_of(run(scene, engine, SAMPLES[:12], BUILTIN))
    assert seven["generations"] == {"new": 12, "cached": 72}
    assert {request.messages[0].content for request in engine.requests} == {DEFAULT_SYSTEM_MESSAGE}
    assert seven["tasks"][0]["cells"][:6] == six["tasks"][0]["cells"]


def test_of_equal_strategies_with_equal_tokens_plain_comes_last(scene: Scene) -> None:
    result = summary_of(run(scene, FakeEngine(doubled), SAMPLES[:12], BUILTIN, method="race"))
    assert result["tasks"][0]["strategy"] == BUILTIN[0].name
