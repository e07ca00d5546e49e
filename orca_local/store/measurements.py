"""Which generation answers which sample under which strategy and model, and its score."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from orca_local.domain.cell import Cell
from orca_local.domain.frozen import Frozen
from orca_local.store.connection import Connection, Table
from orca_local.store.encoding import utc_now

if TYPE_CHECKING:
    from orca_local.kinds.scoring import Score

JUDGE_SCORER = "judge"
"""`scores.scorer` of grades. Their extracted text is the line with the grade; without one, there is no score."""
_VALUE = "CASE WHEN m.asks_form THEN c.strict_value ELSE c.lenient_value END"
"""The score of the headline reading."""
_EXTRACTED = "CASE WHEN m.asks_form THEN c.strict_extracted ELSE c.lenient_extracted END"
_SCORED = """
JOIN samples AS s ON s.id = m.sample_id
JOIN generations AS g ON g.key = m.generation_key
JOIN scores AS c ON c.generation_key = m.generation_key AND c.sample_id = m.sample_id
  AND c.scorer_version = (SELECT max(scorer_version) FROM scores
    WHERE generation_key = m.generation_key AND sample_id = m.sample_id)
"""
"""Each measurement with its score by the newest version that scored it."""
_HAS_SCORE = f"(c.scorer NOT IN ('none', '{JUDGE_SCORER}') OR c.lenient_value IS NOT NULL)"
"""False for an answer that only a judge can score, as long as it has no grade: it counts nowhere."""
_SELECT = f"""
SELECT max(m.run_id) AS run_id, m.sample_id, s.task, s.kind, m.strategy, m.model_id, t.text AS system_message,
  m.sample_index, m.generation_key, {_VALUE} AS value, {_EXTRACTED} AS extracted, c.scorer, g.completion,
  g.prompt_tokens, g.completion_tokens, g.finish_reason, m.asks_form, c.strict_value, c.strict_extracted,
  c.lenient_value, c.lenient_extracted, c.scorer_version
FROM measurements AS m
JOIN system_messages AS t ON t.id = m.system_message_id
{_SCORED}
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
    """Score of the headline reading, from 0 to 1; None if no answer could be read, which counts as 0."""
    extracted: str | None
    """Answer of the headline reading."""
    scorer: str
    completion: str
    prompt_tokens: int
    completion_tokens: int
    finish_reason: str
    asks_form: bool
    """Whether the prompt asks for the form of the answer. The headline reading is then the strict one, else the
    lenient one."""
    strict_value: float | None
    strict_extracted: str | None
    """The answer in the asked form."""
    lenient_value: float | None
    lenient_extracted: str | None
    """The answer that a careful person takes from the text."""
    scorer_version: int

    @property
    def is_truncated(self) -> bool:
        """Whether `max_tokens` cut the completion off."""
        return self.finish_reason == "length"

    @property
    def has_score(self) -> bool:
        """False for an answer that only a judge can score, as long as it has no grade: it counts nowhere."""
        return self.scorer not in ("none", JUDGE_SCORER) or self.lenient_value is not None


class ScoreRow(Frozen):
    """The numbers of one measurement, without its texts."""

    task: str
    sample_id: str
    strategy: str
    value: float | None
    """Score of the headline reading."""
    lenient_value: float | None
    is_extracted: bool
    """Whether the headline reading has an answer."""
    is_unreadable: bool
    """Whether neither reading has an answer."""
    is_truncated: bool
    """Whether `max_tokens` cut the completion off."""
    completion_tokens: int


class StoredAnswer(Frozen):
    """A completion that answers a sample."""

    generation_key: str
    sample_id: str
    completion: str


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
        *,
        asks_form: bool = True,
    ) -> None:
        """Record that run `run_id` uses this generation as the answer to this sample, with its score.

        `asks_form` says whether the prompt asks for the form of the answer, so that the strict reading counts.
        A measurement is stored once. If several runs need it, it belongs to the latest of them.
        """
        with self._connection.transaction():
            identity = {
                "sample_id": sample_id,
                "model_id": model_id,
                "strategy": strategy,
                "system_message_id": ensure_system_message(self._connection, system_message),
                "sample_index": sample_index,
                "generation_key": generation_key,
            }
            self._connection.insert(
                "measurements",
                {**identity, "run_id": run_id, "asks_form": asks_form, "created_at": utc_now()},
                f"ON CONFLICT ({', '.join(identity)}) DO UPDATE SET run_id = max(run_id, excluded.run_id),"
                " asks_form = excluded.asks_form",
            )
            self.set_score(generation_key, sample_id, score)

    def set_score(self, generation_key: str, sample_id: str, score: Score) -> None:
        """Store a score. Scores of other versions stay; the newest version is the one that is read."""
        values = {
            "strict_extracted": score.strict.extracted,
            "strict_value": score.strict.value,
            "lenient_extracted": score.lenient.extracted,
            "lenient_value": score.lenient.value,
            "scorer": score.scorer,
        }
        key = {"generation_key": generation_key, "sample_id": sample_id, "scorer_version": score.version}
        changes = ", ".join(f"{column} = excluded.{column}" for column in values)
        self._connection.insert("scores", key | values, f"ON CONFLICT DO UPDATE SET {changes}")

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
        return self._connection.records(MeasurementRow, _SELECT + where + _LATEST + order, [*filters.values()])

    def scores(self, run_id: int, model_id: int) -> Iterator[ScoreRow]:
        """Iterate over the scores of a run for a model. Do not write to the store in between.

        Answers that a judge has not graded are left out.
        """
        rows = self._connection.execute(
            f"SELECT s.task, m.sample_id, m.strategy, {_VALUE}, c.lenient_value, {_VALUE} IS NOT NULL,"
            " c.strict_value IS NULL AND c.lenient_value IS NULL, g.finish_reason = 'length', g.completion_tokens"
            f" FROM measurements AS m {_SCORED} WHERE m.run_id = ? AND m.model_id = ? AND {_HAS_SCORE}"
            " ORDER BY m.id",
            [run_id, model_id],
        )
        return (
            ScoreRow(task, sample, strategy, value, lenient, bool(extracted), bool(unreadable), bool(truncated), tokens)
            for task, sample, strategy, value, lenient, extracted, unreadable, truncated, tokens in rows
        )

    def cells(self, run_id: int) -> list[Cell]:
        """The cells that a run has measured so far, ordered by task and strategy."""
        rows = self._connection.rows(
            f"SELECT m.strategy, count(*), total({_VALUE}), count({_VALUE}), sum(g.completion_tokens),"
            " total(c.lenient_value), sum(c.strict_value IS NULL AND c.lenient_value IS NULL),"
            " sum(g.finish_reason = 'length'), s.task"
            f" FROM measurements AS m {_SCORED} WHERE m.run_id = ? AND {_HAS_SCORE}"
            " GROUP BY s.task, m.strategy ORDER BY s.task, m.strategy",
            [run_id],
        )
        return [Cell(*row) for row in rows]

    def outdated(self, scorer_version: int) -> list[StoredAnswer]:
        """The answers without a score by this version of the scorer or a later one. Grades do not become outdated."""
        # The index makes this fast where nothing is outdated, and every reader asks it.
        query = (
            "SELECT DISTINCT c.generation_key, c.sample_id, g.completion FROM scores AS c"
            " JOIN generations AS g ON g.key = c.generation_key WHERE c.scorer_version < ?1"
            f" AND c.scorer != '{JUDGE_SCORER}'"
            " AND NOT EXISTS (SELECT 1 FROM scores AS newer WHERE newer.scorer_version >= ?1"
            " AND newer.generation_key = c.generation_key AND newer.sample_id = c.sample_id)"
        )
        return self._connection.records(StoredAnswer, query, [scorer_version])

    def count_scored(self) -> int:
        """The number of answers that have a score."""
        return int(self._connection.one("SELECT count(DISTINCT generation_key || sample_id) FROM scores")[0])

    def accuracy_by_task(self) -> dict[str, float]:
        """The mean score of all measurements of each task, in the headline reading."""
        query = f"SELECT s.task, avg(coalesce({_VALUE}, 0)) FROM measurements AS m {_SCORED}"
        query += f" WHERE {_HAS_SCORE} GROUP BY s.task"
        return {row[0]: row[1] for row in self._connection.rows(query)}


def ensure_system_message(connection: Connection, text: str) -> int:
    """The id of a system message. Each text is stored once, because it is long and repeats for every question."""
    connection.execute("INSERT INTO system_messages (text) VALUES (?) ON CONFLICT DO NOTHING", [text])
    return int(connection.one("SELECT id FROM system_messages WHERE text = ?", [text])["id"])
