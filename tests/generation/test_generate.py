"""Planned measurements are made once, from the store or with an engine."""

from __future__ import annotations

from contextlib import closing
from copy import copy
from dataclasses import replace
from typing import ClassVar

import pytest

from orca_local.domain.errors import OrcaError
from orca_local.domain.events import GenerationFailed, StageProgressed
from orca_local.domain.types import Completion, Request, SamplingSettings, TextDelta
from orca_local.engines.fake import FakeEngine
from orca_local.generation.generate import (
    GenerationCounts,
    PlannedMeasurement,
    generate,
    generation_config,
    generation_key,
)
from orca_local.gguf.template import ChatTemplate
from tests.generation.scene import Scene, doubled, make_samples, planned

SAMPLES = make_samples(10)


def test_everything_wanted_is_measured_and_scored(scene: Scene) -> None:
    counts, events = scene.generate(FakeEngine(doubled), [planned(sample) for sample in SAMPLES])
    assert (counts.new, counts.cached, counts.failed, counts.tokens) == (10, 0, 0, 30)
    rows = scene.store.measurements.rows()
    assert {row.sample_id for row in rows} == {sample.id for sample in SAMPLES}
    assert {row.value for row in rows} == {1.0}
    progress = [event for event in events if isinstance(event, StageProgressed)]
    assert [event.done for event in progress] == sorted(event.done for event in progress)
    assert (progress[-1].done, progress[-1].tokens) == (10, 30)


def test_what_is_known_is_counted_and_never_made_again(scene: Scene) -> None:
    scene.generate(FakeEngine(doubled), [planned(sample) for sample in SAMPLES[:6]])
    engine = FakeEngine(doubled)
    counts, events = scene.generate(engine, [planned(sample) for sample in SAMPLES])
    assert (counts.new, counts.cached) == (4, 6)
    assert len(engine.requests) == 4
    run_id = max(row.run_id for row in scene.store.measurements.rows())
    assert len(scene.store.measurements.rows(run_id=run_id)) == 10, "the second run has all of its measurements"
    assert events[0] == StageProgressed(6, 0)


def test_equal_requests_of_two_cells_are_made_once(scene: Scene) -> None:
    engine = FakeEngine(doubled)
    measurements = [planned(sample, strategy) for sample in SAMPLES for strategy in ("one", "two")]
    counts, _ = scene.generate(engine, measurements)
    assert (counts.new, counts.cached, len(engine.requests)) == (10, 10, 10)
    assert len(scene.store.measurements.rows(strategy="one")) == 10
    assert len(scene.store.measurements.rows(strategy="two")) == 10


@pytest.mark.parametrize(
    "other",
    [
        {"model_sha256": "cd" * 32},
        {"fingerprint": "another engine"},
        {"token_ids": (1, 2, 4)},
        {"settings": SamplingSettings(max_tokens=17)},
        {"settings": SamplingSettings(temperature=0.5)},
        {"settings": SamplingSettings(seed=1)},
        {"stop": ("\n",)},
    ],
)
def test_a_key_changes_with_all_that_may_change_the_text(other: dict[str, object]) -> None:
    """Trap 8: an answer of another model file or another quantization is never used for this one."""
    request = Request("r", (), (1, 2, 3), SamplingSettings())
    key = generation_key(generation_config("ab" * 32, "engine", request), request)
    sha256 = str(other.pop("model_sha256", "ab" * 32))
    fingerprint = str(other.pop("fingerprint", "engine"))
    changed = replace(request, **other)  # type: ignore[arg-type]
    assert generation_key(generation_config(sha256, fingerprint, changed), changed) != key
    same = replace(request, id="another", stream=True)
    assert generation_key(generation_config("ab" * 32, "engine", same), same) == key


def test_another_engine_or_model_generates_anew(scene: Scene) -> None:
    measurements = [planned(sample) for sample in SAMPLES]
    scene.generate(FakeEngine(doubled), measurements)
    assert scene.generate(FakeEngine(doubled, fingerprint="fake 2"), measurements)[0].new == 10
    other = replace(scene, model=replace(scene.model, sha256="cd" * 32))
    assert other.generate(FakeEngine(doubled), measurements)[0].new == 10


def test_greedy_answers_are_the_same_for_every_seed_and_sampled_ones_are_not(scene: Scene) -> None:
    greedy = [replace(planned(SAMPLES[0], seed=seed), sample_index=seed) for seed in range(3)]
    assert scene.generate(FakeEngine(doubled), greedy)[0].new == 1
    sampled = [replace(planned(SAMPLES[0], temperature=1.0), sample_index=index) for index in range(3)]
    engine = FakeEngine(doubled)
    assert scene.generate(engine, sampled)[0].new == 3
    assert {request.settings.seed for request in engine.requests} == {0, 1, 2}


def test_one_failure_stops_nothing(scene: Scene) -> None:
    def sometimes(request: Request) -> str:
        if "twice 3?" in request.messages[-1].content:
            raise OrcaError("out of luck")
        return doubled(request)

    counts, events = scene.generate(FakeEngine(sometimes), [planned(sample) for sample in SAMPLES])
    assert (counts.new, counts.failed, counts.done) == (9, 1, 10)
    assert [event for event in events if isinstance(event, GenerationFailed)] == [
        GenerationFailed("doubles-3", "s", "out of luck")
    ]
    assert scene.generate(FakeEngine(doubled), [planned(sample) for sample in SAMPLES])[0].new == 1, "tried again"


def test_a_prompt_that_does_not_fit_is_a_failure_and_not_the_end(scene: Scene) -> None:
    long = replace(SAMPLES[0], prompt="word " * 300)
    measurements = [planned(long), *(planned(sample) for sample in SAMPLES[1:])]
    counts, events = scene.generate(FakeEngine(doubled, context=128), measurements)
    assert (counts.new, counts.failed) == (9, 1)
    assert "context of 128" in next(event.error for event in events if isinstance(event, GenerationFailed))


def test_completions_are_stored_before_their_event(scene: Scene) -> None:
    events = scene.events(FakeEngine(doubled, capacity=2), [planned(sample) for sample in SAMPLES])
    for event in events:
        if isinstance(event, StageProgressed):
            assert len(scene.store.measurements.rows()) == event.done


def test_closing_early_loses_nothing_and_leaves_the_engine_usable(scene: Scene) -> None:
    engine = FakeEngine(doubled, capacity=2)
    measurements = [planned(sample) for sample in SAMPLES]
    events = scene.events(engine, measurements)
    next(events)
    events.close()
    kept = len(scene.store.measurements.rows())
    assert 0 < kept < 10
    assert engine.step() == [], "nothing is left in flight"
    counts, _ = scene.generate(engine, measurements)
    assert (counts.new, counts.cached) == (10 - kept, kept)


def test_an_interrupted_engine_passes_the_interrupt_on(scene: Scene) -> None:
    class Interrupted(FakeEngine):
        steps = 0

        def step(self) -> list[TextDelta | Completion]:
            self.steps += 1
            if self.steps == 4:
                raise KeyboardInterrupt
            return super().step()

    with pytest.raises(KeyboardInterrupt):
        scene.generate(Interrupted(doubled, capacity=2), [planned(sample) for sample in SAMPLES])
    assert scene.store.measurements.rows()


def test_an_old_completion_is_scored_by_the_new_rules(scene: Scene) -> None:
    """Only the text is cached. The score follows the present scorer and reference."""
    scene.generate(FakeEngine(lambda _: "Answer: 99"), [planned(SAMPLES[2])])
    corrected = replace(SAMPLES[2], answers=("99",))
    counts, _ = scene.generate(FakeEngine([]), [planned(corrected)])
    assert (counts.new, counts.cached) == (0, 1)
    assert [row.value for row in scene.store.measurements.rows()] == [1.0]


def test_no_answer_found_is_none_and_kept(scene: Scene) -> None:
    scene.generate(FakeEngine(lambda _: "I do not know."), [planned(SAMPLES[0])])
    (row,) = scene.store.measurements.rows()
    assert (row.value, row.extracted) == (None, None)


def test_a_bad_conversation_fails_alone(scene: Scene) -> None:
    text = "{% if 'twice 4?' in messages[-1]['content'] %}{{ raise_exception('not this one') }}{% endif %}"
    renderer = copy(scene.renderer)
    with closing(ChatTemplate(text + scene.renderer.template.text)) as renderer.template:
        counts, events = replace(scene, renderer=renderer).generate(FakeEngine(doubled), [*map(planned, SAMPLES)])
    assert (counts.new, counts.failed) == (9, 1)
    (failed,) = [event for event in events if isinstance(event, GenerationFailed)]
    assert failed.sample_id == "doubles-4" and failed.error.endswith("refuses the conversation: not this one")


def test_the_prompt_is_kept_as_text(scene: Scene) -> None:
    scene.generate(FakeEngine(doubled), [planned(SAMPLES[1], system="Be kind.")])
    (row,) = scene.store.measurements.rows()
    generation = scene.store.generations.get(row.generation_key)
    assert generation is not None
    assert generation.prompt.startswith("<|im_start|>system\nBe kind.<|im_end|>")
    assert generation.prompt.endswith("<|im_start|>assistant\n")
    assert generation.config["engine"] == "fake"


def test_a_writer_of_its_own_stores_the_measurements(scene: Scene) -> None:
    class Writer:
        written: ClassVar[list[tuple[str, str]]] = []

        def write(self, measurement: PlannedMeasurement, generation_key: str, text: str) -> None:
            self.written.append((measurement.sample.id, text))

    def run() -> GenerationCounts:
        events = generate(
            FakeEngine(doubled),
            scene.renderer,
            scene.store,
            map(planned, SAMPLES),
            model=scene.model,
            run_id=scene.start(),
            writer=Writer(),
        )
        while True:
            try:
                next(events)
            except StopIteration as stop:
                counts: GenerationCounts = stop.value
                return counts

    assert (run().new, run().cached) == (10, 10)
    assert sorted(Writer.written) == sorted(2 * [(sample.id, f"Answer: {sample.answers[0]}") for sample in SAMPLES])
    assert scene.store.measurements.rows() == []


def test_a_prompt_without_room_for_an_answer_is_marked(scene: Scene) -> None:
    long = replace(SAMPLES[0], prompt="word " * 200 + SAMPLES[0].prompt)
    counts, events = scene.generate(FakeEngine(doubled, context=100), [planned(long), planned(SAMPLES[1])])
    (failed,) = (event for event in events if isinstance(event, GenerationFailed))
    assert failed.is_too_long and "a context of 100" in failed.error and (counts.new, counts.failed) == (1, 1)
