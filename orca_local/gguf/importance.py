"""Importance matrices: the mean squared input of each column of a model's matrices, and their file.

The quantizer rounds columns with large inputs most carefully. The file is the GGUF that llama.cpp's `llama-imatrix`
writes and `llama-quantize --imatrix` reads
(https://github.com/ggml-org/llama.cpp/blob/master/tools/imatrix/README.md).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from orca_local.domain.errors import InputError
from orca_local.domain.frozen import Frozen
from orca_local.gguf.header import Header, read_any_header
from orca_local.gguf.layer_names import linear_layers
from orca_local.gguf.tensors import read_tensor
from orca_local.gguf.writer import OWN_PREFIX, TensorSpec, encode_pair, write_file

KEY = f"{OWN_PREFIX}imatrix"
"""Metadata key, in a matrix made here and in files made with one, that says what the matrix was made from."""

_MIN_SHARE = 1e-6
"""Minimum importance of a column, as a share of its matrix's mean."""
_MIN_VALUE = float(np.finfo(np.float32).tiny)

_SUMS, _COUNTS = ".in_sum2", ".counts"
_HINT = "make one of this student with llama.cpp's llama-imatrix, or set export.imatrix to auto"
_OLD_FORM = "an imatrix.dat of the older form is converted by `llama-imatrix --in-file OLD -o NEW.gguf`"


class ColumnSquares(Frozen):
    """Squared inputs of one matrix of the model, summed over tokens."""

    sums: NDArray[np.float32]
    """Shape [columns]: sum of the squares of each input."""
    count: int
    """Number of tokens that were summed."""

    @property
    def means(self) -> NDArray[np.float32]:
        """Mean squares, as the quantizer takes them: float32 of shape [columns].

        All are above zero. llama.cpp would quantize a block to zeros if all of its inputs were zero on these rows, but
        on other rows they may not be.
        """
        means = self.sums / np.float32(self.count)
        minimum = max(_MIN_SHARE * float(means.mean()), _MIN_VALUE)
        return means.clip(min=minimum).astype(np.float32)


class ImportanceMatrix(Frozen):
    """Column squares of a model's matrices, by GGUF tensor name."""

    columns: Mapping[str, ColumnSquares]
    key: str = ""
    """Name of the data it was measured on; empty if another program made it."""

    def check_fits(self, header: Header, name: str) -> None:
        """Raise `InputError` unless it covers every matrix of the blocks. `name` is the file to name in the message.

        llama.cpp itself quantizes a matrix without an entry as if there were no importance matrix, without a warning.
        """
        for layer in linear_layers(header):
            squares = self.columns.get(layer.gguf_name)
            columns = header.tensor_map[layer.gguf_name].shape[-1]
            if squares is None or len(squares.sums) != columns:
                what = f"has no entry for {layer.gguf_name}"
                if squares is not None:
                    what = f"has {len(squares.sums)} columns for {layer.gguf_name}, not {columns}"
                raise InputError(f"the importance matrix {name} {what}: it belongs to another model", hint=_HINT)


def write_importance(path: Path, matrix: ImportanceMatrix, *, dataset: str, rows: int) -> None:
    """Write `matrix`, measured on `rows` rows of `dataset`; see `writer.write_file`."""
    tokens = max((squares.count for squares in matrix.columns.values()), default=0)
    metadata: dict[str, str | int | list[str]] = {
        "general.type": "imatrix",
        "imatrix.datasets": [dataset],
        # Rows have any length here; llama.cpp's tools only need the approximate number of tokens.
        "imatrix.chunk_count": rows,
        "imatrix.chunk_size": max(1, math.ceil(tokens / max(1, rows))),
        KEY: matrix.key,
    }
    specs, values = [], []
    for name, squares in sorted(matrix.columns.items()):
        specs += [
            TensorSpec(name + _SUMS, (1, len(squares.sums)), "F32"),
            TensorSpec(name + _COUNTS, (1, 1), "F32"),
        ]
        values += [squares.sums[None], np.full((1, 1), squares.count, np.float32)]
    write_file(path, {key: encode_pair(key, value) for key, value in metadata.items()}, specs, values)


def read_importance(path: Path) -> ImportanceMatrix:
    """Read a matrix, ours or llama.cpp's. Raises `InputError` for any other file."""
    try:
        header = read_any_header(path)
    except InputError as error:
        raise InputError(error.message, hint=_OLD_FORM if "not a GGUF file" in error.message else _HINT) from error
    names = [tensor.name.removesuffix(_SUMS) for tensor in header.tensors if tensor.name.endswith(_SUMS)]
    if header.metadata.get("general.type") != "imatrix" or not names:
        raise InputError(f"{path} is not an importance matrix", hint=_HINT)
    key = header.metadata.get(KEY)
    return ImportanceMatrix({name: _read_entry(header, name) for name in names}, key if isinstance(key, str) else "")


def _read_entry(header: Header, name: str) -> ColumnSquares:
    if name + _COUNTS not in header.tensor_map:
        raise InputError(f"{header.path} has no counts for {name}", hint=_HINT)
    sums, counts = read_tensor(header, name + _SUMS), read_tensor(header, name + _COUNTS)
    if counts.size != 1:
        raise InputError(f"{header.path}: {name} belongs to a mixture of experts, which is not supported", hint=_HINT)
    if not (np.isfinite(sums).all() and sums.min() >= 0 and 1 <= counts.item() < 2**31):
        raise InputError(f"{header.path}: {name} has values that are not sums of squares", hint=_HINT)
    return ColumnSquares(sums.reshape(-1), round(counts.item()))
