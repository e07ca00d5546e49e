"""The importance matrix that the settings name: the user's file, or one measured on the training rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from orca_local.dataset.overlap import HeldOut
from orca_local.domain.errors import InputError, MissingError
from orca_local.domain.keys import content_key
from orca_local.domain.settings import Settings
from orca_local.export.matrix import MatrixSource
from orca_local.export.source import ExportSource
from orca_local.gguf.importance import ColumnSquares, read_importance
from orca_local.rows.training_row import TrainingRow
from orca_local.store.store import Store
from orca_local.system.digest import file_sha256

if TYPE_CHECKING:
    from orca_local.dataset.build import Dataset

TOKENS = 16_384
"""As many are measured on at most: from a quarter of them on the matrix hardly changes."""
LAYOUT = 2
"""Raise it when the same rows would give another matrix, or another use of it."""


def with_user_matrix(source: ExportSource, settings: Settings, directory: Path) -> ExportSource:
    """The source with the matrix that `export.imatrix` names, where it is a file.

    Raises `InputError` where there is no such file, or it is another model's.
    """
    if settings.export.imatrix in ("auto", "none"):
        return source
    path = directory / Path(settings.export.imatrix).expanduser()
    read_importance(path).check_fits(source.header, str(path))
    return replace(source, matrix=MatrixSource(f"file:{file_sha256(path)}", file=path))


def with_matrix(
    source: ExportSource, settings: Settings, directory: Path, store: Store, dataset: Dataset, *, optional: bool
) -> ExportSource:
    """The same; where the setting is `auto`, the matrix is measured on the rows of `dataset` when it is needed.

    With `optional`, it is used where the file is nearer to F16 with it than without. Raises `InputError` where
    there is no row to measure it on.
    """
    if settings.export.imatrix != "auto":
        return with_user_matrix(source, settings, directory)
    rows = rows_without_evaluation_prompts(dataset, store)
    chosen = _chosen(rows)
    if not chosen:
        raise InputError(
            f"there is no training row to measure the importance matrix on ({len(dataset.rows)} ask what probe or "
            "holdout samples ask)",
            hint="gather more answers, or set export.imatrix to the file of a matrix or to none",
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
    """Rows none of whose questions is asked, as a whole or in most of its words, by a probe or holdout sample.

    The dataset should hold no other; a matrix that has seen what is scored would make quantizing look harmless.
    """
    asked = (s.prompt for split in ("probe", "holdout") for s in store.samples.list(split=split))
    held_out = HeldOut(asked, (s.prompt for s in store.samples.list(split="train")))
    return [
        row
        for row, conversation in zip(dataset.rows, dataset.conversations, strict=True)
        if not any(held_out.overlaps(message.content) for message in conversation if message.role == "user")
    ]


def _chosen(rows: Sequence[TrainingRow]) -> list[TrainingRow]:
    """As many rows as are needed, spread evenly.

    In the opposite order of those that predictions are compared on: where there are enough, none serves both.
    """
    chosen: list[TrainingRow] = []
    tokens = 0
    for row in sorted(rows, key=lambda row: row.content_hash, reverse=True):
        if tokens >= TOKENS:
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
        hint = 'pip install "orca-local[torch]", or set export.imatrix in orca.toml to a file or to none'
        raise MissingError(f"PyTorch cannot be loaded, which measures the importance matrix: {error}", hint=hint) from (
            error
        )
    return column_squares(source.header, source.adapter_directory, rows, compute)
