"""Checks the metadata of a model that the program or llama.cpp counts with, before anything is made of it.

A number of blocks decides how much is allocated, and llama.cpp reads the lists of the vocabulary in native code without
looking at their length or type.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from orca_local.domain.errors import InputError
from orca_local.domain.frozen import Frozen
from orca_local.gguf.byte_reader import HINT, shown
from orca_local.gguf.lists import StringList

MAX_COUNT = 2**31 - 1
"""Maximum of every count; llama.cpp keeps most of them in 32 bits."""
MAX_BLOCKS = 1 << 14
"""Maximum number of blocks of a file that does not hold all tensors of its model. llama.cpp takes 512."""

MAX_TEXT = 1000
"""Maximum length of a name that messages and tables show, in characters."""

_FLOAT32, _INT32, _UINT32 = 6, 5, 4
_ITEM_TYPE = 4 + 4
"""Bytes from the end of a pair's key to the end of the type of a list's items."""


def is_count(value: Any) -> bool:
    """Whether a value is a whole number that can count something."""
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MAX_COUNT


def _is_counts(value: Any) -> bool:
    return is_count(value) or (isinstance(value, list | memoryview) and all(map(is_count, value)))


def _is_pattern(value: Any) -> bool:
    return is_count(value) or isinstance(value, list | memoryview)


def _is_factor(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) and value >= 0


class _Rule(Frozen):
    """What the value of a key must be."""

    is_right: Callable[[Any], bool]
    what: str
    """What it is, for a message."""


_COUNT = _Rule(is_count, f"a whole number from 0 to {MAX_COUNT:,}")
_COUNTS = _Rule(_is_counts, f"a whole number from 0 to {MAX_COUNT:,}, or a list of them")
_PATTERN = _Rule(_is_pattern, "a whole number or a list")
_FACTOR = _Rule(_is_factor, "a finite number that is not negative")
_BASE = _Rule(lambda value: _is_factor(value) and value > 0, "a finite number above 0")
_TEXT = _Rule(lambda value: isinstance(value, str), "a text")
_NAME = _Rule(
    lambda value: isinstance(value, str) and len(value) <= MAX_TEXT, f"a text of at most {MAX_TEXT:,} characters"
)
_TEXTS = _Rule(lambda value: isinstance(value, StringList), "a list of texts")
_ID = _Rule(lambda value: isinstance(value, int) and not isinstance(value, bool), "a whole number")

_OF_ARCHITECTURE: Mapping[str, _Rule] = {
    "block_count": _COUNT,
    "context_length": _COUNT,
    "embedding_length": _COUNT,
    "vocab_size": _COUNT,
    "feed_forward_length": _COUNTS,
    "attention.head_count": _COUNTS,
    "attention.head_count_kv": _COUNTS,
    "attention.key_length": _COUNT,
    "attention.value_length": _COUNT,
    "attention.sliding_window": _COUNT,
    "attention.sliding_window_pattern": _PATTERN,
    "attention.scale": _FACTOR,
    "attention.layer_norm_epsilon": _FACTOR,
    "attention.layer_norm_rms_epsilon": _FACTOR,
    "rope.dimension_count": _COUNT,
    "rope.freq_base": _BASE,
    "rope.freq_base_swa": _BASE,
    "rope.scaling.type": _NAME,
    "rope.scaling.factor": _FACTOR,
    "rope.scaling.attn_factor": _FACTOR,
    "rope.scaling.original_context_length": _COUNT,
    "embedding_scale": _FACTOR,
    "residual_scale": _FACTOR,
    "logit_scale": _FACTOR,
    "expert_count": _COUNT,
    "expert_used_count": _COUNT,
}
_GENERAL: Mapping[str, _Rule] = {
    "general.architecture": _NAME,
    "general.type": _NAME,
    "general.name": _NAME,
    "general.license": _NAME,
    "general.file_type": _COUNT,
    "split.count": _COUNT,
    "tokenizer.chat_template": _TEXT,
    "tokenizer.ggml.model": _NAME,
    "tokenizer.ggml.pre": _NAME,
    "tokenizer.ggml.tokens": _TEXTS,
    "tokenizer.ggml.merges": _TEXTS,
    "tokenizer.ggml.bos_token_id": _ID,
    "tokenizer.ggml.eos_token_id": _ID,
}
_PER_TOKEN: Mapping[str, tuple[int, ...]] = {
    "tokenizer.ggml.scores": (_FLOAT32,),
    "tokenizer.ggml.token_type": (_INT32, _UINT32),
}
"""Lists with one number for each token, and the types that llama.cpp takes their items for without looking."""


def check_known_keys(path: Path, metadata: Mapping[str, Any], raw_pairs: Mapping[str, bytes], tensors: int) -> None:
    """Raise `InputError`, which names key and value, for metadata of a wrong type or out of range.

    `raw_pairs` are the bytes of the metadata, by key; `tensors` is the number of tensors in the file.
    """
    architecture = str(metadata["general.architecture"])
    rules = dict(_GENERAL) | {f"{architecture}.{key}": rule for key, rule in _OF_ARCHITECTURE.items()}
    for key, rule in rules.items():
        if key in metadata and not rule.is_right(metadata[key]):
            raise _wrong(path, key, metadata[key], rule.what)
    _check_blocks(path, f"{architecture}.block_count", metadata, tensors)
    tokens = metadata.get("tokenizer.ggml.tokens", ())
    for key, types in _PER_TOKEN.items():
        if key in metadata:
            _check_per_token(path, key, metadata[key], raw_pairs[key], types, len(tokens))


def _check_blocks(path: Path, key: str, metadata: Mapping[str, Any], tensors: int) -> None:
    """Every block has tensors of its own. A part of a split model, a vocabulary and an adapter hold not all of them."""
    blocks = metadata.get(key, 0)
    is_whole = tensors and metadata.get("split.count", 1) <= 1 and metadata.get("general.type", "model") == "model"
    if blocks > (tensors if is_whole else MAX_BLOCKS):
        holds = f"the file holds {tensors:,} tensors" if is_whole else f"at most {MAX_BLOCKS:,} are read"
        raise InputError(f"{path}: {key} is {blocks:,}, but {holds}", hint=HINT)


def _check_per_token(path: Path, key: str, value: Any, pair: bytes, types: tuple[int, ...], tokens: int) -> None:
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) != tokens:
        raise _wrong(path, key, value, f"a list of {tokens:,} numbers, one for each token")
    start = 8 + len(key.encode("utf-8", "surrogateescape")) + _ITEM_TYPE
    item = int.from_bytes(pair[start - 4 : start], "little")
    if item not in types:
        raise _wrong(path, key, value, f"a list of metadata type {types[0]}, but of type {item}")


def _wrong(path: Path, key: str, value: Any, what: str) -> InputError:
    text = f"a list of {len(value):,}" if isinstance(value, list | memoryview | StringList) else shown(value)
    return InputError(f"{path}: {key} is {text}, not {what}", hint=HINT)
