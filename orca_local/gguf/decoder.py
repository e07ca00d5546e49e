"""The architecture of a GGUF's decoder, read from its header. Trainers and the MLX engine build their models from it.

All supported architectures are one decoder with a few switches. A file that needs more is refused by name before
anything is loaded, because a model that ignores one number is almost right, and nobody notices.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from orca_local.domain.errors import InputError
from orca_local.gguf.header import Header
from orca_local.gguf.layer_names import ANOTHER_STUDENT, hf_tensor_names, require_trainable
from orca_local.gguf.tensors import read_tensor

ROPE_FACTORS = "rope_freqs.weight"
SHORT_FACTORS, LONG_FACTORS = "rope_factors_short.weight", "rope_factors_long.weight"
_WINDOW_PERIOD = 6
"""In gemma3, every sixth block attends to all tokens; llama.cpp's default if the file does not say."""
_WINDOW_BASE = 10_000.0
"""Rotary base of gemma3's blocks with a window, llama.cpp's default."""
_UNSUPPORTED = (
    "final_logit_softcapping",
    "attn_logit_softcapping",
    "expert_count",
    "logit_scale",
    "residual_scale",
)


@dataclass(frozen=True, slots=True, eq=False)
class Rope:
    """Rotary position embedding of a block."""

    dimensions: int
    """How many of a head's values are rotated: the first ones, in pairs (i, i + dimensions/2)."""
    inverse_frequencies: NDArray[np.float32]
    """Shape [dimensions / 2]: rotation from one position to the next, in radians."""
    magnitude: float = 1.0
    """Factor of sines and cosines."""


@dataclass(frozen=True, slots=True, eq=False)
class Decoder:
    """A causal decoder with pre-norm blocks and gated feed-forward layers."""

    architecture: str
    width: int
    blocks: int
    heads: int
    key_heads: int
    """Number of key heads and of value heads."""
    head_size: int
    hidden: int
    vocab_size: int
    """Number of tokens in the vocabulary."""
    norm_epsilon: float
    activation: Literal["silu", "gelu"]
    """Activation of the gate; `gelu` is the tanh approximation."""
    embedding_scale: float
    """Factor of token embeddings."""
    attention_scale: float
    """Factor of the product of a query and a key."""
    rope: Rope
    window_rope: Rope
    """Rotary embedding of blocks with a window."""
    windows: tuple[int, ...]
    """Per block: how many tokens attention sees, the token itself included; 0 for all."""
    tied: bool
    """Whether the output head is the token embedding."""

    def rope_of(self, block: int) -> Rope:
        """The rotary embedding of a block."""
        return self.window_rope if self.windows[block] else self.rope


def read_decoder(header: Header) -> Decoder:
    """The decoder of a file. Raises `InputError` for an architecture, a tensor or a setting that is not supported."""
    require_trainable(header)
    _refuse_unsupported(header)
    heads, width = header.count("attention.head_count"), header.count("embedding_length")
    if not heads:
        raise InputError(f"{header.path}: {header.architecture}.attention.head_count is 0", hint=ANOTHER_STUDENT)
    size = header.count("attention.key_length", width // heads)
    if header.count("attention.value_length", size) != size:
        raise InputError(f"{header.path}: keys and values of a head differ in size", hint=ANOTHER_STUDENT)
    gemma = header.architecture == "gemma3"
    windows = _windows(header) if gemma else (0,) * header.block_count
    rope = _rope(header, size)
    window_base = float(header.value("rope.freq_base_swa", _WINDOW_BASE))
    # Like llama.cpp, recognise gemma3 27B by its number of blocks: it scales queries by width / heads.
    scaled_by = width // heads if gemma and header.block_count == 62 else size
    decoder = Decoder(
        architecture=header.architecture,
        width=width,
        blocks=header.block_count,
        heads=heads,
        key_heads=header.count("attention.head_count_kv", heads),
        head_size=size,
        hidden=header.count("feed_forward_length"),
        vocab_size=header.tensor_map["token_embd.weight"].shape[0],
        norm_epsilon=float(header.value("attention.layer_norm_rms_epsilon")),
        activation="gelu" if gemma else "silu",
        embedding_scale=math.sqrt(width) if gemma else 1.0,
        attention_scale=scaled_by**-0.5,
        rope=rope,
        window_rope=Rope(rope.dimensions, _frequencies(rope.dimensions, window_base)) if any(windows) else rope,
        windows=windows,
        tied=header.tied,
    )
    _refuse_disagreement(header, decoder)
    return decoder


def _windows(header: Header) -> tuple[int, ...]:
    window = header.count("attention.sliding_window")
    pattern = header.value("attention.sliding_window_pattern", _WINDOW_PERIOD)
    if isinstance(pattern, int | float):
        # A period: the last block of each attends to all tokens; 0 means that none does.
        pattern = [not pattern or block % pattern < pattern - 1 for block in range(header.block_count)]
    return tuple(window if windowed else 0 for windowed in pattern[: header.block_count])


def _rope(header: Header, head_size: int) -> Rope:
    dimensions = header.count("rope.dimension_count", head_size)
    frequencies = _frequencies(dimensions, float(header.value("rope.freq_base", 10_000.0)))
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
    shapes = {
        "attn_q": (queries, width),
        "attn_k": (keys, width),
        "attn_v": (keys, width),
        "attn_qkv": (queries + 2 * keys, width),
        "attn_output": (width, queries),
        "ffn_gate": (hidden, width),
        "ffn_down": (width, hidden),
    }
    blocks = range(decoder.blocks)
    expected = {f"blk.{block}.{name}.weight": shape for name, shape in shapes.items() for block in blocks}
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


def _refuse_unsupported(header: Header) -> None:
    names = {*hf_tensor_names(header), ROPE_FACTORS, SHORT_FACTORS, LONG_FACTORS}
    for tensor in header.tensors:
        if tensor.name not in names:
            raise InputError(f"{header.path}: tensor {tensor.name!r} is not supported", hint=ANOTHER_STUDENT)
    for key in _UNSUPPORTED:
        if header.value(key):
            raise InputError(f"{header.path}: {header.architecture}.{key} is not supported", hint=ANOTHER_STUDENT)
