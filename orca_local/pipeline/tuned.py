"""Exports the tuned model and its adapter, and the base that a tuned model is compared with."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING

from orca_local.domain.errors import InputError
from orca_local.domain.events import Event
from orca_local.domain.export_summary import ExportSummary
from orca_local.evaluate.stage import Candidate
from orca_local.gguf.file_type import check_type, takes_matrix
from orca_local.gguf.header import Header, read_header
from orca_local.models.provenance import find_export
from orca_local.pipeline.candidates import ensure_base, make_base, register, run_export
from orca_local.pipeline.training_set import make_training_set
from orca_local.runs.context import StageContext

if TYPE_CHECKING:
    from orca_local.dataset.build import Dataset
    from orca_local.export.source import ExportSource
    from orca_local.pipeline.session import Session
    from orca_local.store.results import ExportRow

_MATRICES = {"": "no importance matrix", "rows": "a matrix of training rows", "file": "a matrix from a file"}


def export_tuned(session: Session, quantizations: Sequence[str]) -> ExportSummary:
    """Merge the newest adapter, quantize, test, and write the tuned model at these types; returns the summary."""
    from orca_local.pipeline.export_source import acceptance_inputs

    types = [check_type(quantization) for quantization in quantizations]
    dataset = cache(partial(make_training_set, session))
    source = _tuned_source(session, types, dataset)
    inputs = acceptance_inputs(dataset().rows, source)
    return run_export(session, "export", source, "tuned", types, inputs)


def export_adapter(session: Session) -> ExportSummary:
    """Write the newest adapter as a file of its own, which llama.cpp applies to the base; returns the summary."""
    from orca_local.export.adapter_stage import export_adapter
    from orca_local.pipeline.export_source import acceptance_inputs, tuned_source

    source = tuned_source(session.store, session.student)
    inputs = acceptance_inputs(make_training_set(session).rows, source)

    def events(context: StageContext) -> Iterator[Event]:
        context.record_inputs(**source.provenance, adapter_only=True)
        directory = session.workspace.exports_dir
        yield from export_adapter(context, source, directory, session.open_engine, inputs=inputs)

    return session.run("export", events, ExportSummary)


def ensure_tuned(session: Session, quantizations: Sequence[str]) -> list[ExportRow]:
    """The tuned model of the newest adapter at these types; exported if a file is missing or changed."""
    rows = _find_tuned(session, quantizations)
    if None in rows:
        export_tuned(session, quantizations)
        rows = _find_tuned(session, quantizations)
    return [row for row in rows if row is not None]


def matching_base(session: Session, tuned: Candidate) -> Candidate:
    """The base that was made like this tuned model: of the same type, and with a matrix if that has one.

    Raises `InputError` if the settings have changed, so that no such base can be made.
    """
    from orca_local.pipeline.export_source import base_source

    header = read_header(tuned.path)
    quantization, matrix = header.quantization, _matrix_kind(header)
    if matrix == "rows":
        source = _with_matrix(
            session, base_source(session.student), partial(make_training_set, session), [quantization]
        )
        row = find_export(session.store, "base", quantization, source.provenance_for(quantization))
        path = make_base(session, source, quantization) if row is None else Path(row.path)
    else:
        path = ensure_base(session, quantization)
    if _matrix_kind(read_header(path)) != matrix:
        raise InputError(
            f"{tuned.path.name} was made with {_MATRICES[matrix]}, and export.imatrix is now "
            f"{session.settings.export.imatrix!r}: base and tuned would not be made alike",
            hint=f"run `orca-local export --quantization {quantization}`",
        )
    return register(session, "base", path)


def _find_tuned(session: Session, quantizations: Sequence[str]) -> list[ExportRow | None]:
    source = _tuned_source(session, quantizations, partial(make_training_set, session))
    return [find_export(session.store, "tuned", q, source.provenance_for(q)) for q in quantizations]


def _tuned_source(session: Session, quantizations: Sequence[str], dataset: Callable[[], Dataset]) -> ExportSource:
    from orca_local.pipeline.export_source import tuned_source

    source = tuned_source(session.store, session.student)
    return _with_matrix(session, source, dataset, quantizations, optional=True)


def _with_matrix(
    session: Session,
    source: ExportSource,
    dataset: Callable[[], Dataset],
    quantizations: Sequence[str],
    *,
    optional: bool = False,
) -> ExportSource:
    """The source with its importance matrix, which is measured on the dataset if a type takes one."""
    from orca_local.pipeline.importance import with_matrix, with_user_matrix

    settings, directory = session.settings, session.workspace.directory
    if not any(map(takes_matrix, quantizations)):
        return with_user_matrix(source, settings, directory)
    return with_matrix(source, settings, directory, session.store, dataset(), optional=optional)


def _matrix_kind(header: Header) -> str:
    """`rows` or `file` if the model was made with an importance matrix, else empty."""
    from orca_local.gguf.importance import KEY

    return str(header.metadata.get(KEY, "")).partition(":")[0]
