"""Trainings, their curves, and the adapters that they produced."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from orca_local.domain.errors import InputError
from orca_local.domain.frozen import Frozen
from orca_local.store.connection import Table
from orca_local.store.encoding import to_json, utc_now


class TrainingRecord(Frozen):
    """One training, identified by the hash of weights, recipe and rows."""

    training_id: int
    key: str
    run_id: int
    """The latest run that worked on it."""
    weights_sha256: str
    recipe: dict[str, Any]
    rows: int
    directory: str
    """Directory of its checkpoints."""
    status: str
    """`running` (also after a crash, because it can be resumed), `done` or `failed`."""
    summary: dict[str, Any]


class AdapterRow(Frozen):
    """One trained adapter."""

    training_id: int | None
    path: str
    sha256: str
    weights_sha256: str
    """Hash of the file that it was trained on, the only one that it can be merged into."""
    step: int
    validation_loss: float | None
    adapter_id: int = 0
    """Given by the store."""


_SELECT_TRAINING = "SELECT *, id AS training_id FROM trainings"
_SELECT_ADAPTER = "SELECT *, id AS adapter_id FROM adapters"


class Trainings(Table):
    """The tables `trainings` and `training_metrics`."""

    def start(
        self, key: str, run_id: int, *, weights_sha256: str, recipe: Mapping[str, Any], rows: int, directory: str
    ) -> int:
        """The id of the training with this key, which is new or resumed by run `run_id`."""
        values = {
            "key": key,
            "run_id": run_id,
            "weights_sha256": weights_sha256,
            "recipe_json": to_json(dict(recipe)),
            "rows": rows,
            "directory": self._connection.places.stored(directory),
            "status": "running",
            "summary_json": "{}",
            "created_at": utc_now(),
        }
        return self._connection.insert_for_id(
            "trainings",
            values,
            "ON CONFLICT (key) DO UPDATE SET run_id = excluded.run_id, directory = excluded.directory,"
            " status = 'running'",
        )

    def find(self, key: str) -> TrainingRecord | None:
        """The training with this key; None if there is none."""
        return self._record(" WHERE key = ?", key)

    def get(self, training_id: int) -> TrainingRecord | None:
        """The training with this id; None if there is none."""
        return self._record(" WHERE id = ?", training_id)

    def latest(self) -> TrainingRecord | None:
        """The training that was started or resumed last; None if there is none."""
        return self._record(" ORDER BY run_id DESC, id DESC LIMIT 1")

    def _record(self, condition: str, *parameters: str | int) -> TrainingRecord | None:
        row = self._connection.record(TrainingRecord, _SELECT_TRAINING + condition, parameters)
        return None if row is None else replace(row, directory=self._connection.places.full(row.directory))

    def finish(self, training_id: int, status: str, summary: Mapping[str, Any]) -> None:
        """Record that the training ended, done or failed."""
        self._connection.execute(
            "UPDATE trainings SET status = ?, summary_json = ?, finished_at = ? WHERE id = ?",
            [status, to_json(dict(summary)), utc_now(), training_id],
        )

    def add_metric(self, training_id: int, step: int, name: str, value: float) -> None:
        """Store one point of a curve. A repeated step replaces it; a NaN is stored as NULL."""
        values = {"training_id": training_id, "step": step, "name": name, "value": value}
        self._connection.insert("training_metrics", values, "ON CONFLICT DO UPDATE SET value = excluded.value")

    def metrics(self, training_id: int, name: str, after_step: int = -1) -> list[tuple[int, float | None]]:
        """The points (step, value) of one curve after step `after_step`, ordered by step."""
        rows = self._connection.rows(
            "SELECT step, value FROM training_metrics WHERE training_id = ? AND name = ? AND step > ? ORDER BY step",
            [training_id, name, after_step],
        )
        return [(row["step"], row["value"]) for row in rows]


class Adapters(Table):
    """The table `adapters`."""

    def add(self, row: AdapterRow) -> int:
        """Store an adapter and return its id. An adapter that is stored again becomes the latest."""
        added = self._connection.one(
            "INSERT INTO adapters (training_id, path, sha256, weights_sha256, step, validation_loss, position,"
            " created_at) SELECT ?, ?, ?, ?, ?, ?, coalesce(max(position), 0) + 1, ? FROM adapters WHERE true"
            " ON CONFLICT (sha256, path) DO UPDATE SET training_id = excluded.training_id, step = excluded.step,"
            " validation_loss = excluded.validation_loss, position = excluded.position RETURNING id",
            [
                row.training_id,
                self._connection.places.stored(row.path),
                row.sha256,
                row.weights_sha256,
                row.step,
                row.validation_loss,
                utc_now(),
            ],
        )
        return int(added["id"])

    def latest(self) -> AdapterRow | None:
        """The adapter that was stored last; None if there is none."""
        return self._record(" ORDER BY position DESC LIMIT 1")

    def of_training(self, training_id: int) -> AdapterRow | None:
        """The latest adapter of a training; None if there is none."""
        return self._record(" WHERE training_id = ? ORDER BY position DESC LIMIT 1", training_id)

    def get(self, adapter_id: int) -> AdapterRow:
        """One adapter. Raises `InputError` if there is none with this id."""
        row = self._record(" WHERE id = ?", adapter_id)
        if row is None:
            raise InputError(f"there is no adapter {adapter_id}", hint="train one with `orca-local train`")
        return row

    def _record(self, condition: str, *parameters: int) -> AdapterRow | None:
        row = self._connection.record(AdapterRow, _SELECT_ADAPTER + condition, parameters)
        return None if row is None else replace(row, path=self._connection.places.full(row.path))
