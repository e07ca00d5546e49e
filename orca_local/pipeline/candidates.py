"""From the name of a model to its file, registered in the store; the base is made if it does not exist yet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from orca_local.domain.errors import InputError
from orca_local.domain.events import Event
from orca_local.domain.export_summary import ExportSummary
from orca_local.domain.keys import content_key
from orca_local.domain.stages import BASE
from orca_local.evaluate.stage import Candidate
from orca_local.generation.generate import ModelRef
from orca_local.gguf.header import read_header
from orca_local.gguf.model_kind import model_files, part_headers
from orca_local.models.as_is import make_as_is
from orca_local.models.finder import split_name
from orca_local.runs.context import StageContext
from orca_local.system.digest import file_sha256

if TYPE_CHECKING:
    from orca_local.export.acceptance import AcceptanceInputs
    from orca_local.export.source import ExportSource
    from orca_local.pipeline.session import Session


def make_candidates(session: Session, names: Sequence[str]) -> list[Candidate]:
    """One candidate for each distinct name; files with the same name are called by their paths."""
    candidates = [make_candidate(session, name) for name in dict.fromkeys(names)]
    counts = Counter(candidate.name for candidate in candidates)
    return [replace(c, name=str(c.path)) if counts[c.name] > 1 else c for c in candidates]


def make_candidate(session: Session, name: str) -> Candidate:
    """The model `base` or `tuned`, both also as `NAME:TYPE`, or a GGUF file. A missing base is made first.

    Raises `InputError` if there is no such model.
    """
    kind, quantization = split_name(name)
    if kind == "base":
        return register(session, name, ensure_base(session, quantization or session.student.quantization))
    path = session.models.find(name)
    return register(session, name if kind else path.name, path)


def register(session: Session, name: str, path: Path) -> Candidate:
    """A candidate whose file is entered into the store."""
    header = read_header(path)
    hashes = [file_sha256(file) for file in model_files(header)]
    sha256 = hashes[0] if len(hashes) == 1 else content_key(hashes)
    model_id = session.store.models.ensure(
        path=str(path.absolute()),
        sha256=sha256,
        architecture=header.architecture,
        quantization=header.quantization,
        parameters=sum(part.parameters for part in part_headers(header)),
    )
    return Candidate(name, path, ModelRef(model_id, sha256))


def ensure_base(session: Session, quantization: str) -> Path:
    """The base of this type; made if no file with the present inputs exists.

    A base is made before there are training rows, so no importance matrix is measured for it.
    """
    from orca_local.pipeline.export_source import base_source
    from orca_local.pipeline.importance import with_user_matrix

    path = session.models.base(quantization)
    if path is None and session.student.is_as_is:
        own = session.student.quantization
        if quantization != own:
            reason = f"the student cannot be trained here, so its base is only its own file, in {own}"
            raise InputError(f"there is no base:{quantization}: {reason}", hint=f"use base, or base:{own}")
        return make_as_is(session.student, session.workspace.exports_dir)
    if path is None:
        source = with_user_matrix(base_source(session.student), session.settings, session.workspace.directory)
        path = make_base(session, source, quantization)
    return path


def make_base(session: Session, source: ExportSource, quantization: str) -> Path:
    """Export the base of this type."""
    return Path(run_export(session, BASE, source, "base", [quantization], None).files[0].path)


def run_export(
    session: Session,
    stage: str,
    source: ExportSource,
    name: str,
    quantizations: Sequence[str],
    inputs: AcceptanceInputs | None,
) -> ExportSummary:
    """Export `base` or `tuned` as a run of `stage`; returns the summary."""
    from orca_local.export.stage import export

    def events(context: StageContext) -> Iterator[Event]:
        context.record_inputs(**source.provenance)
        yield from export(
            context,
            source,
            name,
            quantizations,
            session.workspace.exports_dir,
            session.open_engine,
            inputs=inputs,
            system_message=session.settings.dataset.system_message,
        )

    return session.run(stage, events, ExportSummary)
