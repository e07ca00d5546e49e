"""Where a model's file is on this machine."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

from orca_local.domain.errors import InputError, MissingError
from orca_local.models.catalog import CatalogModel, find_model, load_catalog
from orca_local.system.cache import cache_directory


def models_directory() -> Path:
    """Where fetched models are kept: `ORCA_LOCAL_MODELS`, else the user's cache."""
    chosen = os.environ.get("ORCA_LOCAL_MODELS")
    if chosen:
        return Path(chosen)
    return cache_directory() / "models"


def local_path(model: CatalogModel) -> Path | None:
    """Where the model's file is or would be; None for a package that is not installed."""
    if model.source == "hub":
        return models_directory() / model.repo.replace("/", "--") / model.file
    found = importlib.util.find_spec(model.repo.replace("-", "_"))
    return None if found is None or found.origin is None else Path(found.origin).parent / model.file


def find_local(model: CatalogModel) -> Path | None:
    """The model's file, where it is here already."""
    path = local_path(model)
    return path if path is not None and path.is_file() else None


def resolve_student(name: str, directory: Path) -> Path:
    """The file of an id of the catalog, or of a path relative to `directory`.

    Raises `MissingError` for a known model that is not here and `InputError` for a name that is neither.
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
    path = directory / Path(name).expanduser()
    if path.exists():
        return path
    if "/" not in name and "\\" not in name and not name.endswith(".gguf"):
        find_model(name)
    raise InputError(f"there is no model file {path}", hint="give a GGUF file, or an id of `orca-local models list`")


def check_student(name: str, directory: Path) -> str:
    """`name` as a workspace should write it down: an id as it is, a file as an absolute path.

    Raises as `resolve_student`, and `InputError` for a file that cannot be a student; a model of the catalog
    that is not fetched yet is fine.
    """
    from orca_local.gguf.inspect import require_student

    if name in {model.id for model in load_catalog()}:
        return name
    path = resolve_student(name, directory).absolute()
    require_student(path)
    return str(path)
