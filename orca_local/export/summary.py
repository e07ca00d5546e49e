"""The summary of an export."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from orca_local.domain.events import StageFinished
from orca_local.domain.quantized import REFERENCE_TYPE, QuantizedFile, recommend
from orca_local.gguf.header import read_header
from orca_local.gguf.importance import KEY
from orca_local.store.results import ExportRow


def export_finished(stage: str, run_id: int, name: str, rows: Sequence[ExportRow], started: float) -> StageFinished:
    """The last event of an export. `started` is the value of the monotonic clock at its start."""
    summary: dict[str, Any] = {
        "run_id": run_id,
        "name": name,
        "files": [{key: getattr(row, key) for key in ("path", "sha256", "quantization", "bytes")} for row in rows],
        "acceptance": {row.quantization: row.acceptance for row in rows},
    }
    types = [quantized for row in rows if (quantized := load_quantized(row)) is not None]
    summary["types"] = [quantized.to_dict() for quantized in types]
    recommendation = recommend(types)
    if recommendation is not None:
        summary["recommendation"] = recommendation.to_dict()
    summary["seconds"] = round(time.monotonic() - started, 3)
    return StageFinished(stage, summary)


def load_quantized(row: ExportRow) -> QuantizedFile | None:
    """Size and divergence from F16 of an exported file; None if it was not compared, such as an adapter."""
    divergence = row.acceptance.get("quantized_vs_f16")
    if divergence is None and row.quantization != REFERENCE_TYPE:
        return None
    header = read_header(Path(row.path))
    return QuantizedFile(
        row.quantization,
        row.bytes,
        8 * sum(tensor.bytes for tensor in header.tensors) / header.parameters,
        kl=divergence["kl"] if divergence else 0.0,
        agreement=divergence["agreement"] if divergence else 1.0,
        tensor_types=row.acceptance.get("tensor_types", {}),
        imatrix=KEY in header.metadata,
    )
