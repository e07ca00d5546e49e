"""The students as transformers and PEFT have them: what our own model is compared with."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import torch

from orca_local.adapters.adapter import Adapter
from orca_local.gguf.decoder import ROPE_FACTORS, Decoder, max_row_length, read_decoder
from orca_local.gguf.header import Header
from orca_local.gguf.layer_names import hf_tensor_names, unpermute_rotary
from orca_local.gguf.tensors import read_tensor
from tests.tiny import EXPERT_HIDDEN, EXPERTS


def load_hf_model(header: Header) -> Any:
    """A float32 transformers model with the weights of a GGUF file."""
    config = _config(header)
    from transformers import AutoModelForCausalLM

    model = AutoModelForCausalLM.from_config(config, attn_implementation="sdpa", dtype=torch.float32)
    state = {}
    for gguf_name, (hf_name, heads) in hf_tensor_names(header).items():
        values = read_tensor(header, gguf_name)
        values = values if heads is None else unpermute_rotary(values, heads)
        if header.architecture == "gemma3" and hf_name.endswith("norm.weight"):
            values = values - 1  # transformers multiplies by one more than it holds
        state[hf_name] = torch.from_numpy(np.ascontiguousarray(values))
    for name in [name for name in state if name.endswith("experts.gate_proj.weight")]:
        prefix = name.removesuffix("gate_proj.weight")
        gate, up, down = (state.pop(f"{prefix}{part}_proj.weight") for part in ("gate", "up", "down"))
        state |= {f"{prefix}gate_up_proj": torch.cat([gate, up], dim=1), f"{prefix}down_proj": down}
    missing, unexpected = model.load_state_dict(state, strict=False, assign=True)
    assert set(missing) <= {"lm_head.weight"} and not unexpected
    model.tie_weights()
    if ROPE_FACTORS in header.tensor_map:
        model.model.rotary_emb.inv_freq.copy_(torch.from_numpy(read_decoder(header).rope.inverse_frequencies))
    return model.eval()


def with_peft(model: Any, adapter: Adapter, dropout: float = 0.0) -> Any:
    """The model under a PEFT adapter that stands where `adapter` stands."""
    import peft

    config = peft.LoraConfig(
        r=adapter.rank,
        lora_alpha=adapter.alpha,  # type: ignore[arg-type] # peft computes with a float too
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


def _shape(header: Header, decoder: Decoder) -> dict[str, Any]:
    """What every configuration has."""
    return {
        "vocab_size": decoder.vocab_size,
        "hidden_size": decoder.width,
        "intermediate_size": decoder.hidden,
        "num_hidden_layers": decoder.blocks,
        "num_attention_heads": decoder.heads,
        "num_key_value_heads": decoder.key_heads,
        "head_dim": decoder.head_size,
        "max_position_embeddings": header.context_length,
        "rms_norm_eps": decoder.norm_epsilon,
        "tie_word_embeddings": decoder.tied,
        "bos_token_id": None,
        "eos_token_id": None,
        "pad_token_id": None,
        "rope_parameters": {"rope_type": "default", "rope_theta": float(header.value("rope.freq_base"))},
    }


def _config(header: Header) -> Any:
    import transformers

    transformers.utils.logging.set_verbosity_error()
    decoder = read_decoder(header)
    shape, base = _shape(header, decoder), float(header.value("rope.freq_base"))
    kinds = ["sliding_attention" if window else "full_attention" for window in decoder.windows]
    window = max(decoder.windows)
    match header.architecture:
        case "llama":
            return transformers.LlamaConfig(**shape)
        case "smollm3":
            return transformers.SmolLM3Config(**shape)
        case "granite":
            keys = {"embedding": "embedding_scale", "attention": "attention.scale", "residual": "residual_scale"}
            factors = {f"{name}_multiplier": float(header.value(key)) for name, key in keys.items()}
            return transformers.GraniteConfig(**shape, **factors, logits_scaling=float(header.value("logit_scale")))
        case "olmo2":
            return transformers.Olmo2Config(**shape)
        case "qwen3moe":
            experts = {"num_experts": EXPERTS, "num_experts_per_tok": 3, "moe_intermediate_size": EXPERT_HIDDEN}
            return transformers.Qwen3MoeConfig(**shape, **experts, norm_topk_prob=True)
        case "exaone4":
            return transformers.Exaone4Config(**shape, layer_types=kinds, sliding_window=window or None)
        case "qwen2":
            return transformers.Qwen2Config(**shape)
        case "qwen3":
            return transformers.Qwen3Config(**shape)
        case "gemma3":
            linear = {"rope_type": "linear", "rope_theta": base, "factor": float(header.value("rope.scaling.factor"))}
            shape["rope_parameters"] = {
                "full_attention": linear,
                "sliding_attention": {"rope_type": "default", "rope_theta": 10000.0},
            }
            extra = {"layer_types": kinds, "sliding_window": window, "query_pre_attn_scalar": decoder.head_size}
            return transformers.Gemma3TextConfig(**shape, **extra)
        case "phi3":
            factors = {
                f"{kind}_factor": read_tensor(header, f"rope_factors_{kind}.weight").tolist()
                for kind in ("short", "long")
            }
            shape["rope_parameters"] |= {
                "rope_type": "longrope",
                "attention_factor": decoder.rope.magnitude,
                "original_max_position_embeddings": max_row_length(header),
                "partial_rotary_factor": decoder.rope.dimensions / decoder.head_size,
                **factors,
            }
            return transformers.Phi3Config(**shape)
    raise AssertionError(header.architecture)
