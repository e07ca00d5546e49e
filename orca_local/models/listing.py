"""The catalog, and which of its models are on this machine."""

from __future__ import annotations

from pathlib import Path

from orca_local.domain.frozen import Frozen
from orca_local.models.catalog import CatalogModel, load_catalog
from orca_local.models.download import partial_bytes
from orca_local.models.locate import find_local


class ModelView(Frozen):
    """One model of the catalog on this machine."""

    model: CatalogModel
    path: Path | None
    """Its file; None if it is not downloaded."""
    partial: int
    """Bytes that an unfinished download has so far."""

    def fits(self, memory: int | None) -> bool | None:
        """Whether `memory` bytes suffice to probe, train and export it; None if `memory` is."""
        return None if memory is None else self.model.memory_gb * 1e9 <= memory


def view_models() -> list[ModelView]:
    """All models, in the order of the catalog."""
    return [view_model(model) for model in load_catalog()]


def view_model(model: CatalogModel) -> ModelView:
    """The model with its present state on this machine."""
    path = find_local(model)
    return ModelView(model, path, partial_bytes(model) if path is None else 0)
