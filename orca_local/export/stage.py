"""The export stage: merges, quantizes, tests, and gives a file its final name only if it passes."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

from orca_local.domain.errors import InputError
from orca_local.domain.events import Event, StageProgressed, StageStarted, Warned
from orca_local.domain.quantized import REFERENCE_TYPE
from orca_local.domain.stages import BASE
from orca_local.export.acceptance import AcceptanceInputs
from orca_local.export.builder import ExportBuilder
from orca_local.export.card import write_card
from orca_local.export.checks import OpenEngine
from orca_local.export.disk import export_errors_explained, require_export_space
from orca_local.export.general_text import CONVERSATIONS
from orca_local.export.modelfile import render_modelfile
from orca_local.export.predictions import prediction_bytes
from orca_local.export.quantize import require_matrix_support
from orca_local.export.source import ExportSource
from orca_local.export.summary import export_finished
from orca_local.gguf.file_type import NEEDS_MATRIX, check_type, min_bytes
from orca_local.models.provenance import find_export
from orca_local.rows.renderer import PromptRenderer
from orca_local.runs.context import StageContext
from orca_local.store.results import ExportRow
from orca_local.system.files import remove_directory, scratch_directory, write_if_changed


def export(
    context: StageContext,
    source: ExportSource,
    name: str,
    quantizations: Sequence[str],
    directory: Path,
    open_engine: OpenEngine,
    *,
    inputs: AcceptanceInputs | None,
    system_message: str,
    general_texts: Sequence[tuple[str, str]] = CONVERSATIONS,
) -> Iterator[Event]:
    """Export `name` (`base` or `tuned`) at every quantization. A file gets its name only if it passes its test.

    `inputs` is None for a base: it is tested against its source, and its quantizations are compared on
    `general_texts`. A file that an earlier export made from the same inputs is reused if it is unchanged. Raises
    `AcceptanceError` if a check fails and `MissingError` if the disk is full; no partial file stays.
    """
    started = time.monotonic()
    types = list(dict.fromkeys(check_type(q) for q in quantizations))
    _require_matrix(source, types)
    stage = BASE if name == "base" else "export"
    yield StageStarted(stage, len(types), "files")
    existing = {q: find_export(context.store, name, q, source.provenance_for(q)) for q in types}
    rows = {q: row for q, row in existing.items() if row is not None}
    missing = [q for q in types if q not in rows]
    yield StageProgressed(len(rows))
    yield from _matrix_warnings(source, missing)
    scratch_path = directory / f"{name}.export.part"
    remove_directory(scratch_path)
    if missing:
        needed = _bytes_needed(source, missing, inputs)
        with export_errors_explained(directory, needed):
            directory.mkdir(parents=True, exist_ok=True)
            require_export_space(directory, needed)
            with scratch_directory(scratch_path) as scratch:
                builder = ExportBuilder(
                    context, source, name, directory, scratch, open_engine, inputs, needed, general_texts, len(rows)
                )
                rows |= yield from builder.build(missing)
    for row in rows.values():
        _write_companions(row, system_message)
    yield export_finished(stage, context.run_id, name, [rows[q] for q in types], started)


def _bytes_needed(source: ExportSource, missing: Sequence[str], inputs: AcceptanceInputs | None) -> int:
    """Peak disk space: the merged file, two sets of predictions, the quantized files, and one file made twice."""
    sizes = {q: min_bytes(q, source.header.parameters) for q in missing if q != REFERENCE_TYPE}
    twice = [size for q, size in sizes.items() if (matrix := source.matrix_for(q)) and matrix.is_optional_for(q)]
    merged = 2 * source.header.parameters + (2 * prediction_bytes(source.header, inputs.rows) if inputs else 0)
    return merged + sum(sizes.values()) + max(twice, default=0)


def _require_matrix(source: ExportSource, types: Sequence[str]) -> None:
    """Raise before the work for types that need a matrix, or a llama.cpp that accepts one."""
    for quantization in types:
        if quantization in NEEDS_MATRIX and source.header.count("expert_count"):
            raise InputError(
                f"{quantization} needs an importance matrix of every expert, which is not supported",
                hint="choose a type with more bits, such as Q4_K_M",
            )
        if source.matrix_for(quantization) is not None:
            require_matrix_support()
        elif quantization in NEEDS_MATRIX:
            raise InputError(
                f"{quantization} needs an importance matrix",
                hint='set export.imatrix to a file made by llama-imatrix; with "auto", the matrix for the tuned model '
                "is measured on its training rows",
            )


def _matrix_warnings(source: ExportSource, missing: Sequence[str]) -> Iterator[Warned]:
    matrix = source.matrix
    if matrix is not None and matrix.left_out and any(source.matrix_for(q) for q in missing):
        yield Warned(
            f"{matrix.left_out} training rows overlap with probe or holdout samples, so the importance matrix is "
            f"measured on the other {matrix.rows}"
        )


def _write_companions(row: ExportRow, system_message: str) -> None:
    """Write the files beside an export: checksum, Modelfile, model card."""
    path = Path(row.path)
    with export_errors_explained(path.parent, 1 << 20), closing(PromptRenderer(path)) as renderer:
        modelfile = render_modelfile(path.name, renderer, system_message)
        write_if_changed(path.with_name(path.name + ".Modelfile"), modelfile)
        write_card(row, renderer.header)
