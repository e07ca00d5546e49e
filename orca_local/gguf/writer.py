"""Writes GGUF files: mostly a copy of another one with new tensors, whose metadata is copied byte for byte.

The `gguf` package's writer is not used because it cannot write empty arrays, because bytes that are copied need no
proof that the tokenizer survived, and because its errors do not say that a disk is full.
"""

from __future__ import annotations

import math
import os
import shutil
import struct
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from orca_local.domain.frozen import Frozen
from orca_local.gguf.conversion import round_to_f16
from orca_local.gguf.header import DEFAULT_ALIGNMENT, MAGIC, Header, read_any_header

_UINT32, _FLOAT32, _STRING, _ARRAY = 4, 6, 8, 9
_TYPES = {"F32": 0, "F16": 1, "BF16": 30}
FILE_TYPE = "general.file_type"
OWN_PREFIX = "orca_local."
"""Prefix of metadata keys that this program adds."""

Values = NDArray[np.float32] | Iterable[NDArray[np.float32]]
"""A tensor's values in its shape, or arrays of its rows in order, each [some rows, columns]."""


class TensorSpec(Frozen):
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
    tensors: Iterable[Values],
    *,
    file_type: int,
    extra: Mapping[str, str],
) -> Header:
    """Write tensors with the metadata of `base`; return the new file's header.

    `tensors` are the values of `specs` in the same order, as in `write_file`. The metadata is copied byte for byte,
    except `general.file_type` and keys with the prefix `orca_local.`; `extra` adds strings under keys with that prefix.
    """
    pairs = {key: raw for key, raw in base.raw_pairs.items() if not key.startswith(OWN_PREFIX)}
    pairs[FILE_TYPE] = encode_pair(FILE_TYPE, file_type)
    return write_file(path, pairs | encode_provenance(extra), specs, tensors, alignment=base.alignment)


def copy_with_metadata(path: Path, header: Header, extra: Mapping[str, str]) -> None:
    """Write the file of `header` with the header's metadata and `extra`; its tensors are copied byte for byte.

    For models whose tensors may be of any type and architecture. Raises `OSError` if the disk is full.
    """
    from gguf.constants import GGMLQuantizationType

    pairs = {key: raw for key, raw in header.raw_pairs.items() if not key.startswith(OWN_PREFIX)}
    pairs |= encode_provenance(extra)
    with header.path.open("rb") as source, path.open("wb") as file:
        file.write(MAGIC + struct.pack("<IQQ", 3, len(header.tensors), len(pairs)))
        for raw in pairs.values():
            file.write(raw)
        for tensor in header.tensors:
            place = (GGMLQuantizationType[tensor.type_name], tensor.offset - header.data_offset)
            _write_info(file, tensor.name, tensor.shape, *place)
        _pad(file, header.alignment)
        source.seek(header.data_offset)
        shutil.copyfileobj(source, file, 1 << 20)
        file.flush()
        os.fsync(file.fileno())


def write_file(
    path: Path,
    pairs: Mapping[str, bytes],
    specs: Sequence[TensorSpec],
    tensors: Iterable[Values],
    *,
    alignment: int = DEFAULT_ALIGNMENT,
) -> Header:
    """Write encoded metadata `pairs` and `tensors`, the values of `specs` in the same order; return the file's header.

    The values of a tensor are float32 in its shape, or its rows in parts of shape [some rows, columns]. The file is
    complete and synced when this returns. Pass a `.part` name and rename it. Raises `OSError` if the disk is full.
    """
    with path.open("wb") as file:
        file.write(MAGIC + struct.pack("<IQQ", 3, len(specs), len(pairs)))
        for raw in pairs.values():
            file.write(raw)
        _write_infos(file, specs, alignment)
        _pad(file, alignment)
        for spec, values in zip(specs, tensors, strict=True):
            _write_values(file, spec, values)
            _pad(file, alignment)
        file.flush()
        os.fsync(file.fileno())
    return read_any_header(path)


def encode_pair(key: str, value: str | int | float | Sequence[str]) -> bytes:
    """The bytes of a metadata pair whose value is a string, a uint32, a float32 or a list of strings."""
    if isinstance(value, str):
        return _text(key) + struct.pack("<I", _STRING) + _text(value)
    if isinstance(value, Sequence):
        return _text(key) + struct.pack("<IIQ", _ARRAY, _STRING, len(value)) + b"".join(map(_text, value))
    type_number, form = (_UINT32, "I") if isinstance(value, int) else (_FLOAT32, "f")
    return _text(key) + struct.pack(f"<I{form}", type_number, value)


def encode_provenance(extra: Mapping[str, str]) -> dict[str, bytes]:
    """Encoded pairs that say where a file came from. Raises `ValueError` for a key without the prefix `orca_local.`."""
    for key in extra:
        if not key.startswith(OWN_PREFIX):
            raise ValueError(f"only orca_local.* keys may be added, not {key!r}")
    return {key: encode_pair(key, value) for key, value in extra.items()}


def _write_infos(file: IO[bytes], specs: Sequence[TensorSpec], alignment: int) -> None:
    offset = 0
    for spec in specs:
        _write_info(file, spec.name, spec.shape, _TYPES[spec.type_name], offset)
        offset += -(-spec.bytes // alignment) * alignment


def _write_info(file: IO[bytes], name: str, shape: tuple[int, ...], type_number: int, offset: int) -> None:
    file.write(_text(name) + struct.pack("<I", len(shape)))
    file.write(struct.pack(f"<{len(shape)}QIQ", *reversed(shape), type_number, offset))


def _write_values(file: IO[bytes], spec: TensorSpec, values: Values) -> None:
    written = 0
    for array in (values,) if isinstance(values, np.ndarray) else values:
        if isinstance(values, np.ndarray) and array.shape != spec.shape:
            raise ValueError(f"tensor {spec.name!r} has shape {array.shape}, not {spec.shape}")
        file.write(np.ascontiguousarray(_stored(array, spec.type_name)).data)
        written += array.size
    if written != math.prod(spec.shape):
        raise ValueError(f"tensor {spec.name!r} has {written} values, not those of shape {spec.shape}")


def _stored(values: NDArray[np.float32], type_name: str) -> NDArray[Any]:
    if type_name == "BF16":
        bits = np.ascontiguousarray(values, dtype="<f4").view("<u4")
        # A bfloat16 is the upper half of a float32. Round to the nearest, ties to even, as llama.cpp does.
        rounded: NDArray[Any] = ((bits + (((bits >> 16) & 1) + 0x7FFF)) >> 16).astype("<u2")
        return rounded
    if values.dtype == np.float32 and type_name == "F16":
        return round_to_f16(values)
    return values.astype("<f4" if type_name == "F32" else "<f2", copy=False)


def _text(text: str) -> bytes:
    raw = text.encode("utf-8", errors="surrogateescape")
    return struct.pack("<Q", len(raw)) + raw


def _pad(file: IO[bytes], alignment: int) -> None:
    file.write(b"\0" * (-file.tell() % alignment))
