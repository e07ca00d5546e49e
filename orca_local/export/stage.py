"""The export stage: merge, quantize, test, and only then give the file its name."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from orca_local.adapters.adapter import Adapter, adapter_sha256
from orca_local.domain.errors import MissingError
from orca_local.domain.events import AcceptanceChecked, Event, FileWritten, StageFinished, StageStarted
from orca_local.domain.types import Completion, Request, SamplingSettings
from orca_local.engines.llama_cpp import LlamaCppEngine
from orca_local.export.acceptance import (
    AcceptanceInputs,
    Divergence,
    check_divergence,
    check_finite,
    check_metadata,
    check_same_weights,
    check_stops,
    divergence,
    require,
    tensor_types,
)
from orca_local.export.companions import render_card, render_modelfile, write_text
from orca_local.export.merge import write_merged
from orca_local.export.quantize import UNQUANTIZED, check_type, quantize
from orca_local.gguf.digest import file_sha256
from orca_local.gguf.header import Header, read_header
from orca_local.gguf.renderer import PromptRenderer
from orca_local.store.results import ExportRow
from orca_local.store.store import Store

VERSION = "1"
"""Raise it when the same inputs would make another file."""


@dataclass(frozen=True, slots=True)
class Source:
    """What is exported: weights, and the adapter that is added to them, if any."""

    header: Header
    sha256: str
    adapter_directory: Path | None = None
    adapter_id: int | None = None
    recipe: Mapping[str, Any] | None = None

    @property
    def provenance(self) -> dict[str, str]:
        """Metadata that says what the file was made from."""
        extra = {"orca_local.version": VERSION, "orca_local.base_sha256": self.sha256}
        if self.adapter_directory is not None:
            extra["orca_local.adapter_sha256"] = adapter_sha256(self.adapter_directory)
            extra["orca_local.recipe"] = json.dumps(dict(self.recipe or {}), sort_keys=True)
        return extra


OpenEngine = Callable[[Path], LlamaCppEngine]


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

    `inputs` is None for a base, which is tested against its source instead of a trainer. Raises
    `AcceptanceError` where a test fails and `MissingError` where the disk is full; nothing half-written stays.
    """
    started = time.monotonic()
    types = list(dict.fromkeys(check_type(q) for q in quantizations))
    yield StageStarted("export", len(types), "files")
    provenance = source.provenance
    existing = {q: find_export(store, name, q, provenance) for q in types}
    missing = [q for q in types if existing[q] is None]
    acceptance: dict[str, Any] = {}
    if missing:
        directory.mkdir(parents=True, exist_ok=True)
        _check_space(source.header, directory, missing)
        with _scratch(directory / f"{name}.export.part") as scratch:
            merged = scratch / "merged-F16.gguf"
            with _full_disk_explained(scratch):
                adapter = Adapter.load(source.adapter_directory) if source.adapter_directory else None
                made = write_merged(merged, source.header, adapter, provenance)
            checks = []
            for check in _check_merged(source.header, made, merged, inputs, open_engine):
                yield check
                checks.append(asdict(require(check)))
            for quantization in missing:
                target = directory / f"{_stem(source.header)}-{name}-{quantization}.gguf"
                maker = _Maker(source.header, merged, scratch, open_engine, inputs, quantization)
                yield from maker.make()
                record = {"checks": [*checks, *maker.checks], **maker.report}
                row = _publish(store, source, name, quantization, maker.made, target, record, system_message, run_id)
                existing[quantization] = row
                yield FileWritten(row.path, row.bytes, row.sha256)
    rows = [row for row in existing.values() if row is not None]
    for row in rows:
        acceptance[row.quantization] = row.acceptance
    files = [
        {"path": row.path, "sha256": row.sha256, "quantization": row.quantization, "bytes": row.bytes} for row in rows
    ]
    summary = {"run_id": run_id, "name": name, "files": files, "acceptance": acceptance}
    yield StageFinished("export", {**summary, "seconds": round(time.monotonic() - started, 3)})


def _stem(header: Header) -> str:
    stem = header.path.name.removesuffix(".gguf")
    for suffix in (f".{header.quantization}", f"-{header.quantization}"):
        stem = stem.removesuffix(suffix).removesuffix(suffix.lower())
    return stem


def find_export(store: Store, name: str, quantization: str, provenance: Mapping[str, str]) -> ExportRow | None:
    """The file of an earlier export, where it was made from the same things and is still what it was."""
    row = store.exports.latest(name, quantization)
    if row is None or row.acceptance.get("provenance") != dict(provenance):
        return None
    path = Path(row.path)
    return row if path.is_file() and file_sha256(path) == row.sha256 else None


def _check_merged(
    base: Header, made: Header, path: Path, inputs: AcceptanceInputs | None, open_engine: OpenEngine
) -> Iterator[AcceptanceChecked]:
    yield check_metadata(base, made)
    yield check_finite(made)
    if inputs is None:
        yield check_same_weights(base, made)
        return
    with closing(open_engine(path)) as engine:
        predicted = (engine.prompt_logits(ids, positions) for ids, positions in inputs.rows)
        found = divergence(inputs.reference_logits(inputs.rows), predicted)
    yield from check_divergence(found)


class _Maker:
    """One quantized file: made in the scratch directory and tested there."""

    def __init__(
        self,
        base: Header,
        merged: Path,
        scratch: Path,
        open_engine: OpenEngine,
        inputs: AcceptanceInputs | None,
        quantization: str,
    ) -> None:
        self._base = base
        self._merged = merged
        self._open = open_engine
        self._inputs = inputs
        self._quantization = quantization
        self.made = merged if quantization in UNQUANTIZED else scratch / f"{quantization}.gguf"
        self.checks: list[dict[str, Any]] = []
        self.report: dict[str, Any] = {}

    def make(self) -> Iterator[Event]:
        """Quantize and test; `made`, `checks` and `report` hold the result."""
        if self.made is not self._merged:
            quantize(self._merged, self.made, self._quantization)
            for check in (check_metadata(self._base, read_header(self.made)), check_finite(read_header(self.made))):
                yield check
                self.checks.append(asdict(require(check)))
        self.report["tensor_types"] = tensor_types(self.made)
        if self._inputs is None:
            return
        if self.made is not self._merged:
            lost = self._divergence(self._inputs)
            self.report["quantized_vs_f16"] = asdict(lost)
            value = f"KL {lost.kl:.2e}, {100 * lost.agreement:.1f} % same token"
            yield AcceptanceChecked(f"{self._quantization} against F16", True, value, "")
        stops = check_stops(self._stopped(self._inputs), len(self._inputs.prompts))
        yield stops
        self.checks.append(asdict(require(stops)))

    def _divergence(self, inputs: AcceptanceInputs) -> Divergence:
        with closing(self._open(self._merged)) as full, closing(self._open(self.made)) as quantized:
            return divergence(
                (full.prompt_logits(ids, positions) for ids, positions in inputs.rows),
                (quantized.prompt_logits(ids, positions) for ids, positions in inputs.rows),
            )

    def _stopped(self, inputs: AcceptanceInputs) -> int:
        settings = SamplingSettings(max_tokens=inputs.max_tokens)
        stopped, waiting = 0, len(inputs.prompts)
        with closing(self._open(self.made)) as engine:
            for number, ids in enumerate(inputs.prompts):
                engine.submit(Request(str(number), (), ids, settings))
            while waiting:
                for item in engine.step():
                    if isinstance(item, Completion):
                        waiting -= 1
                        stopped += item.finish_reason == "stop"
        return stopped


def _publish(
    store: Store,
    source: Source,
    name: str,
    quantization: str,
    made: Path,
    target: Path,
    record: dict[str, Any],
    system_message: str,
    run_id: int,
) -> ExportRow:
    """Sync, rename, reopen, and write what stands beside the file."""
    with _full_disk_explained(target.parent):
        part = target.with_name(target.name + ".part")
        shutil.copyfile(made, part)
        with part.open("rb+") as file:
            import os

            os.fsync(file.fileno())
        read_header(part)
        part.replace(target)
        sha256 = file_sha256(target)
        write_text(target.with_name(target.name + ".sha256"), f"{sha256}  {target.name}\n")
        with closing(PromptRenderer(target)) as renderer:
            text = render_modelfile(target.name, renderer, system_message)
        write_text(target.with_name(target.name + ".Modelfile"), text)
        card = render_card(name, target, sha256, source.provenance, record["checks"])
        write_text(target.with_name(target.name + ".md"), card)
    row = ExportRow(
        run_id=run_id,
        name=name,
        path=str(target),
        sha256=sha256,
        quantization=quantization,
        bytes=target.stat().st_size,
        adapter_id=source.adapter_id,
        acceptance={**record, "provenance": source.provenance},
    )
    store.exports.add(row)
    return row


@contextmanager
def _scratch(path: Path) -> Iterator[Path]:
    """A directory that is gone afterwards, whatever happens; one that a killed export left is cleared first."""
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def _check_space(header: Header, directory: Path, quantizations: Sequence[str]) -> None:
    """Refuse before the work where the F16 file and the largest results cannot fit."""
    needed = header.parameters * 2 + len(quantizations) * header.parameters * 2
    free = shutil.disk_usage(directory).free
    if free < needed:
        raise MissingError(
            f"{directory} has {free / 1e9:.2f} GB free; the export needs up to {needed / 1e9:.2f} GB",
            hint="free some space, or move the workspace to another disk",
        )


@contextmanager
def _full_disk_explained(directory: Path) -> Iterator[None]:
    import errno

    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EFBIG, errno.EDQUOT):
            raise
        free = shutil.disk_usage(directory.parent).free
        raise MissingError(
            f"the disk is full: {error.strerror} while writing in {directory} ({free / 1e6:.0f} MB free)",
            hint="free some space and export again; nothing half-written was left",
        ) from error
