"""Tiny random models whose memory of a text is a state, not only keys and values: mamba, and lfm2 with both."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from orca_local.gguf.header import Header, read_header
from orca_local.gguf.writer import TensorSpec, encode_pair, write_gguf
from tests.gguf.files import INT32, numbers
from tests.tiny import embedded_student

WIDTH, HEADS, HIDDEN, INNER, STATE, RANK, KERNEL = 64, 4, 96, 128, 8, 4, 4
KEY_HEADS = {"mamba": (0, 0), "lfm2": (0, 2, 0)}
"""Heads of each block; one without any has a state."""


def write_recurrent(path: Path, architecture: str, seed: int = 0) -> Path:
    """A random `mamba` (recurrent) or `lfm2` (hybrid) with the embedded student's tokenizer and template."""
    source = read_header(embedded_student())
    words, blocks = len(source.metadata["tokenizer.ggml.tokens"]), KEY_HEADS[architecture]
    values = {
        "context_length": 2048,
        "embedding_length": WIDTH,
        "block_count": len(blocks),
        "vocab_size": words,
        "attention.layer_norm_rms_epsilon": 1e-5,
    }
    if architecture == "mamba":
        values |= {"feed_forward_length": 0, "attention.head_count": 0, "ssm.conv_kernel": KERNEL}
        values |= {"ssm.inner_size": INNER, "ssm.state_size": STATE, "ssm.time_step_rank": RANK}
    else:
        values |= {"feed_forward_length": HIDDEN, "attention.head_count": HEADS, "shortconv.l_cache": 3}
        values |= {"rope.freq_base": 1e6}
    pairs = {key: raw for key, raw in source.raw_pairs.items() if key.startswith("tokenizer.")}
    pairs |= {key: encode_pair(key, architecture) for key in ("general.architecture", "general.name")}
    pairs |= {f"{architecture}.{key}": encode_pair(f"{architecture}.{key}", value) for key, value in values.items()}
    if architecture == "lfm2":
        key = "lfm2.attention.head_count_kv"
        pairs[key] = numbers(key, INT32, "i", blocks)
    shapes = _mamba(words, len(blocks)) if architecture == "mamba" else _lfm2(words, blocks)
    specs = [TensorSpec(name, shape, "F32") for name, shape in shapes.items()]
    base = Header(source.path, 3, source.metadata, pairs, (), 0, source.alignment)
    rng = np.random.default_rng(seed)
    write_gguf(path, base, specs, (_random(rng, spec) for spec in specs), file_type=0, extra={})
    return path


def _mamba(words: int, blocks: int) -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {"token_embd.weight": (words, WIDTH), "output_norm.weight": (WIDTH,)}
    for block in range(blocks):
        of_block = {
            "attn_norm.weight": (WIDTH,),
            "ssm_in.weight": (2 * INNER, WIDTH),
            "ssm_conv1d.weight": (INNER, KERNEL),
            "ssm_conv1d.bias": (INNER,),
            "ssm_x.weight": (RANK + 2 * STATE, INNER),
            "ssm_dt.weight": (INNER, RANK),
            "ssm_dt.bias": (INNER,),
            "ssm_a": (INNER, STATE),
            "ssm_d": (INNER,),
            "ssm_out.weight": (WIDTH, INNER),
        }
        shapes |= {f"blk.{block}.{name}": shape for name, shape in of_block.items()}
    return shapes


def _lfm2(words: int, blocks: tuple[int, ...]) -> dict[str, tuple[int, ...]]:
    shapes: dict[str, tuple[int, ...]] = {"token_embd.weight": (words, WIDTH), "token_embd_norm.weight": (WIDTH,)}
    size = WIDTH // HEADS
    for block, heads in enumerate(blocks):
        of_block: dict[str, tuple[int, ...]] = {"attn_norm.weight": (WIDTH,), "ffn_norm.weight": (WIDTH,)}
        of_block |= {f"ffn_{name}.weight": (HIDDEN, WIDTH) for name in ("gate", "up")}
        of_block |= {"ffn_down.weight": (WIDTH, HIDDEN)}
        if heads:
            of_block |= {f"attn_{name}_norm.weight": (size,) for name in ("q", "k")}
            of_block |= {f"attn_{name}.weight": (heads * size, WIDTH) for name in ("k", "v")}
            of_block |= {f"attn_{name}.weight": (WIDTH, WIDTH) for name in ("q", "output")}
        else:
            of_block |= {"shortconv.conv.weight": (WIDTH, 3), "shortconv.in_proj.weight": (3 * WIDTH, WIDTH)}
            of_block |= {"shortconv.out_proj.weight": (WIDTH, WIDTH)}
        shapes |= {f"blk.{block}.{name}": shape for name, shape in of_block.items()}
    return shapes


def _random(rng: np.random.Generator, spec: TensorSpec) -> NDArray[np.float32]:
    drawn = rng.standard_normal(spec.shape)
    if spec.name.endswith("ssm_a"):
        return (-1 - np.abs(drawn)).astype(np.float32)  # a state decays
    if "norm" in spec.name:
        return (1 + 0.1 * drawn).astype(np.float32)
    return (drawn * (0.1 if len(spec.shape) == 1 else 1.5 / np.sqrt(spec.shape[-1]))).astype(np.float32)
