"""What a GGUF's decoder computes, read from its header: the shape that trainers and engines build.

The known architectures are one decoder with a few switches. What a file asks for beyond them is refused here, by
name, before anything is loaded: a number that is left out in silence gives a model that is almost right.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from orca_local.domain.errors import InputError
from orca_local.gguf.header import Header
from orca_local.gguf.layer_names import hf_tensor_names, require_trainable
from orca_local.gguf.tensors import read_tensor

ROPE_FACTORS = "rope_freqs.weight"
SHORT_FACTORS, LONG_FACTORS = "rope_factors_short.weight", "rope_factors_long.weight"
_WINDOW_PERIOD = 6
"""Of this many blocks of gemma3, the last looks at everything; llama.cpp's default where the file does not say."""
_WINDOW_BASE = 10_000.0
"""Rotary base of gemma3's windowed blocks, llama.cpp's default."""
_UNKNOWN_KEYS = ("final_logit_softcapping", "attn_logit_softcapping", "expert_count", "logit_scale", "residual_scale")
_HINT = "choose another student: `orca-local models list`"


@dataclass(frozen=True, slots=True, eq=False)
class Rope:
    """Rotary positions of a block."""

    dimensions: int
    """How many of a head's numbers are turned: the first ones, in pairs (i, i + dimensions/2)."""
    inverse_frequencies: NDArray[np.float32]
    """Shape [dimensions / 2]: angle of one position, in radians."""
    magnitude: float = 1.0
    """What sines and cosines are multiplied by."""


@dataclass(frozen=True, slots=True, eq=False)
class Decoder:
    """A causal decoder of pre-normed blocks with gated feed-forward layers."""

    architecture: str
    width: int
    blocks: int
    heads: int
    key_heads: int
    """Heads of keys, as many of values."""
    head_size: int
    hidden: int
    vocab_size: int
    """Size of the vocabulary."""
    norm_epsilon: float
    activation: Literal["silu", "gelu"]
    """Of the gate; `gelu` in its tanh form."""
    embedding_scale: float
    attention_scale: float
    """What a query's product with a key is multiplied by."""
    rope: Rope
    window_rope: Rope
    """Of blocks with a window."""
    windows: tuple[int, ...]
    """Per block: how many tokens back attention looks, the token itself included; 0 for all."""
    tied: bool
    """Whether the output head is the token embedding."""

    def rope_of(self, block: int) -> Rope:
        """The positions of a block."""
        return self.window_rope if self.windows[block] else self.rope


def read_decoder(header: Header) -> Decoder:
    """The decoder of a file. Raises `InputError` for an architecture, a tensor or a number that is not known."""
    require_trainable(header)
    _refuse_unknown(header)
    heads, width = header.count("attention.head_count"), header.count("embedding_length")
    size = header.count("attention.key_length", width // heads)
    if header.count("attention.value_length", size) != size:
        raise InputError(f"{header.path}: keys and values of a head differ in size", hint=_HINT)
    gemma = header.architecture == "gemma3"
    windows = _windows(header) if gemma else (0,) * header.block_count
    rope = _rope(header, size)
    window_base = float(header.value("rope.freq_base_swa", _WINDOW_BASE))
    # llama.cpp knows the 27B of gemma3 by its number of blocks: there a query is scaled by its share of the width.
    scaled_by = width // heads if gemma and header.block_count == 62 else size
    return Decoder(
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


def _windows(header: Header) -> tuple[int, ...]:
    window = header.count("attention.sliding_window")
    pattern = header.value("attention.sliding_window_pattern", _WINDOW_PERIOD)
    if isinstance(pattern, int | float):
        # A period: its last block looks at everything; 0 means that none does.
        pattern = [not pattern or block % pattern < pattern - 1 for block in range(header.block_count)]
    return tuple(window if windowed else 0 for windowed in pattern[: header.block_count])


def _rope(header: Header, head_size: int) -> Rope:
    dimensions = header.count("rope.dimension_count", head_size)
    frequencies = _frequencies(dimensions, float(header.value("rope.freq_base", 10_000.0)))
    kind = header.value("rope.scaling.type", "none") or "none"
    if kind == "linear":
        frequencies = frequencies / np.float32(header.value("rope.scaling.factor", 1.0))
    elif kind not in ("none", "longrope"):
        raise InputError(f"{header.path}: rope scaling {kind!r} is not known here", hint=_HINT)
    for name in (ROPE_FACTORS, SHORT_FACTORS):
        # Of the two lists of phi3, the short one holds up to the context that the model was first trained with.
        if name in header.tensor_map:
            frequencies = frequencies / read_tensor(header, name).ravel()
    return Rope(dimensions, frequencies, float(header.value("rope.scaling.attn_factor", 1.0)))


def _frequencies(dimensions: int, base: float) -> NDArray[np.float32]:
    powers = np.arange(0, dimensions, 2, dtype=np.float32) / np.float32(dimensions)
    frequencies: NDArray[np.float32] = (1.0 / np.float32(base) ** powers).astype(np.float32)
    return frequencies


def longest_row(header: Header) -> int:
    """Tokens that a row may have: phi3's long context uses other positions, which are not known here."""
    if LONG_FACTORS in header.tensor_map:
        return header.count("rope.scaling.original_context_length", header.context_length)
    return header.context_length


def _refuse_unknown(header: Header) -> None:
    known = hf_tensor_names(header)
    for tensor in header.tensors:
        if tensor.name not in known and tensor.name not in (ROPE_FACTORS, SHORT_FACTORS, LONG_FACTORS):
            raise InputError(f"{header.path}: tensor {tensor.name!r} is not known here", hint=_HINT)
    for key in _UNKNOWN_KEYS:
        if header.value(key):
            raise InputError(f"{header.path}: {header.architecture}.{key} is not known here", hint=_HINT)
