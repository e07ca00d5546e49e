"""Answers to the questions of benchmarks, and their scores. The questions themselves are in no table."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from orca_local.domain.frozen import Frozen
from orca_local.domain.text import storable
from orca_local.store.connection import Table
from orca_local.store.encoding import utc_now
from orca_local.store.measurements import ensure_system_message


class SuiteAnswerRow(Frozen):
    """Which generation answers which question, by which model."""

    run_id: int
    suite: str
    digest: str
    """The hash of the suite's rows."""
    question_id: str
    model: str
    """Name of the model as it was evaluated."""
    model_id: int
    system_message: str
    generation_key: str


class SuiteScoreRow(Frozen):
    """What one rule makes of an answer."""

    rule: str
    """`ours`, or the name of the rule of another harness."""
    scorer_version: int
    extracted: str | None
    """The answer that the rule finds; None if it finds none."""
    value: float | None
    """From 0 to 1; None without a readable answer, which counts as 0."""


class ScoredRow(Frozen):
    """One score of one answer, without texts."""

    question_id: str
    system_message: str
    rule: str
    value: float | None
    is_extracted: bool
    is_truncated: bool
    """Whether the answer was cut off."""
    prompt_tokens: int
    completion_tokens: int


class SuiteAnswers(Table):
    """The tables `suite_measurements` and `suite_scores`."""

    def add(self, row: SuiteAnswerRow, scores: Iterable[SuiteScoreRow]) -> None:
        """Record an answer with its scores, once. If several runs need it, it belongs to the latest of them."""
        with self._connection.transaction():
            identity = {
                "suite": row.suite,
                "digest": row.digest,
                "question_id": row.question_id,
                "model_id": row.model_id,
                "system_message_id": ensure_system_message(self._connection, row.system_message),
                "generation_key": row.generation_key,
            }
            self._connection.insert(
                "suite_measurements",
                {**identity, "run_id": row.run_id, "model": row.model, "created_at": utc_now()},
                f"ON CONFLICT ({', '.join(identity)}) DO UPDATE SET run_id = max(run_id, excluded.run_id),"
                " model = excluded.model",
            )
            for score in scores:
                values = {
                    "generation_key": row.generation_key,
                    "suite": row.suite,
                    "question_id": row.question_id,
                    "rule": score.rule,
                    "scorer_version": score.scorer_version,
                    "extracted": None if score.extracted is None else storable(score.extracted),
                    "value": score.value,
                }
                self._connection.insert("suite_scores", values, verb="INSERT OR REPLACE")

    def scores(self, run_id: int, model_id: int, suite: str) -> Iterator[ScoredRow]:
        """Iterate over the newest scores of a run for a model and a suite. Do not write to the store in between."""
        rows = self._connection.execute(
            "SELECT m.question_id, t.text, c.rule, c.value, c.extracted IS NOT NULL, g.finish_reason = 'length',"
            " g.prompt_tokens, g.completion_tokens, max(c.scorer_version) FROM suite_measurements AS m"
            " JOIN system_messages AS t ON t.id = m.system_message_id"
            " JOIN generations AS g ON g.key = m.generation_key"
            " JOIN suite_scores AS c ON c.generation_key = m.generation_key AND c.suite = m.suite"
            " AND c.question_id = m.question_id WHERE m.run_id = ? AND m.model_id = ? AND m.suite = ?"
            " GROUP BY m.id, c.rule",
            [run_id, model_id, suite],
        )
        return (
            ScoredRow(question, message, rule, value, bool(extracted), bool(truncated), read, written)
            for question, message, rule, value, extracted, truncated, read, written, _ in rows
        )

    def answered(self, suite: str, digest: str, model_id: int, messages: Sequence[str]) -> dict[str, int]:
        """The number of these system messages that each question of a suite was answered under by a model."""
        marks = ", ".join("?" * len(messages))
        rows = self._connection.rows(
            "SELECT m.question_id, count(DISTINCT m.system_message_id) FROM suite_measurements AS m"
            " JOIN system_messages AS t ON t.id = m.system_message_id"
            f" WHERE m.suite = ? AND m.digest = ? AND m.model_id = ? AND t.text IN ({marks}) GROUP BY m.question_id",
            [suite, digest, model_id, *messages],
        )
        return {row[0]: int(row[1]) for row in rows}
