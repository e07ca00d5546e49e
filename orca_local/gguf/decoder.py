"""The architecture of a GGUF's decoder, read from its header. Trainers and the MLX engine build their models from it.

All supported architectures are one decoder with a few switches. A file that needs more is refused by name before
anything is loaded, because a model that ignores one number is almost right, and nobody notices.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from orca_local.domain.errors import InputError
from orca_local.domain.frozen import Frozen
from orca_local.gguf.families import FAMILIES, Family, Windows
from orca_local.gguf.header import Header
from orca_local.gguf.layer_names import ANOTHER_STUDENT, hf_tensor_names, require_trainable
from orca_local.gguf.tensors import read_tensor

ROPE_FACTORS = "rope_freqs.weight"
SHORT_FACTORS, LONG_FACTORS = "rope_factors_short.weight", "rope_factors_long.weight"
_SCALE_KEYS = ("embedding_scale", "attention.scale", "residual_scale", "logit_scale")
_UNSUPPORTED = (
    "final_logit_softcapping",
    "attn_logit_softcapping",
    "expert_weights_scale",
    "expert_group_count",
    "logit_scale",
    "residual_scale",
    "deepstack_mapping",
)


@dataclass(frozen=True, slots=True, eq=False)
class Rope:
    """Rotary position embedding of a block."""

    dimensions: int
    """How many of a head's values are rotated: the first ones, in pairs (i, i + dimensions/2). 0 for none."""
    inverse_frequencies: NDArray[np.float32]
    """Shape [dimensions / 2]: rotation from one position to the next, in radians."""
    magnitude: float = 1.0
    """Factor of sines and cosines."""


_NO_ROPE = Rope(0, np.empty(0, np.float32))


class AttentionKind(Frozen):
    """What blocks differ in, within a model."""

    window: int = 0
    """How many tokens attention sees, the token itself included; 0 for all."""
    is_rotated: bool = True
    """Whether queries and keys get the rotary embedding."""


class Scales(Frozen):
    """Constant factors."""

    attention: float
    """Of the product of a query and a key."""
    embedding: float = 1.0
    """Of token embeddings."""
    residual: float = 1.0
    """Of what a part of a block adds to the residual stream."""
    logits: float = 1.0
    """Of the output head's result."""


class ExpertCounts(Frozen):
    """The mixture of experts in each block."""

    count: int
    """Number of experts."""
    used: int
    """Number of experts that compute a token."""
    hidden: int
    """Size of an expert's hidden layer."""


@dataclass(frozen=True, slots=True, eq=False)
class Decoder:
    """A causal decoder of blocks with attention and a gated feed-forward layer, or a mixture of experts."""

    architecture: str
    family: Family
    """What its blocks do."""
    width: int
    blocks: int
    heads: int
    key_heads: int
    """Number of key heads and of value heads."""
    head_size: int
    hidden: int
    """Size of the feed-forward layer's hidden layer."""
    experts: ExpertCounts | None
    """None for a gated feed-forward layer."""
    vocab_size: int
    """Number of tokens in the vocabulary."""
    norm_epsilon: float
    scales: Scales
    rope: Rope
    window_rope: Rope
    """Rotary embedding of blocks with a window."""
    kinds: tuple[AttentionKind, ...]
    """Of each block."""
    tied: bool
    """Whether the output head is the token embedding."""

    @property
    def windows(self) -> tuple[int, ...]:
        """Per block: how many tokens attention sees, the token itself included; 0 for all."""
        return tuple(kind.window for kind in self.kinds)

    def rope_of(self, kind: AttentionKind) -> Rope:
        """The rotary embedding of blocks of a kind."""
        if not kind.is_rotated:
            return _NO_ROPE
        return self.window_rope if kind.window else self.rope


def read_decoder(header: Header) -> Decoder:
    """The decoder of a file. Raises `InputError` for an architecture, a tensor or a setting that is not supported."""
    require_trainable(header)
    family = FAMILIES[header.architecture]
    _refuse_unsupported(header, family)
    heads, width = header.count("attention.head_count"), header.count("embedding_length")
    if not heads:
        raise InputError(f"{header.path}: {header.architecture}.attention.head_count is 0", hint=ANOTHER_STUDENT)
    size = header.count("attention.key_length", width // heads)
    if header.count("attention.value_length", size) != size:
        raise InputError(f"{header.path}: keys and values of a head differ in size", hint=ANOTHER_STUDENT)
    rope = _rope(header, size)
    decoder = Decoder(
        architecture=header.architecture,
        family=family,
        width=width,
        blocks=header.block_count,
        heads=heads,
        key_heads=header.count("attention.head_count_kv", heads),
        head_size=size,
        hidden=header.count("feed_forward_length"),
        experts=_experts(header, family),
        vocab_size=header.tensor_map["token_embd.weight"].shape[0],
        norm_epsilon=float(header.value("attention.layer_norm_rms_epsilon")),
        scales=_scales(header, family, width, width // heads if _has_wide_attention(header, family) else size),
        rope=rope,
        window_rope=_window_rope(header, family.windows, rope),
        kinds=_kinds(header, family),
        tied=header.tied,
    )
    _refuse_disagreement(header, decoder)
    return decoder


def _has_wide_attention(header: Header, family: Family) -> bool:
    return header.block_count == family.wide_attention_blocks > 0


def _scales(header: Header, family: Family, width: int, head_size: int) -> Scales:
    """The factors. llama.cpp takes a factor of zero for one that is not given, and divides logits by theirs."""
    embedding = math.sqrt(width) if family.has_wide_embedding else 1.0
    if not family.has_scales:
        return Scales(head_size**-0.5, embedding)
    in_embedding, in_attention, in_residual, divisor = (float(header.value(key, 0.0)) for key in _SCALE_KEYS)
    if not divisor:
        raise InputError(f"{header.path}: {header.architecture}.logit_scale is missing or 0", hint=ANOTHER_STUDENT)
    return Scales(in_attention or head_size**-0.5, in_embedding or embedding, in_residual or 1.0, 1 / divisor)


def _experts(header: Header, family: Family) -> ExpertCounts | None:
    count, used = header.count("expert_count"), header.count("expert_used_count")
    if not family.experts and not count:
        return None
    if not family.experts or not 0 < used <= count:
        raise InputError(
            f"{header.path}: {header.architecture}.expert_count is {count:,} and expert_used_count {used:,}, which is "
            "not supported",
            hint=ANOTHER_STUDENT,
        )
    hidden = header.count("expert_feed_forward_length") or header.count("feed_forward_length") // used
    return ExpertCounts(count, used, hidden)


def _kinds(header: Header, family: Family) -> tuple[AttentionKind, ...]:
    windows = _windows(header, family.windows)
    is_rotated = [True] * len(windows)
    if family.unrotated_period:
        is_rotated = [bool((block + 1) % family.unrotated_period) for block in range(len(windows))]
    if family.rotates_windows_only and any(windows):
        is_rotated = [window > 0 for window in windows]
    if family.has_rotary_switch and not header.value("rope.scaling.finetuned", True):
        is_rotated = [False] * len(windows)
    return tuple(AttentionKind(*pair) for pair in zip(windows, is_rotated, strict=True))


def _windows(header: Header, rule: Windows | None) -> tuple[int, ...]:
    if rule is None or header.block_count != (rule.blocks or header.block_count):
        return (0,) * header.block_count
    window = header.count("attention.sliding_window", rule.size)
    pattern = header.value("attention.sliding_window_pattern", rule.period)
    if isinstance(pattern, int | float):
        # A period: the last block of each attends to all tokens; 0 means that none does.
        pattern = [not pattern or block % pattern < pattern - 1 for block in range(header.block_count)]
    if len(pattern) < header.block_count:
        raise InputError(
            f"{header.path}: {header.architecture}.attention.sliding_window_pattern is a list of {len(pattern):,} for "
            f"{header.block_count:,} blocks",
            hint=ANOTHER_STUDENT,
        )
    return tuple(window if windowed else 0 for windowed in pattern[: header.block_count])


def _window_rope(header: Header, rule: Windows | None, rope: Rope) -> Rope:
    if rule is None or rule.is_scaled:
        return rope
    base = float(header.value("rope.freq_base_swa", rule.base or _base(header)))
    return Rope(rope.dimensions, _frequencies(rope.dimensions, base))


def _base(header: Header) -> float:
    return float(header.value("rope.freq_base", 10_000.0))


def _rope(header: Header, head_size: int) -> Rope:
    dimensions = header.count("rope.dimension_count", head_size)
    frequencies = _frequencies(dimensions, _base(header))
    kind = header.value("rope.scaling.type", "none") or "none"
    if kind == "linear":
        frequencies = frequencies / np.float32(header.value("rope.scaling.factor", 1.0))
    elif kind not in ("none", "longrope"):
        raise InputError(f"{header.path}: rope scaling {kind!r} is not supported", hint=ANOTHER_STUDENT)
    for name in (ROPE_FACTORS, SHORT_FACTORS):
        # phi3 has two lists; the short one holds up to the context of the original training.
        if name in header.tensor_map:
            frequencies = frequencies / read_tensor(header, name).ravel()
    return Rope(dimensions, frequencies, float(header.value("rope.scaling.attn_factor", 1.0)))


def _frequencies(dimensions: int, base: float) -> NDArray[np.float32]:
    powers = np.arange(0, dimensions, 2, dtype=np.float32) / np.float32(dimensions)
    frequencies: NDArray[np.float32] = (1.0 / np.float32(base) ** powers).astype(np.float32)
    return frequencies


def max_row_length(header: Header) -> int:
    """Maximum number of tokens in a row. phi3's long context uses another position embedding: not supported."""
    if LONG_FACTORS in header.tensor_map:
        return header.count("rope.scaling.original_context_length", header.context_length)
    return header.context_length


def _refuse_disagreement(header: Header, decoder: Decoder) -> None:
    """Raise `InputError` for a matrix that has another shape than the header's numbers say."""
    width, hidden = decoder.width, decoder.hidden
    queries, keys = decoder.heads * decoder.head_size, decoder.key_heads * decoder.head_size
    is_whole = decoder.family.query_norms == "projection"
    shapes: dict[str, tuple[int, ...]] = {
        "attn_q": (queries, width),
        "attn_k": (keys, width),
        "attn_v": (keys, width),
        "attn_qkv": (queries + 2 * keys, width),
        "attn_output": (width, queries),
        "ffn_gate": (hidden, width),
        "ffn_down": (width, hidden),
        "attn_q_norm": (queries if is_whole else decoder.head_size,),
        "attn_k_norm": (keys if is_whole else decoder.head_size,),
    }
    if decoder.experts is not None:
        count, hidden = decoder.experts.count, decoder.experts.hidden
        shapes |= {"ffn_gate_inp": (count, width), "ffn_down_exps": (count, width, hidden)}
        shapes |= dict.fromkeys(("ffn_gate_exps", "ffn_up_exps"), (count, hidden, width))
    blocks = range(decoder.blocks)
    expected = {f"blk.{block}.{name}.weight": shape for name, shape in shapes.items() for block in blocks}
    for name in (f"blk.{block}.{gguf}.weight" for gguf in decoder.family.experts.values() for block in blocks):
        if name not in header.tensor_map:
            raise InputError(f"{header.path} has no tensor {name!r}", hint=ANOTHER_STUDENT)
    for tensor in header.tensors:
        shape = expected.get(tensor.name, tensor.shape)
        if tensor.shape != shape:
            raise InputError(
                f"{header.path}: tensor {tensor.name!r} has the shape {_times(tensor.shape)}, but the numbers in the "
                f"header need {_times(shape)}",
                hint=ANOTHER_STUDENT,
            )


def _times(shape: tuple[int, ...]) -> str:
    return " × ".join(f"{size:,}" for size in shape)


def _refuse_unsupported(header: Header, family: Family) -> None:
    names = {*hf_tensor_names(header), ROPE_FACTORS, SHORT_FACTORS, LONG_FACTORS}
    for tensor in header.tensors:
        if tensor.name not in names:
            raise InputError(f"{header.path}: tensor {tensor.name!r} is not supported", hint=ANOTHER_STUDENT)
    for key in (*_UNSUPPORTED, *family.unsupported):
        if header.value(key) and not (family.has_scales and key in _SCALE_KEYS):
            raise InputError(f"{header.path}: {header.architecture}.{key} is not supported", hint=ANOTHER_STUDENT)
