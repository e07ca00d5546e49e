"""What an export is made from, and what that says about the file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from orca_local.adapters.adapter import adapter_sha256
from orca_local.export.matrix import MatrixSource
from orca_local.export.types import takes_matrix
from orca_local.gguf.header import Header
from orca_local.gguf.importance import KEY

VERSION = "1"
"""Raise it when the same inputs would make another file."""


@dataclass(frozen=True)
class ExportSource:
    """What is exported: weights, the adapter that is added to them, and how they are quantized."""

    header: Header
    sha256: str
    adapter_directory: Path | None = None
    adapter_id: int | None = None
    recipe: Mapping[str, Any] | None = None
    matrix: MatrixSource | None = None
    """What tells the quantizer which columns matter, for the types that are made with it."""

    @cached_property
    def provenance(self) -> dict[str, str]:
        """Metadata that says what the merged file was made from."""
        extra = {"orca_local.version": VERSION, "orca_local.base_sha256": self.sha256}
        if self.adapter_directory is not None:
            extra["orca_local.adapter_sha256"] = adapter_sha256(self.adapter_directory)
            extra["orca_local.recipe"] = json.dumps(dict(self.recipe or {}), sort_keys=True)
        return extra

    def matrix_for(self, quantization: str) -> MatrixSource | None:
        """The importance matrix, where there is one and it makes a difference to this type."""
        return self.matrix if takes_matrix(quantization) else None

    def provenance_at(self, quantization: str) -> dict[str, str]:
        """What the file of this type was made from: another matrix may make another file."""
        matrix = self.matrix_for(quantization)
        return self.provenance | ({KEY: matrix.key} if matrix else {})


def file_stem(header: Header) -> str:
    """The name of a header's file without its ending and its type."""
    stem = header.path.name.removesuffix(".gguf")
    for suffix in (f".{header.quantization}", f"-{header.quantization}"):
        stem = stem.removesuffix(suffix).removesuffix(suffix.lower())
    return stem
