"""Trainings, their curves, and the adapters that came out."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from orca_local.domain.errors import InputError
from orca_local.store.connection import Connection
from orca_local.store.encoding import from_json, to_json, utc_now


@dataclass(frozen=True, slots=True)
class TrainingRecord:
    """One training, named by the hash of weights, recipe and rows."""

    training_id: int
    key: str
    run_id: int
    """The latest run that worked on it."""
    weights_sha256: str
    recipe: dict[str, Any]
    rows: int
    directory: str
    """Where its checkpoints are."""
    status: str
    """running (also after a crash: it can go on), done, failed."""
    summary: dict[str, Any]


@dataclass(frozen=True, slots=True)
class AdapterRow:
    """One trained adapter."""

    training_id: int | None
    path: str
    sha256: str
    weights_sha256: str
    """The file it was trained on, and the only one it can be merged into."""
    step: int
    validation_loss: float | None
    adapter_id: int = 0
    """Given by the store."""


class Trainings:
    """The tables `trainings` and `training_metrics`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def start(
        self, key: str, run_id: int, *, weights_sha256: str, recipe: Mapping[str, Any], rows: int, directory: str
    ) -> int:
        """The id of the training under `key`, new or taken up again by `run_id`."""
        row = self._connection.row(
            "INSERT INTO trainings (key, run_id, weights_sha256, recipe_json, rows, directory, status, summary_json,"
            " created_at) VALUES (?, ?, ?, ?, ?, ?, 'running', '{}', ?)"
            " ON CONFLICT (key) DO UPDATE SET run_id = excluded.run_id, directory = excluded.directory,"
            " status = 'running' RETURNING id",
            [key, run_id, weights_sha256, to_json(dict(recipe)), rows, directory, utc_now()],
        )
        assert row is not None
        return int(row["id"])

    def find(self, key: str) -> TrainingRecord | None:
        """The training under `key`, where there is one."""
        row = self._connection.row("SELECT * FROM trainings WHERE key = ?", [key])
        return None if row is None else _training(row)

    def get(self, training_id: int) -> TrainingRecord | None:
        """One training, where there is one."""
        row = self._connection.row("SELECT * FROM trainings WHERE id = ?", [training_id])
        return None if row is None else _training(row)

    def latest(self) -> TrainingRecord | None:
        """The training that was started last."""
        row = self._connection.row("SELECT * FROM trainings ORDER BY run_id DESC, id DESC LIMIT 1")
        return None if row is None else _training(row)

    def finish(self, training_id: int, status: str, summary: Mapping[str, Any]) -> None:
        """The training ended, done or failed."""
        self._connection.execute(
            "UPDATE trainings SET status = ?, summary_json = ?, finished_at = ? WHERE id = ?",
            [status, to_json(dict(summary)), utc_now(), training_id],
        )

    def add_metric(self, training_id: int, step: int, name: str, value: float) -> None:
        """Keep one point of a curve; a step that is done again replaces it. A NaN is kept as NULL."""
        self._connection.execute(
            "INSERT INTO training_metrics (training_id, step, name, value) VALUES (?, ?, ?, ?)"
            " ON CONFLICT DO UPDATE SET value = excluded.value",
            [training_id, step, name, value],
        )

    def metrics(self, training_id: int, name: str, after_step: int = -1) -> list[tuple[int, float | None]]:
        """One curve, or its part after a step, as (step, value), by step."""
        found = self._connection.rows(
            "SELECT step, value FROM training_metrics WHERE training_id = ? AND name = ? AND step > ? ORDER BY step",
            [training_id, name, after_step],
        )
        return [(row["step"], row["value"]) for row in found]


class Adapters:
    """The table `adapters`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, row: AdapterRow) -> int:
        """Keep an adapter and return its id; the same file again becomes the latest."""
        found = self._connection.row(
            "INSERT INTO adapters (training_id, path, sha256, weights_sha256, step, validation_loss, position,"
            " created_at) SELECT ?, ?, ?, ?, ?, ?, coalesce(max(position), 0) + 1, ? FROM adapters WHERE true"
            " ON CONFLICT (sha256, path) DO UPDATE SET training_id = excluded.training_id, step = excluded.step,"
            " validation_loss = excluded.validation_loss, position = excluded.position RETURNING id",
            [
                row.training_id,
                row.path,
                row.sha256,
                row.weights_sha256,
                row.step,
                row.validation_loss,
                utc_now(),
            ],
        )
        assert found is not None
        return int(found["id"])

    def latest(self) -> AdapterRow | None:
        """The adapter that was made last."""
        row = self._connection.row("SELECT * FROM adapters ORDER BY position DESC LIMIT 1")
        return None if row is None else _adapter(row)

    def of_training(self, training_id: int) -> AdapterRow | None:
        """What a training made, the latest where it did so more than once."""
        row = self._connection.row(
            "SELECT * FROM adapters WHERE training_id = ? ORDER BY position DESC LIMIT 1", [training_id]
        )
        return None if row is None else _adapter(row)

    def get(self, adapter_id: int) -> AdapterRow:
        """One adapter. Raises `InputError` where there is none."""
        row = self._connection.row("SELECT * FROM adapters WHERE id = ?", [adapter_id])
        if row is None:
            raise InputError(f"there is no adapter {adapter_id}", hint="make one with `orca-local train`")
        return _adapter(row)


def _training(row: sqlite3.Row) -> TrainingRecord:
    return TrainingRecord(
        training_id=row["id"],
        key=row["key"],
        run_id=row["run_id"],
        weights_sha256=row["weights_sha256"],
        recipe=from_json(row["recipe_json"]),
        rows=row["rows"],
        directory=row["directory"],
        status=row["status"],
        summary=from_json(row["summary_json"]),
    )


def _adapter(row: sqlite3.Row) -> AdapterRow:
    return AdapterRow(
        training_id=row["training_id"],
        path=row["path"],
        sha256=row["sha256"],
        weights_sha256=row["weights_sha256"],
        step=row["step"],
        validation_loss=row["validation_loss"],
        adapter_id=row["id"],
    )
