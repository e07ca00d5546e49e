"""How much memory the keys and values of a context take, and how many sequences fit."""

from __future__ import annotations

from orca_local.domain.errors import MissingError
from orca_local.gguf.header import Header

MAX_SHARE = 0.8
"""Share of the free memory that a context may take. The rest is left to other programs."""


def kv_bytes_per_token(header: Header, kv_type: str = "f16") -> int:
    """Bytes that the keys and values of one token take; 0 if the number of query heads differs between the blocks."""
    if isinstance(header.value("attention.head_count"), list):
        return 0
    listed = header.value("attention.head_count_kv")
    if isinstance(listed, list):  # a block without heads has a state instead, which does not grow with the text
        heads = sum(listed)
    else:
        heads = header.block_count * header.count("attention.head_count_kv", header.count("attention.head_count", 1))
    size = header.count("embedding_length") // max(1, header.count("attention.head_count", 1))
    keys, values = header.count("attention.key_length", size), header.count("attention.value_length", size)
    # 32 values of q8_0 take 34 bytes.
    bits = 16 if kv_type == "f16" else 8.5
    return int(bits * heads * (keys + values)) // 8


def sequences_that_fit(sequences: int, length: int, bytes_per_token: int, free: int | None) -> int:
    """The number of sequences of `length` tokens, at most `sequences`, that fit into a context's share of `free` bytes.

    All of them if `free` is None or `bytes_per_token` is 0, which mean unknown. Raises `MissingError` if none fits:
    the system would kill the process instead of refusing the memory.
    """
    if free is None or not bytes_per_token:
        return sequences
    fits = min(sequences, int(MAX_SHARE * free) // (length * bytes_per_token))
    if not fits:
        raise MissingError(
            f"a sequence of {length:,} tokens takes {length * bytes_per_token / 1e9:.2f} GB of memory; "
            f"at most {100 * MAX_SHARE:.0f} % of the {free / 1e9:.2f} GB that are free may be used",
            hint="close other programs, lower engine.context in orca.toml, or choose a smaller student",
        )
    return fits
