"""The families of decoders that can be trained: a table of what their blocks do and what their tensors are called.

`gguf/decoder.py` reads a file by its family's entry; the trainers and MLX build their blocks from the result. GGUF
names are llama.cpp's. The other names are those of Hugging Face models and PEFT adapters. docs/extending.md says how to
add an entry.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from typing import Literal

from orca_local.domain.frozen import Frozen

NormPlace = Literal["before_attention", "after_attention", "before_mlp", "after_mlp"]
"""Where a block has a norm: of the input of a part, or of its result before that is added to the residual stream."""

_ATTENTION = {
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
}
_EXPERTS = {
    "mlp.gate": "ffn_gate_inp",
    "mlp.experts.gate_proj": "ffn_gate_exps",
    "mlp.experts.up_proj": "ffn_up_exps",
    "mlp.experts.down_proj": "ffn_down_exps",
}
_SPLIT_LINEAR = _ATTENTION | {
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
_FUSED_LINEAR = {
    "self_attn.qkv_proj": "attn_qkv",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
_PRE_NORMS: Mapping[NormPlace, tuple[str, str]] = {
    "before_attention": ("input_layernorm", "attn_norm"),
    "before_mlp": ("post_attention_layernorm", "ffn_norm"),
}
_POST_NORMS: Mapping[NormPlace, tuple[str, str]] = {
    "after_attention": ("post_attention_layernorm", "post_attention_norm"),
    "after_mlp": ("post_feedforward_layernorm", "post_ffw_norm"),
}
_SANDWICH_NORMS: Mapping[NormPlace, tuple[str, str]] = {
    "before_attention": ("input_layernorm", "attn_norm"),
    "after_attention": ("post_attention_layernorm", "post_attention_norm"),
    "before_mlp": ("pre_feedforward_layernorm", "ffn_norm"),
    "after_mlp": ("post_feedforward_layernorm", "post_ffw_norm"),
}


class Windows(Frozen):
    """How blocks with a window are found in a file, and how their rotary embedding differs."""

    period: int
    """Of every so many blocks, the last one attends to all tokens, if the file does not say which do."""
    base: float | None = None
    """Rotary base of blocks with a window, if the file does not say it; None for that of the others."""
    is_scaled: bool = True
    """Whether the file's rope scaling and factors apply to blocks with a window."""
    size: int = 0
    """Tokens of a window, if the file does not say it; 0 for no window."""
    blocks: int = 0
    """llama.cpp uses windows only in a model of this many blocks; 0 for any number."""


class Family(Frozen):
    """What the blocks of a family do. The defaults are what llama does."""

    linear: Mapping[str, str]
    """Hugging Face name → GGUF name of each matrix of a block that an adapter may change."""
    norms: Mapping[NormPlace, tuple[str, str]]
    """Place → Hugging Face name and GGUF name."""
    experts: Mapping[str, str] = field(default_factory=dict)
    """The same for the matrices of a mixture of experts, which no adapter changes: the router and the experts, as
    matrices of three dimensions. Empty for a gated feed-forward layer."""
    is_permuted: bool = False
    """Whether the file stores the rows of q and k in llama.cpp's order of rotary pairs. Its converter permutes them
    for some of the architectures whose rotary type is NORM."""
    query_norms: Literal["none", "head", "projection"] = "none"
    """Norms of queries and keys: none, of each head, or of all heads' values together."""
    activation: Literal["silu", "gelu"] = "silu"
    """Activation of the gate; `gelu` is the tanh approximation."""
    windows: Windows | None = None
    """None if all blocks attend to all tokens."""
    unrotated_period: int = 0
    """The last of every so many blocks has no rotary embedding; 0 if all blocks have it."""
    rotates_windows_only: bool = False
    """Whether blocks without a window have no rotary embedding, in a model with windows."""
    has_rotary_switch: bool = False
    """Whether the key `rope.scaling.finetuned` says if there is a rotary embedding at all."""
    has_scales: bool = False
    """Whether the file has factors of embeddings, attention, residual stream and logits."""
    has_wide_embedding: bool = False
    """Whether token embeddings are multiplied by √width."""
    wide_attention_blocks: int = 0
    """With this number of blocks, attention is scaled for heads of the size width / heads; 0 for none."""
    unsupported: tuple[str, ...] = ()
    """Keys that llama.cpp heeds for this architecture and the trainers do not: a file that sets one is refused."""

    @property
    def head_norms(self) -> Mapping[str, str]:
        """Hugging Face name → GGUF name of the norms of queries and keys."""
        if self.query_norms == "none":
            return {}
        return {"self_attn.q_norm": "attn_q_norm", "self_attn.k_norm": "attn_k_norm"}


FAMILIES: Mapping[str, Family] = {
    "llama": Family(_SPLIT_LINEAR, _PRE_NORMS, is_permuted=True),
    "qwen2": Family(_SPLIT_LINEAR, _PRE_NORMS),
    "qwen3": Family(_SPLIT_LINEAR, _PRE_NORMS, query_norms="head"),
    "gemma3": Family(
        _SPLIT_LINEAR,
        _SANDWICH_NORMS,
        query_norms="head",
        activation="gelu",
        windows=Windows(period=6, base=10_000.0, is_scaled=False),
        has_wide_embedding=True,
        wide_attention_blocks=62,  # gemma3 27B, which llama.cpp recognizes in this way
    ),
    "phi3": Family(_FUSED_LINEAR, _PRE_NORMS),
    "smollm3": Family(_SPLIT_LINEAR, _PRE_NORMS, is_permuted=True, unrotated_period=4),
    "granite": Family(_SPLIT_LINEAR, _PRE_NORMS, is_permuted=True, has_rotary_switch=True, has_scales=True),
    "olmo2": Family(
        _SPLIT_LINEAR,
        _POST_NORMS,
        query_norms="projection",
        unsupported=("attention.sliding_window",),  # files of OLMo 3, which call themselves olmo2
    ),
    "exaone4": Family(
        _SPLIT_LINEAR,
        _POST_NORMS,
        query_norms="head",
        windows=Windows(period=4, size=4096, blocks=64),
        rotates_windows_only=True,
    ),
    "qwen3moe": Family(_ATTENTION, _PRE_NORMS, experts=_EXPERTS, query_norms="head"),
}
"""By the architecture that a file names. Mistral files call themselves `llama`, those of phi4 `phi3`."""
