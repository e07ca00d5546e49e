"""The train stage around its backend: what it resumes, starts again, refuses, and reports."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from orca_local.adapters.adapter import WEIGHTS_FILE, adapter_sha256
from orca_local.domain.errors import DivergedError, InputError, MissingError, OutOfMemory
from orca_local.domain.events import CheckpointSaved, Event, StageFinished, StepTrained, TrainingResumed, Warned
from orca_local.domain.settings import TrainSettings
from orca_local.gguf.header import Header, read_header
from orca_local.rows.training_row import TrainingRow
from orca_local.runs.context import StageContext
from orca_local.store.store import Store
from orca_local.train.backend import Framework
from orca_local.train.batches import split_validation
from orca_local.train.fingerprint import make_fingerprint
from orca_local.train.loop import run_loop
from orca_local.train.recipe import make_recipe
from orca_local.train.stage import train
from tests.events import summary_of
from tests.limits import small_files
from tests.train.quick import QuickBackend, QuickFramework

SETTINGS = TrainSettings(rank=2, learning_rate=5e-3, batch_size=8, max_steps=8, validate_every=3, checkpoint_every=2)


@pytest.fixture(scope="module")
def header(tiny_gguf: Path) -> Header:
    return read_header(tiny_gguf)


class Scene:
    """A workspace's store and its directory of adapters."""

    def __init__(self, store: Store, directory: Path, header: Header, rows: list[TrainingRow]) -> None:
        self.store, self.directory, self.header, self.rows = store, directory, header, rows
        self.framework: type[Framework] = QuickFramework

    def events(self, rows: Sequence[TrainingRow] | None = None, **settings: Any) -> Iterator[Event]:
        must_resume = settings.pop("must_resume", False)
        weights = settings.pop("weights", "a" * 64)
        return train(
            StageContext(self.store, self.store.runs.start("train", "{}", {})),
            settings.pop("header", self.header),
            weights,
            self.rows if rows is None else rows,
            SETTINGS.model_copy(update=settings),
            self.directory,
            must_resume=must_resume,
            framework_for=self.framework,
        )

    def run(self, rows: Sequence[TrainingRow] | None = None, **settings: Any) -> list[Event]:
        return list(self.events(rows, **settings))

    def stop(self, step: int, **settings: Any) -> None:
        """Train, and stop reading events after `step`."""
        events = self.events(**settings)
        while not (isinstance(event := next(events), StepTrained) and event.step == step):
            pass
        assert isinstance(events, Generator)
        events.close()


@pytest.fixture
def scene(tmp_path: Path, header: Header, rows: list[TrainingRow]) -> Iterator[Scene]:
    with Store.open(tmp_path / "orca.db", create=True) as store:
        yield Scene(store, tmp_path / "adapters", header, rows)


def warnings(events: Sequence[Event]) -> list[str]:
    return [event.message for event in events if isinstance(event, Warned)]


def resumed(events: Sequence[Event]) -> list[int]:
    return [event.step for event in events if isinstance(event, TrainingResumed)]


def test_a_stopped_training_goes_on_and_a_finished_one_is_known(scene: Scene, tmp_path: Path) -> None:
    scene.stop(5)
    events = scene.run()
    assert resumed(events) == [5] and warnings(events) == []
    again = scene.run()
    assert [event.kind for event in again] == ["StageStarted", "StageFinished"]
    assert summary_of(again)["train_loss"] == summary_of(events)["train_loss"]
    with Store.open(tmp_path / "other.db", create=True) as store:
        straight = summary_of(Scene(store, tmp_path / "straight", scene.header, scene.rows).run())
    for key in ("steps", "train_loss", "validation_loss", "best_step"):
        assert summary_of(events)[key] == straight[key]
    assert adapter_sha256(Path(summary_of(events)["adapter"])) == adapter_sha256(Path(straight["adapter"]))
    curve = scene.store.trainings.metrics(1, "loss")
    assert [step for step, _ in curve] == list(range(1, 9))


def test_what_does_not_change_the_result_does_not_hinder_going_on(scene: Scene) -> None:
    scene.stop(5)
    events = scene.run(checkpoint_every=7, pack_tokens=64, gradient_checkpointing="on", must_resume=True)
    assert resumed(events) == [5]
    assert [e.step for e in events if isinstance(e, CheckpointSaved)] == [7, 8]


def test_a_checkpoint_comes_after_some_minutes_in_any_case(
    header: Header, rows: list[TrainingRow], tmp_path: Path
) -> None:
    train_rows, held_out = split_validation(rows, SETTINGS.validation_share)
    recipe = make_recipe(SETTINGS.model_copy(update={"checkpoint_every": 100}), len(train_rows))
    backend = QuickBackend(header, recipe, fails_at=0)
    events = list(run_loop(backend, train_rows, held_out, recipe, tmp_path, save_seconds=0.0))
    assert [e.step for e in events if isinstance(e, CheckpointSaved)] == list(range(1, 9))


CHANGES: list[tuple[dict[str, Any], str]] = [
    ({"learning_rate": 1e-3, "rank": 4}, "rank was 2 and is 4; learning_rate was 0.005 and is 0.001"),
    ({"validate_every": 4}, "validate_every was 3 and is 4"),
    ({"max_steps": 12, "validate_every": 0}, "the number of steps was 8 and is 12"),
    ({"target_layers": ("q_proj",)}, 'target_layers was [] and is ["q_proj"]'),
    ({"compute": "float32"}, "compute was auto and is float32"),
    ({"weights": "b" * 64}, f"the student's weights were {'a' * 12} and are {'b' * 12} (sha256)"),
]


@pytest.mark.parametrize(("settings", "said"), CHANGES)
def test_an_unfinished_training_that_fits_no_more_is_named_with_what_changed(
    scene: Scene, settings: dict[str, Any], said: str
) -> None:
    scene.stop(5)
    with pytest.raises(InputError) as raised:
        scene.run(**settings, must_resume=True)
    assert raised.value.message == f"cannot resume the unfinished training at step 5 of 8: {said}"
    assert raised.value.hint == "undo the change, or train without --resume"
    events = scene.run(**settings)
    assert warnings(events) == [f"the unfinished training at step 5 of 8 is not resumed: {said}"]
    assert resumed(events) == [] and isinstance(events[-1], StageFinished)
    assert warnings(scene.run(**settings)) == [], "said once: what came after it is finished"
    assert resumed(scene.run(must_resume=True)) == [5], "changed back, it goes on"


def test_changed_rows_are_counted(scene: Scene) -> None:
    scene.stop(3, rows=scene.rows[:-1])
    with pytest.raises(InputError, match=r"cannot resume .* step 3 of 8: 1 row was added and 2 rows were removed$"):
        scene.run(scene.rows[2:], must_resume=True)
    with pytest.raises(InputError, match=r"cannot resume .*: 3 rows were removed$"):
        scene.run(scene.rows[3:-1], must_resume=True)
    assert resumed(scene.run(scene.rows[:-1][::-1], must_resume=True)) == [3], "their order has no effect"


def test_a_row_that_is_there_twice_counts_twice(rows: list[TrainingRow]) -> None:
    recipe = make_recipe(SETTINGS, len(rows))
    once, twice = make_fingerprint(rows, recipe), make_fingerprint([*rows, rows[0]], recipe)
    assert twice.changes_since(once) == ["1 row was added"] and once.key != twice.key


def test_inputs_that_are_lost_do_not_hide_that_something_changed(scene: Scene) -> None:
    scene.stop(5)
    (place,) = scene.directory.iterdir()
    (place / "inputs.json").write_text("{")
    assert "another version of orca-local started it" in warnings(scene.run(learning_rate=1e-3))[0]
    assert resumed(scene.run()) == [5]


def test_there_is_nothing_to_resume(scene: Scene) -> None:
    with pytest.raises(InputError, match="no unfinished training"):
        scene.run(must_resume=True)
    scene.run()
    assert summary_of(scene.run(must_resume=True))["steps"] == 8, "finished is better than unfinished"
    with pytest.raises(InputError, match="no unfinished training"):
        scene.run(must_resume=True, rank=4)


def test_a_training_that_diverged_is_over(scene: Scene) -> None:
    for _ in range(2):
        with pytest.raises(DivergedError, match=r"not finite at step 3 \(loss nan"):
            scene.run(learning_rate=2.0, warmup=0.5)
        latest = scene.store.trainings.latest()
        assert latest is not None and latest.status == "failed"
        assert list(Path(latest.directory).glob("step-*"))
    lower = scene.run()
    assert warnings(lower) == [] and resumed(lower) == []


def test_out_of_memory_says_what_to_change(scene: Scene) -> None:
    class Small(QuickFramework):
        fails_at = 4

    scene.framework = Small
    with pytest.raises(OutOfMemory, match=r"step 4 needs .* up to step 3$") as raised:
        scene.run(pack_tokens=500)
    assert raised.value.exit_code == 3
    assert raised.value.hint.startswith(
        'set train.pack_tokens = 136 (it was 272), then train.gradient_checkpointing = "on"'
    )
    scene.framework = QuickFramework
    assert resumed(scene.run(pack_tokens=250, gradient_checkpointing="on")) == [3]


def test_an_adapter_that_was_changed_is_made_again(scene: Scene) -> None:
    adapter = Path(summary_of(scene.run())["adapter"])
    whole = adapter_sha256(adapter)
    content = bytearray((adapter / WEIGHTS_FILE).read_bytes())
    content[-1] ^= 1
    (adapter / WEIGHTS_FILE).write_bytes(content)
    events = scene.run()
    assert "was changed or removed" in warnings(events)[0] and resumed(events) == [8]
    assert adapter_sha256(adapter) == whole
    latest = scene.store.adapters.latest()
    assert latest is not None and latest.sha256 == whole


def test_a_full_disk_at_the_last_moment(scene: Scene) -> None:
    events = scene.events()
    while not (isinstance(event := next(events), CheckpointSaved) and event.step == 8):
        pass
    with small_files(2000), pytest.raises(MissingError, match=r"/adapter .*disk is full"):
        list(events)
    assert not list(scene.directory.rglob("*.part")) and not list(scene.directory.rglob("adapter"))
    assert resumed(scene.run()) == [8]


def test_rows_that_the_student_cannot_hold_are_refused_before_anything_is_loaded(scene: Scene, header: Header) -> None:
    lengths = sorted(len(row.token_ids) for row in scene.rows)
    limit = lengths[-3]
    short = replace(header, metadata=header.metadata | {"llama.context_length": limit})
    count = sum(length > limit for length in lengths)
    with pytest.raises(InputError) as raised:
        next(scene.events(header=short))
    assert raised.value.message.startswith(
        f"{count} of 24 training rows are longer than the student's context of {limit} tokens"
    )
    assert f"dataset.max_tokens = {limit}" in raised.value.hint
    assert isinstance(
        scene.run([row for row in scene.rows if len(row.token_ids) <= limit], header=short)[-1], StageFinished
    )
