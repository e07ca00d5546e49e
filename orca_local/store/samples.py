"""Tasks and their samples."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from typing import Any

from orca_local.domain.errors import InputError
from orca_local.domain.frozen import Frozen
from orca_local.domain.types import Sample
from orca_local.store.connection import Table
from orca_local.store.encoding import from_json, from_row, messages, texts, to_json, typed, utc_now


class AddResult(Frozen):
    """How many samples were added."""

    added: int
    duplicates: int
    """Samples whose content was already in the store, under any id."""


class TaskCount(Frozen):
    """A task with its number of samples in each split."""

    task: str
    kind: str
    """The kind of its samples; `mixed` if they are of several kinds."""
    probe: int
    train: int
    holdout: int


class TaskUses(Frozen):
    """What belongs to the samples of a task."""

    samples: int
    measurements: int
    demonstrations: int
    reviewed: int
    """Demonstrations that a person accepted, rejected or edited."""
    waiting: int
    """Questions that wait in a batch."""


_OWN = "(SELECT id FROM samples WHERE task = ?1)"
_USES = f"""
SELECT (SELECT count(*) FROM samples WHERE task = ?1) AS samples,
  (SELECT count(*) FROM measurements WHERE sample_id IN {_OWN}) AS measurements,
  (SELECT count(*) FROM demonstrations WHERE sample_id IN {_OWN}) AS demonstrations,
  (SELECT count(*) FROM demonstrations WHERE sample_id IN {_OWN} AND (review != 'pending' OR edited)) AS reviewed,
  (SELECT count(*) FROM batch_calls JOIN batches ON batches.id = batch_id
    WHERE sample_id IN {_OWN} AND batches.state != 'done') AS waiting
"""
_REMOVE = (
    "INSERT INTO demonstration_texts(demonstration_texts, rowid, text)"
    f" SELECT 'delete', id, text FROM demonstrations WHERE sample_id IN {_OWN}",
    *(
        f"DELETE FROM {table} WHERE sample_id IN {_OWN}"
        for table in ("batch_calls", "likelihoods", "scores", "measurements", "demonstrations")
    ),
    "DELETE FROM samples WHERE task = ?1",
    "DELETE FROM selections WHERE task = ?1",
    "DELETE FROM tasks WHERE name = ?1",
)


class SplitCount(Frozen):
    """The number of samples of one kind in one split of a task."""

    task: str
    split: str
    kind: str
    count: int


SAMPLE_COLUMNS = (
    *("id", "task", "split", "kind", "prompt", "rationale"),
    *("answer_json", "labels_json", "metadata_json", "messages_json", "content_hash"),
)
"""Columns of the table `samples`, without the time."""


def sample_row(sample: Sample, content_hash: str) -> tuple[str | None, ...]:
    """The values of `SAMPLE_COLUMNS` for a sample."""
    return (
        *(sample.id, sample.task, sample.split, sample.kind, sample.prompt, sample.rationale),
        *(_list_json(sample.answers), _list_json(sample.labels)),
        to_json(dict(sample.metadata)) if sample.metadata else "{}",
        *(_list_json([message.to_dict() for message in sample.messages]), content_hash),
    )


def _list_json(values: Sequence[Any]) -> str:
    return to_json(values) if values else "[]"


class Samples(Table):
    """The tables `tasks` and `samples`."""

    def add(self, samples: Sequence[tuple[Sample, str]], source: str) -> AddResult:
        """Store samples with their content hashes, all or none. Content that is already stored is not changed.

        A sample never moves to another split. Raises `InputError` if an id belongs to other content.
        """
        added = 0
        with self._connection.transaction():
            for sample, content_hash in samples:
                task = {"name": sample.task, "source": self._connection.places.stored(source), "created_at": utc_now()}
                self._connection.insert("tasks", task, "ON CONFLICT DO NOTHING")
                added += self._insert(sample, content_hash)
        return AddResult(added, len(samples) - added)

    def tasks(self) -> list[TaskCount]:
        """All tasks, ordered by name."""
        kinds: dict[str, set[str]] = {}
        counts: dict[str, dict[str, int]] = {}
        for row in self.split_counts():
            kinds.setdefault(row.task, set()).add(row.kind)
            splits = counts.setdefault(row.task, {"probe": 0, "train": 0, "holdout": 0})
            splits[row.split] += row.count
        return [
            TaskCount(task, min(kinds[task]) if len(kinds[task]) == 1 else "mixed", **counts[task])
            for task in sorted(counts)
        ]

    def split_counts(self) -> list[SplitCount]:
        """The number of samples by task, split and kind."""
        query = "SELECT task, split, kind, count(*) AS count FROM samples GROUP BY task, split, kind"
        return self._connection.records(SplitCount, query)

    def tasks_by_content(self, hashes: Sequence[str]) -> dict[str, str]:
        """The task of each stored sample with one of these content hashes, by hash."""
        rows = self._connection.rows(
            "SELECT content_hash, task FROM samples WHERE content_hash IN (SELECT value FROM json_each(?))",
            [to_json(hashes)],
        )
        return {row["content_hash"]: row["task"] for row in rows}

    def uses(self, task: str) -> TaskUses:
        """What else in the store belongs to the samples of a task."""
        return from_row(TaskUses, self._connection.one(_USES, [task]))

    def remove_task(self, task: str) -> None:
        """Delete a task with its samples, measurements, demonstrations and selections.

        The texts that models and teachers wrote stay: if the task is added again, none has to be written again.
        """
        with self._connection.transaction(durable=True):
            for statement in _REMOVE:
                self._connection.execute(statement, [task])

    def count(self) -> tuple[int, int]:
        """The number of tasks and of samples."""
        tasks, samples = self._connection.one("SELECT count(DISTINCT task), count(*) FROM samples")
        return tasks, samples

    def list(
        self, split: str | None = None, tasks: Sequence[str] | None = None, limit: int | None = None
    ) -> list[Sample]:
        """Samples of a split and tasks, ordered by task and id, at most `limit` in total. None means all."""
        where, parameters = ["1"], []
        if split is not None:
            where.append("split = ?")
            parameters.append(split)
        if tasks is not None:
            where.append("task IN (SELECT value FROM json_each(?))")
            parameters.append(to_json(tasks))
        return self._connection.read(
            _sample,
            f"SELECT * FROM samples WHERE {' AND '.join(where)} ORDER BY task, id LIMIT ?",
            [*parameters, -1 if limit is None else limit],
        )

    def task_names(self, split: str) -> dict[str, str]:
        """The task of each sample of a split, by sample id."""
        rows = self._connection.rows("SELECT id, task FROM samples WHERE split = ?", [split])
        return {row["id"]: row["task"] for row in rows}

    def get(self, sample_id: str) -> Sample:
        """One sample. Raises `InputError` if there is none with this id."""
        samples = self._connection.read(_sample, "SELECT * FROM samples WHERE id = ?", [sample_id])
        if not samples:
            raise InputError(f"no sample {sample_id!r} in this workspace", hint="see `orca-local tasks show TASK`")
        return samples[0]

    def content_hashes(self, sample_ids: Sequence[str]) -> dict[str, str]:
        """The content hash of each of these samples that is in the store, by sample id."""
        rows = self._connection.rows(
            "SELECT id, content_hash FROM samples WHERE id IN (SELECT value FROM json_each(?))",
            [to_json(sample_ids)],
        )
        return {row["id"]: row["content_hash"] for row in rows}

    def _insert(self, sample: Sample, content_hash: str) -> int:
        try:
            row = (*sample_row(sample, content_hash), utc_now())
            values = dict(zip((*SAMPLE_COLUMNS, "created_at"), row, strict=True))
            cursor = self._connection.insert("samples", values, "ON CONFLICT (content_hash) DO NOTHING")
        except sqlite3.IntegrityError as error:
            if "samples.id" not in str(error):
                raise
            raise InputError(
                f"sample id {sample.id!r} is already used by another sample",
                hint="give every sample a unique id, such as TASK-1",
            ) from error
        return cursor.rowcount


def _sample(row: sqlite3.Row) -> Sample:
    answers, labels = (texts(from_json(row[column]), column) for column in ("answer_json", "labels_json"))
    metadata = typed(from_json(row["metadata_json"]), dict, "metadata_json")
    earlier = messages(from_json(row["messages_json"]), "messages_json")
    return from_row(Sample, row, answers=answers, labels=labels, metadata=metadata, messages=earlier)
