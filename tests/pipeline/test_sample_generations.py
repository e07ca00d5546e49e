"""Sample answers during the training."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from orca_local.adapters.adapter import Adapter
from orca_local.domain.events import Event, SampleAnswered, ValidationMeasured, Warned
from orca_local.domain.settings import EngineSettings
from orca_local.domain.types import Request, SamplingSettings
from orca_local.engines.llama_cpp import LlamaCppEngine
from orca_local.export.adapter_file import write_adapter
from orca_local.gguf.header import read_header
from orca_local.pipeline.sample_generations import MAX_TOKENS, SampleGenerator
from orca_local.rows.training_row import TrainingRow
from orca_local.train.checkpoint import last_step
from orca_local.train.state import initial_adapter
from tests.train.backends import random_state
from tests.train.data import make_rows
from tests.train.scene import STOPPED, curve, recipe_for, run

ENGINE = EngineSettings(threads=1)


@pytest.fixture(scope="module")
def rows(tiny_gguf: Path) -> list[TrainingRow]:
    return make_rows(tiny_gguf)


def answers(generator: SampleGenerator, adapter: Adapter, rows: Sequence[TrainingRow]) -> list[Event]:
    return list(generator(5, adapter, rows, lambda: None))


@pytest.mark.slow
def test_every_validation_is_followed_by_answers_to_the_same_prompts_and_trains_the_same(
    tiny_gguf: Path, rows: list[TrainingRow], tmp_path: Path
) -> None:
    recipe = recipe_for(rows, STOPPED)
    generator = SampleGenerator(read_header(tiny_gguf), ENGINE, 2)
    events = list(run(tiny_gguf, rows, tmp_path / "shown", recipe, generate_samples=generator))
    said = [event for event in events if isinstance(event, SampleAnswered)]
    validated = [event.step for event in events if isinstance(event, ValidationMeasured)]
    assert [event.step for event in said] == [step for step in validated for _ in range(2)]
    assert len({event.sample_id for event in said}) == 2
    assert any(event.text for event in said)
    assert curve(events) == curve(list(run(tiny_gguf, rows, tmp_path / "alone", recipe)))


@pytest.mark.slow
def test_it_is_what_llama_cpp_says_with_that_adapter(tiny_gguf: Path, rows: list[TrainingRow], tmp_path: Path) -> None:
    header, recipe = read_header(tiny_gguf), recipe_for(rows, STOPPED)
    adapter = random_state(header, recipe).adapter
    generator = SampleGenerator(header, ENGINE, 1)
    (changed,) = answers(generator, adapter, rows)
    (untouched,) = answers(generator, initial_adapter(header, recipe), rows)
    assert isinstance(changed, SampleAnswered) and isinstance(untouched, SampleAnswered)
    row = next(row for row in rows if row.sample_id == changed.sample_id)
    assert changed.text == directly(tiny_gguf, header, adapter, row, tmp_path) != untouched.text


def directly(gguf: Path, header: object, adapter: Adapter, row: TrainingRow, tmp_path: Path) -> str:
    write_adapter(tmp_path / "adapter.gguf", read_header(gguf), adapter, {})
    with closing(LlamaCppEngine(gguf, ENGINE)) as engine:
        engine.set_adapter(tmp_path / "adapter.gguf")
        engine.submit(Request("it", (), row.token_ids[: row.loss_start], SamplingSettings(max_tokens=MAX_TOKENS)))
        while not (out := engine.step()):
            pass
    return out[0].text


def test_what_cannot_be_said_is_told_once_and_the_training_goes_on(
    tiny_gguf: Path, rows: list[TrainingRow], tmp_path: Path
) -> None:
    recipe = recipe_for(rows, STOPPED)
    generator = SampleGenerator(read_header(tiny_gguf), ENGINE, 2, free_memory=lambda: 1000)
    events = list(run(tiny_gguf, rows, tmp_path, recipe, generate_samples=generator))
    (warned,) = [event for event in events if isinstance(event, Warned)]
    assert "sample answers are not shown" in warned.message and "are free" in warned.message
    assert len(curve(events)) == recipe.total_steps


def test_an_answer_that_takes_too_long_is_cut_off(tiny_gguf: Path, rows: list[TrainingRow]) -> None:
    header = read_header(tiny_gguf)
    adapter = initial_adapter(header, recipe_for(rows, STOPPED))
    moments = iter([0.0, *range(8, 100)])
    generator = SampleGenerator(header, ENGINE, 1, clock=lambda: float(next(moments)))
    (cut,) = answers(generator, adapter, rows)
    assert isinstance(cut, SampleAnswered) and not cut.ended and cut.text


def test_a_stop_is_heard_between_two_tokens_and_leaves_nothing_in_flight(
    tiny_gguf: Path, rows: list[TrainingRow]
) -> None:
    header = read_header(tiny_gguf)
    adapter = initial_adapter(header, recipe_for(rows, STOPPED))
    asked = iter([False, False, True])

    def check() -> None:
        if next(asked):
            raise KeyboardInterrupt

    generator = SampleGenerator(header, ENGINE, 2)
    with pytest.raises(KeyboardInterrupt):
        list(generator(5, adapter, rows, check))
    assert len(answers(generator, adapter, rows)) == 2


def test_prompts_that_leave_no_room_are_named_with_the_way_out(tiny_gguf: Path, rows: list[TrainingRow]) -> None:
    header = read_header(tiny_gguf)
    generator = SampleGenerator(header, EngineSettings(threads=1, context=MAX_TOKENS), 2)
    (warned,) = answers(generator, initial_adapter(header, recipe_for(rows, STOPPED)), rows)
    assert isinstance(warned, Warned)
    assert "leaves room" in warned.message and "engine.context" in warned.hint and "sample_answers" in warned.hint


def test_whatever_breaks_it_the_step_before_is_saved(tiny_gguf: Path, rows: list[TrainingRow], tmp_path: Path) -> None:
    class Dead(BaseException):
        """As if the process were gone."""

    def die(step: int, adapter: Adapter, rows: Sequence[TrainingRow], check: Callable[[], None]) -> Iterator[Event]:
        raise Dead
        yield

    recipe = recipe_for(rows, STOPPED.model_copy(update={"validate_every": 6, "checkpoint_every": 6}))
    with pytest.raises(Dead):
        list(run(tiny_gguf, rows, tmp_path, recipe, generate_samples=die))
    assert last_step(tmp_path) == 6
    assert curve(list(run(tiny_gguf, rows, tmp_path, recipe)))[0][0] == 7
