"""Write a GGUF that is another one with new tensors: the metadata is copied as bytes.

The `gguf` package's writer is not used because it cannot write empty arrays, and because a copy of bytes
needs no proof that a tokenizer survived being parsed and written again.
"""

from __future__ import annotations

import math
import os
import struct
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from orca_local.gguf.header import MAGIC, Header, read_header

_UINT32, _STRING = 4, 8
_TYPES = {"F32": 0, "F16": 1, "BF16": 30}
FILE_TYPE = "general.file_type"
OWN_KEYS = "orca_local."


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """Name, shape (rows first) and type (`F32`, `F16` or `BF16`) of a tensor to write."""

    name: str
    shape: tuple[int, ...]
    type_name: str

    @property
    def bytes(self) -> int:
        """Size in the file, padding excluded."""
        return math.prod(self.shape) * (4 if self.type_name == "F32" else 2)


def write_gguf(
    path: Path,
    base: Header,
    specs: Sequence[TensorSpec],
    tensors: Iterable[NDArray[np.float32]],
    *,
    file_type: int,
    extra: Mapping[str, str],
) -> Header:
    """Write `specs` with the values of `tensors` (same order), one in memory at a time, and reopen the file.

    All metadata of `base` is copied byte for byte, but for `general.file_type` and what an earlier export said
    about itself; `extra` adds strings under keys that must start with `orca_local.`. The file is complete and
    on disk when this returns, under the name given: pass a `.part` name and rename it. Raises `OSError` where
    the disk is full.
    """
    pairs = {key: raw for key, raw in base.raw_pairs.items() if not key.startswith(OWN_KEYS)}
    pairs[FILE_TYPE] = _pair_uint32(FILE_TYPE, file_type)
    for key, value in extra.items():
        if not key.startswith(OWN_KEYS):
            raise ValueError(f"only orca_local.* keys may be added, not {key!r}")
        pairs[key] = _text(key) + struct.pack("<I", _STRING) + _text(value)
    with path.open("wb") as file:
        file.write(MAGIC + struct.pack("<IQQ", 3, len(specs), len(pairs)))
        for raw in pairs.values():
            file.write(raw)
        _write_infos(file, specs, base.alignment)
        _pad(file, base.alignment)
        for spec, values in zip(specs, tensors, strict=True):
            _write_values(file, spec, values)
            _pad(file, base.alignment)
        file.flush()
        os.fsync(file.fileno())
    return read_header(path)


def _write_infos(file: IO[bytes], specs: Sequence[TensorSpec], alignment: int) -> None:
    offset = 0
    for spec in specs:
        file.write(_text(spec.name) + struct.pack("<I", len(spec.shape)))
        file.write(struct.pack(f"<{len(spec.shape)}Q", *reversed(spec.shape)))
        file.write(struct.pack("<IQ", _TYPES[spec.type_name], offset))
        offset += -(-spec.bytes // alignment) * alignment


def _write_values(file: IO[bytes], spec: TensorSpec, values: NDArray[np.float32]) -> None:
    if values.shape != spec.shape:
        raise ValueError(f"tensor {spec.name!r} has shape {values.shape}, not {spec.shape}")
    file.write(np.ascontiguousarray(_stored(values, spec.type_name)).data)


def _stored(values: NDArray[np.float32], type_name: str) -> NDArray[Any]:
    if type_name == "BF16":
        bits = np.ascontiguousarray(values, dtype="<f4").view("<u4")
        # To the nearest, ties to even, as llama.cpp does; the upper half of a float32 is a bfloat16.
        rounded: NDArray[Any] = ((bits + (((bits >> 16) & 1) + 0x7FFF)) >> 16).astype("<u2")
        return rounded
    return values.astype("<f4" if type_name == "F32" else "<f2", copy=False)


def _text(text: str) -> bytes:
    raw = text.encode("utf-8", errors="surrogateescape")
    return struct.pack("<Q", len(raw)) + raw


def _pair_uint32(key: str, value: int) -> bytes:
    return _text(key) + struct.pack("<II", _UINT32, value)


def _pad(file: IO[bytes], alignment: int) -> None:
    file.write(b"\0" * (-file.tell() % alignment))
