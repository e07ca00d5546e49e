"""Answers to the questions of benchmarks, which are in no table of samples."""

from __future__ import annotations

from orca_local.store.store import Store
from orca_local.store.suite_answers import ScoredRow, SuiteAnswerRow, SuiteScoreRow
from tests.store.builders import answer_question, ensure_model


def start(store: Store) -> int:
    return store.runs.start("suites", "{}", {})


def scored(store: Store, run_id: int, model: str = "base") -> set[ScoredRow]:
    return set(store.suite_answers.scores(run_id, ensure_model(store, model), "gsm8k"))


def test_an_answer_has_every_score_and_no_sample(store: Store) -> None:
    run_id = start(store)
    answer_question(store, run_id, "1", "k1", system_message="Be kind.")
    answer_question(store, run_id, "2", "k2", value=None, finish_reason="length")
    answer_question(store, run_id, "2", "k3", model="tuned")
    assert scored(store, run_id) == {
        ScoredRow("1", "Be kind.", "ours", 1.0, True, False, 5, 3),
        ScoredRow("1", "Be kind.", "other", 1.0, True, False, 5, 3),
        ScoredRow("2", "", "ours", None, False, True, 5, 3),
        ScoredRow("2", "", "other", 0.0, False, True, 5, 3),
    }
    assert store.samples.count() == (0, 0)


def test_an_answer_belongs_to_the_latest_run_and_the_newest_score_counts(store: Store) -> None:
    first, second = start(store), start(store)
    for run_id in (first, second, first):
        answer_question(store, run_id, "1", "k1")
    assert scored(store, first) == set() and len(scored(store, second)) == 2
    row = SuiteAnswerRow(second, "gsm8k", "d" * 64, "1", "base", ensure_model(store, "base"), "", "k1")
    store.suite_answers.add(row, [SuiteScoreRow("ours", 5, None, None)])
    store.suite_answers.add(row, [SuiteScoreRow("other", 1, "2", 0.5)])
    assert {row.rule: row.value for row in scored(store, second)} == {"ours": None, "other": 0.5}


def test_answered_questions_are_counted_by_system_message(store: Store) -> None:
    run_id = start(store)
    for question, text in (("1", ""), ("1", "Be kind."), ("2", ""), ("2", "Be brief.")):
        answer_question(store, run_id, question, f"{question}{text}", system_message=text)

    def answered(digest: str) -> dict[str, int]:
        return store.suite_answers.answered("gsm8k", digest, ensure_model(store, "base"), ["", "Be kind."])

    assert answered("d" * 64) == {"1": 2, "2": 1}
    assert answered("e" * 64) == {}


def test_what_a_model_wrote_can_be_stored(store: Store) -> None:
    run_id = start(store)
    answer_question(store, run_id, "1", "k1")
    row = SuiteAnswerRow(run_id, "gsm8k", "d" * 64, "1", "base", ensure_model(store, "base"), "", "k1")
    store.suite_answers.add(row, [SuiteScoreRow("ours", 4, "half \ud83d\0", 0.0)])
    assert len(scored(store, run_id)) == 2
