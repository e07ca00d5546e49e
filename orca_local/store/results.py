"""Exported files and their evaluations."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import Any

from orca_local.domain.frozen import Frozen
from orca_local.store.connection import Table
from orca_local.store.encoding import to_json, utc_now


class ExportRow(Frozen):
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


class EvaluationRow(Frozen):
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
    strict_accuracy: float | None = None
    """Mean score of the strict reading; None if an earlier version stored the row."""
    unreadable: float | None = None
    """Share of completions without an answer in either reading; None as above."""
    truncated: float | None = None
    """Share of completions that `max_tokens` cut off; None as above."""


class Exports(Table):
    """The table `exports`."""

    def add(self, row: ExportRow) -> int:
        """Store a file and return its id."""
        values = asdict(row)
        del values["export_id"]
        values["path"] = self._connection.places.stored(row.path)
        values |= {"acceptance_json": to_json(values.pop("acceptance")), "created_at": utc_now()}
        return self._connection.insert_for_id("exports", values)

    def latest(self, name: str, quantization: str | None = None) -> ExportRow | None:
        """The newest file with this name and quantization, or of any quantization; None if there is none."""
        return next(iter(self.list(name, quantization)), None)

    def list(self, name: str | None = None, quantization: str | None = None) -> list[ExportRow]:
        """All files, or those with this name and quantization, the newest first."""
        rows = self._connection.records(
            ExportRow,
            "SELECT *, id AS export_id FROM exports"
            " WHERE name = coalesce(?, name) AND quantization = coalesce(?, quantization) ORDER BY id DESC",
            [name, quantization],
        )
        return [replace(row, path=self._connection.places.full(row.path)) for row in rows]


class Evaluations(Table):
    """The table `evaluations`."""

    def add(self, row: EvaluationRow) -> None:
        """Store a result; an earlier one of the same run for the same model, message and task is replaced."""
        self._connection.insert("evaluations", asdict(row) | {"created_at": utc_now()}, verb="INSERT OR REPLACE")

    def models(self, run_id: int) -> dict[int, str]:
        """The names of the models that a run evaluated, by the id of the model."""
        rows = self._connection.rows("SELECT DISTINCT model_id, model FROM evaluations WHERE run_id = ?", [run_id])
        return {row["model_id"]: row["model"] for row in rows}

    def latest(self) -> list[EvaluationRow]:
        """The results of the latest run that has any, in the order in which they were stored."""
        query = "SELECT * FROM evaluations WHERE run_id = (SELECT max(run_id) FROM evaluations) ORDER BY id"
        return self._connection.records(EvaluationRow, query)
