"""The activations that a training step keeps, compared with the memory plan, for every kind of model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from orca_local.domain.settings import TrainSettings
from orca_local.gguf.header import read_header
from orca_local.train.batches import batch_of
from orca_local.train.memory import Machine, MemoryRequest, plan_memory, values_per_token
from orca_local.train.recipe import make_recipe
from orca_local.train.state import initial_adapter
from orca_local.train.torch.model import StudentModel
from tests.tiny import VARIANTS, write_variant

ROWS, LENGTH = 4, 64
CPU = Machine("cpu float32", 4, None, 1536, 512, {"none": 4}, {"none": 0})


def saved_bytes(model: StudentModel) -> int:
    """Bytes that autograd keeps of a batch's forward pass, without the parameters and the model's weights."""
    weights = {x.untyped_storage().data_ptr() for x in (model.embedding, model.norm.weight)}
    for group in model.groups():
        tensors = (group.a, group.b, group.compute_a, group.frozen.extended())
        weights |= {x.untyped_storage().data_ptr() for x in tensors}
    kept: dict[int, torch.Tensor] = {}

    def keep(x: torch.Tensor) -> torch.Tensor:
        storage = x.untyped_storage()
        if storage.data_ptr() not in weights:
            kept[storage.data_ptr()] = x  # holds it, so that no other tensor gets its address
        return x

    batch = batch_of([range(5, 5 + LENGTH)] * ROWS, [range(LENGTH)] * ROWS)
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda x: x):
        held: Any = model(batch, share_prefix=False)
    assert held.requires_grad
    return sum(x.untyped_storage().nbytes() for x in kept.values())


@pytest.mark.parametrize("name", VARIANTS)
def test_a_step_keeps_what_was_planned(name: str, tmp_path: Path) -> None:
    header = read_header(write_variant(tmp_path / "m.gguf", name))
    recipe = make_recipe(TrainSettings(rank=4, batch_size=ROWS), ROWS)
    model = StudentModel(header, torch.float32, torch.device("cpu"))
    for group in model.groups():
        group.add_update(initial_adapter(header, recipe))
    decoder = model.decoder
    kept, _ = values_per_token(decoder, recipe.rank, CPU)
    expected = ROWS * LENGTH * CPU.value_bytes * (decoder.blocks * kept + decoder.width)  # and the final norm's input
    assert saved_bytes(model) == pytest.approx(expected, rel=0.1)
    plan = plan_memory(header, recipe, MemoryRequest(LENGTH, 0, "off"), CPU)
    matrices = [group.frozen.shape for group in model.groups()]
    outer = model.embedding.numel() * (1 if decoder.tied else 2)
    held = CPU.value_bytes * (sum(rows * columns for rows, columns in matrices) + outer)
    assert plan.weights == pytest.approx(held, rel=0.02)
