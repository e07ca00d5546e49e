"""Our model against transformers and PEFT, on every known architecture."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from orca_local.adapters.adapter import Adapter
from orca_local.gguf.header import Header, read_header
from orca_local.gguf.layer_names import linear_layers
from orca_local.rows.training_row import TrainingRow
from orca_local.train.batches import Batch, make_batch
from orca_local.train.reference.torch_logits import reference_logits
from orca_local.train.torch.model import StudentModel
from tests.hf_model import from_peft, load_hf_model, with_peft
from tests.tiny import VARIANTS, write_variant

RANK, ALPHA = 4, 8.0
SHARING = ((False, 7), (True, 7), (True, 40))
"""Whether a shared prefix is computed once, and its length: a long one has its attention computed separately."""


@pytest.fixture(scope="module", params=VARIANTS)
def header(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Header:
    return read_header(write_variant(tmp_path_factory.mktemp("model") / "tiny.gguf", request.param, seed=3))


@pytest.fixture(scope="module")
def adapter(header: Header) -> Adapter:
    rng = np.random.default_rng(1)

    def draw(*shape: int) -> Any:
        return (0.3 * rng.standard_normal(shape)).astype(np.float32)

    pairs = {x.hf_name: (draw(RANK, x.in_features), draw(x.out_features, RANK)) for x in linear_layers(header)}
    return Adapter(RANK, ALPHA, pairs)


def batch_of_rows(shared: int = 7) -> Batch:
    """Rows of several lengths with a shared prefix."""
    rng = np.random.default_rng(2)
    start = rng.integers(5, 2000, shared).tolist()
    rows = []
    for i, (length, answer) in enumerate([(9, 4), (14, 5), (15, 12), (23, 1)]):
        ids = (*start, *rng.integers(5, 2000, length).tolist())
        rows.append(TrainingRow(str(i), ids, len(ids) - answer))
    return make_batch(rows)


def hf_states(model: Any, batch: Batch) -> Any:
    """Final hidden states, with the factor of the logits, as in ours."""
    inner = model.base_model.model.model if hasattr(model, "peft_config") else model.model
    states = inner(input_ids=torch.from_numpy(batch.token_ids), use_cache=False).last_hidden_state
    states = states / getattr(model.config, "logits_scaling", 1.0)
    return states[torch.from_numpy(batch.row_index), torch.from_numpy(batch.position)]


def ours(header: Header, adapter: Adapter, dropout: float = 0.0) -> StudentModel:
    model = StudentModel(header, torch.float32, torch.device("cpu"))
    for group in model.groups():
        group.add_update(adapter, dropout)
    return model


def test_hidden_states_are_those_of_transformers(header: Header) -> None:
    model = StudentModel(header, torch.float32, torch.device("cpu"))
    theirs = load_hf_model(header)
    with torch.no_grad():
        for share, shared in SHARING:
            batch = batch_of_rows(shared)
            actual = model(batch, share_prefix=share)
            torch.testing.assert_close(actual, hf_states(theirs, batch), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(("share", "shared"), SHARING)
def test_states_and_gradients_are_those_of_peft(header: Header, adapter: Adapter, share: bool, shared: int) -> None:
    batch = batch_of_rows(shared)
    theirs, model = with_peft(load_hf_model(header), adapter), ours(header, adapter)
    expected = hf_states(theirs, batch)
    actual = model(batch, share_prefix=share)
    torch.testing.assert_close(actual, expected, rtol=1e-4, atol=1e-4)
    pull = torch.randn(actual.shape, generator=torch.Generator().manual_seed(0))
    expected.backward(pull)
    actual.backward(pull)
    for group in model.groups():
        for part in group.slices:
            layer = theirs.base_model.model.get_submodule(part.name)
            pairs = ((group.a.grad, part.rank, layer.lora_A), (group.b.grad, part.b, layer.lora_B))
            for grad, rows, matrix in pairs:
                expected_grad = matrix["default"].weight.grad
                scale = float(expected_grad.abs().max())
                assert torch.allclose(grad[rows], expected_grad, rtol=1e-3, atol=1e-4 * scale), part.name


def test_reference_logits_are_those_of_the_merged_weights(header: Header, adapter: Adapter, tmp_path: Path) -> None:
    adapter.save(tmp_path)
    model = load_hf_model(header)
    for name in adapter.layers:
        model.get_submodule(name).weight.data += torch.from_numpy(adapter.delta(name))
    ids, positions = [7, 300, 21, 90, 1500, 4], [2, 5]
    with torch.no_grad():
        expected = model(torch.tensor([ids])).logits[0, positions].numpy()
    actual = list(reference_logits(header, tmp_path, [(ids, positions)]))
    assert len(actual) == 1
    np.testing.assert_allclose(actual[0], expected, rtol=1e-3, atol=1e-3)


def test_rows_that_begin_alike_have_the_logits_of_each_alone(header: Header, adapter: Adapter, tmp_path: Path) -> None:
    adapter.save(tmp_path)
    begin = [7, 300, 21, 90, 1500]
    rows = [([*begin, *range(50 * n, 50 * n + 4 + n)], range(6, 9 + n)) for n in range(1, 5)]
    for expected in (rows, [*rows, (begin, range(3, 5))], [*rows, ([5, 6], [0])], [*rows, (begin[:2], [1])]):
        together = list(reference_logits(header, tmp_path, expected))
        for row, actual in zip(expected, together, strict=True):
            alone = next(reference_logits(header, tmp_path, [row]))
            np.testing.assert_allclose(actual, alone, rtol=1e-4, atol=1e-4)


def test_what_peft_loads_is_what_was_saved(header: Header, adapter: Adapter, tmp_path: Path) -> None:
    adapter.save(tmp_path)
    batch = batch_of_rows()
    theirs = from_peft(load_hf_model(header), tmp_path)
    with torch.no_grad():
        torch.testing.assert_close(
            ours(header, adapter)(batch, share_prefix=True), hf_states(theirs, batch), rtol=1e-4, atol=1e-4
        )
