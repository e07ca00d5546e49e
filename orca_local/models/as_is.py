"""The base of a student that cannot be trained here: its file as it is, or a copy that has the given chat template."""

from __future__ import annotations

from pathlib import Path

from orca_local.domain.errors import InputError, os_errors_explained
from orca_local.gguf.given_template import with_template
from orca_local.gguf.header import read_header
from orca_local.gguf.model_kind import parts
from orca_local.gguf.writer import copy_with_metadata
from orca_local.models.provenance import weights_provenance
from orca_local.models.student import Student
from orca_local.system.digest import file_sha256
from orca_local.system.files import publish


def find_as_is(student: Student, exports: Path) -> Path | None:
    """The base; None if it is a copy that does not exist yet."""
    if not student.chat_template:
        return student.file
    path = _copy_path(student, exports)
    if not path.is_file():
        return None
    metadata, expected = read_header(path).metadata, _provenance(student)
    return path if all(metadata.get(key) == value for key, value in expected.items()) else None


def make_as_is(student: Student, exports: Path) -> Path:
    """The base; copied if needed. Raises `InputError` for a student in several files that has no template."""
    path = find_as_is(student, exports)
    if path is not None:
        return path
    header = read_header(student.file)
    if parts(header) > 1:
        raise InputError(
            f"{student.file} is in several files, so that it can get no chat template",
            hint="join them with `llama-gguf-split --merge`",
        )
    path = _copy_path(student, exports)
    with os_errors_explained(path, hint="free some disk space"):
        exports.mkdir(parents=True, exist_ok=True)
        part = path.with_name(path.name + ".part")
        copy_with_metadata(part, with_template(header, student.chat_template), _provenance(student))
        publish(part, path)
    return path


def _provenance(student: Student) -> dict[str, str]:
    """The metadata of the copy: of the student's own file, not of `student.weights`, which may be a larger one."""
    return weights_provenance(file_sha256(student.file), student.chat_template)


def _copy_path(student: Student, exports: Path) -> Path:
    return exports / f"{student.file.stem}-base.gguf"
