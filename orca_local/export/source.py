"""The inputs of an export, and the metadata about them in the exported file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from orca_local.adapters.adapter import adapter_sha256
from orca_local.domain.frozen import Frozen
from orca_local.export.matrix import MatrixSource
from orca_local.gguf.file_type import takes_matrix
from orca_local.gguf.header import Header
from orca_local.gguf.importance import KEY
from orca_local.models.provenance import ADAPTER_SHA256, RECIPE, weights_provenance
from orca_local.runs.context import StageContext
from orca_local.store.results import ExportRow
from orca_local.system.digest import file_sha256
from orca_local.system.files import publish


class ExportSource(Frozen):
    """The weights to export, the adapter to merge into them, and the importance matrix."""

    header: Header
    """Header of the weights' file."""
    sha256: str
    """SHA-256 of that file."""
    adapter_directory: Path | None = None
    adapter_id: int | None = None
    recipe: Mapping[str, Any] | None = None
    matrix: MatrixSource | None = None
    """Importance matrix for the quantizer."""
    template: str = ""
    """The chat template that the file gets; empty: it keeps that of the weights."""

    @cached_property
    def provenance(self) -> dict[str, str]:
        """Metadata about the inputs of the merged file."""
        extra = weights_provenance(self.sha256, self.template)
        if self.adapter_directory is not None:
            extra[ADAPTER_SHA256] = adapter_sha256(self.adapter_directory)
            extra[RECIPE] = json.dumps(dict(self.recipe or {}), sort_keys=True)
        return extra

    def matrix_for(self, quantization: str) -> MatrixSource | None:
        """The importance matrix if there is one and it changes files of this type."""
        return self.matrix if takes_matrix(quantization) else None

    def provenance_for(self, quantization: str) -> dict[str, str]:
        """Metadata about the inputs of the file of this type, including the importance matrix."""
        matrix = self.matrix_for(quantization)
        return self.provenance | ({KEY: matrix.key} if matrix else {})


def file_stem(header: Header) -> str:
    """The name of the header's file without `.gguf` and without the quantization."""
    stem = header.path.name.removesuffix(".gguf")
    for suffix in (f".{header.quantization}", f"-{header.quantization}"):
        stem = stem.removesuffix(suffix).removesuffix(suffix.lower())
    return stem


def publish_file(
    context: StageContext,
    source: ExportSource,
    name: str,
    quantization: str,
    part: Path,
    target: Path,
    record: Mapping[str, Any],
) -> ExportRow:
    """Move the file `part` to its final name `target` and add it to the store, with the `record` of its tests."""
    publish(part, target)
    row = ExportRow(
        run_id=context.run_id,
        name=name,
        path=str(target),
        sha256=file_sha256(target),
        quantization=quantization,
        bytes=target.stat().st_size,
        adapter_id=source.adapter_id,
        acceptance={**record, "provenance": source.provenance_for(quantization)},
    )
    context.store.exports.add(row)
    return row
