"""Merged files against the trainer's own logits."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from orca_local.adapters.adapter import Adapter
from orca_local.domain.errors import AcceptanceError, InputError
from orca_local.export.acceptance import check_divergence, check_same_weights, measure_divergence
from orca_local.export.merge import match_layers, merged_tensors, write_merged, write_tensors
from orca_local.gguf.header import read_header
from orca_local.gguf.layer_names import linear_layers
from orca_local.gguf.tensors import read_tensor
from tests.export.scene import logits_of, random_adapter, reference_of
from tests.tiny import VARIANTS, write_variant


@pytest.mark.parametrize("name", VARIANTS)
def test_a_merged_file_predicts_what_the_trained_model_did(name: str, tmp_path: Path) -> None:
    gguf = write_variant(tmp_path / "tiny.gguf", name)
    adapter = random_adapter(gguf)
    adapter.save(tmp_path / "adapter")
    made = write_merged(tmp_path / "merged.gguf", read_header(gguf), adapter, {})
    assert made.tied == read_header(gguf).tied
    expected, base = reference_of(gguf, tmp_path / "adapter"), reference_of(gguf, None)
    actual = measure_divergence([expected], [logits_of(tmp_path / "merged.gguf")])
    assert actual.kl < 1e-3 and actual.agreement >= 0.98
    assert measure_divergence([expected], [base]).kl > 0.05, "the adapter must matter for this test to mean anything"


def test_an_update_without_the_rotary_order_would_be_caught(tiny_gguf: Path, tmp_path: Path) -> None:
    """Trap 5: llama files store q and k permuted; an unpermuted update gives another model."""
    adapter = random_adapter(tiny_gguf, scale=1.0)
    adapter.save(tmp_path / "adapter")
    header = read_header(tiny_gguf)
    layers = match_layers(header, adapter)
    assert sum(layer.rotary_heads is not None for layer in layers.values()) == 2 * header.block_count
    unordered = {name: replace(layer, rotary_heads=None) for name, layer in layers.items()}
    write_tensors(tmp_path / "wrong.gguf", header, merged_tensors(header, adapter, unordered), {})
    actual = measure_divergence([reference_of(tiny_gguf, tmp_path / "adapter")], [logits_of(tmp_path / "wrong.gguf")])
    assert not all(check.passed for check in check_divergence(replace(actual, positions=1000)))


def test_norms_that_the_converter_shifted_are_not_shifted_again(tmp_path: Path) -> None:
    """gemma's models multiply by one more than a norm holds; llama.cpp's converter adds the one."""
    gguf = write_variant(tmp_path / "m.gguf", "gemma3")
    made = write_merged(tmp_path / "merged.gguf", read_header(gguf), random_adapter(gguf), {})
    vectors = [tensor.name for tensor in made.tensors if len(tensor.shape) == 1]
    assert len(vectors) == 1 + 6 * 6
    assert all(np.array_equal(read_tensor(read_header(gguf), name), read_tensor(made, name)) for name in vectors)


def test_a_router_is_not_rounded(tmp_path: Path) -> None:
    header = read_header(write_variant(tmp_path / "m.gguf", "qwen3moe"))
    made = write_merged(tmp_path / "merged.gguf", header, None, {})
    kinds = {tensor.name: tensor.type_name for tensor in made.tensors}
    assert kinds["blk.0.ffn_gate_inp.weight"] == "F32" and kinds["blk.0.ffn_gate_exps.weight"] == "F16"
    name = "blk.0.ffn_gate_inp.weight"
    assert np.array_equal(read_tensor(header, name), read_tensor(made, name))
    assert check_same_weights(header, made).passed


def test_the_delta_survives_in_the_merged_weights(tiny_gguf: Path, tmp_path: Path) -> None:
    """Trap 4: merging into four bits rounds a small update away, so it is merged into F16 first."""
    adapter = random_adapter(tiny_gguf, scale=1e-3)
    header = read_header(tiny_gguf)
    made = write_merged(tmp_path / "m.gguf", header, adapter, {})
    layer = next(x for x in linear_layers(header) if x.hf_name.endswith("mlp.down_proj"))
    change = read_tensor(made, layer.gguf_name) - read_tensor(header, layer.gguf_name)
    delta = adapter.delta(layer.hf_name)
    assert np.corrcoef(change.ravel(), delta.ravel())[0, 1] > 0.9


def test_every_layer_of_the_adapter_changes_its_tensor_and_nothing_else_changes(
    tiny_gguf: Path, tmp_path: Path
) -> None:
    whole = random_adapter(tiny_gguf)
    some = Adapter(4, 8.0, {name: pair for name, pair in whole.layers.items() if "layers.1.mlp" in name})
    header = read_header(tiny_gguf)
    made = write_merged(tmp_path / "m.gguf", header, some, {})
    changed = {
        t.name for t in header.tensors if not np.array_equal(read_tensor(made, t.name), read_tensor(header, t.name))
    }
    assert changed == {"blk.1.ffn_gate.weight", "blk.1.ffn_up.weight", "blk.1.ffn_down.weight"}


@pytest.mark.parametrize(
    "name",
    ["lm_head", "model.embed_tokens", "model.norm", "model.layers.0.input_layernorm", "model.layers.99.mlp.up_proj"],
)
def test_an_update_that_cannot_be_merged_is_refused_by_name(tiny_gguf: Path, name: str) -> None:
    """Trap 4: other tools silently lose the update of a head that is tied to the embedding."""
    adapter = random_adapter(tiny_gguf)
    pair = next(iter(adapter.layers.values()))
    with pytest.raises(InputError, match=re.escape(name)):
        match_layers(read_header(tiny_gguf), Adapter(4, 8.0, {**adapter.layers, name: pair}))


def test_an_adapter_of_other_shapes_or_rank_is_refused(tiny_gguf: Path) -> None:
    adapter = random_adapter(tiny_gguf)
    name = next(iter(adapter.layers))
    a, b = adapter.layers[name]
    for other in (Adapter(4, 8.0, {name: (a[:, :-1], b)}), Adapter(8, 8.0, {name: (a, b)})):
        with pytest.raises(InputError, match=f"{name}.*shapes"):
            match_layers(read_header(tiny_gguf), other)


def test_an_adapter_of_nothing_is_refused(tiny_gguf: Path) -> None:
    with pytest.raises(InputError, match="changes no layer"):
        match_layers(read_header(tiny_gguf), Adapter(4, 8.0, {}))


@pytest.mark.parametrize("scale", [1e8, 1e38])
def test_a_weight_that_overflows_is_named(tiny_gguf: Path, tmp_path: Path, scale: float) -> None:
    """Trap 6: an infinite weight must not be written as a model, whether in F16 or already in the update."""
    with pytest.raises(AcceptanceError, match=r"blk\.0.*not finite in F16"):
        write_merged(tmp_path / "m.gguf", read_header(tiny_gguf), random_adapter(tiny_gguf, scale), {})
