"""The tensors of a GGUF file as float32 arrays."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from orca_local.domain.errors import InputError
from orca_local.gguf.header import Header, TensorInfo
from orca_local.gguf.numbers import widen

PIECE = 1 << 18
"""Values that are unpacked at a time: more of them take more memory, and do not fit the processor's cache."""


def read_tensor(header: Header, name: str) -> NDArray[np.float32]:
    """One tensor, dequantized: float32 of its shape, rows first. Raises `InputError` for an unknown name."""
    if name not in header.tensor_map:
        raise InputError(f"{header.path} has no tensor {name!r}", hint="the file may be of another architecture")
    return _read(header, header.tensor_map[name])


def iter_tensors(header: Header) -> Iterator[tuple[TensorInfo, NDArray[np.float32]]]:
    """Every tensor in file order, one in memory at a time."""
    for tensor in header.tensors:
        yield tensor, _read(header, tensor)


def read_rows(header: Header, name: str) -> NDArray[np.uint8]:
    """The bytes of one tensor as they stand in the file, the last axis being those of a row."""
    tensor = header.tensor_map[name]
    with header.path.open("rb") as file:
        file.seek(tensor.offset)
        return np.fromfile(file, dtype=np.uint8, count=tensor.bytes).reshape(*tensor.shape[:-1], -1)


def iter_rows(header: Header, tensor: TensorInfo) -> Iterator[NDArray[np.float32]]:
    """The rows of a tensor in order, float32 arrays of shape [some rows, columns], a megabyte or so each.

    Of three dimensions or more, the last is the columns and the others are the rows.
    """
    for raw in _raw_rows(header, tensor):
        values = np.empty((len(raw), tensor.shape[-1]), np.float32)
        _widen(header, tensor, raw, values)
        yield values


def rows_at(header: Header, tensor: TensorInfo, numbers: NDArray[np.int64]) -> NDArray[np.float32]:
    """Some rows of a matrix, in the order asked for: float32 of shape [numbers, columns]."""
    rows, columns = tensor.shape
    raw = np.memmap(header.path, np.uint8, "r", tensor.offset, (rows, tensor.bytes // rows))
    values = np.empty((len(numbers), columns), np.float32)
    _widen(header, tensor, raw[numbers], values)
    return values


def _read(header: Header, tensor: TensorInfo) -> NDArray[np.float32]:
    values = np.empty((math.prod(tensor.shape[:-1]), tensor.shape[-1]), np.float32)
    at = 0
    for raw in _raw_rows(header, tensor):
        _widen(header, tensor, raw, values[at : at + len(raw)])
        at += len(raw)
    return values.reshape(tensor.shape)


def _raw_rows(header: Header, tensor: TensorInfo) -> Iterator[NDArray[np.uint8]]:
    rows = math.prod(tensor.shape[:-1])
    row_bytes, step = tensor.bytes // rows, max(1, PIECE // tensor.shape[-1])
    with header.path.open("rb") as file:
        file.seek(tensor.offset)
        for start in range(0, rows, step):
            count = min(step, rows - start)
            yield np.fromfile(file, dtype=np.uint8, count=count * row_bytes).reshape(count, row_bytes)


def _widen(header: Header, tensor: TensorInfo, raw: NDArray[np.uint8], out: NDArray[np.float32]) -> None:
    try:
        widen(raw, tensor.type_name, out)
    except NotImplementedError:
        raise InputError(
            f"{header.path}: tensors of type {tensor.type_name} cannot be read as weights",
            hint="name the F16 or BF16 file of the model as student.weights",
        ) from None
