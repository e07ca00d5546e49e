"""Finds the model files of a workspace by name. It starts nothing and writes nothing."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path

from orca_local.domain.errors import InputError
from orca_local.domain.frozen import Frozen
from orca_local.domain.settings import Settings
from orca_local.gguf.file_type import check_type, takes_matrix
from orca_local.gguf.header import read_header
from orca_local.gguf.importance import KEY
from orca_local.models.as_is import find_as_is
from orca_local.models.available import NAMES, no_base, no_tuned
from orca_local.models.moved import find_student
from orca_local.models.provenance import find_export, matrix_key, user_matrix, weights_provenance
from orca_local.models.student import Student
from orca_local.store.store import Store


class ModelFinder(Frozen):
    """The models of one workspace."""

    store: Store
    settings: Settings
    directory: Path
    """The workspace, to which paths in the settings are relative."""

    @cached_property
    def student(self) -> Student:
        """The student, after all checks. Raises `InputError` or `MissingError`."""
        return find_student(self.store, self.settings.student, self.directory)

    def find(self, name: str) -> Path:
        """The file of `base` or `tuned`, both also as `NAME:TYPE`, or of a path.

        Raises `InputError` if there is no such file, or if it is an adapter.
        """
        kind, quantization = split_name(name)
        if kind == "base":
            quantization = quantization or self.student.quantization
            path = self.base(quantization)
            if path is None:
                raise no_base(quantization)
        elif kind == "tuned":
            path = self.tuned(quantization)
        else:
            path = Path(name)
            if not path.is_file():
                hint = "give base, tuned, one of them with a type (tuned:F16), or the path of a GGUF file"
                raise InputError(f"no model {name!r}", hint=hint)
        if read_header(path).metadata.get("general.type") == "adapter":
            hint = f"apply it to a model: `orca-local chat --adapter {path}`"
            raise InputError(f"{path} is an adapter, not a model", hint=hint)
        return path

    def base(self, quantization: str) -> Path | None:
        """The base of this type, if a file with the present inputs exists."""
        if self.student.is_as_is:
            is_own = quantization == self.student.quantization
            return find_as_is(self.student, self.directory / "exports") if is_own else None
        provenance = weights_provenance(self.student.weights_sha256, self.student.chat_template)
        matrix = user_matrix(self.settings.export.imatrix, self.directory, self.student.weights)
        if matrix is not None and takes_matrix(quantization):
            provenance[KEY] = matrix_key(matrix)
        row = find_export(self.store, "base", quantization, provenance)
        return None if row is None else Path(row.path)

    def tuned(self, quantization: str = "") -> Path:
        """The newest tuned model of this type; without a type, of the student's type or else of any.

        Raises `InputError` if there is none.
        """
        row = self.store.exports.latest("tuned", quantization or self.student.quantization)
        if row is None and not quantization:
            row = self.store.exports.latest("tuned")
        if row is None or not Path(row.path).is_file():
            raise no_tuned(quantization)
        return Path(row.path)


def split_name(name: str) -> tuple[str, str]:
    """`base` or `tuned` and the type asked for, which may be empty; for anything else two empty texts.

    Raises `InputError` for an unknown type.
    """
    kind, _, quantization = name.partition(":")
    if kind not in NAMES:
        return "", ""
    return kind, check_type(quantization) if quantization else ""
