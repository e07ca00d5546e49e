"""Builds the files of an export: merges once, then quantizes, tests and publishes one type after another."""

from __future__ import annotations

import math
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from threadpoolctl import threadpool_limits

from orca_local.adapters.adapter import Adapter
from orca_local.domain.events import AcceptanceChecked, Event, FileWritten, StageProgressed, Warned
from orca_local.domain.export_summary import Divergence
from orca_local.domain.quantized import REFERENCE_TYPE
from orca_local.engines.base import ScoringEngine
from orca_local.export.acceptance import (
    AcceptanceInputs,
    CheckFailed,
    check_divergence,
    check_finite,
    check_metadata,
    check_same_weights,
    measure_divergence,
)
from orca_local.export.checks import CheckRecords, OpenEngine, check_generation, iter_logits, record_checks
from orca_local.export.disk import disk_full
from orca_local.export.general_text import general_rows
from orca_local.export.matrix import MatrixCache, MatrixSource
from orca_local.export.merge import write_merged
from orca_local.export.predictions import Predictions
from orca_local.export.quantize import ImatrixFile, WriteFailed, quantize
from orca_local.export.source import ExportSource, file_stem, publish_file
from orca_local.gguf.header import Header, read_header
from orca_local.rows.renderer import PromptRenderer
from orca_local.runs.context import StageContext
from orca_local.store.results import ExportRow
from orca_local.system.memory import return_freed_memory

MAX_KL_TO_F16 = 0.1
"""KL divergence from F16, in nats, above which a quantization gets a warning."""

_UNQUANTIZED = ("F16", "BF16", "F32")


@dataclass
class ExportBuilder:
    """Builds and tests files in a scratch directory, and publishes those that pass."""

    context: StageContext
    source: ExportSource
    name: str
    """`base` or `tuned`."""
    directory: Path
    scratch: Path
    open_engine: OpenEngine
    inputs: AcceptanceInputs | None
    """None for a base, which is tested against its source instead of the trained model."""
    needed: int
    """Disk space of the whole export in bytes, for messages."""
    general_texts: Sequence[tuple[str, str]]
    """Conversations to compare files on when there are no `inputs`."""
    finished: int
    """Number of files of this export that exist."""

    def build(self, types: Sequence[str]) -> Generator[Event, None, dict[str, ExportRow]]:
        """Merge, then quantize, test and publish each type. Returns the exports by type."""
        merged, checks = yield from self._merge()
        rows = {}
        # F16 comes last: the merged file itself is published, so nothing can be quantized from it afterwards.
        for quantization in sorted(types, key=lambda q: q == REFERENCE_TYPE):
            path = self.scratch / f"{quantization}.gguf"
            record: dict[str, Any] = {"checks": list(checks), "tensor_types": merged.tensor_types}
            divergence = (
                (yield from self._quantize(path, quantization, record)) if quantization != REFERENCE_TYPE else None
            )
            yield from self._test(path, quantization, divergence, record)
            row = rows[quantization] = self._publish(path, quantization, record)
            self.finished += 1
            yield FileWritten(row.path, row.bytes, row.sha256)
            yield self._progress("")
        return rows

    @property
    def _merged(self) -> Path:
        return self.scratch / f"{REFERENCE_TYPE}.gguf"

    def _progress(self, note: str) -> StageProgressed:
        return StageProgressed(self.finished, note=note)

    def _merge(self) -> Generator[Event, None, tuple[Header, CheckRecords]]:
        yield self._progress("merging")
        if self.inputs is None:
            return (yield from self._write_merged())
        # Started before its results are needed: the trained model computes while this process merges.
        with closing(self.inputs.reference_logits(self.inputs.rows)) as reference:
            merged, records = yield from self._write_merged()
            yield self._progress("waiting for the trained model's predictions")
            self._trained_logits.write(reference)
        return_freed_memory()  # the adapter's memory, before llama.cpp needs as much as the merged file
        yield self._progress("comparing the merged file with the trained model")
        self._merged_logits.ensure(self._merged, self.open_engine)
        divergence = measure_divergence(self._trained_logits.read(), self._merged_logits.read())
        records += yield from record_checks(check_divergence(divergence))
        return_freed_memory()  # the predictions' memory, before the quantizer starts
        return merged, records

    def _write_merged(self) -> Generator[Event, None, tuple[Header, CheckRecords]]:
        directory = self.source.adapter_directory
        adapter = Adapter.load(directory) if directory else None
        try:
            # numpy's threads spin while they wait for each other, and the trained model computes at the same time.
            with threadpool_limits(1, "blas"):
                merged = write_merged(self._merged, self.source.header, adapter, self.source.provenance)
        except CheckFailed as failure:
            yield failure.check
            raise
        yield self._progress("testing the merged file")
        return merged, (yield from record_checks(self._merged_checks(merged)))

    def _merged_checks(self, merged: Header) -> Iterator[AcceptanceChecked]:
        yield check_metadata(self.source.header, merged)
        yield check_finite(merged)
        if self.inputs is None:
            yield check_same_weights(self.source.header, merged)

    def _quantize(
        self, path: Path, quantization: str, record: dict[str, Any]
    ) -> Generator[Event, None, Divergence | None]:
        """Quantize, with the importance matrix if there is one, and also without it if it is optional.

        Returns the divergence from the merged file if it was measured for that choice.
        """
        source, divergence = self.source.matrix_for(quantization), None
        matrix = (yield from self._matrix(source)) if source else None
        yield from self._run_quantizer(path, quantization, matrix)
        if source is not None:
            record["imatrix"] = {**source.record, "used": True}
            if self._merged_logits.rows and source.is_optional_for(quantization):
                divergence = yield from self._keep_closer_file(path, quantization, record["imatrix"])
        header = read_header(path)
        checks = yield from record_checks((check_metadata(self.source.header, header), check_finite(header)))
        record["checks"] += [{**check, "name": f"{check['name']} ({quantization})"} for check in checks]
        record["tensor_types"] = header.tensor_types
        return divergence

    def _test(
        self, path: Path, quantization: str, divergence: Divergence | None, record: dict[str, Any]
    ) -> Iterator[Event]:
        """Let a tuned file answer prompts; compare a quantized file with the merged one unless that is done."""
        compares = quantization != REFERENCE_TYPE and divergence is None and bool(self._merged_logits.rows)
        stops: list[AcceptanceChecked] = []
        if self.inputs is not None:
            yield self._progress(f"answering {len(self.inputs.prompts)} prompts")
            with closing(self.open_engine(path)) as engine:
                stops.append(check_generation(engine, self.inputs))
                if compares:  # with the same engine: its cache now holds the prompts of the rows
                    yield self._progress(f"comparing {quantization} with {REFERENCE_TYPE}")
                    divergence = self._divergence(engine)
        elif compares:
            divergence = yield from self._compare(path, quantization)
        if divergence is not None:
            yield from self._record_divergence(quantization, divergence, record)
        record["checks"] += yield from record_checks(stops)

    def _record_divergence(self, quantization: str, divergence: Divergence, record: dict[str, Any]) -> Iterator[Event]:
        """Record and report how much the quantization changes the predictions."""
        record["quantized_vs_f16"] = asdict(divergence)
        value = f"KL from {REFERENCE_TYPE}: {divergence.kl:.4f}, same token {100 * divergence.agreement:.1f} %"
        matrix = record.get("imatrix", {})
        if "kl_with" in matrix and matrix["used"]:
            value += f", with the importance matrix (without it {matrix['kl_without']:.4f})"
        elif "kl_with" in matrix:
            value += f", without the importance matrix (with it {matrix['kl_with']:.4f})"
        name = f"{quantization} against {REFERENCE_TYPE}"
        check = AcceptanceChecked(name, math.isfinite(divergence.kl), value, "a finite KL")
        yield from record_checks([check])
        if not divergence.kl <= MAX_KL_TO_F16:
            hint = "choose a larger type"
            if self.source.header.quantization not in _UNQUANTIZED:
                hint += ", or train on the student's F16 original: name it as student.weights in orca.toml"
            yield Warned(f"{quantization} predicts much differently from {REFERENCE_TYPE} ({value})", hint)

    def _keep_closer_file(
        self, path: Path, quantization: str, record: dict[str, Any]
    ) -> Generator[Event, None, Divergence]:
        """Also quantize without the matrix, and keep the file that is closer to F16 as `path`.

        A matrix lowers the error of the weights, but not always that of the answers. If the weights come from a
        quantized file, an accurate quantizer finds the same grid again and rounds the training's small changes away.
        """
        with_matrix = yield from self._compare(path, quantization)
        plain_path = path.with_name(f"{path.stem}-plain.gguf")
        yield from self._run_quantizer(plain_path, quantization, None)
        without = yield from self._compare(plain_path, quantization)
        record |= {"used": with_matrix.kl <= without.kl, "kl_with": with_matrix.kl, "kl_without": without.kl}
        if record["used"]:
            plain_path.unlink()
            return with_matrix
        plain_path.replace(path)
        return without

    def _run_quantizer(self, path: Path, quantization: str, matrix: ImatrixFile | None) -> Iterator[Event]:
        yield self._progress(f"quantizing to {quantization}" + (" with the importance matrix" if matrix else ""))
        try:
            quantize(self._merged, path, quantization, matrix)
        except WriteFailed as error:
            raise disk_full(self.directory, self.needed, str(error)) from error

    def _compare(self, path: Path, quantization: str) -> Generator[Event, None, Divergence]:
        """The divergence of a file from the merged one."""
        yield self._progress(f"comparing {quantization} with {REFERENCE_TYPE}")
        self._merged_logits.ensure(self._merged, self.open_engine)
        with closing(self.open_engine(path)) as engine:
            return self._divergence(engine)

    def _divergence(self, engine: ScoringEngine) -> Divergence:
        return measure_divergence(self._merged_logits.read(), iter_logits(engine, self._merged_logits.rows))

    def _matrix(self, source: MatrixSource) -> Generator[Event, None, ImatrixFile]:
        """The importance matrix, measured if it does not exist yet."""
        cache = self._matrix_cache(source)
        path = cache.find(self.source.header)
        if path is None:
            yield self._progress(f"measuring the importance matrix on {source.rows} rows")
            path = cache.measure(self.source.header)
        return ImatrixFile(path, source.key)

    def _matrix_cache(self, source: MatrixSource) -> MatrixCache:
        published = self.directory / f"{file_stem(self.source.header)}-{self.name}.imatrix.gguf"
        return MatrixCache(source, published, self.scratch / "imatrix.gguf")

    @cached_property
    def _trained_logits(self) -> Predictions:
        assert self.inputs
        return Predictions(self.scratch / "trained.logits", self.inputs.rows)

    @cached_property
    def _merged_logits(self) -> Predictions:
        if self.inputs:
            rows = self.inputs.rows
        else:
            with closing(PromptRenderer(self._merged)) as renderer:
                rows = general_rows(renderer, self.general_texts)
        return Predictions(self.scratch / f"{REFERENCE_TYPE}.logits", rows)

    def _publish(self, path: Path, quantization: str, record: dict[str, Any]) -> ExportRow:
        """Move the file to its final name and add it to the store."""
        label, matrix = self.name, self.source.matrix_for(quantization)
        if matrix is not None:
            self._matrix_cache(matrix).publish()
            if self.name == "base" and matrix.file is None:
                # The base without a matrix, from before there were rows to measure on, keeps its name.
                label = "base-imatrix"
        target = self.directory / f"{file_stem(self.source.header)}-{label}-{quantization}.gguf"
        return publish_file(self.context, self.source, self.name, quantization, path, target, record)
