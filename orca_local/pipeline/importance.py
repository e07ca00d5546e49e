"""The importance matrix for `export.imatrix`: the user's file, or one measured on the training rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from orca_local.dataset.build import held_out_prompts
from orca_local.domain.errors import InputError, MissingError
from orca_local.domain.keys import content_key
from orca_local.domain.settings import Settings
from orca_local.export.matrix import MatrixSource
from orca_local.export.source import ExportSource
from orca_local.gguf.importance import ColumnSquares
from orca_local.models.provenance import matrix_key, user_matrix
from orca_local.rows.training_row import TrainingRow
from orca_local.store.store import Store

if TYPE_CHECKING:
    from orca_local.dataset.build import BuiltRow, Dataset

MAX_TOKENS = 16_384
"""Number of tokens to measure on. Beyond a quarter of it, the matrix hardly changes."""
LAYOUT = 2
"""Increase it when the same rows would give another matrix, or when it is used differently."""


def with_user_matrix(source: ExportSource, settings: Settings, directory: Path) -> ExportSource:
    """The source with the user's matrix file, if `export.imatrix` names one (relative to `directory`).

    Raises `InputError` if the file does not exist or belongs to another model.
    """
    path = user_matrix(settings.export.imatrix, directory, source.header)
    return source if path is None else replace(source, matrix=MatrixSource(matrix_key(path), file=path))


def with_matrix(
    source: ExportSource,
    settings: Settings,
    directory: Path,
    store: Store,
    dataset: Dataset,
    *,
    optional: bool,
    max_tokens: int = MAX_TOKENS,
) -> ExportSource:
    """The source with the matrix for `export.imatrix`. With `auto`, it is measured on `dataset` when it is needed.

    With `optional`, each type is quantized with and without it, and the file that is closer to F16 is kept. Raises
    `InputError` if there is no row to measure it on.
    """
    if settings.export.imatrix != "auto":
        return with_user_matrix(source, settings, directory)
    rows = rows_without_evaluation_prompts(dataset, store)
    chosen = _choose(rows, max_tokens)
    if not chosen:
        raise InputError(
            f"there is no training row to measure the importance matrix on ({len(dataset.rows)} overlap with probe or "
            "holdout samples or with questions of suites)",
            hint='collect more answers, or set export.imatrix to a file or to "none"',
        )
    matrix = MatrixSource(
        f"rows:{_key(source, chosen, settings.train.compute, optional=optional)}",
        measure=partial(_measure, source, [row.token_ids for row in chosen], settings.train.compute),
        rows=len(chosen),
        left_out=len(dataset.rows) - len(rows),
        optional=optional,
    )
    return replace(source, matrix=matrix)


def rows_without_evaluation_prompts(dataset: Dataset, store: Store) -> list[TrainingRow]:
    """Rows whose questions do not overlap with those of probe and holdout samples, and of suites on this machine.

    The dataset should contain no others. A matrix measured on evaluation samples would make quantization look better
    than it is.
    """
    samples = {sample.id: sample for sample in store.samples.list(split="train")}
    held_out = held_out_prompts(store, samples.values())

    def overlaps(built: BuiltRow) -> bool:
        sample = samples.get(built.row.sample_id)
        turns = [message for message in built.conversation[:-1] if message.role != "system"]
        text = "\n".join(message.content for message in built.conversation[:-1])
        return held_out.overlaps(turns, sample.answers if sample is not None else ()) or bool(
            dataset.questions.find(text)
        )

    return [built.row for built in dataset.built if not overlaps(built)]


def _choose(rows: Sequence[TrainingRow], max_tokens: int) -> list[TrainingRow]:
    """Rows with about `max_tokens` tokens in total, chosen by content hash.

    The acceptance test takes rows in the opposite order, so if there are enough rows, none is used for both.
    """
    chosen: list[TrainingRow] = []
    tokens = 0
    for row in sorted(rows, key=lambda row: row.content_hash, reverse=True):
        if tokens >= max_tokens:
            break
        chosen.append(row)
        tokens += len(row.token_ids)
    return chosen


def _key(source: ExportSource, rows: Sequence[TrainingRow], compute: str, *, optional: bool) -> str:
    return content_key([LAYOUT, source.provenance, [row.content_hash for row in rows], compute, optional])


def _measure(source: ExportSource, rows: Sequence[Sequence[int]], compute: str) -> Mapping[str, ColumnSquares]:
    try:
        from orca_local.train.reference.torch_importance import column_squares
    except ImportError as error:
        hint = 'pip install "orca-local[torch]", or set export.imatrix in orca.toml to a file or to "none"'
        raise MissingError(f"measuring the importance matrix needs PyTorch: {error}", hint=hint) from error
    return column_squares(source.header, source.adapter_directory, rows, compute)
