"""A quantized model computes the same logits for a text, to the last bit, whatever else is in the batch.

For F16, F32 and BF16 weights, llama.cpp multiplies a single row with another kernel than several rows. With those, a
sequence that runs alone sometimes gives another text than among others.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from orca_local.domain.settings import EngineSettings
from orca_local.domain.types import Completion, Request
from orca_local.engines.base import Output
from orca_local.engines.llama_context import flash_attention_mode, tokens_to_read
from orca_local.engines.llama_cpp import LlamaCppEngine
from orca_local.engines.slot import Slot
from tests.engines.drive import prompt, request, run

Seen = dict[str, list[bytes]]
"""The logits of each request, one entry per token."""


class Watched(LlamaCppEngine):
    """Records the logits that tokens are sampled from."""

    seen: Seen

    def _sample(self, slot: Slot, logits: NDArray[np.float32], out: Output) -> None:
        assert slot.active
        self.seen[slot.active.request.id].append(logits.tobytes())
        super()._sample(slot, logits, out)


def watched(path: Path, capacity: int, *, compute: str = "as_is") -> Watched:
    engine = Watched(path, EngineSettings(capacity=capacity, context=1024, threads=2), compute=compute)
    engine.seen = defaultdict(list)
    return engine


def alone(path: Path, requests: Sequence[Request]) -> Seen:
    """Logits of requests that run one after another, each with empty memory."""
    engine = watched(path, 1)
    for item in requests:
        engine._slots[0].truncate(0)
        run(engine, [item])
    engine.close()
    return engine.seen


def together(path: Path, requests: Sequence[Request], capacity: int) -> tuple[Seen, int]:
    """Logits of requests that run together, and the number of prompt tokens computed."""
    engine = watched(path, capacity)
    run(engine, requests)
    engine.close()
    return engine.seen, engine.prompt_tokens_read


def shared_prefix(lengths: Sequence[int]) -> list[Request]:
    """Requests that start with the same 60 tokens."""
    system = prompt(99, 60)
    return [request(f"r{i}", system + prompt(i, n), max_tokens=4 + i % 20) for i, n in enumerate(lengths)]


def test_a_shared_prefix_changes_no_bit(tiny_q8_gguf: Path) -> None:
    """Trap: a partial copy between the streams of two sequences aborts the process."""
    requests = shared_prefix([5 + i for i in range(12)])
    seen, read = together(tiny_q8_gguf, requests, 4)
    assert read == 60 + sum(5 + i for i in range(12)), "the prefix is read once"
    assert seen == alone(tiny_q8_gguf, requests)


def test_a_prompt_that_is_divided_among_calls_changes_no_bit(tiny_q8_gguf: Path) -> None:
    """A call of 512 tokens ends inside a prompt, and one token before the end of a prompt."""
    requests = [request(f"r{i}", prompt(i, n), max_tokens=3) for i, n in enumerate([130, 381, 2, 600, 1, 513, 512])]
    assert together(tiny_q8_gguf, requests, 4)[0] == alone(tiny_q8_gguf, requests)


@pytest.mark.slow
def test_coming_and_going_at_random_changes_no_bit(tiny_q8_gguf: Path) -> None:
    rng = random.Random(0)
    systems = [prompt(50 + i, 40 + i) for i in range(3)]
    requests = [
        request(f"r{i}", systems[i % 3] + prompt(i, rng.randint(1, 30)), max_tokens=rng.randint(1, 40))
        for i in range(40)
    ]
    engine = watched(tiny_q8_gguf, 5)
    waiting, ended = requests[:], dict[str, Completion]()
    cancelled = set()
    while len(ended) < len(requests):
        for _ in range(rng.choice([0, 0, 1, 4]) if waiting else 0):
            if waiting:
                engine.submit(waiting.pop())
        if rng.random() < 0.05:
            cancelled.add(name := rng.choice(requests).id)
            engine.cancel(name)
        ended |= {item.request_id: item for item in engine.step() if isinstance(item, Completion)}
    engine.close()
    whole = {name for name, item in ended.items() if item.finish_reason != "cancelled"}
    assert set(ended) - whole <= cancelled and len(ended) - len(whole) > 1
    expected = alone(tiny_q8_gguf, requests)
    assert {name: engine.seen[name] for name in whole} == {name: expected[name] for name in whole}


@pytest.mark.student
def test_the_quantized_student_says_the_same_in_every_batch(student_gguf: Path) -> None:
    """Trap: on a CPU, llama.cpp's flash attention kernel gave other texts for a third of the requests."""
    requests = shared_prefix([30, 90, 5, 150, 12, 60, 33, 8])
    expected = alone(student_gguf, requests)
    for capacity in (3, 8):
        assert together(student_gguf, requests, capacity)[0] == expected


@pytest.mark.parametrize(
    ("pending", "room", "expected"),
    [(1, 512, 1), (2, 1, 0), (2, 2, 2), (3, 2, 0), (4, 3, 2), (512, 512, 512), (513, 512, 511), (100, 1, 0), (9, 0, 0)],
)
def test_no_token_is_read_alone_unless_it_is_the_only_one(pending: int, room: int, expected: int) -> None:
    assert tokens_to_read(pending, room) == expected


@pytest.mark.parametrize(
    ("setting", "kv_type", "gpu_layers", "expected"),
    [
        ("auto", "f16", 0, "off"),
        ("auto", "q8_0", 0, "auto"),
        ("auto", "f16", 99, "auto"),
        ("on", "f16", 0, "on"),
        ("off", "f16", 99, "off"),
    ],
)
def test_the_flash_kernel_is_used_where_it_serves(setting: str, kv_type: str, gpu_layers: int, expected: str) -> None:
    assert flash_attention_mode(setting, kv_type=kv_type, gpu_layers=gpu_layers) == expected
