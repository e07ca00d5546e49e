"""The students as transformers and PEFT have them: what our own model is compared with."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch

from orca_local.adapters.adapter import Adapter
from orca_local.gguf.header import Header
from orca_local.gguf.layer_names import hf_tensor_names, unpermute_rotary
from orca_local.gguf.tensors import read_tensor


def load_hf_model(header: Header) -> Any:
    """A float32 transformers model with the weights of a GGUF file."""
    config = _config(header)
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_config(config, attn_implementation="sdpa", dtype=torch.float32)
    state = {}
    for gguf_name, (hf_name, heads) in hf_tensor_names(header).items():
        values = read_tensor(header, gguf_name)
        values = values if heads is None else unpermute_rotary(values, heads)
        state[hf_name] = torch.from_numpy(np.ascontiguousarray(values))
    missing, unexpected = model.load_state_dict(state, strict=False, assign=True)
    assert set(missing) <= {"lm_head.weight"} and not unexpected
    model.tie_weights()
    return model.eval()


def with_peft(model: Any, adapter: Adapter, dropout: float = 0.0) -> Any:
    """The model under a PEFT adapter that stands where `adapter` stands."""
    import peft

    config = peft.LoraConfig(
        r=adapter.rank,
        lora_alpha=adapter.alpha,
        lora_dropout=dropout,
        target_modules=sorted({name.rpartition(".")[2] for name in adapter.layers}),
        task_type="CAUSAL_LM",
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)  # peft uses what transformers deprecates
        wrapped = peft.get_peft_model(model, config)
    for name, (a, b) in adapter.layers.items():
        layer = wrapped.base_model.model.get_submodule(name)
        layer.lora_A["default"].weight.data = torch.from_numpy(a.copy())
        layer.lora_B["default"].weight.data = torch.from_numpy(b.copy())
    return wrapped


def from_peft(model: Any, directory: Path) -> Any:
    """The model under an adapter that PEFT itself reads."""
    import peft

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        return peft.PeftModel.from_pretrained(model, str(directory))


def _config(header: Header) -> Any:
    import transformers

    transformers.utils.logging.set_verbosity_error()
    kinds = {"llama": transformers.LlamaConfig, "qwen2": transformers.Qwen2Config, "qwen3": transformers.Qwen3Config}
    heads = int(header.value("attention.head_count"))
    width = int(header.value("embedding_length"))
    return kinds[header.architecture](
        vocab_size=header.tensor_map["token_embd.weight"].shape[0],
        hidden_size=width,
        intermediate_size=int(header.value("feed_forward_length")),
        num_hidden_layers=header.block_count,
        num_attention_heads=heads,
        num_key_value_heads=int(header.value("attention.head_count_kv", heads)),
        head_dim=int(header.value("attention.key_length", width // heads)),
        max_position_embeddings=header.context_length,
        rms_norm_eps=float(header.value("attention.layer_norm_rms_epsilon")),
        rope_parameters={"rope_type": "default", "rope_theta": float(header.value("rope.freq_base", 10000.0))},
        tie_word_embeddings=header.tied,
    )
