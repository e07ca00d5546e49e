"""Writes LoRA adapters in llama.cpp's format, and checks whether an adapter fits a model.

llama.cpp reads this format (https://github.com/ggml-org/llama.cpp/blob/master/src/llama-adapter.cpp) and its
`convert_lora_to_gguf.py` writes it. Why in F32, and what is refused: docs/decisions/0009-adapter-files.md.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from orca_local.domain.errors import InputError
from orca_local.gguf.header import Header, TensorInfo
from orca_local.gguf.tensors import iter_tensors
from orca_local.gguf.writer import FILE_TYPE, TensorSpec, encode_pair, encode_provenance, write_file

TYPE = "F32"
FILE_TYPE_F32 = 0
ALPHA = "adapter.lora.alpha"
_A, _B = ".lora_a", ".lora_b"
_FLOAT32 = struct.pack("<I", 6)
_MIN_ALPHA, _MAX_ALPHA = float(np.finfo(np.float32).tiny), float(np.finfo(np.float32).max)
_HINT = "give a LoRA adapter as a GGUF, or the directory of one in PEFT's format"
_OTHER_BASE = "the adapter belongs to another model: choose the one that it was trained on with --model"

LoraPair = tuple[NDArray[np.float32], NDArray[np.float32]]
"""A, shape [rank, in_features], and B, shape [out_features, rank], float32; B's rows are in the model file's order."""


def write_lora(
    path: Path, architecture: str, scale: float, pairs: Mapping[str, LoraPair], extra: Mapping[str, str]
) -> Header:
    """Write an adapter that adds scale·B·A to each tensor that `pairs` names, and return its header.

    The matrices are float32 of shape [rank, in_features] and [out_features, rank]; all pairs have the same rank.
    `extra` adds strings under `orca_local.` keys. See `writer.write_file`. Raises
    `InputError` for a scale outside the range of float32 or of zero, which llama.cpp would read as one.
    """
    rank = next(iter(pairs.values()))[0].shape[0]
    alpha = scale * rank  # llama.cpp divides by the rank
    if not _MIN_ALPHA <= abs(alpha) <= _MAX_ALPHA:
        raise InputError(
            f"an adapter of scale {scale:g} cannot be written for llama.cpp", hint="train again with another alpha"
        )
    metadata = {
        "general.architecture": architecture,
        "general.type": "adapter",
        "adapter.type": "lora",
        ALPHA: alpha,
        FILE_TYPE: FILE_TYPE_F32,
    }
    encoded = {key: encode_pair(key, value) for key, value in metadata.items()} | encode_provenance(extra)
    halves = [
        (name + suffix, half) for name, pair in pairs.items() for suffix, half in zip((_A, _B), pair, strict=True)
    ]
    specs = [TensorSpec(name, half.shape, TYPE) for name, half in halves]
    return write_file(path, encoded, specs, (half for _, half in halves))


def check_lora(adapter: Header, base: Header) -> None:
    """Raise `InputError` for a file that is not a LoRA adapter of a model like `base`, or is not finite.

    With such a file, llama.cpp crashes or computes something else.
    """
    path = adapter.path
    kind = f"{adapter.metadata.get('general.type', 'model')} {adapter.metadata.get('adapter.type', '')}".strip()
    if kind != "adapter lora" or "adapter.alora.invocation_tokens" in adapter.metadata:
        raise InputError(f"{path} is not a plain LoRA adapter; its type is: {kind}", hint=_HINT)
    if adapter.architecture != base.architecture:
        raise InputError(
            f"{path} is an adapter of {adapter.architecture!r} models, and {base.path.name} is {base.architecture!r}",
            hint=_OTHER_BASE,
        )
    _check_alpha(adapter)
    pairs = _pairs(adapter)
    if not pairs:
        raise InputError(f"{path} changes no tensor", hint=_HINT)
    for name, (a, b) in pairs.items():
        _check_fits(adapter, base, name, a, b)
    for tensor, values in iter_tensors(adapter):
        if not np.isfinite(values).all():
            raise InputError(f"{path}: tensor {tensor.name!r} is not finite", hint="make the adapter again")


def _check_alpha(adapter: Header) -> None:
    """Alpha must be absent or a finite float32; with another type llama.cpp crashes."""
    alpha = adapter.metadata.get(ALPHA, 1.0)
    raw = adapter.raw_pairs.get(ALPHA, b"")
    if raw and (raw[8 + len(ALPHA) :][:4] != _FLOAT32 or not math.isfinite(alpha)):
        raise InputError(f"{adapter.path}: {ALPHA} is {alpha!r}, not a finite float32", hint="make the adapter again")


def _pairs(adapter: Header) -> dict[str, tuple[TensorInfo, TensorInfo]]:
    """A and B, by the name of the tensor they change."""
    names = dict.fromkeys(name.removesuffix(_A).removesuffix(_B) for name in adapter.tensor_map)
    expected = {name + suffix for name in names for suffix in (_A, _B)}
    wrong = sorted(adapter.tensor_map.keys() ^ expected)
    if wrong:
        what = f"{wrong[0]!r} is missing" if wrong[0] in expected else f"tensor {wrong[0]!r} is not half of an update"
        raise InputError(f"{adapter.path} is not a plain LoRA adapter: {what}", hint=_HINT)
    return {name: (adapter.tensor_map[name + _A], adapter.tensor_map[name + _B]) for name in names}


def _check_fits(adapter: Header, base: Header, name: str, a: TensorInfo, b: TensorInfo) -> None:
    shape = base.tensor_map[name].shape if name in base.tensor_map else ()
    # For an embedding, A and B are the other way round, and llama.cpp would apply them to a tied head as well.
    fits = len(shape) == len(a.shape) == len(b.shape) == 2 and name != "token_embd.weight"
    if not fits or (a.shape[1], b.shape[0]) != (shape[1], shape[0]) or a.shape[0] != b.shape[1]:
        has = f"has it in shape {shape}" if shape else "has no such tensor"
        raise InputError(
            f"{adapter.path} changes {name!r} by {b.shape} × {a.shape}, and {base.path.name} {has}", hint=_OTHER_BASE
        )
