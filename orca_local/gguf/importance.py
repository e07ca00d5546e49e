"""An importance matrix: how large the inputs of each column of a model's matrices are, and its file.

The quantizer rounds most carefully where inputs are large. The file is the GGUF that llama.cpp's `llama-imatrix`
writes and `llama-quantize --imatrix` reads
(https://github.com/ggml-org/llama.cpp/blob/master/tools/imatrix/README.md).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from orca_local.domain.errors import InputError
from orca_local.gguf.header import Header, read_any_header
from orca_local.gguf.layer_names import linear_layers
from orca_local.gguf.tensors import read_tensor
from orca_local.gguf.writer import OWN_KEYS, TensorSpec, encode_pair, write_file

KEY = f"{OWN_KEYS}imatrix"
"""Metadata of a matrix made here, and of files made with one: what the matrix was made from."""

_LEAST = 1e-6
"""Of a tensor's mean importance, what a column has at least."""
_SMALLEST = float(np.finfo(np.float32).tiny)

_SUMS, _COUNTS = ".in_sum2", ".counts"
_REMEDY = "make one of this student with llama.cpp's llama-imatrix, or set export.imatrix to auto"


@dataclass(frozen=True, slots=True)
class ColumnSquares:
    """What went into one matrix of the model."""

    sums: NDArray[np.float32]
    """Shape [columns]: the sum of squares of each input."""
    count: int
    """Inputs, which is tokens, that were summed."""

    @property
    def means(self) -> NDArray[np.float32]:
        """Shape [columns]: mean squares, which is what the quantizer takes.

        None is zero: llama.cpp would write zeros for a block of columns that were all silent on these rows, and they
        need not be on others.
        """
        means = self.sums / np.float32(self.count)
        least = max(_LEAST * float(means.mean()), _SMALLEST)
        return means.clip(min=least).astype(np.float32)


@dataclass(frozen=True)
class ImportanceMatrix:
    """Column squares of a model's matrices, by GGUF tensor name."""

    columns: Mapping[str, ColumnSquares]
    key: str = ""
    """What it was made from, where it was made here."""

    def check_fits(self, header: Header, name: str) -> None:
        """Raise `InputError` unless it covers every matrix of the blocks: `name` says whose fault it is.

        llama.cpp itself would quantize what it does not find as if there were no matrix, and say nothing.
        """
        for layer in linear_layers(header):
            found = self.columns.get(layer.gguf_name)
            columns = header.tensor_map[layer.gguf_name].shape[-1]
            if found is None or len(found.sums) != columns:
                what = f"has no entry for {layer.gguf_name}"
                if found is not None:
                    what = f"has {len(found.sums)} columns for {layer.gguf_name}, not {columns}"
                raise InputError(f"the importance matrix {name} {what}: it is another model's", hint=_REMEDY)


def write_importance(path: Path, matrix: ImportanceMatrix, *, dataset: str, rows: int) -> None:
    """Write `matrix`, made of `rows` rows of `dataset`; see `writer.write_file`."""
    tokens = max((squares.count for squares in matrix.columns.values()), default=0)
    metadata: dict[str, str | int | list[str]] = {
        "general.type": "imatrix",
        "imatrix.datasets": [dataset],
        # Rows have any length here; the tools only want to know about how many tokens there were.
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
    """Read the file of a matrix, ours or llama.cpp's. Raises `InputError` for any other."""
    try:
        header = read_any_header(path)
    except InputError as error:
        if "not a GGUF file" not in error.message:
            raise InputError(error.message, hint=_REMEDY) from error
        hint = "an imatrix.dat of the older form is converted by `llama-imatrix --in-file OLD -o NEW.gguf`"
        raise InputError(error.message, hint=hint) from error
    names = [tensor.name.removesuffix(_SUMS) for tensor in header.tensors if tensor.name.endswith(_SUMS)]
    if header.metadata.get("general.type") != "imatrix" or not names:
        raise InputError(f"{path} is not an importance matrix", hint=_REMEDY)
    key = header.metadata.get(KEY)
    return ImportanceMatrix({name: _read_entry(header, name) for name in names}, key if isinstance(key, str) else "")


def _read_entry(header: Header, name: str) -> ColumnSquares:
    if name + _COUNTS not in header.tensor_map:
        raise InputError(f"{header.path} has no counts for {name}", hint=_REMEDY)
    sums, counts = read_tensor(header, name + _SUMS), read_tensor(header, name + _COUNTS)
    if counts.size != 1:
        raise InputError(f"{header.path}: {name} is of a mixture of experts, which no student here is", hint=_REMEDY)
    if not (np.isfinite(sums).all() and sums.min() >= 0 and 1 <= counts.item() < 2**31):
        raise InputError(f"{header.path}: {name} has values that are no sums of squares", hint=_REMEDY)
    return ColumnSquares(sums.reshape(-1), round(counts.item()))
