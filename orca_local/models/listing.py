"""The catalog as it stands on this machine: what is here, what is on its way, what would fit."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from orca_local.models.catalog import CatalogModel, load_catalog
from orca_local.models.download import partial_bytes
from orca_local.models.locate import find_local


@dataclass(frozen=True, slots=True)
class ModelView:
    """One model of the catalog, here."""

    model: CatalogModel
    path: Path | None
    """Its file, where it is here."""
    partial: int
    """Bytes that an unfinished download has."""

    def fits(self, memory: int | None) -> bool | None:
        """Whether a machine with so many bytes can probe, train and export it; None where that is not known."""
        return None if memory is None else self.model.memory_gb * 1e9 <= memory


def view_models() -> list[ModelView]:
    """Every model, in the catalog's order."""
    return [view_model(model) for model in load_catalog()]


def view_model(model: CatalogModel) -> ModelView:
    """One model as it is now."""
    path = find_local(model)
    return ModelView(model, path, partial_bytes(model) if path is None else 0)
