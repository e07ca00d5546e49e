"""The result that an export reports at its end."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

from orca_local.domain.events import StageFinished
from orca_local.domain.export_summary import Acceptance, ExportedFile, ExportSummary
from orca_local.domain.quantized import REFERENCE_TYPE, QuantizedFile, recommend
from orca_local.gguf.header import read_header
from orca_local.gguf.importance import KEY
from orca_local.store.results import ExportRow


def export_finished(stage: str, run_id: int, name: str, rows: Sequence[ExportRow], started: float) -> StageFinished:
    """The last event of an export. `started` is the value of the monotonic clock at its start."""
    types = tuple(quantization for row in rows if (quantization := load_quantized(row)) is not None)
    summary = ExportSummary(
        run_id=run_id,
        name=name,
        files=tuple(ExportedFile(row.path, row.sha256, row.quantization, row.bytes) for row in rows),
        acceptance={row.quantization: Acceptance.from_dict(row.acceptance) for row in rows},
        types=types,
        recommendation=recommend(types),
        seconds=round(time.monotonic() - started, 3),
    )
    return StageFinished(stage, summary)


def load_quantized(row: ExportRow) -> QuantizedFile | None:
    """Size of an exported file and its difference from F16; None if it was not compared. An adapter never is."""
    compared = row.acceptance.get("quantized_vs_f16")
    if compared is None and row.quantization != REFERENCE_TYPE:
        return None
    header = read_header(Path(row.path))
    return QuantizedFile(
        row.quantization,
        row.bytes,
        8 * sum(tensor.bytes for tensor in header.tensors) / header.parameters,
        kl=compared["kl"] if compared else 0.0,
        agreement=compared["agreement"] if compared else 1.0,
        tensor_types=row.acceptance.get("tensor_types", {}),
        imatrix=KEY in header.metadata,
    )
