"""Export the adapter alone: a LoRA GGUF for llama.cpp, tested on the base against the trained model."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from orca_local.adapters.adapter import Adapter
from orca_local.domain.events import AcceptanceChecked, Event, FileWritten, StageProgressed, StageStarted
from orca_local.domain.quantized import REFERENCE_TYPE
from orca_local.export.acceptance import AcceptanceInputs, check_finite
from orca_local.export.adapter_file import write_adapter
from orca_local.export.card import write_card
from orca_local.export.checks import OpenEngine, check_generation, check_predictions, record_checks
from orca_local.export.disk import export_errors_explained, require_export_space
from orca_local.export.merge import write_merged
from orca_local.export.source import ExportSource, file_stem, publish_file
from orca_local.export.summary import export_finished
from orca_local.gguf.header import Header, read_header
from orca_local.gguf.lora import TYPE
from orca_local.models.provenance import find_export
from orca_local.runs.context import StageContext
from orca_local.system.files import remove_directory, scratch_directory

NAME = "adapter"

_UNROUNDED = {"F16", "F32"}
"""Types of weights with which llama.cpp is accurate enough for the test."""


def export_adapter(
    context: StageContext,
    source: ExportSource,
    directory: Path,
    open_engine: OpenEngine,
    *,
    inputs: AcceptanceInputs,
) -> Iterator[Event]:
    """Export the adapter of `source`. It gets its name only if the base with it predicts what the trained model does.

    An earlier file of the same adapter is reused if it is unchanged. Raises `AcceptanceError` if a check fails and
    `MissingError` if the disk is full; no partial file stays.
    """
    started = time.monotonic()
    yield StageStarted("export", 1, "files")
    row = find_export(context.store, NAME, TYPE, source.provenance)
    scratch_path = directory / f"{NAME}.export.part"
    remove_directory(scratch_path)
    if row is None:
        assert source.adapter_directory
        adapter = Adapter.load(source.adapter_directory)
        base_bytes = 0 if _is_unrounded(source.header) else 2 * source.header.parameters
        needed = base_bytes + sum(a.nbytes + b.nbytes for a, b in adapter.layers.values())
        with export_errors_explained(directory, needed):
            directory.mkdir(parents=True, exist_ok=True)
            require_export_space(directory, needed)
            with scratch_directory(scratch_path) as scratch:
                exported = write_adapter(scratch / "adapter.gguf", source.header, adapter, source.provenance)
                yield StageProgressed(0, note="testing the adapter")
                checks = yield from record_checks(_checks(source, scratch, exported, open_engine, inputs))
                record = {"checks": checks, "tensor_types": exported.tensor_types}
                target = directory / f"{file_stem(source.header)}-tuned-adapter.gguf"
                row = publish_file(context, source, NAME, TYPE, exported.path, target, record)
        yield FileWritten(row.path, row.bytes, row.sha256)
    with export_errors_explained(directory, 1 << 20):
        write_card(row, read_header(Path(row.path)))
    yield StageProgressed(1)
    yield export_finished("export", context.run_id, NAME, [row], started)


def _is_unrounded(header: Header) -> bool:
    return header.tensor_types.keys() <= _UNROUNDED


def _checks(
    source: ExportSource, scratch: Path, exported: Header, open_engine: OpenEngine, inputs: AcceptanceInputs
) -> Iterator[AcceptanceChecked]:
    """Test the adapter on the weights that it was trained on, as F16 or F32."""
    yield check_finite(exported)
    base = source.header
    if not _is_unrounded(base):
        base = write_merged(scratch / f"{REFERENCE_TYPE}.gguf", base, None, {})
    with closing(open_engine(base.path)) as engine:
        engine.set_adapter(exported.path)
        yield from check_predictions(engine, inputs)
        yield check_generation(engine, inputs)
