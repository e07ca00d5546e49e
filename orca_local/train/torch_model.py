"""The student as a transformers model, its weights read from the GGUF by our own reader.

Why not transformers' GGUF loader: names and row orders must be the same ones that the export uses in the
other direction, and this way there is one table for both. See docs/decisions/.
"""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import torch

from orca_local.domain.errors import InputError, MissingError
from orca_local.gguf.header import Header
from orca_local.gguf.layer_names import hf_tensor_names, require_trainable, unpermute_rotary
from orca_local.gguf.tensors import read_tensor

_ROPE_FACTORS = "rope_freqs.weight"


def load_model(header: Header, dtype: torch.dtype, device: torch.device) -> Any:
    """A frozen causal language model in evaluation mode.

    Raises `InputError` for an architecture or a tensor that is not known: nothing is left out in silence.
    """
    require_trainable(header)
    config = _config(header)
    transformers = _transformers()
    with torch.device("meta"):
        model = transformers.AutoModelForCausalLM.from_config(config, attn_implementation="sdpa", dtype=dtype)
    state = {}
    names = hf_tensor_names(header)
    unknown = [t.name for t in header.tensors if t.name not in names and t.name != _ROPE_FACTORS]
    if unknown:
        raise InputError(
            f"{header.path}: tensor {unknown[0]!r} is not known to the trainer", hint="choose another student"
        )
    for gguf_name, (hf_name, heads) in names.items():
        values = read_tensor(header, gguf_name)
        if heads is not None:
            values = unpermute_rotary(values, heads)
        state[hf_name] = torch.from_numpy(np.ascontiguousarray(values)).to(device=device, dtype=dtype)
    missing, unexpected = model.load_state_dict(state, strict=False, assign=True)
    missing = [name for name in missing if not (header.tied and name == "lm_head.weight")]
    if missing or unexpected:
        raise InputError(
            f"{header.path} does not fit the model it names: {(missing or unexpected)[0]!r}",
            hint="choose another student",
        )
    model.tie_weights()
    _restore_rotary(model, config, header, device)
    model.requires_grad_(False)
    return model.eval()


def _restore_rotary(model: Any, config: Any, header: Header, device: torch.device) -> None:
    """Rebuild the frequencies, which are computed and not loaded; a model made on `meta` has none."""
    rotary = type(model.model.rotary_emb)(config).to(device)
    if _ROPE_FACTORS in header.tensor_map:
        factors = torch.from_numpy(read_tensor(header, _ROPE_FACTORS)).to(device)
        rotary.inv_freq = rotary.inv_freq / factors
        rotary.original_inv_freq = rotary.inv_freq
    model.model.rotary_emb = rotary


def _config(header: Header) -> Any:
    transformers = _transformers()
    kinds = {"llama": transformers.LlamaConfig, "qwen2": transformers.Qwen2Config, "qwen3": transformers.Qwen3Config}
    heads = int(header.value("attention.head_count"))
    width = int(header.value("embedding_length"))
    scaling = header.value("rope.scaling.type", "none")
    if scaling not in ("none", ""):
        raise InputError(
            f"{header.path}: rope scaling {scaling!r} is not known to the trainer", hint="choose another student"
        )
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


def _transformers() -> Any:
    os.environ.setdefault("TRANSFORMERS_NO_ADVISORY_WARNINGS", "1")
    try:
        import transformers
    except ImportError as error:
        raise MissingError(f"transformers cannot be loaded: {error}", hint='pip install "orca-local[torch]"') from error
    transformers.utils.logging.set_verbosity_error()
    return transformers
