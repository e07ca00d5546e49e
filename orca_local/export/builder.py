"""Makes the files of an export: merged once, then quantized, tested and named, one type after another."""

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
from orca_local.domain.quantized import REFERENCE_TYPE
from orca_local.engines.base import ScoringEngine
from orca_local.export.acceptance import (
    AcceptanceInputs,
    CheckFailed,
    Divergence,
    check_divergence,
    check_finite,
    check_metadata,
    check_same_weights,
    divergence,
    tensor_types,
)
from orca_local.export.checks import OpenEngine, Records, checked, predicted, try_stops
from orca_local.export.disk import disk_full
from orca_local.export.matrix import MatrixFile, MatrixSource
from orca_local.export.merge import write_merged
from orca_local.export.predictions import Predictions
from orca_local.export.quantize import Matrix, WriteFailed, quantize
from orca_local.export.source import ExportSource, file_stem
from orca_local.export.texts import general_rows
from orca_local.gguf.header import Header, read_header
from orca_local.rows.renderer import PromptRenderer
from orca_local.runs.context import StageContext
from orca_local.store.results import ExportRow
from orca_local.system.digest import file_sha256
from orca_local.system.files import publish
from orca_local.system.memory import return_freed_memory

MUCH_LOST = 0.1
"""KL from F16, in nats, above which a quantization gets a warning."""

_UNQUANTIZED = ("F16", "BF16", "F32")


@dataclass(frozen=True)
class Maker:
    """Makes and tests the files that are missing, in a scratch directory, and names what passed."""

    context: StageContext
    source: ExportSource
    name: str
    directory: Path
    scratch: Path
    open_engine: OpenEngine
    inputs: AcceptanceInputs | None
    needed: int
    rows: dict[str, ExportRow]
    """Exports by quantization; what is made is added."""

    def make(self, missing: Sequence[str]) -> Iterator[Event]:
        """Merge, then quantize, test and publish each type."""
        merged, checks = yield from self._merge()
        # The merged file itself moves to its name when nothing is to be quantized from it any more.
        for quantization in sorted(missing, key=lambda q: q == REFERENCE_TYPE):
            made = self.scratch / f"{quantization}.gguf"
            record: dict[str, Any] = {"checks": list(checks), "tensor_types": tensor_types(merged)}
            lost = (yield from self._quantize(made, quantization, record)) if quantization != REFERENCE_TYPE else None
            yield from self._try(made, quantization, lost, record)
            row = self._publish(made, quantization, record)
            self.rows[quantization] = row
            yield FileWritten(row.path, row.bytes, row.sha256)
            yield self._progress("")

    @property
    def _merged(self) -> Path:
        return self.scratch / f"{REFERENCE_TYPE}.gguf"

    def _progress(self, note: str) -> StageProgressed:
        return StageProgressed(len(self.rows), note=note)

    def _merge(self) -> Generator[Event, None, tuple[Header, Records]]:
        yield self._progress("merging")
        if self.inputs is None:
            return (yield from self._write_merged())
        # The trained model is asked before its answers are needed: it computes while this process merges.
        with closing(self.inputs.reference_logits(self.inputs.rows)) as reference:
            made, records = yield from self._write_merged()
            yield self._progress("waiting for what the trained model predicts")
            self._trained.keep(reference)
        return_freed_memory()  # the adapter's memory, before llama.cpp takes as much as the merged file
        yield self._progress("comparing the merged file with the trained model")
        self._full.compute(self._merged, self.open_engine)
        found = divergence(self._trained.read(), self._full.read())
        records += yield from checked(check_divergence(found))
        return_freed_memory()  # that of the predictions, before the quantizer takes its own
        return made, records

    def _write_merged(self) -> Generator[Event, None, tuple[Header, Records]]:
        directory = self.source.adapter_directory
        adapter = Adapter.load(directory) if directory else None
        try:
            # numpy's threads wait for each other without rest, and the trained model computes beside this one.
            with threadpool_limits(1, "blas"):
                made = write_merged(self._merged, self.source.header, adapter, self.source.provenance)
        except CheckFailed as failure:
            yield failure.check
            raise
        yield self._progress("testing the merged file")
        return made, (yield from checked(self._merged_checks(made)))

    def _merged_checks(self, made: Header) -> Iterator[AcceptanceChecked]:
        yield self._same_metadata(made)
        yield check_finite(made)
        if self.inputs is None:
            yield check_same_weights(self.source.header, made)

    def _quantize(
        self, made: Path, quantization: str, record: dict[str, Any]
    ) -> Generator[Event, None, Divergence | None]:
        """With the importance matrix where there is one; also without where that may be nearer to the merged file.

        Returns how near it is where that had to be known.
        """
        source, lost = self.source.matrix_for(quantization), None
        matrix = (yield from self._matrix(source)) if source else None
        yield from self._run_quantizer(made, quantization, matrix)
        if source is not None:
            record["imatrix"] = {**source.record, "used": True}
            if self._full.rows and source.may_be_left(quantization):
                lost = yield from self._choose(made, quantization, record["imatrix"])
        header = read_header(made)
        checks = yield from checked(check(header) for check in (self._same_metadata, check_finite))
        record["checks"] += [{**check, "name": f"{check['name']} ({quantization})"} for check in checks]
        record["tensor_types"] = tensor_types(header)
        return lost

    def _try(self, made: Path, quantization: str, lost: Divergence | None, record: dict[str, Any]) -> Iterator[Event]:
        """Have a tuned file answer; compare a quantized one with the merged file, unless `lost` says how near it is."""
        is_compared = quantization != REFERENCE_TYPE and lost is None and bool(self._full.rows)
        stops: list[AcceptanceChecked] = []
        if self.inputs is not None:
            yield self._progress(f"answering {len(self.inputs.prompts)} prompts")
            with closing(self.open_engine(made)) as engine:
                stops.append(try_stops(engine, self.inputs))
                if is_compared:  # with the same engine: the prompts of the rows are in its memory now
                    yield self._progress(f"comparing {quantization} with {REFERENCE_TYPE}")
                    lost = self._divergence(engine)
        elif is_compared:
            lost = yield from self._compare(made, quantization)
        if lost is not None:
            yield from self._tell(quantization, lost, record)
        record["checks"] += yield from checked(stops)

    def _tell(self, quantization: str, lost: Divergence, record: dict[str, Any]) -> Iterator[Event]:
        """Record and say what the quantization cost."""
        record["quantized_vs_f16"] = asdict(lost)
        value = f"KL from {REFERENCE_TYPE}: {lost.kl:.4f}, same token {100 * lost.agreement:.1f} %"
        matrix = record.get("imatrix", {})
        if "kl_with" in matrix and matrix["used"]:
            value += f", with the importance matrix (without it {matrix['kl_without']:.4f})"
        elif "kl_with" in matrix:
            value += f", without the importance matrix (with it {matrix['kl_with']:.4f})"
        check = AcceptanceChecked(f"{quantization} against {REFERENCE_TYPE}", math.isfinite(lost.kl), value, "")
        yield from checked([check])
        if not lost.kl <= MUCH_LOST:
            hint = "choose a larger type"
            if self.source.header.quantization not in _UNQUANTIZED:
                hint += ", or train on the student's F16 original: name it as student.weights in orca.toml"
            yield Warned(f"{quantization} is far from the unquantized model ({value})", hint)

    def _choose(self, made: Path, quantization: str, record: dict[str, Any]) -> Generator[Event, None, Divergence]:
        """Make the file without the matrix too, and keep the nearer of the two as `made`.

        A matrix lowers the error of the weights, but not always that of the answers: weights that were read from a
        quantized file lie on its grid, and to find that grid again is to round the training away.
        """
        with_it = yield from self._compare(made, quantization)
        plain = made.with_name(f"{made.stem}-plain.gguf")
        yield from self._run_quantizer(plain, quantization, None)
        without = yield from self._compare(plain, quantization)
        record |= {"used": with_it.kl <= without.kl, "kl_with": with_it.kl, "kl_without": without.kl}
        if record["used"]:
            plain.unlink()
            return with_it
        plain.replace(made)
        return without

    def _run_quantizer(self, made: Path, quantization: str, matrix: Matrix | None) -> Iterator[Event]:
        yield self._progress(f"quantizing to {quantization}" + (" with the importance matrix" if matrix else ""))
        try:
            quantize(self._merged, made, quantization, matrix)
        except WriteFailed as error:
            raise disk_full(self.directory, self.needed, str(error)) from error

    def _compare(self, made: Path, quantization: str) -> Generator[Event, None, Divergence]:
        """How far a file is from the merged one."""
        yield self._progress(f"comparing {quantization} with {REFERENCE_TYPE}")
        self._full.compute(self._merged, self.open_engine)
        with closing(self.open_engine(made)) as engine:
            return self._divergence(engine)

    def _divergence(self, engine: ScoringEngine) -> Divergence:
        return divergence(self._full.read(), predicted(engine, self._full.rows))

    def _matrix(self, source: MatrixSource) -> Generator[Event, None, Matrix]:
        """The importance matrix, measured where it is not there yet."""
        file = self._matrix_file(source)
        path = file.find(self.source.header)
        if path is None:
            yield self._progress(f"measuring the importance matrix on {source.rows} rows")
            path = file.make(self.source.header)
        return Matrix(path, source.key)

    def _matrix_file(self, source: MatrixSource) -> MatrixFile:
        kept = self.directory / f"{file_stem(self.source.header)}-{self.name}.imatrix.gguf"
        return MatrixFile(source, kept, self.scratch / "imatrix.gguf")

    def _same_metadata(self, made: Header) -> AcceptanceChecked:
        return check_metadata(self.source.header, made)

    @cached_property
    def _trained(self) -> Predictions:
        """What the trained model predicts."""
        assert self.inputs
        return Predictions(self.scratch / "trained.logits", self.inputs.rows)

    @cached_property
    def _full(self) -> Predictions:
        """What the merged file predicts; on general texts where nothing was trained."""
        if self.inputs:
            rows = self.inputs.rows
        else:
            with closing(PromptRenderer(self._merged)) as renderer:
                rows = general_rows(renderer)
        return Predictions(self.scratch / f"{REFERENCE_TYPE}.logits", rows)

    def _publish(self, made: Path, quantization: str, record: dict[str, Any]) -> ExportRow:
        """Sync, rename, reopen, and enter into the store."""
        label, matrix = self.name, self.source.matrix_for(quantization)
        if matrix is not None:
            self._matrix_file(matrix).keep()
            if self.name == "base" and matrix.file is None:
                # The one without a matrix, which was there before there were rows to measure on, stays beside it.
                label = "base-imatrix"
        target = self.directory / f"{file_stem(self.source.header)}-{label}-{quantization}.gguf"
        publish(made, target)
        row = ExportRow(
            run_id=self.context.run_id,
            name=self.name,
            path=str(target),
            sha256=file_sha256(target),
            quantization=quantization,
            bytes=target.stat().st_size,
            adapter_id=self.source.adapter_id,
            acceptance={**record, "provenance": self.source.provenance_at(quantization)},
        )
        self.context.store.exports.add(row)
        return row
