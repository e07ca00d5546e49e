"""Model files that were used, identified by their hash."""

from __future__ import annotations

from dataclasses import dataclass

from orca_local.domain.errors import InputError
from orca_local.store.connection import Connection
from orca_local.store.encoding import utc_now


@dataclass(frozen=True, slots=True)
class ModelRow:
    """One model file."""

    model_id: int
    path: str
    """Path where it was last used."""
    sha256: str
    architecture: str
    quantization: str
    parameters: int


class Models:
    """The table `models`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def ensure(self, path: str, sha256: str, architecture: str, quantization: str, parameters: int) -> int:
        """The id of the model with this hash, which is added if it is new; its path is updated."""
        values = {
            "path": path,
            "sha256": sha256,
            "architecture": architecture,
            "quantization": quantization,
            "parameters": parameters,
            "created_at": utc_now(),
        }
        return self._connection.insert_for_id(
            "models", values, "ON CONFLICT (sha256) DO UPDATE SET path = excluded.path"
        )

    def get(self, model_id: int) -> ModelRow:
        """One model. Raises `InputError` if there is none with this id."""
        row = self._connection.row(
            "SELECT id, path, sha256, architecture, quantization, parameters FROM models WHERE id = ?", [model_id]
        )
        if row is None:
            raise InputError(f"there is no model {model_id} in this workspace")
        return ModelRow(*row)
