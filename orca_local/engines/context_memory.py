"""How much memory a context takes, and how many sequences fit into what is free."""

from __future__ import annotations

from orca_local.gguf.header import Header

SHARE = 0.8
"""Of what is free, how much a context may take: the rest of the machine needs some, too."""


def token_bytes(header: Header, kv_type: str = "f16") -> int:
    """Memory of one token's keys and values; 0 where blocks differ and the header has lists."""
    if any(isinstance(header.value(f"attention.head_count{end}"), list) for end in ("", "_kv")):
        return 0
    heads = header.count("attention.head_count_kv", header.count("attention.head_count", 1))
    size = header.count("embedding_length") // max(1, header.count("attention.head_count", 1))
    keys, values = header.count("attention.key_length", size), header.count("attention.value_length", size)
    # 32 values of q8_0 take 34 bytes.
    bits = 16 if kv_type == "f16" else 8.5
    return int(bits * header.block_count * heads * (keys + values)) // 8


def fitting(sequences: int, length: int, per_token: int, free: int | None) -> int:
    """How many of `sequences` of `length` tokens fit into the share of `free` bytes that a context may take."""
    if free is None or not per_token:
        return sequences
    return min(sequences, int(SHARE * free) // (length * per_token))
