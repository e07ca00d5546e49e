"""Model files that were run, by their hash."""

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
    """Where it was last seen."""
    sha256: str
    architecture: str
    quantization: str
    parameters: int


class Models:
    """The table `models`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def ensure(self, path: str, sha256: str, architecture: str, quantization: str, parameters: int) -> int:
        """The id of the file with this hash; `path` is updated."""
        row = self._connection.row(
            "INSERT INTO models (path, sha256, architecture, quantization, parameters, created_at)"
            " VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (sha256) DO UPDATE SET path = excluded.path RETURNING id",
            [path, sha256, architecture, quantization, parameters, utc_now()],
        )
        assert row is not None
        return int(row["id"])

    def get(self, model_id: int) -> ModelRow:
        """One model. Raises `InputError` where there is none."""
        row = self._connection.row(
            "SELECT id, path, sha256, architecture, quantization, parameters FROM models WHERE id = ?", [model_id]
        )
        if row is None:
            raise InputError(f"there is no model {model_id} in this workspace")
        return ModelRow(*row)
