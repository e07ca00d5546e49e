"""The export of an adapter alone: a file that llama.cpp puts on the base, tested there against the trainer."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orca_local.adapters.adapter import Adapter
from orca_local.domain.events import AcceptanceChecked, Event, FileWritten, StageProgressed, StageStarted
from orca_local.domain.quantized import REFERENCE_TYPE
from orca_local.export.acceptance import AcceptanceInputs, check_finite, tensor_types
from orca_local.export.adapter_file import write_adapter
from orca_local.export.card import render_card
from orca_local.export.checks import OpenEngine, checked, try_predictions, try_stops
from orca_local.export.disk import export_errors_explained, require_export_space
from orca_local.export.merge import write_merged
from orca_local.export.source import ExportSource, file_stem
from orca_local.export.stage import find_export
from orca_local.export.summary import export_finished
from orca_local.gguf.header import Header, read_header
from orca_local.gguf.lora import TYPE
from orca_local.runs.context import StageContext
from orca_local.store.results import ExportRow
from orca_local.system.digest import file_sha256
from orca_local.system.files import publish, scratch_directory, write_if_changed

NAME = "adapter"

_UNROUNDED = {"F16", "F32"}
"""Types of weights that llama.cpp computes with as exactly as the test asks."""


def export_adapter(
    context: StageContext,
    source: ExportSource,
    directory: Path,
    open_engine: OpenEngine,
    *,
    inputs: AcceptanceInputs,
) -> Iterator[Event]:
    """Write the adapter of `source`, under its name only if the base predicts with it what the trained model did.

    An earlier file of the same adapter that is unchanged is not made again. Raises `AcceptanceError` where a test
    fails and `MissingError` where the disk is full; nothing half-written stays.
    """
    started = time.monotonic()
    yield StageStarted("export", 1, "files")
    row = find_export(context.store, NAME, TYPE, source.provenance)
    if row is None:
        assert source.adapter_directory
        adapter = Adapter.load(source.adapter_directory)
        base_bytes = 0 if _is_unrounded(source.header) else 2 * source.header.parameters
        needed = base_bytes + sum(a.nbytes + b.nbytes for a, b in adapter.layers.values())
        with export_errors_explained(directory, needed):
            directory.mkdir(parents=True, exist_ok=True)
            require_export_space(directory, needed)
            with scratch_directory(directory / f"{NAME}.export.part") as scratch:
                maker = _Maker(context, source, adapter, directory, scratch, open_engine, inputs)
                row = yield from maker.make()
        yield FileWritten(row.path, row.bytes, row.sha256)
    with export_errors_explained(directory, 1 << 20):
        path = Path(row.path)
        write_if_changed(path.with_name(path.name + ".sha256"), f"{row.sha256}  {path.name}\n")
        write_if_changed(
            path.with_name(path.name + ".md"), render_card(NAME, read_header(path), row.sha256, row.acceptance)
        )
    yield StageProgressed(1)
    yield export_finished(context.run_id, NAME, [row], started)


def _is_unrounded(header: Header) -> bool:
    return {tensor.type_name for tensor in header.tensors} <= _UNROUNDED


@dataclass(frozen=True)
class _Maker:
    """Makes and tests the file in a scratch directory, and names it if it passed."""

    context: StageContext
    source: ExportSource
    adapter: Adapter
    directory: Path
    scratch: Path
    open_engine: OpenEngine
    inputs: AcceptanceInputs

    def make(self) -> Generator[Event, None, ExportRow]:
        """Write, test and publish."""
        made = write_adapter(self.scratch / "adapter.gguf", self.source.header, self.adapter, self.source.provenance)
        yield StageProgressed(0, note="testing the adapter")
        checks = yield from checked(self._checks(made))
        return self._publish(made.path, {"checks": checks, "tensor_types": tensor_types(made)})

    def _checks(self, made: Header) -> Iterator[AcceptanceChecked]:
        yield check_finite(made)
        with closing(self.open_engine(self._base())) as engine:
            engine.set_adapter(made.path)
            yield from try_predictions(engine, self.inputs)
            yield try_stops(engine, self.inputs)

    def _base(self) -> Path:
        """The weights that the adapter was trained on, with nothing lost to quantization."""
        header = self.source.header
        if _is_unrounded(header):
            return header.path
        return write_merged(self.scratch / f"{REFERENCE_TYPE}.gguf", header, None, {}).path

    def _publish(self, made: Path, record: dict[str, Any]) -> ExportRow:
        """Sync, rename, reopen, and enter into the store."""
        target = self.directory / f"{file_stem(self.source.header)}-tuned-adapter.gguf"
        publish(made, target)
        row = ExportRow(
            run_id=self.context.run_id,
            name=NAME,
            path=str(target),
            sha256=file_sha256(target),
            quantization=TYPE,
            bytes=target.stat().st_size,
            adapter_id=self.source.adapter_id,
            acceptance={**record, "provenance": self.source.provenance},
        )
        self.context.store.exports.add(row)
        return row
