"""Model files that were used, identified by their hash."""

from __future__ import annotations

from orca_local.domain.errors import InputError
from orca_local.domain.frozen import Frozen
from orca_local.store.connection import Table
from orca_local.store.encoding import utc_now


class ModelRow(Frozen):
    """One model file."""

    model_id: int
    path: str
    """Path where it was last used."""
    sha256: str
    architecture: str
    quantization: str
    parameters: int


class Models(Table):
    """The table `models`."""

    def ensure(self, path: str, sha256: str, architecture: str, quantization: str, parameters: int) -> int:
        """The id of the model with this hash, which is added if it is new; its path is updated."""
        values = {
            "path": self._connection.places.stored(path),
            "sha256": sha256,
            "architecture": architecture,
            "quantization": quantization,
            "parameters": parameters,
            "created_at": utc_now(),
        }
        return self._connection.insert_for_id(
            "models", values, "ON CONFLICT (sha256) DO UPDATE SET path = excluded.path"
        )

    def find(self, sha256: str) -> int | None:
        """The id of the model with this hash; None if it was never used."""
        row = self._connection.row("SELECT id FROM models WHERE sha256 = ?", [sha256])
        return None if row is None else int(row["id"])

    def get(self, model_id: int) -> ModelRow:
        """One model. Raises `InputError` if there is none with this id."""
        row = self._connection.record(ModelRow, "SELECT *, id AS model_id FROM models WHERE id = ?", [model_id])
        if row is None:
            raise InputError(f"there is no model {model_id} in this workspace")
        return row
