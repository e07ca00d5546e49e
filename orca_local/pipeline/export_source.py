"""What the export needs to know of the training: its adapter, and what the trained model itself would say."""

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

POSITIONS_A_ROW = 48
"""More rows say more than long ones, and take less memory: a prediction is a number per word of the vocabulary."""
STOP_PROMPTS = MIN_PROMPTS + 4
"""One of them may fail; an engine answers about as many at once."""
STOP_FACTOR = 4
"""A tuned model may write this many times the longest answer it was trained on before it has to stop."""


def base_source(student: Student) -> ExportSource:
    """What `base` is made from."""
    return ExportSource(student.weights, student.weights_sha256)


def tuned_source(store: Store, student: Student) -> ExportSource:
    """The newest adapter on the student's weights.

    Raises `InputError` where there is none, where it was trained on other weights, and where it is not what was
    trained: merging adds whatever it holds.
    """
    adapter = store.adapters.latest()
    hint = "run `orca-local train`"
    if adapter is None:
        raise InputError("there is no adapter yet", hint=hint)
    path = Path(adapter.path)
    if not path.is_dir():
        raise InputError(f"the adapter {path} is gone", hint=f"{hint}: it is made again from its checkpoints")
    if adapter.weights_sha256 != student.weights_sha256:
        raise InputError(
            f"the newest adapter was trained on other weights (sha256 {adapter.weights_sha256[:12]}) than "
            f"{student.weights.path} ({student.weights_sha256[:12]})",
            hint=f"{hint}, or name the weights of before as student.weights in orca.toml",
        )
    if adapter_sha256(path) != adapter.sha256:
        raise InputError(f"the adapter {path} was changed since it was trained", hint=f"{hint}: it is made again")
    training = store.trainings.get(adapter.training_id) if adapter.training_id is not None else None
    recipe = training.recipe if training is not None else {}
    return ExportSource(student.weights, student.weights_sha256, path, adapter.adapter_id, recipe)


def acceptance_inputs(rows: Sequence[TrainingRow], source: ExportSource) -> AcceptanceInputs:
    """Training rows, spread evenly, whose answer positions are compared and whose prompts are answered."""
    ordered = sorted(rows, key=lambda row: row.content_hash)
    compared = _compared(ordered)
    prompts = list(dict.fromkeys(row.token_ids[: row.loss_start] for row in ordered))[:STOP_PROMPTS]
    longest = max((row.loss_tokens for row in rows), default=1)

    def reference(wanted: Sequence[Row]) -> ReferenceProcess:
        return ReferenceProcess(source.header, source.adapter_directory, wanted)

    return AcceptanceInputs(compared, prompts, reference, STOP_FACTOR * longest)


def _compared(rows: Sequence[TrainingRow]) -> list[Row]:
    """Positions of answers; those of the prompts as well only where the answers have too few in all."""
    with_prompts = sum(min(row.loss_tokens, POSITIONS_A_ROW) for row in rows) < MIN_POSITIONS
    compared: list[Row] = []
    count = 0
    for row in rows:
        if count >= MIN_POSITIONS:
            break
        first = 0 if with_prompts else row.loss_start - 1
        positions = range(first, len(row.token_ids) - 1)[-POSITIONS_A_ROW:]
        compared.append((row.token_ids, positions))
        count += len(positions)
    return compared
