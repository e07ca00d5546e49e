"""Loads a GGUF's model into mlx-lm's classes, with exactly the file's rotary frequencies.

The MLX engine and the MLX trainer use it. Import this module only if MLX is installed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

import mlx.core as mx
import mlx.nn as nn
from mlx.utils import tree_unflatten
from mlx_lm.models import exaone4, gemma3_text, granite, llama, olmo2, phi3, qwen2, qwen3, qwen3_moe, smollm3
from mlx_lm.models.base import create_causal_mask
from mlx_lm.models.switch_layers import QuantizedSwitchLinear

from orca_local.domain.errors import InputError
from orca_local.gguf.affine import AFFINE_BITS, BLOCK, AffineMatrix, read_affine
from orca_local.gguf.decoder import Decoder, Rope, read_decoder
from orca_local.gguf.header import Header
from orca_local.gguf.layer_names import hf_tensor_names, unpermute_rotary
from orca_local.gguf.tensors import read_tensor

_MODULES: Mapping[str, ModuleType] = {
    "llama": llama,
    "qwen2": qwen2,
    "qwen3": qwen3,
    "gemma3": gemma3_text,
    "phi3": phi3,
    "smollm3": smollm3,
    "granite": granite,
    "olmo2": olmo2,
    "exaone4": exaone4,
    "qwen3moe": qwen3_moe,
}
_HEADS_DIVIDE_WIDTH = ("qwen2", "phi3", "granite")
"""Architectures whose mlx-lm class assumes heads of the size width / heads."""
_EMBEDDING = "model.embed_tokens"
_HINT = 'set engine.kind to "llama_cpp" to generate, train.backend to "torch" to train'


@dataclass(frozen=True, slots=True, eq=False)
class MlxModel:
    """A model that was loaded into MLX."""

    module: Any
    """mlx-lm's model: token ids [rows, length] and a cache → logits [rows, length, vocabulary]."""
    decoder: Decoder

    @property
    def blocks(self) -> list[Any]:
        """The blocks in order: states [rows, length, width], a mask and a cache → states of the same shape."""
        return list(self.module.layers)

    def embed(self, token_ids: Any) -> Any:
        """Token ids [rows, length] → the first block's input [rows, length, width]."""
        states, scale = self.module.model.embed_tokens(token_ids), self.decoder.scales.embedding
        if scale == 1.0:
            return states
        return states * (_rounded(scale) if self.decoder.family.has_wide_embedding else scale)

    def mask(self, block: int, length: int) -> Any:
        """The attention mask of a block for rows of `length` tokens, in mlx-lm's form."""
        window = self.decoder.windows[block]
        return create_causal_mask(length, window_size=window) if 0 < window < length else "causal"

    def norm(self, states: Any) -> Any:
        """The last block's output → final hidden states, both [rows, length, width]."""
        return self.module.model.norm(states)

    def head(self, hidden: Any) -> Any:
        """Final hidden states [positions, width] → logits [positions, vocabulary]."""
        module = self.module
        logits = module.model.embed_tokens.as_linear(hidden) if self.decoder.tied else module.lm_head(hidden)
        return logits if self.decoder.scales.logits == 1.0 else logits * self.decoder.scales.logits


def load_model(header: Header, dtype: Any, *, keep_blocks: bool = False) -> MlxModel:
    """Load a model with its weights in `dtype`.

    With `keep_blocks`, matrices of the types in `AFFINE_BITS` stay quantized as in the file, with scales in `dtype`;
    matrices of other types are dequantized. Raises `InputError` for a model that mlx-lm's classes cannot compute, and
    with `keep_blocks` for a file without such matrices.
    """
    if header.architecture not in _MODULES:
        raise InputError(f"{header.path}: MLX does not support the architecture {header.architecture!r}", hint=_HINT)
    if mx.default_device().type == mx.cpu:
        mx.disable_compile()  # on a CPU, MLX would call a C++ compiler, which takes minutes
    decoder = read_decoder(header)
    if keep_blocks:
        require_blocks(header)
    classes = _MODULES[header.architecture]
    module = classes.Model(classes.ModelArgs.from_dict(_arguments(header, decoder)))
    if header.architecture == "gemma3" and decoder.tied:
        module.sanitize({})  # tells this class that it has no head of its own
    _load_weights(module, header, dtype, keep_blocks)
    for kind, layer in zip(decoder.kinds, module.layers, strict=True):
        layer.self_attn.rope = _Positions(decoder.rope_of(kind))
    if decoder.family.has_wide_embedding:
        module.model.embed_tokens = _ScaledEmbedding(module.model.embed_tokens, decoder.scales.embedding)
    return MlxModel(module, decoder)


def require_blocks(header: Header) -> None:
    """Raise `InputError` if no matrix of the file is quantized in a form that MLX can use."""
    if not AFFINE_BITS.keys() & matrix_types(header):
        raise InputError(
            f"{header.path} has no quantized matrices that MLX can use ({', '.join(AFFINE_BITS)})",
            hint='set train.quantize_base to "none", or set student.weights to a file of such a type',
        )


def matrix_types(header: Header) -> Counter[str]:
    """Number of the model's matrices by their type in the file."""
    tensors = (header.tensor_map[name] for name in hf_tensor_names(header))
    return Counter(tensor.type_name for tensor in tensors if len(tensor.shape) > 1)


def _load_weights(module: Any, header: Header, dtype: Any, keep_blocks: bool) -> None:
    weights: dict[str, Any] = {}
    blocked: dict[str, Any] = {}
    for gguf_name, (hf_name, heads) in hf_tensor_names(header).items():
        name = hf_name.replace(".experts.", ".switch_mlp.")
        layer = name.rpartition(".")[0]
        is_matrix = len(header.tensor_map[gguf_name].shape) > 1
        blocks = read_affine(header, gguf_name) if keep_blocks and is_matrix else None
        if blocks is not None:
            blocks = blocks if heads is None else blocks.unpermuted(heads)
            blocked[layer] = _blocked_module(layer, blocks, f"{gguf_name[:-6]}bias" in header.tensor_map)
            weights[name] = mx.array(blocks.packed)
            weights[f"{layer}.scales"] = mx.array(blocks.scales).astype(dtype)
            weights[f"{layer}.biases"] = mx.array(blocks.biases).astype(dtype)
        else:
            values = read_tensor(header, gguf_name)
            values = values if heads is None else unpermute_rotary(values, heads)
            if header.architecture == "gemma3" and name.endswith("norm.weight"):
                values = values - 1  # this class adds one to the weight
            weights[name] = mx.array(values).astype(dtype)
        mx.eval(weights)  # so that only one tensor is in memory as float32
    if blocked:
        module.update_modules(tree_unflatten(list(blocked.items())))
    try:
        module.load_weights(list(weights.items()), strict=True)
    except ValueError as error:
        raise InputError(f"{header.path} has different tensors from mlx-lm's model: {error}", hint=_HINT) from error


def _blocked_module(layer: str, blocks: AffineMatrix, has_bias: bool) -> Any:
    *experts, rows, packed = blocks.packed.shape
    columns = packed * 32 // blocks.bits
    if experts:
        return QuantizedSwitchLinear(columns, rows, *experts, has_bias, BLOCK, blocks.bits)
    if layer == _EMBEDDING:
        return nn.QuantizedEmbedding(rows, columns, BLOCK, blocks.bits)
    return nn.QuantizedLinear(columns, rows, has_bias, BLOCK, blocks.bits)


class _Positions(nn.Module):
    """Rotary embedding with given frequencies, in place of mlx-lm's own computation of them."""

    def __init__(self, rope: Rope) -> None:
        super().__init__()
        self.dimensions, self.magnitude = rope.dimensions, rope.magnitude
        self._periods = 1 / mx.array(rope.inverse_frequencies)

    def __call__(self, x: Any, offset: Any = 0) -> Any:
        if not self.dimensions:
            return x
        turned = mx.fast.rope(
            x, self.dimensions, traditional=False, base=None, scale=1.0, offset=offset, freqs=self._periods
        )
        if self.magnitude == 1.0:
            return turned
        rest = turned[..., self.dimensions :]
        return mx.concatenate([turned[..., : self.dimensions] * self.magnitude, rest], axis=-1)


class _ScaledEmbedding(nn.Module):
    """Corrects the embedding scale of gemma's class, which rounds it to bfloat16."""

    def __init__(self, embedding: Any, scale: float) -> None:
        super().__init__()
        self.embedding = embedding
        self.gain = scale / _rounded(scale)

    def __call__(self, token_ids: Any) -> Any:
        return self.embedding(token_ids) * self.gain

    def as_linear(self, hidden: Any) -> Any:
        return self.embedding.as_linear(hidden)


def _rounded(scale: float) -> float:
    rounded: Any = mx.array(scale, mx.bfloat16).item()
    return float(rounded)


def _arguments(header: Header, decoder: Decoder) -> dict[str, Any]:
    """mlx-lm's configuration of the model, except for the rotary embedding."""
    if decoder.architecture in _HEADS_DIVIDE_WIDTH and decoder.heads * decoder.head_size != decoder.width:
        raise InputError(f"{header.path}: MLX does not support heads of {decoder.head_size} here", hint=_HINT)
    experts = decoder.experts
    return {
        "model_type": decoder.architecture,
        "hidden_size": decoder.width,
        "num_hidden_layers": decoder.blocks,
        "intermediate_size": decoder.hidden,
        "num_attention_heads": decoder.heads,
        "num_key_value_heads": decoder.key_heads,
        "head_dim": decoder.head_size,
        "rms_norm_eps": decoder.norm_epsilon,
        "vocab_size": decoder.vocab_size,
        "max_position_embeddings": header.context_length,
        "rope_theta": 10_000.0,
        "tie_word_embeddings": decoder.tied,
        "attention_bias": "blk.0.attn_q.bias" in header.tensor_map,
        "query_pre_attn_scalar": decoder.scales.attention**-2,
        "attention_multiplier": decoder.scales.attention,
        "embedding_multiplier": decoder.scales.embedding,
        "residual_multiplier": decoder.scales.residual,
        "logits_scaling": 1 / decoder.scales.logits,
        "mlp_bias": "blk.0.ffn_up.bias" in header.tensor_map,
        "rope_scaling": None,
        "num_experts": experts and experts.count,
        "num_experts_per_tok": experts and experts.used,
        "moe_intermediate_size": experts and experts.hidden,
        "norm_topk_prob": True,
        "decoder_sparse_step": 1,
        "mlp_only_layers": [],
        "sliding_window": max(decoder.windows) or None,
        "sliding_window_pattern": _window_pattern(header, decoder),
    }


def _window_pattern(header: Header, decoder: Decoder) -> int | str | None:
    """Which blocks have a window, in the form of the architecture's class in mlx-lm.

    For exaone4: a letter for each block, or None without windows. For others: the period of blocks whose attention has
    no window, because the class supports no other order.
    """
    if decoder.architecture == "exaone4" and 0 in decoder.windows:
        return "".join("L" if window else "G" for window in decoder.windows) if any(decoder.windows) else None
    period = next((block + 1 for block, window in enumerate(decoder.windows) if not window), 0)
    if not period or any(bool(window) != bool((i + 1) % period) for i, window in enumerate(decoder.windows)):
        raise InputError(f"{header.path}: MLX does not support the order of its attention windows", hint=_HINT)
    return period
