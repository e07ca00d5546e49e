"""From an id of the catalog or a path to a file on this machine."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

from orca_local.domain.errors import InputError, MissingError, os_errors_explained
from orca_local.domain.frozen import Frozen
from orca_local.models.catalog import CatalogModel, find_model, load_catalog
from orca_local.system.cache import cache_directory

_GIVE = "give a GGUF file, or an id of `orca-local models list`"


def models_directory() -> Path:
    """The directory of downloaded models: `ORCA_LOCAL_MODELS`, else one in the user's cache."""
    directory = os.environ.get("ORCA_LOCAL_MODELS")
    return Path(directory) if directory else cache_directory() / "models"


def local_path(model: CatalogModel) -> Path | None:
    """The path of the model's file, whether it exists or not; None if its package is not installed."""
    if model.source == "hub":
        return models_directory() / model.repo.replace("/", "--") / model.file
    spec = importlib.util.find_spec(model.repo.replace("-", "_"))
    return None if spec is None or spec.origin is None else Path(spec.origin).parent / model.file


def find_local(model: CatalogModel) -> Path | None:
    """The model's file; None if it is not on this machine."""
    path = local_path(model)
    return path if path is not None and path.is_file() else None


def resolve_student(name: str, directory: Path) -> Path:
    """The file of a student: `name` is an id of the catalog or a path relative to `directory`.

    Raises `MissingError` for a model of the catalog that is not downloaded, `InputError` for a name that is neither.
    """
    ids = {model.id: model for model in load_catalog()}
    if name in ids:
        model = ids[name]
        path = find_local(model)
        if path is not None:
            return path
        hint = (
            'pip install "orca-local[starter]"' if model.source == "package" else f"orca-local models pull {model.id}"
        )
        raise MissingError(f"the model {name!r} is not on this machine", hint=hint)
    path = directory / os.path.expanduser(name)  # noqa: PTH111  # unlike pathlib's, it leaves "~nobody" as it is
    with os_errors_explained(path, hint=_GIVE):
        if path.exists():
            return path
    if "/" not in name and "\\" not in name and not name.endswith(".gguf"):
        find_model(name)
    raise InputError(f"there is no model file {path}", hint=_GIVE)


class CheckedStudent(Frozen):
    """A student that a workspace can be made for."""

    name: str
    """As `orca.toml` should name it: an id of the catalog unchanged, a file as absolute path."""
    warnings: list[str]
    """What its user should know of it."""


def check_student(name: str, directory: Path, chat_template: str = "") -> CheckedStudent:
    """Check the student `name`, with the template that is given to it if there is one.

    A model of the catalog need not be downloaded yet, and is not read.

    Raises as `resolve_student` does, and `InputError` for a file that cannot be a student or that llama.cpp cannot
    load.
    """
    from orca_local.gguf.inspect import require_student

    if name in {model.id for model in load_catalog()}:
        return CheckedStudent(name, [])
    path = resolve_student(name, directory).absolute()
    return CheckedStudent(str(path), require_student(path, chat_template, directory))
