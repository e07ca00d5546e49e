"""Connects training and export: the adapter to export, and the trained model's own predictions for its test."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from orca_local.adapters.adapter import adapter_sha256
from orca_local.domain.errors import InputError
from orca_local.export.acceptance import MIN_POSITIONS, MIN_PROMPTS, AcceptanceInputs, Row
from orca_local.export.source import ExportSource
from orca_local.models.student import Student
from orca_local.rows.training_row import TrainingRow
from orca_local.store.store import Store
from orca_local.train.reference.process import ReferenceProcess

MAX_POSITIONS_PER_ROW = 48
"""Many short rows are a better test than few long ones, and need less memory: a position has a logit for each token of
the vocabulary.
"""
STOP_PROMPTS = MIN_PROMPTS + 4
"""Number of prompts to answer. One answer may fail. An engine generates about as many answers at the same time."""
STOP_FACTOR = 4
"""Maximum answer length of the tuned model, divided by the longest answer it was trained on."""


def base_source(student: Student) -> ExportSource:
    """The source of the `base` export."""
    return ExportSource(student.weights, student.weights_sha256, template=student.chat_template)


def tuned_source(store: Store, student: Student) -> ExportSource:
    """The source of the `tuned` export: the newest adapter on the student's weights.

    Raises `InputError` if there is no adapter, if it was trained on other weights, or if it was changed since.
    """
    adapter = store.adapters.latest()
    hint = "run `orca-local train`"
    restore = f"{hint}: it restores the adapter from the checkpoints"
    if adapter is None:
        raise InputError("there is no adapter yet", hint=hint)
    path = Path(adapter.path)
    if not path.is_dir():
        raise InputError(f"the adapter {path} does not exist", hint=restore)
    if adapter.weights_sha256 != student.weights_sha256:
        raise InputError(
            f"the newest adapter was trained on other weights (sha256 {adapter.weights_sha256[:12]}) than "
            f"{student.weights.path} ({student.weights_sha256[:12]})",
            hint=f"{hint}, or set student.weights in orca.toml to the earlier weights",
        )
    if adapter_sha256(path) != adapter.sha256:
        raise InputError(f"the adapter {path} was changed since it was trained", hint=restore)
    training = store.trainings.get(adapter.training_id) if adapter.training_id is not None else None
    recipe = training.recipe if training is not None else {}
    return ExportSource(
        student.weights, student.weights_sha256, path, adapter.adapter_id, recipe, template=student.chat_template
    )


def acceptance_inputs(rows: Sequence[TrainingRow], source: ExportSource) -> AcceptanceInputs:
    """The acceptance test's rows and prompts: training rows, chosen evenly by content hash."""
    ordered = sorted(rows, key=lambda row: row.content_hash)
    prompts = list(dict.fromkeys(row.token_ids[: row.loss_start] for row in ordered))[:STOP_PROMPTS]
    longest = max((row.loss_tokens for row in rows), default=1)

    def reference(rows: Sequence[Row]) -> ReferenceProcess:
        return ReferenceProcess(source.header, source.adapter_directory, rows)

    return AcceptanceInputs(_compared_rows(ordered), prompts, reference, STOP_FACTOR * longest)


def _compared_rows(rows: Sequence[TrainingRow]) -> list[Row]:
    """Rows with the positions of their answers; if the answers have too few in total, also of their prompts."""
    with_prompts = sum(min(row.loss_tokens, MAX_POSITIONS_PER_ROW) for row in rows) < MIN_POSITIONS
    compared: list[Row] = []
    count = 0
    for row in rows:
        if count >= MIN_POSITIONS:
            break
        first = 0 if with_prompts else row.loss_start - 1
        positions = range(first, len(row.token_ids) - 1)[-MAX_POSITIONS_PER_ROW:]
        compared.append((row.token_ids, positions))
        count += len(positions)
    return compared
