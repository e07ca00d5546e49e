"""What only MLX does: keep the student's own blocks. Also its memory, its faults, and when it is chosen."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from orca_local.adapters.adapter import Adapter
from orca_local.domain.errors import InputError, OutOfMemory
from orca_local.domain.events import MemoryPlanned, StageFinished, Warned
from orca_local.domain.settings import TrainSettings
from orca_local.domain.summaries import TrainSummary
from orca_local.gguf.header import read_header
from orca_local.gguf.layer_names import linear_layers
from orca_local.runs.context import StageContext
from orca_local.store.store import Store
from orca_local.train.batches import make_batch
from orca_local.train.choose import default_framework
from orca_local.train.memory import MemoryRequest, plan_memory
from orca_local.train.mlx.faults import explain_fault
from orca_local.train.recipe import Recipe, make_recipe
from orca_local.train.stage import train
from tests.tiny import quantized_variant
from tests.train.backends import arrays, make_backend, random_state
from tests.train.data import make_rows

pytest.importorskip("mlx_lm", reason="MLX has no build for this machine")

import mlx.core as mx

from orca_local.train.mlx.backend import MlxBackend, MlxFramework, choose_dtype

SETTINGS = TrainSettings(backend="mlx", rank=4, alpha=8, batch_size=3, learning_rate=5e-3)


@pytest.fixture(scope="module")
def recipe() -> Recipe:
    return make_recipe(SETTINGS, 9)


@pytest.mark.slow
@pytest.mark.parametrize(("variant", "kind"), [("llama", "Q4_0"), ("gemma3", "Q8_0")])
def test_training_on_kept_blocks_is_training_on_their_values(
    variant: str, kind: str, recipe: Recipe, tmp_path: Path
) -> None:
    header = quantized_variant(tmp_path, variant, kind)
    batch, start = make_batch(make_rows(tmp_path / "m.gguf", 3)), random_state(header, recipe)
    kept, whole = (make_backend("mlx", header, replace(recipe, quantize_base=form)) for form in ("as_is", "none"))
    for backend in (kept, whole):
        backend.restore(start, 0)
    for _ in range(2):
        actual, expected = kept.step(batch, 5e-3), whole.step(batch, 5e-3)
        assert (actual.loss, actual.grad_norm) == pytest.approx((expected.loss, expected.grad_norm), rel=1e-4)
    for ours, theirs in zip(arrays(kept.state()), arrays(whole.state()), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-2, atol=1e-4)


def test_what_the_backend_cannot_honour_is_refused(tiny_gguf: Path, recipe: Recipe) -> None:
    header = read_header(tiny_gguf)
    with pytest.raises(InputError, match="NF4") as raised:
        MlxBackend(header, replace(recipe, quantize_base="nf4"), "float32")
    assert "as_is" in raised.value.hint
    framework = MlxFramework(header, SETTINGS)
    with pytest.raises(InputError, match='"nf4" is not supported on mlx cpu float32'):
        plan_memory(header, replace(recipe, quantize_base="nf4"), MemoryRequest(50, 0, "auto"), framework.machine)
    with pytest.raises(InputError, match="no quantized matrices"):
        MlxFramework(header, SETTINGS.model_copy(update={"quantize_base": "as_is"}))


def test_the_stage_trains_with_it_and_says_what_is_held_whole(tmp_path: Path) -> None:
    header = quantized_variant(tmp_path, "llama", "Q4_K_M")  # which a width of 32 makes Q5_0 and Q8_0
    rows = make_rows(tmp_path / "m.gguf", 6)
    settings = SETTINGS.model_copy(update={"quantize_base": "as_is", "max_steps": 2, "target_layers": ("v_proj",)})
    with Store.open(tmp_path / "orca.db", create=True) as store:
        context = StageContext(store, store.runs.start("train", "{}", {}))
        events = list(train(context, header, "hash", rows, settings, tmp_path))
    said = " ".join(e.message for e in events if isinstance(e, Warned))
    whole = sum(t.type_name == "Q5_0" for t in header.tensors)
    assert f"dequantized: {whole} of Q5_0" in said and "PyTorch is several times faster" in said
    assert any(isinstance(e, MemoryPlanned) and "mlx" not in e.description for e in events)
    done = events[-1]
    assert isinstance(done, StageFinished) and isinstance(done.summary, TrainSummary)
    assert done.summary.memory.peak and done.summary.memory.peak > 10**6
    assert {name.rpartition(".")[2] for name in Adapter.load(Path(done.summary.adapter)).layers} == {"v_proj"}


def test_kept_blocks_are_counted_as_they_are_held(tmp_path: Path) -> None:
    header = quantized_variant(tmp_path, "llama", "Q4_1")
    machine = MlxFramework(header, SETTINGS).machine
    backend = make_backend("mlx", header, replace(make_recipe(SETTINGS, 9), quantize_base="as_is"))
    layers = backend._layers  # type: ignore[attr-defined]
    held = sum(array.nbytes for layer in layers.values() for array in layer.linear.parameters().values())
    numbers = sum(layer.out_features * layer.in_features for layer in linear_layers(header))
    assert machine.weight_bytes == {"none": 4, "as_is": held / numbers}
    assert machine.weight_bytes["as_is"] == 0.5 + 8 / 32


@pytest.mark.slow
def test_no_more_memory_is_taken_than_planned(student_gguf: Path) -> None:
    """With the embedded student and one row, most of it is weights and output head."""
    header = read_header(student_gguf)
    settings = SETTINGS.model_copy(update={"quantize_base": "as_is", "target_layers": ("v_proj",)})
    recipe = make_recipe(settings, 4)
    framework = MlxFramework(header, settings)
    row = make_rows(student_gguf, 1)[0]
    plan = plan_memory(header, recipe, MemoryRequest(len(row.token_ids), len(row.token_ids), "auto"), framework.machine)
    backend = framework.make_backend(recipe, plan)
    backend.step(make_batch([row]), 1e-3)
    peak = backend.peak_bytes()
    assert peak is not None and 0.4 * plan.total < peak < 1.1 * plan.total


def test_types_of_computation() -> None:
    assert choose_dtype("auto") == (mx.float32 if mx.default_device().type == mx.cpu else mx.bfloat16)
    assert choose_dtype("bfloat16") == mx.bfloat16 and choose_dtype("float32") == mx.float32


def test_bfloat16_computes_nearly_the_same(tiny_gguf: Path, recipe: Recipe) -> None:
    """GPUs compute in bfloat16; A and B stay in float32. Here on the CPU."""
    header, batch = read_header(tiny_gguf), make_batch(make_rows(tiny_gguf, 2))
    backends = [MlxBackend(header, recipe, compute) for compute in ("float32", "bfloat16")]
    for backend in backends:
        backend.restore(random_state(header, recipe), 0)
    exact, near = (backend.step(batch, 1e-5) for backend in backends)
    assert near.loss == pytest.approx(exact.loss, rel=2e-2) and near.loss != exact.loss
    assert near.grad_norm == pytest.approx(exact.grad_norm, rel=5e-2)
    moved = np.abs(arrays(backends[1].state())[0] - arrays(random_state(header, recipe))[0])
    assert 0 < moved.max() < 2e-5, "a bfloat16 could not hold so small a step"


def test_mlx_is_chosen_where_it_is_the_faster_one() -> None:
    assert default_framework("darwin", "arm64") == "mlx"
    assert default_framework("darwin", "x86_64") == default_framework("linux", "x86_64") == "torch"
    assert default_framework("linux", "arm64") == "torch"


METAL = "[METAL] Command buffer execution failed: "


@pytest.mark.parametrize(
    "message",
    [
        # Reported in Mcourtyard/m-courtyard issue 8, jundot/omlx issue 2029, ml-explore/mlx issue 1231.
        METAL + "Impacting Interactivity (0000000e:kIOGPUCommandBufferCallbackErrorImpactingInteractivity)",
        METAL + "Caused GPU Timeout Error (00000002:kIOGPUCommandBufferCallbackErrorTimeout).",
        METAL + "Internal Error (0000000e:Internal Error)",
    ],
)
def test_the_watchdog_is_recognized(message: str) -> None:
    error = explain_fault(message)
    assert error is not None and not isinstance(error, OutOfMemory)
    assert "macOS ended" in error.message and "train.pack_tokens" in error.hint


@pytest.mark.parametrize(
    ("message", "said"),
    [
        # ml-explore/mlx pull request 479, lmstudio-ai/lmstudio-bug-tracker issue 2240, MLX's other allocators.
        (METAL + "Insufficient Memory (00000008:kIOGPUCommandBufferCallbackErrorOutOfMemory)", "no memory is left"),
        (
            "[metal::malloc] Attempting to allocate 48736917632 bytes which is greater than the maximum allowed "
            "buffer size of 30150672384 bytes.",
            "48.7 GB were requested",
        ),
        ("[malloc_or_wait] Unable to allocate 8589934592 bytes.", "8.6 GB were requested"),
        ("cudaMallocAsync(&data, size, stream) failed: out of memory", "no memory is left"),
    ],
)
def test_a_lack_of_memory_is_recognized(message: str, said: str) -> None:
    error = explain_fault(message)
    assert isinstance(error, OutOfMemory) and error.message == said


@pytest.mark.parametrize(
    "message", ["[matmul] Last dimension of first input with shape (2,3) must match", METAL + "Page Fault", ""]
)
def test_another_failure_is_a_bug_of_ours(message: str) -> None:
    assert explain_fault(message) is None
