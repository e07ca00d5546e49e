"""The list of models, as `models/catalog.toml` gives it."""

from __future__ import annotations

import difflib
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from orca_local.domain.errors import InputError

_PACKAGE = Path(__file__).parent.parent
_PLACES = (_PACKAGE.parent / "models" / "catalog.toml", _PACKAGE / "models_data" / "catalog.toml")
"""In a checkout, and in an installed wheel."""


@dataclass(frozen=True, slots=True)
class CatalogModel:
    """One model that can be named by id."""

    id: str
    source: Literal["package", "hub"]
    repo: str
    """Repository on the hub, or the package that holds the file."""
    file: str
    sha256: str
    """Empty: the hub says it."""
    bytes: int
    parameters: int
    quantization: str
    licence: str
    memory_gb: float
    """To probe, train and export it."""


def load_catalog() -> list[CatalogModel]:
    """Every model, in the file's order."""
    path = next(place for place in _PLACES if place.is_file())
    with path.open("rb") as file:
        return [CatalogModel(**entry) for entry in tomllib.load(file)["model"]]


def find_model(model_id: str) -> CatalogModel:
    """The model of this id. Raises `InputError` naming the nearest one."""
    models = {model.id: model for model in load_catalog()}
    if model_id in models:
        return models[model_id]
    near = difflib.get_close_matches(model_id, models, 1)
    hint = f"did you mean {near[0]}? " if near else ""
    raise InputError(f"no model {model_id!r} in the catalog", hint=hint + "see `orca-local models list`")
