"""Variants of a step: gradient checkpointing, weights in four bits, a subset of the layers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from orca_local.adapters.adapter import Adapter
from orca_local.domain.errors import InputError
from orca_local.domain.settings import TrainSettings
from orca_local.gguf.decoder import AttentionKind
from orca_local.gguf.header import read_header
from orca_local.rows.training_row import TrainingRow
from orca_local.train.backend import StepResult
from orca_local.train.batches import Batch, make_batch
from orca_local.train.recipe import Recipe, make_recipe
from orca_local.train.state import initial_adapter
from orca_local.train.torch.attention import (
    MIN_LENGTH_RATIO,
    RotaryFrequencies,
    attend,
    length_groups,
    make_layout,
)
from orca_local.train.torch.backend import TorchBackend
from orca_local.train.torch.lora import DenseWeight
from orca_local.train.torch.model import StudentModel
from orca_local.train.torch.nf4 import Nf4Weight
from tests.tiny import write_variant

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def batch(rows: list[TrainingRow]) -> Batch:
    return make_batch(rows[:6])


@pytest.fixture(scope="module")
def recipe(rows: list[TrainingRow]) -> Recipe:
    return make_recipe(TrainSettings(rank=4, alpha=8, batch_size=4), len(rows))


def steps(backend: TorchBackend, batch: Batch, count: int = 4) -> list[StepResult]:
    return [backend.step(batch, 5e-3) for _ in range(count)]


@pytest.mark.parametrize("name", ["llama", "gemma3"])
@pytest.mark.parametrize("dropout", [0.0, 0.2])
def test_activations_that_are_computed_twice_give_the_same_steps(
    name: str, dropout: float, recipe: Recipe, batch: Batch, tmp_path: Path
) -> None:
    header = read_header(write_variant(tmp_path / "m.gguf", name))
    recipe = replace(recipe, dropout=dropout)
    kept = steps(TorchBackend(header, recipe, "float32"), batch)
    assert steps(TorchBackend(header, recipe, "float32", gradient_checkpointing=True), batch) == kept
    assert kept[-1].loss < kept[0].loss


@pytest.mark.parametrize("name", ["llama", "qwen3moe"])
def test_four_bits_compute_what_their_whole_values_would(
    name: str, recipe: Recipe, batch: Batch, tmp_path: Path
) -> None:
    """Also the gradients of the update; and the result differs from that of the unrounded weights."""
    header = read_header(write_variant(tmp_path / "m.gguf", name))
    start = initial_adapter(header, recipe)
    rng = torch.Generator().manual_seed(1)
    layers = {n: (a, torch.randn(b.shape, generator=rng).mul_(0.1).numpy()) for n, (a, b) in start.layers.items()}

    def rounded(weight: torch.Tensor) -> DenseWeight:
        return DenseWeight(Nf4Weight(weight).extended())

    actual = []
    for freeze in (Nf4Weight, rounded, DenseWeight):
        model = StudentModel(header, torch.float32, CPU, freeze)
        parameters = [p for group in model.groups() for p in group.add_update(replace(start, layers=layers))]
        states = model(batch, share_prefix=True)
        states.square().sum().backward()
        actual.append([states.detach(), *(p.grad for p in parameters)])
    for ours, expected, unrounded in zip(*actual, strict=True):
        torch.testing.assert_close(ours, expected, rtol=1e-4, atol=1e-4 * float(expected.abs().max()))
        assert (ours - unrounded).abs().max() > 1e-3 * unrounded.abs().max()


def test_a_training_in_four_bits_learns(tiny_gguf: Path, recipe: Recipe, batch: Batch) -> None:
    actual = steps(TorchBackend(read_header(tiny_gguf), replace(recipe, quantize_base="nf4"), "float32"), batch, 12)
    assert actual[-1].loss < 0.8 * actual[0].loss


@pytest.mark.parametrize(("name", "targets"), [("llama", ("q_proj", "down_proj")), ("phi3", ("qkv_proj",))])
def test_some_layers_alone_are_trained_and_the_others_stay(
    name: str, targets: tuple[str, ...], recipe: Recipe, batch: Batch, tmp_path: Path
) -> None:
    header = read_header(write_variant(tmp_path / "m.gguf", name))
    backend = TorchBackend(header, replace(recipe, target_layers=targets), "float32")
    actual = steps(backend, batch)
    assert actual[-1].loss < actual[0].loss
    trained = backend.adapter().layers
    assert {layer.rpartition(".")[2] for layer in trained} == set(targets)
    assert all(b.any() for _, b in trained.values())


def test_a_layer_that_the_student_does_not_have_is_named(tmp_path: Path, recipe: Recipe) -> None:
    header = read_header(write_variant(tmp_path / "m.gguf", "phi3"))
    with pytest.raises(InputError, match="'q_proj'") as raised:
        initial_adapter(header, replace(recipe, target_layers=("q_proj",)))
    assert "qkv_proj" in raised.value.hint


def test_rank_stabilized_scaling_is_that_of_peft(tiny_gguf: Path, recipe: Recipe, batch: Batch, tmp_path: Path) -> None:
    from tests.hf_model import from_peft, load_hf_model

    header = read_header(tiny_gguf)
    backend = TorchBackend(header, replace(recipe, rank_stabilized=True), "float32")
    steps(backend, batch)
    backend.adapter().save(tmp_path)
    assert Adapter.load(tmp_path).scale == 8 / 2
    theirs = from_peft(load_hf_model(header), tmp_path)
    with torch.no_grad():
        ids = torch.from_numpy(batch.token_ids)
        logits = theirs(input_ids=ids).logits[torch.from_numpy(batch.row_index), torch.from_numpy(batch.position)]
        expected = torch.nn.functional.cross_entropy(logits, torch.from_numpy(batch.target))
    assert backend.evaluate(batch).loss == pytest.approx(float(expected), rel=1e-4)


@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_rows_of_any_lengths_are_padded_by_less_than_their_own_length(device: str) -> None:
    """The memory planned per token also suffices for a batch of short and long rows."""
    for lengths in ([50] * 15 + [2000], range(40, 2000, 130), [300], [7, 7, 13, 14, 15, 29]):
        ordered = np.array(sorted(lengths))
        groups = length_groups(ordered, MIN_LENGTH_RATIO[device])
        assert sum(len(ordered[group]) * ordered[group].max() for group in groups) <= 2 * ordered.sum()
        assert [row for group in groups for row in ordered[group]] == ordered.tolist()


@pytest.mark.parametrize(("prefix", "window"), [(0, 0), (3, 0), (9, 0), (3, 8), (9, 8)])
def test_rows_in_many_rectangles_attend_as_in_one(prefix: int, window: int) -> None:
    heads, lengths = (4, 2), np.array([12, 10, 17, 17, 11])
    kind = AttentionKind(window)
    rotary = {kind: RotaryFrequencies(torch.rand(8, generator=torch.Generator().manual_seed(1)))}
    tokens = prefix + int((lengths - prefix).sum())
    given = torch.randn(tokens, 8 * 16, generator=torch.Generator().manual_seed(2))
    actual = []
    for min_ratio in (0.0, 7 / 8, 1.0):
        layout = make_layout(prefix, lengths, rotary, torch.float32, min_ratio)
        x = given.clone().requires_grad_()
        out = attend(x, heads, layout, kind, 0.25)
        (out * given[:, : out.shape[1]]).sum().backward()
        actual.append((len(layout.rectangles), out.detach(), x.grad))
    counts = [count for count, _, _ in actual]
    assert counts[0] == 1 and 1 < counts[1] <= counts[2] == 4
    for _, out, grad in actual[1:]:
        torch.testing.assert_close(out, actual[0][1])
        torch.testing.assert_close(grad, actual[0][2])
