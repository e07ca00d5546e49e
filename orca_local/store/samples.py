"""Tasks and their samples."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from orca_local.domain.errors import InputError
from orca_local.domain.types import Sample
from orca_local.store.connection import Connection
from orca_local.store.encoding import from_json, to_json, utc_now

_COLUMNS = "id, task, split, kind, prompt, answer_json, labels_json, rationale, metadata_json"


@dataclass(frozen=True, slots=True)
class AddResult:
    """What became of samples that were added."""

    added: int
    duplicates: int
    """Samples whose content is in the store already, under whatever id."""


@dataclass(frozen=True, slots=True)
class TaskCount:
    """One task and how many samples each split holds."""

    task: str
    kind: str
    """`mixed` where its samples are of several kinds."""
    probe: int
    train: int
    holdout: int

    def to_dict(self) -> dict[str, Any]:
        """The form that `--json` prints."""
        return asdict(self)


class Samples:
    """The tables `tasks` and `samples`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def add(self, samples: Sequence[tuple[Sample, str]], source: str) -> AddResult:
        """Keep samples with their content hashes, all or none; content that is there already stays as it is.

        A sample never moves to another split. Raises `InputError` where an id is taken by other content.
        """
        added = 0
        with self._connection.transaction():
            for sample, content_hash in samples:
                self._connection.execute(
                    "INSERT INTO tasks (name, source, created_at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING",
                    [sample.task, source, utc_now()],
                )
                added += self._insert(sample, content_hash)
        return AddResult(added, len(samples) - added)

    def tasks(self) -> list[TaskCount]:
        """All tasks, by name."""
        found = self._connection.rows("SELECT task, split, kind, count(*) FROM samples GROUP BY task, split, kind")
        kinds: dict[str, set[str]] = {}
        counts: dict[str, dict[str, int]] = {}
        for task, split, kind, count in found:
            kinds.setdefault(task, set()).add(kind)
            splits = counts.setdefault(task, {"probe": 0, "train": 0, "holdout": 0})
            splits[split] += count
        return [
            TaskCount(task, min(kinds[task]) if len(kinds[task]) == 1 else "mixed", **counts[task])
            for task in sorted(counts)
        ]

    def count(self) -> tuple[int, int]:
        """Tasks, and their samples of all splits."""
        row = self._connection.row("SELECT count(DISTINCT task), count(*) FROM samples")
        assert row is not None
        return int(row[0]), int(row[1])

    def list(
        self, split: str | None = None, tasks: Sequence[str] | None = None, limit: int | None = None
    ) -> list[Sample]:
        """Samples ordered by task and id; `limit` bounds them all together."""
        where, parameters = ["1"], []
        if split is not None:
            where.append("split = ?")
            parameters.append(split)
        if tasks is not None:
            where.append("task IN (SELECT value FROM json_each(?))")
            parameters.append(to_json(list_of(tasks)))
        found = self._connection.rows(
            f"SELECT {_COLUMNS} FROM samples WHERE {' AND '.join(where)} ORDER BY task, id LIMIT ?",
            [*parameters, -1 if limit is None else limit],
        )
        return [_sample(row) for row in found]

    def task_names(self, split: str) -> dict[str, str]:
        """The task of each sample of a split, by the sample's id."""
        found = self._connection.rows("SELECT id, task FROM samples WHERE split = ?", [split])
        return {row["id"]: row["task"] for row in found}

    def get(self, sample_id: str) -> Sample:
        """One sample. Raises `InputError` where there is none."""
        row = self._connection.row(f"SELECT {_COLUMNS} FROM samples WHERE id = ?", [sample_id])
        if row is None:
            raise InputError(f"no sample {sample_id!r} in this workspace", hint="see `orca-local tasks show TASK`")
        return _sample(row)

    def content_hashes(self, sample_ids: Sequence[str]) -> dict[str, str]:
        """The content hash of each of these ids that is in the store."""
        found = self._connection.rows(
            "SELECT id, content_hash FROM samples WHERE id IN (SELECT value FROM json_each(?))",
            [to_json(list_of(sample_ids))],
        )
        return {row["id"]: row["content_hash"] for row in found}

    def _insert(self, sample: Sample, content_hash: str) -> int:
        try:
            cursor = self._connection.execute(
                f"INSERT INTO samples ({_COLUMNS}, content_hash, created_at)"
                " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (content_hash) DO NOTHING",
                [*_values(sample), content_hash, utc_now()],
            )
        except sqlite3.IntegrityError as error:
            if "samples.id" not in str(error):
                raise
            raise InputError(
                f"sample id {sample.id!r} is taken by a sample of other content",
                hint="give every sample an id of its own, such as TASK-1",
            ) from error
        return cursor.rowcount


def list_of(values: Sequence[str]) -> list[str]:
    """A list, as JSON wants it."""
    return [*values]


def _values(sample: Sample) -> tuple[Any, ...]:
    return (
        sample.id,
        sample.task,
        sample.split,
        sample.kind,
        sample.prompt,
        to_json(list_of(sample.answers)),
        to_json(list_of(sample.labels)),
        sample.rationale,
        to_json(dict(sample.metadata)),
    )


def _sample(row: sqlite3.Row) -> Sample:
    return Sample(
        id=row["id"],
        task=row["task"],
        kind=row["kind"],
        prompt=row["prompt"],
        answers=tuple(from_json(row["answer_json"])),
        split=row["split"],
        labels=tuple(from_json(row["labels_json"])),
        rationale=row["rationale"],
        metadata=from_json(row["metadata_json"]),
    )
