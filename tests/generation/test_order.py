"""The order of requests saves time and changes no answer."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from orca_local.domain.settings import EngineSettings
from orca_local.domain.types import Message, Request, SamplingSettings
from orca_local.engines.fake import FakeEngine
from orca_local.engines.llama_cpp import LlamaCppEngine
from orca_local.generation.generate import LENGTH_STEP, in_batching_order
from orca_local.store.store import Store
from tests.generation.scene import Scene, make_samples, planned


def request(name: str, ids: tuple[int, ...]) -> Request:
    return Request(name, (Message("user", name),), ids, SamplingSettings())


def test_long_prompts_come_first_and_equal_beginnings_together() -> None:
    tails = {"b": (7, 7, 1), "d": (8, 8, 2), "c": (7, 7, 2, 5), "e": (8, 8, 1)}
    short = [request(name, ids) for name, ids in tails.items()]
    long, longest = request("l", (9,) * (LENGTH_STEP + 3)), request("m", (1,) * (3 * LENGTH_STEP))
    ordered = in_batching_order([*short, long, longest])
    assert [item.id for item in ordered] == ["m", "l", "b", "c", "e", "d"]


def test_the_engine_gets_long_prompts_first(scene: Scene) -> None:
    samples = make_samples(6)
    engine = FakeEngine(lambda request: "Answer: 1", context=4096)
    measurements = [
        planned(sample, system="word " * (400 if number == 4 else 1)) for number, sample in enumerate(samples)
    ]
    scene.generate(engine, measurements)
    assert engine.requests[0].messages[0].content.startswith("word word")


@pytest.mark.slow
def test_what_goes_on_after_an_end_says_what_it_would_have_said(tmp_path: Path, tiny_q8_gguf: Path) -> None:
    """The batches differ and the answers do not. A fake engine could not show this."""
    samples = make_samples(12)
    texts = []
    for number, parts in enumerate([[(4, 100)], [(4, 1), (3, 2), (5, 100)]]):
        with Store.open(tmp_path / f"{number}.db", create=True) as store:
            scene = Scene.make(store, tiny_q8_gguf, samples)
            measurements = [
                planned(sample, system=system) for sample in samples for system in ("Think.", "Answer at once.")
            ]
            for capacity, stop in parts:
                settings = EngineSettings(capacity=capacity, context=256, threads=1)
                with closing(LlamaCppEngine(tiny_q8_gguf, settings)) as engine:
                    events = scene.events(engine, measurements)
                    for _ in zip(range(stop), events, strict=False):
                        pass
                    events.close()
            scene.renderer.close()
            texts.append({(row.sample_id, row.system_message): row.completion for row in store.measurements.rows()})
    assert len(texts[0]) == 24 and len(set(texts[0].values())) > 12
    assert texts[0] == texts[1]
