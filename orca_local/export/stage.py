"""The export stage: merge, quantize, test, and only then give the file its name."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from orca_local.adapters.adapter import Adapter, adapter_sha256
from orca_local.domain.events import (
    AcceptanceChecked,
    Event,
    FileWritten,
    StageFinished,
    StageProgressed,
    StageStarted,
    Warned,
)
from orca_local.export.acceptance import (
    AcceptanceInputs,
    CheckFailed,
    Row,
    check_finite,
    check_metadata,
    check_same_weights,
    divergence,
    tensor_types,
)
from orca_local.export.card import render_card
from orca_local.export.disk import (
    disk_full,
    failures_explained,
    publish,
    require_space,
    scratch_directory,
    write_text,
)
from orca_local.export.merge import write_merged
from orca_local.export.modelfile import render_modelfile
from orca_local.export.quantize import WriteFailed, check_type, least_bytes, quantize
from orca_local.export.texts import general_rows
from orca_local.export.trial import Checks, OpenEngine, checked, try_predictions, try_stops
from orca_local.gguf.digest import file_sha256
from orca_local.gguf.header import Header, read_header
from orca_local.gguf.renderer import PromptRenderer
from orca_local.store.results import ExportRow
from orca_local.store.store import Store

VERSION = "1"
"""Raise it when the same inputs would make another file."""

MERGED = "F16"
"""The type that everything is merged in, tested in and quantized from."""

MUCH_LOST = 0.1
"""KL to F16 in nats from which a quantization gets a warning."""


@dataclass(frozen=True)
class Source:
    """What is exported: weights, and the adapter that is added to them, if any."""

    header: Header
    sha256: str
    adapter_directory: Path | None = None
    adapter_id: int | None = None
    recipe: Mapping[str, Any] | None = None

    @cached_property
    def provenance(self) -> dict[str, str]:
        """Metadata that says what the file was made from."""
        extra = {"orca_local.version": VERSION, "orca_local.base_sha256": self.sha256}
        if self.adapter_directory is not None:
            extra["orca_local.adapter_sha256"] = adapter_sha256(self.adapter_directory)
            extra["orca_local.recipe"] = json.dumps(dict(self.recipe or {}), sort_keys=True)
        return extra


def export(
    store: Store,
    source: Source,
    name: str,
    quantizations: Sequence[str],
    directory: Path,
    open_engine: OpenEngine,
    *,
    inputs: AcceptanceInputs | None,
    system_message: str,
    run_id: int,
) -> Iterator[Event]:
    """Make `name` (`base` or `tuned`) at every quantization, each under its name only if it passes.

    `inputs` is None for a base, which is tested against its source instead of a trainer. What an earlier export
    made of the same things, and is unchanged, is not made again. Raises `AcceptanceError` where a test fails
    and `MissingError` where the disk is full; nothing half-written stays.
    """
    started = time.monotonic()
    types = list(dict.fromkeys(check_type(q) for q in quantizations))
    yield StageStarted("export", len(types), "files")
    found = {q: find_export(store, name, q, source.provenance) for q in types}
    rows = {q: row for q, row in found.items() if row is not None}
    missing = [q for q in types if q not in rows]
    yield StageProgressed(len(rows))
    if missing:
        parameters = source.header.parameters
        needed = 2 * parameters + sum(least_bytes(q, parameters) for q in missing if q != MERGED)
        with failures_explained(directory, needed):
            directory.mkdir(parents=True, exist_ok=True)
            require_space(directory, needed)
            with scratch_directory(directory / f"{name}.export.part") as scratch:
                maker = _Maker(store, source, name, directory, scratch, open_engine, inputs, run_id, needed, rows)
                yield from maker.make(missing)
    for row in rows.values():
        _write_companions(row, system_message)
    yield export_finished(run_id, name, [rows[q] for q in types], started)


def export_finished(run_id: int, name: str, rows: Sequence[ExportRow], started: float) -> StageFinished:
    """The last event of an export that began at `started` of the monotonic clock."""
    summary = {
        "run_id": run_id,
        "name": name,
        "files": [{key: getattr(row, key) for key in ("path", "sha256", "quantization", "bytes")} for row in rows],
        "acceptance": {row.quantization: row.acceptance for row in rows},
        "seconds": round(time.monotonic() - started, 3),
    }
    return StageFinished("export", summary)


def find_export(store: Store, name: str, quantization: str, provenance: Mapping[str, str]) -> ExportRow | None:
    """The file of an earlier export, where it was made from the same things and is still what it was."""
    row = store.exports.latest(name, quantization)
    if row is None or row.acceptance.get("provenance") != dict(provenance):
        return None
    path = Path(row.path)
    return row if path.is_file() and file_sha256(path) == row.sha256 else None


def _write_companions(row: ExportRow, system_message: str) -> None:
    """What stands beside a file: checksum, Modelfile, card."""
    path = Path(row.path)
    with failures_explained(path.parent, 1 << 20), closing(PromptRenderer(path)) as renderer:
        modelfile = render_modelfile(path.name, renderer, system_message)
        card = render_card(row.name, read_header(path), row.sha256, row.acceptance)
        write_text(path.with_name(path.name + ".sha256"), f"{row.sha256}  {path.name}\n")
        write_text(path.with_name(path.name + ".Modelfile"), modelfile)
        write_text(path.with_name(path.name + ".md"), card)


@dataclass(frozen=True)
class _Maker:
    """Makes and tests the files that are missing, in a scratch directory, and names what passed."""

    store: Store
    source: Source
    name: str
    directory: Path
    scratch: Path
    open_engine: OpenEngine
    inputs: AcceptanceInputs | None
    run_id: int
    needed: int
    rows: dict[str, ExportRow]
    """Exports by quantization; what is made is added."""

    def make(self, missing: Sequence[str]) -> Iterator[Event]:
        """Merge, then quantize, test and publish each type."""
        checks = yield from self._merge()
        # The merged file itself moves to its name when nothing is to be quantized from it any more.
        for quantization in sorted(missing, key=lambda q: q == MERGED):
            made = self.scratch / f"{quantization}.gguf"
            record: dict[str, Any] = {"checks": list(checks)}
            if quantization != MERGED:
                yield self._progress(f"quantizing to {quantization}")
                yield from self._quantize(made, quantization, record)
            if self.inputs is not None:
                yield self._progress(f"answering {len(self.inputs.prompts)} prompts")
                with closing(self.open_engine(made)) as engine:
                    record["checks"] += yield from checked([try_stops(engine, self.inputs)])
            record["tensor_types"] = tensor_types(read_header(made))
            row = self._publish(made, quantization, record)
            self.rows[quantization] = row
            yield FileWritten(row.path, row.bytes, row.sha256)
            yield self._progress("")

    @property
    def _merged(self) -> Path:
        return self.scratch / f"{MERGED}.gguf"

    def _progress(self, note: str) -> StageProgressed:
        return StageProgressed(len(self.rows), note=note)

    def _merge(self) -> Checks:
        yield self._progress("merging")
        directory = self.source.adapter_directory
        adapter = Adapter.load(directory) if directory else None
        try:
            made = write_merged(self._merged, self.source.header, adapter, self.source.provenance)
        except CheckFailed as failure:
            yield failure.check
            raise
        yield self._progress("testing the merged file")
        return (yield from checked(self._merged_checks(made)))

    def _merged_checks(self, made: Header) -> Iterator[AcceptanceChecked]:
        yield check_metadata(self.source.header, made)
        yield check_finite(made)
        if self.inputs is None:
            yield check_same_weights(self.source.header, made)
            return
        with closing(self.open_engine(self._merged)) as engine:
            yield from try_predictions(engine, self.inputs)

    def _quantize(self, made: Path, quantization: str, record: dict[str, Any]) -> Iterator[Event]:
        try:
            quantize(self._merged, made, quantization)
        except WriteFailed as error:
            raise disk_full(self.directory, self.needed, str(error)) from error
        header = read_header(made)
        checks = yield from checked(check(header) for check in (self._same_metadata, check_finite))
        record["checks"] += [{**check, "name": f"{check['name']} ({quantization})"} for check in checks]
        rows = self.inputs.rows if self.inputs else self._general_rows()
        if rows:
            yield self._progress(f"comparing {quantization} with {MERGED}")
            with closing(self.open_engine(self._merged)) as full, closing(self.open_engine(made)) as quantized:
                lost = divergence(
                    (full.prompt_logits(ids, positions) for ids, positions in rows),
                    (quantized.prompt_logits(ids, positions) for ids, positions in rows),
                )
            record["quantized_vs_f16"] = asdict(lost)
            value = f"KL {lost.kl:.2e}, {100 * lost.agreement:.1f} % same token"
            yield AcceptanceChecked(f"{quantization} against {MERGED}", True, value, "")
            if not lost.kl <= MUCH_LOST:
                yield Warned(f"{quantization} is far from the unquantized model ({value})", "choose a larger type")

    def _same_metadata(self, made: Header) -> AcceptanceChecked:
        return check_metadata(self.source.header, made)

    def _general_rows(self) -> Sequence[Row]:
        with closing(PromptRenderer(self._merged)) as renderer:
            return general_rows(renderer)

    def _publish(self, made: Path, quantization: str, record: dict[str, Any]) -> ExportRow:
        """Sync, rename, reopen, and enter into the store."""
        target = self.directory / f"{file_stem(self.source.header)}-{self.name}-{quantization}.gguf"
        publish(made, target)
        row = ExportRow(
            run_id=self.run_id,
            name=self.name,
            path=str(target),
            sha256=file_sha256(target),
            quantization=quantization,
            bytes=target.stat().st_size,
            adapter_id=self.source.adapter_id,
            acceptance={**record, "provenance": self.source.provenance},
        )
        self.store.exports.add(row)
        return row


def file_stem(header: Header) -> str:
    """The name of a header's file without its ending and its type."""
    stem = header.path.name.removesuffix(".gguf")
    for suffix in (f".{header.quantization}", f"-{header.quantization}"):
        stem = stem.removesuffix(suffix).removesuffix(suffix.lower())
    return stem
