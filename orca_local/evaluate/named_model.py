"""A model under a name, and how it is loaded: a file, or one behind an endpoint."""

from __future__ import annotations

from collections.abc import Callable

from orca_local.domain.frozen import Frozen
from orca_local.evaluate.stage import AskedModel, LoadedModel
from orca_local.generation.generate import ModelRef


class NamedModel(Frozen):
    """A model to evaluate."""

    name: str
    """Name in the results."""
    model: ModelRef
    """The model in the store."""
    load: Callable[[], LoadedModel | AskedModel]
    """Loads it. The caller closes what it returns."""
    source: str = ""
    """For a model of `[[model]]`: where it is; else empty."""
