"""What all engines guarantee: the fake one, llama.cpp, MLX, and a server behind HTTP."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from orca_local.domain.errors import InputError
from orca_local.domain.settings import EngineSettings
from orca_local.domain.types import Completion, Request
from orca_local.engines.base import Engine
from orca_local.engines.fake import FakeEngine
from orca_local.engines.llama_cpp import LlamaCppEngine
from orca_local.engines.mlx import MlxEngine
from orca_local.engines.openai import OpenAIEngine
from tests.engines.drive import assert_same, prompt, request, run, run_with_deltas

CONTEXT = 256
MakeEngine = Callable[[int], Engine]


def babble(item: Request) -> str:
    """Many words that depend only on prompt and seed."""
    seed = item.settings.seed if item.settings.temperature else 0
    rng = random.Random(f"{item.token_ids} {seed}")
    return " ".join(rng.choice(["ein", "zwei", "drei", "vier", "für", "🐋"]) for _ in range(300))


SAMPLING = ["fake", "llama_cpp", "mlx", "openai"]
"""The engines whose answers depend on temperature and seed."""
LOCAL = ["fake", "llama_cpp", "mlx"]
"""The engines in this process. They count tokens, know their context, and advance by one token a step."""


@pytest.fixture(params=[*LOCAL, "openai"])
def make_engine(request: pytest.FixtureRequest, tiny_gguf: Path) -> Iterator[MakeEngine]:
    """A function that makes an engine of a given capacity. All are closed twice at the end."""
    engines: list[Engine] = []

    def make(capacity: int) -> Engine:
        if request.param == "fake":
            engines.append(FakeEngine(babble, capacity=capacity, context=CONTEXT))
        elif request.param == "llama_cpp":
            engines.append(LlamaCppEngine(tiny_gguf, EngineSettings(capacity=capacity, context=CONTEXT, threads=1)))
        elif request.param == "mlx":
            pytest.importorskip("mlx_lm", reason="MLX has no build for this machine")
            engines.append(MlxEngine(tiny_gguf, EngineSettings(capacity=capacity, context=CONTEXT)))
        else:
            url = request.getfixturevalue("served_tiny")
            served = EngineSettings(kind="openai", base_url=url, model=tiny_gguf.name, capacity=capacity)
            engines.append(OpenAIEngine(served))
        return engines[-1]

    yield make
    for engine in engines * 2:
        engine.close()


def local(reason: str) -> pytest.MarkDecorator:
    """For guarantees that only an engine in this process can give."""
    assert reason
    return pytest.mark.parametrize("make_engine", LOCAL, indirect=True)


def test_an_idle_engine_has_nothing_to_say(make_engine: MakeEngine) -> None:
    assert make_engine(2).step() == []


@local("a server counts the prompt that it renders itself")
def test_every_request_ends_once_with_its_counts(make_engine: MakeEngine) -> None:
    engine = make_engine(3)
    ended = run(engine, [request(f"r{i}", prompt(i, 5 + i), max_tokens=3 + i) for i in range(8)])
    for i in range(8):
        completion = ended[f"r{i}"]
        assert completion.finish_reason == "length"
        assert (completion.prompt_tokens, completion.completion_tokens) == (5 + i, 3 + i)
        assert completion.text
        assert completion.duration_ms >= 0
    assert engine.step() == []


def test_greedy_output_does_not_depend_on_the_batch(make_engine: MakeEngine) -> None:
    requests = [request(f"r{i}", prompt(i, 10 + 3 * i), max_tokens=5 + i) for i in range(10)]
    together = {key: value.text for key, value in run(make_engine(4), requests).items()}
    single = make_engine(1)
    alone = {item.id: run(single, [item])[item.id].text for item in requests}
    assert_same(together, alone)


def test_seeded_sampling_does_not_depend_on_order_or_neighbours(make_engine: MakeEngine) -> None:
    requests = [request(f"r{i}", prompt(i // 2), temperature=1.0, seed=i) for i in range(8)]
    first = {key: value.text for key, value in run(make_engine(3), requests).items()}
    second = {key: value.text for key, value in run(make_engine(5), requests[::-1]).items()}
    assert_same(first, second)


@pytest.mark.parametrize("make_engine", SAMPLING, indirect=True)
def test_another_seed_gives_another_text(make_engine: MakeEngine) -> None:
    ended = run(make_engine(2), [request(f"r{i}", prompt(0), temperature=1.0, seed=i) for i in range(2)])
    assert ended["r0"].text != ended["r1"].text


def test_deltas_add_up_to_the_text_and_come_only_where_asked(make_engine: MakeEngine) -> None:
    requests = [request(f"r{i}", prompt(i), stream=i % 2 == 0, max_tokens=20) for i in range(6)]
    ended, deltas = run_with_deltas(make_engine(3), requests)
    assert set(deltas) == {"r0", "r2", "r4"}
    assert all(deltas[key] == ended[key].text for key in deltas)


def test_a_stop_text_ends_the_completion_and_never_shows(make_engine: MakeEngine) -> None:
    engine = make_engine(2)
    full = run(engine, [request("full", prompt(3), max_tokens=30)])["full"].text
    middle = len(full) // 2
    for length in (1, 4, 9):
        stop = full[middle : middle + length]
        expected = full[: full.index(stop)]
        for stream in (False, True):
            item = request("cut", prompt(3), max_tokens=30, stop=("never said", stop), stream=stream)
            ended, deltas = run_with_deltas(engine, [item])
            assert ended["cut"].text == expected
            assert ended["cut"].finish_reason == "stop"
            assert deltas.get("cut", "") == (expected if stream else "")


@local("a step of a served engine is an answer, not a token; see test_openai.py")
def test_a_running_request_can_be_cancelled(make_engine: MakeEngine) -> None:
    engine = make_engine(2)
    for name in ("goes", "stays"):
        engine.submit(request(name, prompt(len(name)), max_tokens=30))
    assert not engine.step()
    engine.cancel("goes")
    engine.cancel("nobody")
    ended = [item for item in engine.step() if isinstance(item, Completion)]
    assert [(item.request_id, item.finish_reason) for item in ended] == [("goes", "cancelled")]
    rest: list[str] = []
    while not rest:
        rest = [item.request_id for item in engine.step() if isinstance(item, Completion)]
    assert rest == ["stays"]
    assert run(engine, [request("goes", prompt(4))])["goes"].finish_reason == "length", "its id is free again"


def test_a_waiting_request_can_be_cancelled(make_engine: MakeEngine) -> None:
    engine = make_engine(1)
    engine.submit(request("first", prompt(1), max_tokens=4))
    engine.submit(request("second", prompt(2), max_tokens=4))
    engine.cancel("second")
    ended: dict[str, Completion] = {}
    while len(ended) < 2:
        ended |= {item.request_id: item for item in engine.step() if isinstance(item, Completion)}
    assert (ended["first"].finish_reason, ended["second"].finish_reason) == ("length", "cancelled")
    assert (ended["second"].text, ended["second"].completion_tokens) == ("", 0)


@local("a step of a served engine is an answer, not a token; see test_openai.py")
def test_a_neighbour_that_is_cancelled_changes_nothing(make_engine: MakeEngine) -> None:
    engine = make_engine(4)
    requests = [request(f"r{i}", prompt(i), max_tokens=25) for i in range(4)]
    expected = {key: value.text for key, value in run(engine, requests).items()}
    for item in requests:
        engine.submit(item)
    for _ in range(5):
        engine.step()
    engine.cancel("r0")
    engine.cancel("r2")
    texts: dict[str, str] = {}
    while len(texts) < 4:
        texts |= {item.request_id: item.text for item in engine.step() if isinstance(item, Completion)}
    assert_same({key: texts[key] for key in ("r1", "r3")}, {key: expected[key] for key in ("r1", "r3")}, share=0.5)
    assert len(texts["r0"]) < len(expected["r0"])


@local("a server's context length is unknown here")
def test_a_prompt_that_can_never_fit_is_refused_with_the_numbers(make_engine: MakeEngine) -> None:
    engine = make_engine(1)
    with pytest.raises(InputError, match=f"{CONTEXT + 7} tokens.*context of {CONTEXT}"):
        engine.submit(request("long", prompt(1, CONTEXT + 7)))
    with pytest.raises(InputError, match="empty prompt"):
        engine.submit(request("empty", []))
    assert engine.step() == []


@local("a server's context length is unknown here")
def test_an_answer_ends_where_the_context_does(make_engine: MakeEngine) -> None:
    ended = run(make_engine(2), [request("full", prompt(1, CONTEXT - 6), max_tokens=50)])["full"]
    assert (ended.finish_reason, ended.completion_tokens) == ("length", 6)


def test_an_id_in_flight_cannot_be_used_again(make_engine: MakeEngine) -> None:
    engine = make_engine(1)
    engine.submit(request("one", prompt(1)))
    with pytest.raises(ValueError, match="already in flight"):
        engine.submit(request("one", prompt(2)))


def test_the_fingerprint_names_the_engine(make_engine: MakeEngine) -> None:
    engine = make_engine(1)
    assert engine.fingerprint
    assert engine.fingerprint == make_engine(7).fingerprint, "how many run at once is no part of it"
