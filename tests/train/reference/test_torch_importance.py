"""The importance matrix against one collected by hooks on transformers' model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from orca_local.adapters.adapter import Adapter
from orca_local.gguf.header import Header, read_header
from orca_local.gguf.layer_names import linear_layers
from orca_local.train.reference.torch_importance import column_squares
from tests.hf_model import load_hf_model
from tests.tiny import VARIANTS, write_variant

ROWS = [list(range(start, start + length)) for start, length in ((50, 9), (400, 31), (900, 17))]


def hooked_sums(header: Header, adapter: Adapter | None) -> dict[str, NDArray[np.float64]]:
    """GGUF tensor → sums of squares of the inputs of the merged model's linear layers, one row at a time."""
    model = load_hf_model(header)
    sums: dict[str, Any] = {}
    for layer in linear_layers(header):
        module = model.get_submodule(layer.hf_name)
        if adapter is not None:
            module.weight.data += torch.from_numpy(adapter.delta(layer.hf_name))

        def see(_module: Any, args: Any, name: str = layer.gguf_name) -> None:
            sums[name] = sums.get(name, 0) + args[0].double().square().flatten(0, -2).sum(0).numpy()

        module.register_forward_pre_hook(see)
    with torch.no_grad():
        for row in ROWS:
            model(torch.tensor([row]))
    return sums


@pytest.mark.parametrize("name", VARIANTS)
def test_the_matrix_is_the_one_that_hooks_on_transformers_collect(name: str, tmp_path: Path) -> None:
    """Every position of every row counts once, in batches of one or several rows."""
    header = read_header(write_variant(tmp_path / "tiny.gguf", name, seed=5))
    rng = np.random.default_rng(1)
    pairs = {
        layer.hf_name: (
            rng.standard_normal((4, layer.in_features)).astype(np.float32),
            0.1 * rng.standard_normal((layer.out_features, 4)).astype(np.float32),
        )
        for layer in linear_layers(header)
    }
    adapter = Adapter(4, 8.0, pairs)
    adapter.save(tmp_path / "adapter")
    actual = column_squares(header, tmp_path / "adapter", ROWS, "float32", batch_tokens=20)
    expected = hooked_sums(header, adapter)
    assert actual.keys() == expected.keys() == {layer.gguf_name for layer in linear_layers(header)}
    for tensor, squares in actual.items():
        assert squares.count == sum(map(len, ROWS))
        np.testing.assert_allclose(squares.sums, expected[tensor], rtol=2e-3, err_msg=tensor)


def test_an_adapter_changes_the_matrix_and_bfloat16_hardly(tiny_gguf: Path, tmp_path: Path) -> None:
    header = read_header(tiny_gguf)
    layers = linear_layers(header)
    pairs = {
        x.hf_name: (np.ones((1, x.in_features), np.float32), np.ones((x.out_features, 1), np.float32)) for x in layers
    }
    Adapter(1, 1.0, pairs).save(tmp_path)
    plain = column_squares(header, None, ROWS, "float32")
    tuned = column_squares(header, tmp_path, ROWS, "float32")
    short = column_squares(header, None, ROWS, "bfloat16")
    last = layers[-1].gguf_name
    assert not np.allclose(plain[last].means, tuned[last].means, rtol=0.1)
    np.testing.assert_allclose(plain[last].means, short[last].means, rtol=0.1)
