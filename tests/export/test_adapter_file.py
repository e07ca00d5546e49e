"""An adapter as a LoRA GGUF: the same predictions as the trainer's, for every architecture."""

from __future__ import annotations

import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from orca_local.adapters.adapter import Adapter
from orca_local.domain.errors import InputError
from orca_local.export.acceptance import check_divergence, measure_divergence
from orca_local.export.adapter_file import write_adapter
from orca_local.export.merge import match_layers, write_merged
from orca_local.gguf.header import read_header
from orca_local.gguf.layer_names import TRAINABLE
from orca_local.gguf.lora import write_lora
from orca_local.gguf.tensors import read_tensor
from tests.engines.drive import prompt_logits
from tests.export.scene import IDS, logits_of, open_engine, random_adapter, reference_of
from tests.tiny import VARIANTS, write_variant


def test_no_architecture_is_left_out_below() -> None:
    assert {options.get("architecture", "llama") for options in VARIANTS.values()} == set(TRAINABLE)


@pytest.mark.parametrize(("name", "rank_stabilized"), [*((name, False) for name in VARIANTS), ("llama", True)])
def test_the_base_with_the_file_predicts_what_the_trained_and_the_merged_model_do(
    name: str, rank_stabilized: bool, tmp_path: Path
) -> None:
    gguf = write_variant(tmp_path / "tiny.gguf", name)
    adapter = replace(random_adapter(gguf), rank_stabilized=rank_stabilized)
    adapter.save(tmp_path / "adapter")
    made = write_adapter(tmp_path / "adapter.gguf", read_header(gguf), adapter, {})
    write_merged(tmp_path / "merged.gguf", read_header(gguf), adapter, {})
    with closing(open_engine(gguf)) as engine:
        base = prompt_logits(engine, IDS, range(len(IDS)))
        engine.set_adapter(made.path)
        adapted = prompt_logits(engine, IDS, range(len(IDS)))
    for expected in (reference_of(gguf, tmp_path / "adapter"), logits_of(tmp_path / "merged.gguf")):
        actual = measure_divergence([expected], [adapted])
        assert actual.kl < 1e-3 and actual.agreement >= 0.98
    assert measure_divergence([adapted], [base]).kl > 0.05, "the adapter must matter for this test to mean anything"


def test_the_file_says_what_it_is_and_where_it_came_from(tiny_gguf: Path, tmp_path: Path) -> None:
    adapter = random_adapter(tiny_gguf)
    extra = {"orca_local.base_sha256": "b", "orca_local.adapter_sha256": "a"}
    made = write_adapter(tmp_path / "a.gguf", read_header(tiny_gguf), adapter, extra)
    assert made.metadata == {
        "general.architecture": "llama",
        "general.type": "adapter",
        "adapter.type": "lora",
        "adapter.lora.alpha": adapter.scale * adapter.rank,
        "general.file_type": 0,
        **extra,
    }
    assert {tensor.type_name for tensor in made.tensors} == {"F32"} and made.quantization == "F32"
    a, b = adapter.layers["model.layers.1.mlp.down_proj"]
    assert np.array_equal(read_tensor(made, "blk.1.ffn_down.weight.lora_a"), a)
    assert np.array_equal(read_tensor(made, "blk.1.ffn_down.weight.lora_b"), b)


def test_an_update_without_the_rotary_order_would_be_caught(tiny_gguf: Path, tmp_path: Path) -> None:
    """Trap 5: llama files store q and k permuted, so B must be permuted too."""
    adapter = random_adapter(tiny_gguf, scale=1.0)
    adapter.save(tmp_path / "adapter")
    header = read_header(tiny_gguf)
    unordered = {name: adapter.layers[layer.hf_name] for name, layer in match_layers(header, adapter).items()}
    with closing(open_engine(tiny_gguf)) as engine:
        engine.set_adapter(write_lora(tmp_path / "w.gguf", "llama", adapter.scale, unordered, {}).path)
        wrong = prompt_logits(engine, IDS, range(len(IDS)))
    actual = measure_divergence([reference_of(tiny_gguf, tmp_path / "adapter")], [wrong])
    assert not all(check.passed for check in check_divergence(replace(actual, positions=1000)))


@pytest.mark.parametrize("alpha", [0.0, 1e-45, 1e39])
def test_a_scale_that_llama_cpp_would_read_otherwise_is_refused(alpha: float, tiny_gguf: Path, tmp_path: Path) -> None:
    """llama.cpp reads an alpha of zero as a scale of one."""
    adapter = replace(random_adapter(tiny_gguf), alpha=alpha)
    with pytest.raises(InputError, match=r"scale .* cannot be written"):
        write_adapter(tmp_path / "a.gguf", read_header(tiny_gguf), adapter, {})
    assert not list(tmp_path.iterdir())


def test_an_adapter_of_another_base_is_refused_before_anything_is_written(tiny_gguf: Path, tmp_path: Path) -> None:
    whole = random_adapter(tiny_gguf)
    pair = next(iter(whole.layers.values()))
    with pytest.raises(InputError, match=r"layers\.99"):
        other = Adapter(4, 8.0, {**whole.layers, "model.layers.99.mlp.up_proj": pair})
        write_adapter(tmp_path / "a.gguf", read_header(tiny_gguf), other, {})
    assert not list(tmp_path.iterdir())


PLAIN = """
import ctypes, sys
import numpy as np
import llama_cpp as llama

model_path, adapter_path, out, *ids = sys.argv[1:]
llama.llama_backend_init()
model = llama.llama_model_load_from_file(model_path.encode(), llama.llama_model_default_params())
options = llama.llama_context_default_params()
options.n_ctx, options.n_threads, options.n_threads_batch = 256, 1, 1
context = llama.llama_init_from_model(model, options)
adapter = llama.llama_adapter_lora_init(model, adapter_path.encode())
assert adapter
llama.llama_set_adapters_lora(context, (llama.llama_adapter_lora_p_ctypes * 1)(adapter), 1, (ctypes.c_float * 1)(1.0))
tokens = (llama.llama_token * len(ids))(*map(int, ids))
assert llama.llama_decode(context, llama.llama_batch_get_one(tokens, len(ids))) == 0
words = llama.llama_vocab_n_tokens(llama.llama_model_get_vocab(model))
np.save(out, np.ctypeslib.as_array(llama.llama_get_logits_ith(context, -1), shape=(words,)))
"""


def test_plain_llama_cpp_loads_it_without_this_program(tiny_gguf: Path, tmp_path: Path) -> None:
    adapter = random_adapter(tiny_gguf)
    adapter.save(tmp_path / "adapter")
    made = write_adapter(tmp_path / "adapter.gguf", read_header(tiny_gguf), adapter, {"orca_local.version": "1"})
    out = tmp_path / "logits.npy"
    command = [sys.executable, "-c", PLAIN, str(tiny_gguf), str(made.path), str(out), *map(str, IDS)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    expected = reference_of(tiny_gguf, tmp_path / "adapter")[-1:]
    assert measure_divergence([expected], [np.load(out)[None]]).kl < 1e-3
