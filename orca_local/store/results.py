"""What came out: exported files and their evaluations."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from typing import Any

from orca_local.store.connection import Connection
from orca_local.store.encoding import from_json, to_json, utc_now


@dataclass(frozen=True, slots=True)
class ExportRow:
    """One file that passed its acceptance test."""

    run_id: int | None
    name: str
    """`base`, `tuned` or `adapter`."""
    path: str
    sha256: str
    quantization: str
    bytes: int
    adapter_id: int | None
    acceptance: dict[str, Any]
    export_id: int = 0
    """Given by the store."""
    created_at: str = ""
    """Given by the store."""


@dataclass(frozen=True, slots=True)
class EvaluationRow:
    """One model's result on one task under one system message."""

    run_id: int
    model: str
    """The name it is reported by: `base`, `tuned` or a file's."""
    model_id: int
    system_message: str
    task: str
    n: int
    accuracy: float
    ci_low: float
    ci_high: float
    extracted: float
    """Share of completions in which an answer was found."""


class Exports:
    """The table `exports`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, row: ExportRow) -> int:
        """Keep a file; returns its id."""
        found = self._connection.row(
            "INSERT INTO exports (run_id, name, path, sha256, quantization, bytes, adapter_id, acceptance_json,"
            " created_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id",
            [
                row.run_id,
                row.name,
                row.path,
                row.sha256,
                row.quantization,
                row.bytes,
                row.adapter_id,
                to_json(row.acceptance),
                utc_now(),
            ],
        )
        assert found is not None
        return int(found["id"])

    def latest(self, name: str, quantization: str | None = None) -> ExportRow | None:
        """The file made last under this name, of this quantization or of any."""
        row = self._connection.row(
            "SELECT * FROM exports WHERE name = ? AND quantization = coalesce(?, quantization)"
            " ORDER BY id DESC LIMIT 1",
            [name, quantization],
        )
        return None if row is None else _export(row)

    def list(self, name: str | None = None, quantization: str | None = None) -> list[ExportRow]:
        """All files, or those of this name and quantization, the newest first."""
        found = self._connection.rows(
            "SELECT * FROM exports WHERE name = coalesce(?, name) AND quantization = coalesce(?, quantization)"
            " ORDER BY id DESC",
            [name, quantization],
        )
        return [_export(row) for row in found]


class Evaluations:
    """The table `evaluations`."""

    _COLUMNS = "run_id, model, model_id, system_message, task, n, accuracy, ci_low, ci_high, extracted"

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, row: EvaluationRow) -> None:
        """Keep a result; the same run's earlier one for the same model, message and task is replaced."""
        self._connection.execute(
            f"INSERT OR REPLACE INTO evaluations ({self._COLUMNS}, created_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                row.run_id,
                row.model,
                row.model_id,
                row.system_message,
                row.task,
                row.n,
                row.accuracy,
                row.ci_low,
                row.ci_high,
                row.extracted,
                utc_now(),
            ],
        )

    def latest(self) -> list[EvaluationRow]:
        """The results of the latest run that has any, in the order they came."""
        found = self._connection.rows(
            f"SELECT {self._COLUMNS} FROM evaluations WHERE run_id = (SELECT max(run_id) FROM evaluations) ORDER BY id"
        )
        return [EvaluationRow(*row) for row in found]


def _export(row: sqlite3.Row) -> ExportRow:
    return ExportRow(
        run_id=row["run_id"],
        name=row["name"],
        path=row["path"],
        sha256=row["sha256"],
        quantization=row["quantization"],
        bytes=row["bytes"],
        adapter_id=row["adapter_id"],
        acceptance=from_json(row["acceptance_json"]),
        export_id=row["id"],
        created_at=row["created_at"],
    )
