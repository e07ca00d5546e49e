"""The importance matrix of an export: where it comes from, and its file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from orca_local.domain.errors import InputError
from orca_local.domain.frozen import Frozen
from orca_local.gguf.file_type import NEEDS_MATRIX
from orca_local.gguf.header import Header
from orca_local.gguf.importance import ColumnSquares, ImportanceMatrix, read_importance, write_importance
from orca_local.system.files import publish

DATASET = "training rows of orca-local"


class MatrixSource(Frozen):
    """An importance matrix: a file of the user's, or a measurement on rows that runs when it is first needed."""

    key: str
    """Identifies the matrix: it changes with everything that changes its values."""
    file: Path | None = None
    """The user's file."""
    measure: Callable[[], Mapping[str, ColumnSquares]] | None = None
    """Measures the matrix: GGUF tensor name → sums of squares of its input columns. None for a user's file."""
    rows: int = 0
    """Number of rows it is measured on."""
    left_out: int = 0
    """Number of rows it is not measured on because they overlap with probe or holdout samples."""
    optional: bool = False
    """Whether to quantize with and without the matrix and keep the file that is closer to F16."""

    def is_optional_for(self, quantization: str) -> bool:
        """Whether files of this type are also quantized without the matrix."""
        return self.optional and quantization not in NEEDS_MATRIX

    @property
    def record(self) -> dict[str, Any]:
        """The record of the matrix in the store."""
        if self.file is not None:
            return {"file": str(self.file)}
        return {"rows": self.rows, "left_out": self.left_out}


class MatrixCache(Frozen):
    """Finds or makes the file that the quantizer reads."""

    source: MatrixSource
    published: Path
    """Path of a measured matrix, beside the exports made with it."""
    scratch: Path
    """Path where a measured matrix is written first."""

    def find(self, header: Header) -> Path | None:
        """The file, if there is one. Raises `InputError` if the user's file does not fit the model."""
        if self.source.file is not None:
            read_importance(self.source.file).check_fits(header, str(self.source.file))
            return self.source.file
        if self.scratch.exists():
            return self.scratch
        try:
            matrix = read_importance(self.published)
            matrix.check_fits(header, str(self.published))
        except InputError:
            return None
        return self.published if matrix.key == self.source.key else None

    def measure(self, header: Header) -> Path:
        """Measure the matrix and write it to `scratch`."""
        assert self.source.measure is not None
        matrix = ImportanceMatrix(self.source.measure(), self.source.key)
        matrix.check_fits(header, "that was measured")
        write_importance(self.scratch, matrix, dataset=DATASET, rows=self.source.rows)
        return self.scratch

    def publish(self) -> None:
        """Move a measured matrix beside the exports. Call this once an export made with it has passed."""
        if self.scratch.exists():
            publish(self.scratch, self.published)
