"""The importance matrix of an export: where it comes from, and its file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orca_local.domain.errors import InputError
from orca_local.export.types import NEEDS_MATRIX
from orca_local.gguf.header import Header
from orca_local.gguf.importance import ColumnSquares, ImportanceMatrix, read_importance, write_importance
from orca_local.system.files import publish

DATASET = "training rows of orca-local"


@dataclass(frozen=True, slots=True)
class MatrixSource:
    """A matrix that the user brought as a file, or rows that it is measured on when it is first needed."""

    key: str
    """Changes with all that would make it another matrix."""
    file: Path | None = None
    """The one that the user brought."""
    measure: Callable[[], Mapping[str, ColumnSquares]] | None = None
    """Computes it, where nobody brought one."""
    rows: int = 0
    """Rows that it is measured on."""
    left_out: int = 0
    """Rows that it is not measured on, because they ask what probe or holdout samples ask."""
    optional: bool = False
    """Whether a type that can do without is made without it too, and the one that is nearer to F16 is kept."""

    def may_be_left(self, quantization: str) -> bool:
        """Whether files of this type are tried without it."""
        return self.optional and quantization not in NEEDS_MATRIX

    @property
    def record(self) -> dict[str, Any]:
        """What the export remembers of it."""
        if self.file is not None:
            return {"file": str(self.file)}
        return {"rows": self.rows, "left_out": self.left_out}


@dataclass(frozen=True, slots=True)
class MatrixFile:
    """The file that the quantizer reads: brought, kept from an earlier export, or made in a scratch directory."""

    source: MatrixSource
    kept: Path
    """Where a matrix that was made stays, beside the exports that it was used for."""
    made: Path
    """Where it is made."""

    def find(self, header: Header) -> Path | None:
        """The file, where there is one already. Raises `InputError` where the user's does not fit the model."""
        if self.source.file is not None:
            read_importance(self.source.file).check_fits(header, str(self.source.file))
            return self.source.file
        if self.made.exists():
            return self.made
        try:
            matrix = read_importance(self.kept)
            matrix.check_fits(header, str(self.kept))
        except InputError:
            return None
        return self.kept if matrix.key == self.source.key else None

    def make(self, header: Header) -> Path:
        """Measure and write it."""
        assert self.source.measure is not None
        matrix = ImportanceMatrix(self.source.measure(), self.source.key)
        matrix.check_fits(header, "that was measured")
        write_importance(self.made, matrix, dataset=DATASET, rows=self.source.rows)
        return self.made

    def keep(self) -> None:
        """Put a matrix that was made beside the exports, once one of them has passed."""
        if self.made.exists():
            publish(self.made, self.kept)
