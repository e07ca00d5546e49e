"""Exported files and their evaluations."""

from __future__ import annotations

import sqlite3
from dataclasses import asdict, dataclass
from typing import Any

from orca_local.store.connection import Connection
from orca_local.store.encoding import from_json, from_row, to_json, utc_now


@dataclass(frozen=True, slots=True)
class ExportRow:
    """One exported file that passed its acceptance test."""

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
    """The result of one model on one task under one system message."""

    run_id: int
    model: str
    """Its name in reports: `base`, `tuned` or the name of a file."""
    model_id: int
    system_message: str
    task: str
    n: int
    accuracy: float
    ci_low: float
    ci_high: float
    extracted: float
    """Share of completions in which an answer could be read."""


class Exports:
    """The table `exports`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, row: ExportRow) -> int:
        """Store a file and return its id."""
        values = asdict(row)
        del values["export_id"]
        values |= {"acceptance_json": to_json(values.pop("acceptance")), "created_at": utc_now()}
        return self._connection.insert_for_id("exports", values)

    def latest(self, name: str, quantization: str | None = None) -> ExportRow | None:
        """The newest file with this name and quantization, or of any quantization; None if there is none."""
        row = self._connection.row(
            "SELECT * FROM exports WHERE name = ? AND quantization = coalesce(?, quantization)"
            " ORDER BY id DESC LIMIT 1",
            [name, quantization],
        )
        return None if row is None else _export(row)

    def list(self, name: str | None = None, quantization: str | None = None) -> list[ExportRow]:
        """All files, or those with this name and quantization, the newest first."""
        rows = self._connection.rows(
            "SELECT * FROM exports WHERE name = coalesce(?, name) AND quantization = coalesce(?, quantization)"
            " ORDER BY id DESC",
            [name, quantization],
        )
        return [_export(row) for row in rows]


class Evaluations:
    """The table `evaluations`."""

    _COLUMNS = "run_id, model, model_id, system_message, task, n, accuracy, ci_low, ci_high, extracted"

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, row: EvaluationRow) -> None:
        """Store a result; an earlier one of the same run for the same model, message and task is replaced."""
        self._connection.insert("evaluations", asdict(row) | {"created_at": utc_now()}, verb="INSERT OR REPLACE")

    def latest(self) -> list[EvaluationRow]:
        """The results of the latest run that has any, in the order in which they were stored."""
        rows = self._connection.rows(
            f"SELECT {self._COLUMNS} FROM evaluations WHERE run_id = (SELECT max(run_id) FROM evaluations) ORDER BY id"
        )
        return [EvaluationRow(*row) for row in rows]


def _export(row: sqlite3.Row) -> ExportRow:
    return from_row(ExportRow, row, acceptance=from_json(row["acceptance_json"]), export_id=row["id"])
