"""The models that can be named by id: the list in `models/catalog.toml`."""

from __future__ import annotations

import difflib
import tomllib
from pathlib import Path
from typing import Literal

from orca_local.domain.errors import InputError
from orca_local.domain.frozen import Frozen

_PACKAGE = Path(__file__).parent.parent
_PATHS = (_PACKAGE.parent / "models" / "catalog.toml", _PACKAGE / "models_data" / "catalog.toml")
"""The file in a checkout and in an installed wheel."""


class CatalogModel(Frozen):
    """One model of the catalog."""

    id: str
    source: Literal["package", "hub"]
    repo: str
    """The repository on the hub, or the Python package that contains the file."""
    file: str
    sha256: str
    """Hash of the file; empty: the one that the hub announced at the first download, see `known_hash`."""
    bytes: int
    parameters: int
    quantization: str
    licence: str
    memory_gb: float
    """Memory that probing, training and exporting it needs."""


def load_catalog() -> list[CatalogModel]:
    """All models, in the order of the file."""
    path = next(path for path in _PATHS if path.is_file())
    with path.open("rb") as file:
        return [CatalogModel(**entry) for entry in tomllib.load(file)["model"]]


def find_model(model_id: str) -> CatalogModel:
    """The model with this id. Raises `InputError` that names the nearest id if there is none."""
    models = {model.id: model for model in load_catalog()}
    if model_id in models:
        return models[model_id]
    near = difflib.get_close_matches(model_id, models, 1)
    hint = f"did you mean {near[0]}? " if near else ""
    raise InputError(f"no model {model_id!r} in the catalog", hint=hint + "see `orca-local models list`")
