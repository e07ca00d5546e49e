"""The tensors of a GGUF file as float32 arrays."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from orca_local.domain.errors import InputError
from orca_local.gguf.conversion import dequantize
from orca_local.gguf.header import Header, TensorInfo

CHUNK_VALUES = 1 << 18
"""How many values are converted at a time: few enough for the processor's cache."""


def read_tensor(header: Header, name: str) -> NDArray[np.float32]:
    """The values of one tensor: float32 of the tensor's shape, rows first. Raises `InputError` for an unknown name."""
    if name not in header.tensor_map:
        raise InputError(f"{header.path} has no tensor {name!r}", hint="the file may be of another architecture")
    return _read(header, header.tensor_map[name])


def iter_tensors(header: Header) -> Iterator[tuple[TensorInfo, NDArray[np.float32]]]:
    """Yield each tensor and its values (float32 of its shape) in file order, one in memory at a time."""
    for tensor in header.tensors:
        yield tensor, _read(header, tensor)


def read_raw_rows(header: Header, name: str) -> NDArray[np.uint8]:
    """The bytes of one tensor: uint8 of shape [rows, bytes per row], or […, bytes per row] for more dimensions."""
    tensor = header.tensor_map[name]
    with header.path.open("rb") as file:
        file.seek(tensor.offset)
        return np.fromfile(file, dtype=np.uint8, count=tensor.bytes).reshape(*tensor.shape[:-1], -1)


def iter_rows(header: Header, tensor: TensorInfo) -> Iterator[NDArray[np.float32]]:
    """Yield the rows of a tensor in order: float32 arrays of shape [some rows, columns], about a megabyte each.

    The last dimension is the columns; all others count as rows.
    """
    for raw in _raw_rows(header, tensor):
        values = np.empty((len(raw), tensor.shape[-1]), np.float32)
        _dequantize(header, tensor, raw, values)
        yield values


def read_rows_at(header: Header, tensor: TensorInfo, numbers: NDArray[np.int64]) -> NDArray[np.float32]:
    """The rows of a matrix with these numbers, in this order: float32 of shape [len(numbers), columns]."""
    rows, columns = tensor.shape
    raw = np.memmap(header.path, np.uint8, "r", tensor.offset, (rows, tensor.bytes // rows))
    values = np.empty((len(numbers), columns), np.float32)
    _dequantize(header, tensor, raw[numbers], values)
    return values


def read_matrix_at(header: Header, tensor: TensorInfo, number: int) -> NDArray[np.float32]:
    """Matrix `number` of a tensor of shape [matrices, rows, columns]: float32 of shape [rows, columns]."""
    count, rows, columns = tensor.shape
    size = tensor.bytes // count
    values = np.empty((rows, columns), np.float32)
    with header.path.open("rb") as file:
        file.seek(tensor.offset + number * size)
        _dequantize(header, tensor, np.fromfile(file, np.uint8, size).reshape(rows, -1), values)
    return values


def _read(header: Header, tensor: TensorInfo) -> NDArray[np.float32]:
    values = np.empty((math.prod(tensor.shape[:-1]), tensor.shape[-1]), np.float32)
    at = 0
    for raw in _raw_rows(header, tensor):
        _dequantize(header, tensor, raw, values[at : at + len(raw)])
        at += len(raw)
    return values.reshape(tensor.shape)


def _raw_rows(header: Header, tensor: TensorInfo) -> Iterator[NDArray[np.uint8]]:
    rows = math.prod(tensor.shape[:-1])
    row_bytes, step = tensor.bytes // rows, max(1, CHUNK_VALUES // tensor.shape[-1])
    with header.path.open("rb") as file:
        file.seek(tensor.offset)
        for start in range(0, rows, step):
            count = min(step, rows - start)
            yield np.fromfile(file, dtype=np.uint8, count=count * row_bytes).reshape(count, row_bytes)


def _dequantize(header: Header, tensor: TensorInfo, raw: NDArray[np.uint8], out: NDArray[np.float32]) -> None:
    try:
        dequantize(raw, tensor.type_name, out)
    except NotImplementedError:
        raise InputError(
            f"{header.path}: tensors of type {tensor.type_name} cannot be read as weights",
            hint="name the F16 or BF16 file of the model as student.weights",
        ) from None
