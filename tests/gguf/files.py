"""GGUF files made byte by byte, for tests of what is wrong with them."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from pathlib import Path

from orca_local.gguf.header import MAGIC
from orca_local.gguf.writer import encode_pair

UINT32, INT32, FLOAT32, BOOL, STRING, ARRAY, UINT64, INT64, FLOAT64 = 4, 5, 6, 7, 8, 9, 10, 11, 12
TOKENS = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256))]
TOKEN_TYPES = [2, 3, 3, *[6] * 256]
TEMPLATE = "{% for m in messages %}<s>{{ m['content'] }}</s>{% endfor %}"

Tensor = tuple[str, Sequence[int], int, int]
"""Name, shape (fastest first), type and offset, as the file has them."""


def text(value: str | bytes) -> bytes:
    """A string with its length."""
    raw = value if isinstance(value, bytes) else value.encode()
    return struct.pack("<Q", len(raw)) + raw


def typed(key: str, kind: int, form: str, *values: object) -> bytes:
    """A metadata pair of any type; `form` is that of `struct`."""
    return text(key) + struct.pack(f"<I{form}", kind, *values)


def numbers(key: str, item: int, form: str, values: Sequence[float]) -> bytes:
    """A metadata pair with a list of numbers."""
    return text(key) + struct.pack(f"<IIQ{len(values)}{form}", ARRAY, item, len(values), *values)


def model_pairs() -> dict[str, bytes]:
    """The metadata of a llama of one block with a vocabulary of bytes."""
    counts = {
        "block_count": 1,
        "context_length": 64,
        "embedding_length": 4,
        "feed_forward_length": 8,
        "attention.head_count": 2,
        "attention.head_count_kv": 1,
        "attention.layer_norm_rms_epsilon": 1e-5,
        "rope.freq_base": 10000.0,
    }
    values = {"general.architecture": "llama", "general.name": "small", "tokenizer.ggml.model": "llama"}
    pairs = {key: encode_pair(key, value) for key, value in values.items()}
    pairs |= {f"llama.{key}": encode_pair(f"llama.{key}", value) for key, value in counts.items()}
    pairs["tokenizer.ggml.tokens"] = encode_pair("tokenizer.ggml.tokens", TOKENS)
    pairs["tokenizer.ggml.scores"] = numbers("tokenizer.ggml.scores", FLOAT32, "f", [0.0] * len(TOKENS))
    pairs["tokenizer.ggml.token_type"] = numbers("tokenizer.ggml.token_type", INT32, "i", TOKEN_TYPES)
    pairs["tokenizer.chat_template"] = encode_pair("tokenizer.chat_template", TEMPLATE)
    return pairs


def model_tensors() -> list[Tensor]:
    """The tensors of that llama, all F32, each at the next multiple of 32."""
    shapes = {
        "token_embd": (4, len(TOKENS)),
        "output_norm": (4,),
        "blk.0.attn_norm": (4,),
        "blk.0.ffn_norm": (4,),
        "blk.0.attn_q": (4, 4),
        "blk.0.attn_k": (4, 2),
        "blk.0.attn_v": (4, 2),
        "blk.0.attn_output": (4, 4),
        "blk.0.ffn_gate": (4, 8),
        "blk.0.ffn_up": (4, 8),
        "blk.0.ffn_down": (8, 4),
    }
    tensors: list[Tensor] = []
    offset = 0
    for name, shape in shapes.items():
        tensors.append((f"{name}.weight", shape, 0, offset))
        size = 4 * shape[0] * (shape[1] if len(shape) == 2 else 1)
        offset += -(-size // 32) * 32
    return tensors


def header_bytes(
    pairs: Mapping[str, bytes],
    tensors: Sequence[Tensor],
    *,
    pair_count: int | None = None,
    tensor_count: int | None = None,
) -> bytes:
    """A header; the counts are those of the arguments unless given."""
    counts = (
        len(tensors) if tensor_count is None else tensor_count,
        len(pairs) if pair_count is None else pair_count,
    )
    infos = b"".join(
        text(name) + struct.pack(f"<I{len(shape)}QIQ", len(shape), *shape, kind, offset)
        for name, shape, kind, offset in tensors
    )
    return MAGIC + struct.pack("<IQQ", 3, *counts) + b"".join(pairs.values()) + infos


def write(path: Path, header: bytes, data: int = 8192) -> Path:
    """Write a header, and `data` zero bytes after it."""
    path.write_bytes(header + b"\0" * (-len(header) % 32 + data))
    return path


def with_template(template: str) -> dict[str, bytes]:
    """The metadata pair of a chat template."""
    return {"tokenizer.chat_template": encode_pair("tokenizer.chat_template", template)}


def write_model(path: Path, **pairs: bytes) -> Path:
    """The small llama with other metadata: each value is a whole pair, with its key."""
    return write(path, header_bytes(model_pairs() | pairs, model_tensors()))
