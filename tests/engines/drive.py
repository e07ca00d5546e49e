"""Runs requests on an engine, as a stage does."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from orca_local.domain.types import Completion, Message, Request, SamplingSettings, TextDelta
from orca_local.engines.base import Engine, Logits, ScoringEngine


def request(
    name: str,
    ids: Sequence[int],
    *,
    max_tokens: int = 12,
    stop: tuple[str, ...] = (),
    stream: bool = False,
    temperature: float = 0.0,
    seed: int = 0,
) -> Request:
    settings = SamplingSettings(max_tokens=max_tokens, temperature=temperature, seed=seed)
    # Equal ids give an equal message, for engines that read messages. It is long enough for one that repeats it.
    message = Message("user", f"Tell me of {[*ids[:1]]} and {len(ids)}." + " Go on." * 20)
    return Request(name, (message,), tuple(ids), settings, stop=stop, stream=stream)


def prompt(number: int, length: int = 12) -> list[int]:
    """Token ids that differ for each number."""
    return [1000 + (37 * number + 11 * i) % 4000 for i in range(length)]


def run(engine: Engine, requests: Sequence[Request]) -> dict[str, Completion]:
    """Run all requests to their end; return the completions by id."""
    return run_with_deltas(engine, requests)[0]


def run_with_deltas(engine: Engine, requests: Sequence[Request]) -> tuple[dict[str, Completion], dict[str, str]]:
    """As `run`; also return the joined deltas of each request."""
    for item in requests:
        engine.submit(item)
    completions: dict[str, Completion] = {}
    deltas: dict[str, str] = {}
    for _ in range(100_000):
        for out in engine.step():
            if isinstance(out, TextDelta):
                assert out.request_id not in completions, "a delta came after the completion"
                deltas[out.request_id] = deltas.get(out.request_id, "") + out.text
            else:
                assert out.request_id not in completions, "a request ended twice"
                completions[out.request_id] = out
        if len(completions) == len(requests):
            return completions, deltas
    raise AssertionError("the engine never finished")


def prompt_logits(engine: ScoringEngine, ids: Sequence[int], positions: Sequence[int]) -> Logits:
    """Logits after the tokens at `positions` (ascending) of one text: float32 of shape [positions, vocabulary]."""
    parts = [logits.copy() for logits in engine.iter_logits(ids, positions)]
    return np.concatenate(parts) if parts else np.empty((0, 0), np.float32)


def assert_same(actual: Mapping[str, str], expected: Mapping[str, str], *, share: float = 0.85) -> None:
    """At least a `share` of the texts must be equal: MLX and llama.cpp's server guarantee no more.

    With random weights, the two most likely of 49,152 tokens are sometimes nearly equal, and the rounding of a batch
    decides. A sequence that reads another one's memory, or its own at wrong positions, always differs. Our llama.cpp
    engine guarantees more (`test_batch_invariance.py`).
    """
    assert set(actual) == set(expected)
    same = sum(actual[key] == expected[key] for key in expected)
    assert same >= share * len(expected), f"only {same} of {len(expected)} texts are equal"
