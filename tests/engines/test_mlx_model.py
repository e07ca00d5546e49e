"""A GGUF's weights in MLX, dequantized and quantized as in the file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from orca_local.domain.errors import InputError
from orca_local.gguf.header import read_header
from orca_local.gguf.layer_names import linear_layers, unpermute_rotary
from orca_local.gguf.tensors import read_tensor
from tests.tiny import quantized_variant, write_tiny_gguf, write_variant

pytest.importorskip("mlx_lm", reason="MLX has no build for this machine")

import mlx.core as mx

from orca_local.engines.mlx_model import load_model

IDS = mx.array([list(range(100, 130))])


@pytest.mark.parametrize(
    ("variant", "kind"),
    [
        ("llama", "Q4_0"),
        ("qwen2", "Q4_1"),
        ("phi3", "Q8_0"),
        ("gemma3", "Q8_0"),
        ("granite", "Q4_0"),
        ("qwen3moe", "Q8_0"),
    ],
)
def test_kept_blocks_are_the_dequantized_weights(variant: str, kind: str, tmp_path: Path) -> None:
    """Covers the row order of q and k, biases, and the quantized head."""
    header = quantized_variant(tmp_path, variant, kind)
    kept, whole = (load_model(header, mx.float32, keep_blocks=keep) for keep in (True, False))
    modules = dict(kept.module.named_modules())
    layers = linear_layers(header)
    for layer in layers:
        held = modules[layer.hf_name]
        values = mx.dequantize(held.weight, held.scales, held.biases, group_size=held.group_size, bits=held.bits)
        expected = read_tensor(header, layer.gguf_name)
        expected = expected if layer.rotary_heads is None else unpermute_rotary(expected, layer.rotary_heads)
        assert header.tensor_map[layer.gguf_name].type_name == kind
        assert np.array_equal(np.array(values), expected)
    actual, expected = (np.array(model.module(IDS)) for model in (kept, whole))
    assert np.abs(actual - expected).max() < 1e-4 * np.abs(expected).max()
    nbytes = [sum(x.nbytes for _, x in mx_leaves(model.module)) for model in (kept, whole)]
    assert nbytes[0] < 0.6 * nbytes[1], "the blocks take less memory"


def mx_leaves(module: object) -> list[tuple[str, mx.array]]:
    from mlx.utils import tree_flatten

    leaves: list[tuple[str, mx.array]] = tree_flatten(module.parameters())  # type: ignore[attr-defined]
    return leaves


def test_gradients_flow_through_kept_blocks(tmp_path: Path) -> None:
    header = quantized_variant(tmp_path, "llama", "Q4_1")
    slopes = []
    for keep in (True, False):
        down = load_model(header, mx.float32, keep_blocks=keep).module.layers[0].mlp.down_proj
        x = mx.random.normal((3, 64), key=mx.random.key(1))
        slopes.append(np.array(mx.grad(lambda x, down=down: (down(x) ** 2).sum())(x)))
    assert np.abs(slopes[1]).max() > 1
    np.testing.assert_allclose(slopes[0], slopes[1], rtol=1e-4, atol=1e-4)


def test_a_file_without_such_blocks_is_refused(tiny_gguf: Path) -> None:
    with pytest.raises(InputError, match="no quantized matrices") as raised:
        load_model(read_header(tiny_gguf), mx.float32, keep_blocks=True)
    assert "quantize_base" in raised.value.hint


@pytest.mark.parametrize(
    ("variant", "key", "value", "message"),
    [
        ("gemma3", "attention.sliding_window_pattern", [True, False, True, True, True, False], "order of its"),
        ("gemma3", "attention.sliding_window_pattern", 0, "order of its"),
    ],
)
def test_what_mlx_lm_cannot_express_is_refused(
    variant: str, key: str, value: object, message: str, tmp_path: Path
) -> None:
    header = read_header(write_variant(tmp_path / "m.gguf", variant))
    header = replace(header, metadata=header.metadata | {f"{header.architecture}.{key}": value})
    with pytest.raises(InputError, match=message) as raised:
        load_model(header, mx.float32)
    assert "torch" in raised.value.hint


def test_heads_that_are_wider_than_the_model_are_refused(tmp_path: Path) -> None:
    header = read_header(write_tiny_gguf(tmp_path / "m.gguf", architecture="qwen2", head_size=16))
    with pytest.raises(InputError, match="heads of 16") as raised:
        load_model(header, mx.float32)
    assert "torch" in raised.value.hint


def test_every_period_of_windows_is_known(tmp_path: Path) -> None:
    """Includes the period 1, in which no block has a window."""
    header = read_header(write_variant(tmp_path / "m.gguf", "gemma3"))
    actual = []
    for pattern in (1, 2, 6):
        changed = header.metadata | {"gemma3.attention.sliding_window_pattern": pattern}
        actual.append(np.array(load_model(replace(header, metadata=changed), mx.float32).module(IDS)))
    assert np.abs(actual[0] - actual[1]).max() > 0.1 and np.abs(actual[1] - actual[2]).max() > 0.1
