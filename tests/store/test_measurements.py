from __future__ import annotations

from orca_local.domain.types import Completion
from orca_local.kinds.scoring import Score, ScoredAnswer
from orca_local.store.store import Store
from tests.store.builders import add_samples, ensure_model, make_sample, measure


def start(store: Store) -> int:
    return store.runs.start("probe", "{}", {})


def test_generation_is_kept_once(store: Store) -> None:
    store.generations.record("k", "p", Completion("r", "first", "stop", 5, 3, 20), {"a": 1})
    store.generations.record("k", "p", Completion("r", "second", "stop", 5, 3, 20), {"a": 2})
    row = store.generations.get("k")
    assert row is not None
    assert (row.completion, row.config, row.completion_tokens) == ("first", {"a": 1}, 3)
    assert store.generations.existing(["k", "other"]) == {"k"}
    assert store.generations.get("other") is None


def test_text_with_half_a_surrogate_pair_is_kept_with_a_replacement(store: Store) -> None:
    store.generations.record("k", "p", Completion("r", "x\ud83d", "stop", 5, 3, 20), {})
    row = store.generations.get("k")
    assert row is not None
    assert row.completion == "x\ufffd"


def test_same_measurement_again_moves_to_the_later_run(store: Store) -> None:
    add_samples(store, make_sample("a"))
    first, second = start(store), start(store)
    for run_id in (first, second, first):
        measure(store, run_id, "a", "k")
    rows = store.measurements.rows()
    assert [(row.run_id, row.generation_key) for row in rows] == [(second, "k")]
    assert store.measurements.rows(run_id=first) == []


def test_latest_run_wins_also_when_it_went_back_to_an_older_generation(store: Store) -> None:
    add_samples(store, make_sample("a"))
    for key in ("k1", "k2", "k1"):
        measure(store, start(store), "a", key, value=0.0 if key == "k2" else 1.0)
    (row,) = store.measurements.rows(model_id=ensure_model(store))
    assert (row.generation_key, row.value, row.completion, row.run_id) == ("k1", 1.0, "text k1", 3)


def test_rows_are_filtered_by_every_field(store: Store) -> None:
    add_samples(store, make_sample("a"), make_sample("b", task="dates", split="holdout"))
    run_id = start(store)
    measure(store, run_id, "a", "k1", strategy="step_by_step")
    measure(store, run_id, "b", "k2", strategy="", value=None)
    measure(store, run_id, "b", "k3", strategy="", system_message="Be kind.")
    rows = store.measurements
    assert [row.generation_key for row in rows.rows()] == ["k2", "k3", "k1"]
    assert [row.generation_key for row in rows.rows(split="holdout", system_message="", strategy="")] == ["k2"]
    assert [row.generation_key for row in rows.rows(task="sums")] == ["k1"]
    assert rows.rows(model_id=99) == []
    assert (rows.rows(system_message="")[0].value, rows.rows(system_message="")[0].extracted) == (None, None)


def test_new_score_replaces_the_old_one(store: Store) -> None:
    add_samples(store, make_sample("a"))
    run_id = start(store)
    measure(store, run_id, "a", "k", value=0.0)
    measure(store, run_id, "a", "k", value=0.5)
    assert [row.value for row in store.measurements.rows()] == [0.5]


def test_the_strict_reading_counts_where_the_form_was_asked_for(store: Store) -> None:
    add_samples(store, make_sample("a"))
    run_id = start(store)
    measure(store, run_id, "a", "k1", strategy="asks", value=None, lenient=1.0)
    measure(store, run_id, "a", "k2", strategy="plain", value=None, lenient=1.0, asks_form=False)
    asked, plain = store.measurements.rows()
    assert (asked.value, asked.extracted, asked.lenient_value, asked.asks_form) == (None, None, 1.0, True)
    assert (plain.value, plain.extracted, plain.strict_value, plain.asks_form) == (1.0, "1", None, False)
    cells = {
        cell.strategy: (cell.score_sum, cell.lenient_sum, cell.extracted_count) for cell in store.measurements.cells(1)
    }
    assert cells == {"asks": (0.0, 1.0, 0), "plain": (1.0, 1.0, 1)}
    scores = store.measurements.scores(run_id, ensure_model(store))
    assert [(row.value, row.lenient_value, row.is_extracted, row.is_unreadable) for row in scores] == [
        (None, 1.0, False, False),
        (1.0, 1.0, True, False),
    ]


def test_unreadable_and_truncated_answers_are_counted(store: Store) -> None:
    add_samples(store, make_sample("a"), make_sample("b"))
    run_id = start(store)
    measure(store, run_id, "a", "k1", value=None, finish_reason="length")
    measure(store, run_id, "b", "k2", value=None, lenient=0.0)
    (cell,) = store.measurements.cells(run_id)
    assert (cell.n, cell.extracted_count, cell.unreadable_count, cell.truncated_count) == (2, 0, 1, 1)
    rows = list(store.measurements.scores(run_id, ensure_model(store)))
    assert [(row.is_unreadable, row.is_truncated) for row in rows] == [(True, True), (False, False)]


def test_the_score_of_the_newest_version_counts_and_older_ones_stay(store: Store) -> None:
    add_samples(store, make_sample("a"))
    measure(store, start(store), "a", "k", value=0.0)
    right, wrong = ScoredAnswer("1", 1.0), ScoredAnswer("2", 0.0)
    for version in (99, 98):
        store.measurements.set_score("k", "a", Score(right if version == 99 else wrong, right, "number", version))
    (row,) = store.measurements.rows()
    assert (row.value, row.scorer_version) == (1.0, 99)
    assert [cell.score_sum for cell in store.measurements.cells(1)] == [1.0]
    assert len(store._connection.rows("SELECT * FROM scores")) == 3


def test_probe_matrix_counts_nothing_found_as_zero(store: Store) -> None:
    add_samples(store, make_sample("a"), make_sample("b"), make_sample("h", split="holdout"))
    run_id = start(store)
    measure(store, run_id, "a", "k1", value=0.0)
    measure(store, start(store), "a", "k2", value=1.0)
    measure(store, run_id, "b", "k3", value=None)
    measure(store, run_id, "h", "k4")
    rows = store._connection.rows("SELECT task, strategy, n, accuracy, extracted, completion_tokens FROM probe_matrix")
    assert [tuple(row) for row in rows] == [("sums", "direct_answer", 2, 0.5, 0.5, 3.0)]
