"""Which generation answers which sample under which strategy and model, and its score."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from orca_local.domain.frozen import Frozen
from orca_local.store.connection import Table
from orca_local.store.encoding import utc_now

if TYPE_CHECKING:
    from orca_local.kinds.scoring import Score

_SELECT = """
SELECT max(m.run_id) AS run_id, m.sample_id, s.task, s.kind, m.strategy, m.model_id, t.text AS system_message,
  m.sample_index, m.generation_key, c.value, c.extracted, c.scorer, g.completion, g.prompt_tokens,
  g.completion_tokens, g.finish_reason
FROM measurements AS m
JOIN samples AS s ON s.id = m.sample_id
JOIN system_messages AS t ON t.id = m.system_message_id
JOIN generations AS g ON g.key = m.generation_key
JOIN scores AS c ON c.generation_key = m.generation_key AND c.sample_id = m.sample_id
"""
# SQLite takes the other columns from the row that has the maximum
# (https://www.sqlite.org/lang_select.html#bareagg): the latest measurement of each cell and sample.
_LATEST = " GROUP BY m.sample_id, m.model_id, m.strategy, m.system_message_id, m.sample_index"


class MeasurementRow(Frozen):
    """One scored answer."""

    run_id: int
    """The latest run that needed it."""
    sample_id: str
    task: str
    kind: str
    strategy: str
    model_id: int
    system_message: str
    sample_index: int
    generation_key: str
    value: float | None
    """Score from 0 to 1; None if no answer could be read, which counts as 0."""
    extracted: str | None
    scorer: str
    completion: str
    prompt_tokens: int
    completion_tokens: int
    finish_reason: str


class ScoreRow(Frozen):
    """The numbers of one measurement, without its texts."""

    task: str
    sample_id: str
    strategy: str
    value: float | None
    is_extracted: bool
    completion_tokens: int


class CellRow(Frozen):
    """The sums of one task under one strategy in one run."""

    task: str
    strategy: str
    n: int
    score_sum: float
    extracted: int
    """Number of completions in which an answer could be read."""
    completion_tokens: int


class Measurements(Table):
    """The tables `measurements` and `scores`."""

    def add(
        self,
        run_id: int,
        sample_id: str,
        strategy: str,
        model_id: int,
        system_message: str,
        sample_index: int,
        generation_key: str,
        score: Score,
    ) -> None:
        """Record that run `run_id` uses this generation as the answer to this sample, with its score.

        A measurement is stored once. If several runs need it, it belongs to the latest of them.
        """
        with self._connection.transaction():
            identity = {
                "sample_id": sample_id,
                "model_id": model_id,
                "strategy": strategy,
                "system_message_id": self._system_message_id(system_message),
                "sample_index": sample_index,
                "generation_key": generation_key,
            }
            self._connection.insert(
                "measurements",
                {**identity, "run_id": run_id, "created_at": utc_now()},
                f"ON CONFLICT ({', '.join(identity)}) DO UPDATE SET run_id = max(run_id, excluded.run_id)",
            )
            self._connection.insert(
                "scores",
                {
                    "generation_key": generation_key,
                    "sample_id": sample_id,
                    "extracted": score.lenient.extracted,
                    "value": score.lenient.value,
                    "scorer": score.scorer,
                },
                "ON CONFLICT DO UPDATE SET extracted = excluded.extracted, value = excluded.value,"
                " scorer = excluded.scorer",
            )

    def rows(
        self,
        *,
        run_id: int | None = None,
        model_id: int | None = None,
        split: str | None = None,
        system_message: str | None = None,
        strategy: str | None = None,
        task: str | None = None,
    ) -> list[MeasurementRow]:
        """The latest measurement of each sample, strategy, model, system message and sample index.

        Ordered by task, sample and strategy. None means any.
        """
        conditions = {
            "m.run_id": run_id,
            "m.model_id": model_id,
            "s.split": split,
            "t.text": system_message,
            "m.strategy": strategy,
            "s.task": task,
        }
        filters: dict[str, Any] = {column: value for column, value in conditions.items() if value is not None}
        where = " WHERE " + " AND ".join(f"{column} = ?" for column in filters) if filters else ""
        order = " ORDER BY s.task, m.sample_id, m.strategy, m.system_message_id, m.sample_index"
        rows = self._connection.rows(_SELECT + where + _LATEST + order, [*filters.values()])
        return [MeasurementRow(*row) for row in rows]

    def scores(self, run_id: int, model_id: int) -> Iterator[ScoreRow]:
        """Iterate over the scores of a run for a model. Do not write to the store in between."""
        rows = self._connection.execute(
            "SELECT s.task, m.sample_id, m.strategy, c.value, c.extracted IS NOT NULL, g.completion_tokens"
            " FROM measurements AS m JOIN samples AS s ON s.id = m.sample_id"
            " JOIN generations AS g ON g.key = m.generation_key"
            " JOIN scores AS c ON c.generation_key = m.generation_key AND c.sample_id = m.sample_id"
            " WHERE m.run_id = ? AND m.model_id = ? ORDER BY m.id",
            [run_id, model_id],
        )
        return (
            ScoreRow(task, sample, strategy, value, bool(is_extracted), tokens)
            for task, sample, strategy, value, is_extracted, tokens in rows
        )

    def cells(self, run_id: int) -> list[CellRow]:
        """The cells that a run has measured so far, ordered by task and strategy."""
        rows = self._connection.rows(
            "SELECT s.task, m.strategy, count(*), sum(coalesce(c.value, 0)), count(c.extracted),"
            " sum(g.completion_tokens)"
            " FROM measurements AS m JOIN samples AS s ON s.id = m.sample_id"
            " JOIN generations AS g ON g.key = m.generation_key"
            " JOIN scores AS c ON c.generation_key = m.generation_key AND c.sample_id = m.sample_id"
            " WHERE m.run_id = ? GROUP BY s.task, m.strategy ORDER BY s.task, m.strategy",
            [run_id],
        )
        return [CellRow(*row) for row in rows]

    def _system_message_id(self, text: str) -> int:
        """The id of a system message. Each text is stored once, because it is long and repeats for every sample."""
        self._connection.execute("INSERT INTO system_messages (text) VALUES (?) ON CONFLICT DO NOTHING", [text])
        return int(self._connection.one("SELECT id FROM system_messages WHERE text = ?", [text])["id"])
