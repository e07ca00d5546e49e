"""The model files of a workspace: `base` and `tuned`, made where they are missing, and any GGUF by its path."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orca_local.domain.errors import InputError
from orca_local.domain.events import Event
from orca_local.evaluate.stage import Candidate
from orca_local.generation.generate import ModelRef
from orca_local.gguf.header import Header, read_header
from orca_local.models.available import NAMES, no_base, no_tuned
from orca_local.models.student import Student
from orca_local.runs.context import StageContext
from orca_local.runs.workspace import Workspace
from orca_local.store.store import Store
from orca_local.system.digest import file_sha256

if TYPE_CHECKING:
    from orca_local.dataset.build import Dataset
    from orca_local.engines.base import AdapterEngine
    from orca_local.export.source import ExportSource
    from orca_local.store.results import ExportRow

_MATRICES = {"": "no importance matrix", "rows": "a matrix of training rows", "file": "a matrix from a file"}


@dataclass(frozen=True, slots=True)
class Files:
    """Finds model files and makes them. `student`, `dataset`, `open_engine` and `run` do what the pipeline's do."""

    workspace: Workspace
    store: Store
    student: Callable[[], Student]
    dataset: Callable[[], Dataset]
    open_engine: Callable[[Path], AdapterEngine]
    run: Callable[[str, Callable[[StageContext], Iterator[Event]]], dict[str, Any]]

    def candidates(self, names: Sequence[str]) -> list[Candidate]:
        """A candidate a name, each once; files that are called the same are told apart by their paths."""
        found = [self.candidate(name) for name in dict.fromkeys(names)]
        counts = Counter(candidate.name for candidate in found)
        return [replace(c, name=str(c.path)) if counts[c.name] > 1 else c for c in found]

    def candidate(self, name: str) -> Candidate:
        """`base` (made where it is not there yet) or `tuned`, both also as `NAME:TYPE`, or a GGUF file."""
        return self._candidate(*self._located(name, self.ensure_base))

    def find(self, name: str) -> Path:
        """The file of a model that is called as for `candidate`; nothing is made and nothing kept.

        Raises `InputError` where it is not there.
        """
        _, path = self._located(name, self.find_base)
        _require_model(path, read_header(path))
        return path

    def _located(self, name: str, base: Callable[[str], Path]) -> tuple[str, Path]:
        """What to call a model, and its file; `base` finds or makes the base at a type."""
        from orca_local.gguf.file_type import check_type

        kind, _, quantization = name.partition(":")
        if kind in NAMES and quantization:
            quantization = check_type(quantization)
        if kind == "base":
            return name, base(quantization or self.student().quantization)
        if kind == "tuned":
            return name, self.find_tuned(quantization)
        path = Path(name)
        if not path.is_file():
            hint = "say base, tuned, one of them with a type (tuned:F16), or the path of a GGUF file"
            raise InputError(f"no model {name!r}", hint=hint)
        return path.name, path

    def counterpart(self, tuned: Candidate) -> Candidate:
        """The base that was made as this tuned file was: at its type, and with a matrix where it has one.

        Raises `InputError` where the settings make no such base any more.
        """
        header = read_header(tuned.path)
        matrix = _matrix_kind(header)
        path = self.ensure_base(header.quantization, alike=matrix == "rows")
        if _matrix_kind(read_header(path)) != matrix:
            raise InputError(
                f"{tuned.path.name} was made with {_MATRICES[matrix]}, and export.imatrix is now "
                f"{self.workspace.settings.export.imatrix!r}: base and tuned would not be made alike",
                hint=f"run `orca-local export --quantization {header.quantization}`",
            )
        return self._candidate("base", path)

    def _candidate(self, name: str, path: Path) -> Candidate:
        header = read_header(path)
        _require_model(path, header)
        sha256 = file_sha256(path)
        model_id = self.store.models.ensure(
            path=str(path),
            sha256=sha256,
            architecture=header.architecture,
            quantization=header.quantization,
            parameters=header.parameters,
        )
        return Candidate(name, path, ModelRef(model_id, sha256))

    def export(self, name: str, quantizations: Sequence[str], *, alike: bool = False) -> dict[str, Any]:
        """Export `base` or `tuned`; `alike` measures a matrix for the base as for the tuned model."""
        from orca_local.export.stage import export
        from orca_local.gguf.file_type import check_type
        from orca_local.pipeline.export_source import acceptance_inputs

        types = [check_type(quantization) for quantization in quantizations]
        dataset = cache(self.dataset)
        source = self._source(name, types, dataset, alike=alike)
        inputs = None if name == "base" else acceptance_inputs(dataset().rows, source)

        def events(context: StageContext) -> Iterator[Event]:
            context.record_inputs(**source.provenance)
            yield from export(
                context,
                source,
                name,
                types,
                self.workspace.exports_dir,
                self.open_engine,
                inputs=inputs,
                system_message=self.workspace.settings.dataset.system_message,
            )

        return self.run("export", events)

    def _source(
        self, name: str, quantizations: Sequence[str], dataset: Callable[[], Dataset], *, alike: bool
    ) -> ExportSource:
        """What `base` or `tuned` is made from now, at these types.

        A base is made before there are training rows, so a matrix is measured for it only where it is to be `alike`.
        """
        from orca_local.gguf.file_type import takes_matrix
        from orca_local.pipeline.export_source import base_source, tuned_source
        from orca_local.pipeline.importance import with_matrix, with_user_matrix

        settings, directory, student = self.workspace.settings, self.workspace.directory, self.student()
        source = base_source(student) if name == "base" else tuned_source(self.store, student)
        if (name == "base" and not alike) or not any(map(takes_matrix, quantizations)):
            return with_user_matrix(source, settings, directory)
        return with_matrix(source, settings, directory, self.store, dataset(), optional=name == "tuned")

    def _find(self, name: str, quantizations: Sequence[str], *, alike: bool = False) -> list[ExportRow | None]:
        """What is there already of these files, made of what they would be made of now."""
        from orca_local.export.stage import find_export

        source = self._source(name, quantizations, self.dataset, alike=alike)
        return [find_export(self.store, name, q, source.provenance_for(q)) for q in quantizations]

    def ensure_base(self, quantization: str, *, alike: bool = False) -> Path:
        """The base at this type; a file that is there and unchanged is not made again."""
        (found,) = self._find("base", (quantization,), alike=alike)
        if found is not None:
            return Path(found.path)
        return Path(self.export("base", (quantization,), alike=alike)["files"][0]["path"])

    def find_base(self, quantization: str) -> Path:
        """The base at this type, as it would be made now. Raises `InputError` where it is not there."""
        (found,) = self._find("base", (quantization,))
        if found is None:
            raise no_base(quantization)
        return Path(found.path)

    def ensure_tuned(self, quantizations: Sequence[str]) -> list[ExportRow]:
        """The tuned model of the newest adapter at these types, made where it is not there yet."""
        if None in self._find("tuned", quantizations):
            self.export("tuned", quantizations)
        return [row for row in self._find("tuned", quantizations) if row is not None]

    def find_tuned(self, quantization: str = "") -> Path:
        """The tuned model that was exported last: at this type, else at the student's own, else at any."""
        wanted = quantization or self.student().quantization
        row = self.store.exports.latest("tuned", wanted)
        if row is None and not quantization:
            row = self.store.exports.latest("tuned")
        if row is None or not Path(row.path).is_file():
            raise no_tuned(quantization)
        return Path(row.path)


def _require_model(path: Path, header: Header) -> None:
    if header.metadata.get("general.type") == "adapter":
        hint = f"put it on a model: `orca-local chat --adapter {path}`"
        raise InputError(f"{path} is an adapter, not a model", hint=hint)


def _matrix_kind(header: Header) -> str:
    """`rows` or `file`, where a model was made with an importance matrix."""
    from orca_local.gguf.importance import KEY

    return str(header.metadata.get(KEY, "")).partition(":")[0]
