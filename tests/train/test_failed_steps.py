"""Steps that fail: not enough memory, and values that are not finite."""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
import torch

from orca_local.domain.errors import DivergedError, OutOfMemory
from orca_local.domain.events import CheckpointSaved, Event, StepTrained, TrainingResumed
from orca_local.domain.settings import TrainSettings
from orca_local.gguf.header import read_header
from orca_local.rows.training_row import TrainingRow
from orca_local.train.backend import StepResult
from orca_local.train.batches import Batch, make_batch
from orca_local.train.checkpoint import last_step
from orca_local.train.recipe import Recipe
from orca_local.train.torch.backend import CPU_TOKENS, TorchBackend
from orca_local.train.torch.memory import as_out_of_memory
from tests.limits import little_memory
from tests.train.data import make_rows
from tests.train.scene import curve, recipe_for, run

MORE_THAN_ANY = 1 << 46
"""Bytes: more than any machine has, so that the allocator itself fails."""
BIG = TrainSettings(rank=2, learning_rate=5e-3, dropout=0.1, batch_size=24, max_steps=6, validate_every=3)


@pytest.fixture(scope="module")
def recipe(rows: Sequence[TrainingRow]) -> Recipe:
    return recipe_for(rows, BIG)


class Full(TorchBackend):
    """A real allocation fails in the middle of a step or a validation: in its second part."""

    fails_at = ""

    def step(self, batch: Batch, learning_rate: float) -> StepResult:
        with self.small(f"step {self._steps + 1}"):
            return super().step(batch, learning_rate)

    def evaluate(self, batch: Batch) -> StepResult:
        with self.small(f"validation {self._steps}"):
            return super().evaluate(batch)

    def small(self, name: str) -> Any:
        parts = 0

        def take(module: Any, given: Any) -> None:
            nonlocal parts
            parts += 1
            if parts == 2 and name == self.fails_at:
                torch.empty(MORE_THAN_ANY, dtype=torch.uint8)

        return self._model.blocks[1].register_forward_pre_hook(take)


def full(gguf: Path, recipe: Recipe, fails_at: str) -> Full:
    backend = Full(read_header(gguf), recipe, "float32", pack_tokens=60)
    backend.fails_at = fails_at
    return backend


def test_a_step_without_memory_changes_nothing(tiny_gguf: Path, rows: list[TrainingRow], recipe: Recipe) -> None:
    batch = make_batch(rows)
    results = []
    for fails_at in ("", "step 2"):
        backend = full(tiny_gguf, recipe, fails_at)
        results.append([backend.step(batch, 5e-3)])
        if fails_at:
            with pytest.raises(OutOfMemory, match=r"70368\.7 GB more were requested"):
                backend.step(batch, 5e-3)
            backend.fails_at = ""
        results[-1] += [backend.step(batch, 5e-3) for _ in range(2)]
    assert results[0] == results[1]


@pytest.mark.slow
@pytest.mark.parametrize(("fails_at", "saved"), [("step 5", 4), ("validation 3", 3), ("step 1", 0)])
def test_without_memory_the_last_finished_step_is_saved_and_gone_on_from(
    tiny_gguf: Path, rows: list[TrainingRow], recipe: Recipe, tmp_path: Path, fails_at: str, saved: int
) -> None:
    whole = curve(list(run(tiny_gguf, rows, tmp_path / "whole", recipe, full(tiny_gguf, recipe, ""))))
    events: list[Event] = []
    with pytest.raises(OutOfMemory) as raised:
        events.extend(run(tiny_gguf, rows, tmp_path / "full", recipe, full(tiny_gguf, recipe, fails_at)))
    doing = fails_at.replace("validation", "the validation after step")
    kept = f"the training is saved up to step {saved}" if saved else "nothing is saved"
    assert raised.value.message.startswith(f"{doing} needs more memory than is available")
    assert raised.value.message.endswith(kept)
    assert last_step(tmp_path / "full") == saved
    if saved:
        assert isinstance(events[-1], CheckpointSaved) and events[-1].stopping
    rest = list(run(tiny_gguf, rows, tmp_path / "full", recipe, full(tiny_gguf, recipe, "")))
    assert [e.step for e in rest if isinstance(e, TrainingResumed)] == [saved] * bool(saved)
    assert curve(rest) == whole[saved:]


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="needs a limit on the memory of a process")
def test_a_process_that_gets_no_more_memory_says_so_and_saves(tiny_gguf: Path, tmp_path: Path) -> None:
    rows, recipe = many_rows(tiny_gguf)
    assert sum(len(row.token_ids) for row in rows) <= CPU_TOKENS
    assert sum(row.loss_tokens for row in rows[:36]) > 256
    whole = curve(list(run(tiny_gguf, rows, tmp_path / "whole", recipe)))
    # In a process of its own: here, memory that earlier tests have freed may become available.
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        message = pool.submit(without_memory, tiny_gguf, tmp_path / "little").result()
    assert re.search(r"^step \d+ needs .* is saved up to step \d+$", message)
    saved = last_step(tmp_path / "little")
    assert 2 <= saved < len(whole)
    assert curve(list(run(tiny_gguf, rows, tmp_path / "little", recipe))) == whole[saved:]


def many_rows(gguf: Path) -> tuple[list[TrainingRow], Recipe]:
    """Rows with so many positions that their logits (50 MB) are requested from the system.

    The C library maps blocks above 32 MB and does not reuse freed memory for them.
    """
    rows = make_rows(gguf, 46)
    return rows, recipe_for(rows, BIG.model_copy(update={"batch_size": 64}))


def without_memory(gguf: Path, directory: Path) -> str:
    """The message of a training that gets no more memory after its second step."""
    rows, recipe = many_rows(gguf)
    events = run(gguf, rows, directory, recipe)
    while not (isinstance(event := next(events), StepTrained) and event.step == 2):
        pass
    events.close()
    # A new backend has a thread of its own, so memory that the steps before have freed is not available to it.
    resumed = run(gguf, rows, directory, recipe)
    with little_memory(8 << 20), pytest.raises(OutOfMemory) as raised:
        list(resumed)
    return raised.value.message


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 MiB. GPU 0 has …"), "20.00 MiB more"),
        (
            RuntimeError(
                "[enforce fail at alloc_cpu.cpp:127] err == 0. DefaultCPUAllocator: can't allocate memory: "
                "you tried to allocate 281474976 bytes. Error code 12"
            ),
            "0.3 GB more",
        ),
        (
            RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
            "no memory is left",
        ),
        (MemoryError("std::bad_alloc"), "no memory is left"),
    ],
)
def test_a_want_of_memory_is_known_in_all_its_forms(error: Exception, said: str) -> None:
    actual = as_out_of_memory(error)
    assert actual is not None and actual.message.startswith(said)


def test_other_errors_are_not_taken_for_it() -> None:
    assert as_out_of_memory(RuntimeError("mat1 and mat2 shapes cannot be multiplied")) is None


class Breaks(TorchBackend):
    """Its weights become NaN before a step, before a validation, or after the last step."""

    breaks_at = ""

    def step(self, batch: Batch, learning_rate: float) -> StepResult:
        number = self._steps + 1
        if self.breaks_at == f"step {number}":
            self.spoil()
        result = super().step(batch, learning_rate)
        if self.breaks_at == f"after step {number}":
            self.spoil()
        return result

    def evaluate(self, batch: Batch) -> StepResult:
        if self.breaks_at == f"validation {self._steps}":
            self.spoil()
        return super().evaluate(batch)

    def spoil(self) -> None:
        self._groups[0].a.data.fill_(math.nan)


@pytest.mark.parametrize(
    ("breaks_at", "said"),
    [
        ("step 5", r"the loss is not finite at step 5 \(loss nan, gradient norm nan, learning rate 0\.00"),
        (
            "validation 6",
            r"the loss is not finite at the validation after step 6 \(loss nan, training loss 9\.869",
        ),
        ("after step 6", r"the adapter is not finite at the checkpoint after step 6"),
    ],
)
def test_what_is_not_finite_ends_the_training_and_keeps_its_checkpoints(
    tiny_gguf: Path, rows: list[TrainingRow], recipe: Recipe, tmp_path: Path, breaks_at: str, said: str
) -> None:
    """Trap 6: an adapter full of NaN must not be saved as a success."""
    if breaks_at.startswith("after"):
        recipe = replace(recipe, validation_share=0.0)
    for _ in range(2):
        # The second time it resumes from the checkpoint and fails at the same step.
        backend = Breaks(read_header(tiny_gguf), recipe, "float32")
        backend.breaks_at = breaks_at
        with pytest.raises(DivergedError, match=said) as raised:
            list(run(tiny_gguf, rows, tmp_path, recipe, backend))
        assert "lower train.learning_rate (now 0.005)" in raised.value.hint
        assert [path.name for path in tmp_path.glob("step-*")] == ["step-000003"]
    rest = list(run(tiny_gguf, rows, tmp_path, recipe))
    assert isinstance(rest[0], TrainingResumed) and rest[0].step == 3
