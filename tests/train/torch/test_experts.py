"""A mixture of experts in PyTorch: quantized experts, which are made ready one at a time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch

from orca_local.domain.settings import TrainSettings
from orca_local.gguf.tensors import read_matrix_at, read_tensor
from orca_local.rows.training_row import TrainingRow
from orca_local.train.batches import make_batch
from orca_local.train.recipe import make_recipe
from orca_local.train.torch.backend import TorchBackend, TorchFramework
from orca_local.train.torch.experts import Expert, Experts
from orca_local.train.torch.model import StudentModel
from tests.hf_model import load_hf_model
from tests.tiny import quantized_variant

WIDTH, HIDDEN = 16, 24


class Loads:
    """Random experts, with the numbers of those that were asked for."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def __call__(self, number: int) -> Expert:
        self.asked.append(number)
        generator = torch.Generator().manual_seed(number)
        shapes = (2 * HIDDEN, WIDTH), (WIDTH, HIDDEN)
        gate_up, down = (torch.randn(shape, generator=generator) for shape in shapes)
        return gate_up, down


def test_only_the_experts_that_a_token_chose_are_loaded_once_in_each_direction() -> None:
    router = torch.zeros(8, WIDTH)
    router[[1, 6], 0] = torch.tensor([3.0, 2.0])
    loads = Loads()
    x = torch.rand(5, WIDTH, generator=torch.Generator().manual_seed(9)).add_(0.5).requires_grad_()
    out = Experts(router, 2, loads)(x)
    assert loads.asked == [1, 6]
    out.sum().backward()
    assert loads.asked == [1, 6, 1, 6]
    assert x.grad is not None and x.grad.abs().min() > 0


@pytest.mark.parametrize("kind", ["Q4_0", "Q8_0"])
def test_quantized_experts_compute_what_their_dequantized_values_do(kind: str, tmp_path: Path) -> None:
    header = quantized_variant(tmp_path, "qwen3moe", kind)
    tensor = header.tensor_map["blk.1.ffn_down_exps.weight"]
    assert tensor.type_name == kind
    whole = read_tensor(header, tensor.name)
    assert all((read_matrix_at(header, tensor, number) == whole[number]).all() for number in range(len(whole)))
    ids = list(range(100, 140))
    batch = make_batch([TrainingRow("a", tuple(ids), 1)])
    with torch.no_grad():
        actual = StudentModel(header, torch.float32, torch.device("cpu"))(batch, share_prefix=False)
        expected = load_hf_model(header).model(input_ids=torch.tensor([ids])).last_hidden_state[0, :-1]
    torch.testing.assert_close(actual, expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("quantize_base", ["none", "nf4"])
def test_attention_learns_beside_quantized_experts(quantize_base: str, tmp_path: Path) -> None:
    header = quantized_variant(tmp_path, "qwen3moe", "Q8_0")
    settings = TrainSettings(rank=4, alpha=8, batch_size=4, quantize_base=quantize_base)
    rows = [TrainingRow(str(n), tuple(range(50 * n + 5, 50 * n + 25)), 8) for n in range(4)]
    backend = TorchBackend(header, replace(make_recipe(settings, 4), max_grad_norm=1.0), "float32")
    losses = [backend.step(make_batch(rows), 1e-2).loss for _ in range(12)]
    assert losses[-1] < 0.9 * losses[0]
    assert {name.rpartition(".")[2] for name in backend.adapter().layers} == {"q_proj", "k_proj", "v_proj", "o_proj"}
    notes = TorchFramework(header, settings).machine.notes
    assert any("experts" in note for note in notes) == (quantize_base == "none")
