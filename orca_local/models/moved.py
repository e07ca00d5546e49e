"""Finds a student's file by its hash after it was moved."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from orca_local.domain.errors import InputError
from orca_local.domain.settings import StudentSettings
from orca_local.models.catalog import load_catalog
from orca_local.models.locate import find_local, models_directory
from orca_local.models.provenance import BASE_SHA256
from orca_local.models.student import Student, load_student
from orca_local.store.store import Store
from orca_local.system.digest import file_sha256


def find_student(store: Store, settings: StudentSettings, directory: Path) -> Student:
    """The student of a workspace, after all checks; also one whose file was moved since the workspace last used it.

    Raises `InputError` or `MissingError`.
    """
    name = "weights" if settings.weights else "file"
    path = directory / Path(getattr(settings, name)).expanduser()
    try:
        return load_student(settings, directory)
    except InputError:
        sha256 = "" if path.exists() else _last_weights(store)
        moved = find_moved(path, directory, sha256) if sha256 else None
        if moved is None:
            raise
    student = load_student(settings.model_copy(update={name: str(moved)}), directory)
    return replace(student, moved_from=str(path))


def find_moved(path: Path, directory: Path, sha256: str) -> Path | None:
    """A model file with this hash in the workspace, where `path` was, or among the downloaded models; None if none."""
    candidates = dict.fromkeys(_model_files(path, directory))
    for candidate in sorted(candidates, key=lambda other: other.name != path.name):
        if candidate.is_file() and file_sha256(candidate) == sha256:
            return candidate
    return None


def _model_files(path: Path, directory: Path) -> Iterator[Path]:
    for place in (directory, directory / "models", path.parent):
        yield from sorted(place.glob("*.gguf"))
    yield from sorted(models_directory().rglob("*.gguf"))
    yield from filter(None, map(find_local, load_catalog()))


def _last_weights(store: Store) -> str:
    """The hash of the weights that the workspace last used; empty if it has used none."""
    for row in store.exports.list("base"):
        sha256 = row.acceptance.get("provenance", {}).get(BASE_SHA256)
        if sha256:
            return str(sha256)
    training = store.trainings.latest()
    return training.weights_sha256 if training is not None else ""
