from __future__ import annotations

import math

import pytest

from orca_local.domain.errors import InputError
from orca_local.store.results import EvaluationRow, ExportRow
from orca_local.store.store import Store
from orca_local.store.trainings import AdapterRow
from tests.store.builders import ensure_model


def start_training(store: Store, run_id: int, key: str = "t") -> int:
    return store.trainings.start(key, run_id, weights_sha256="w", recipe={"rank": 16}, rows=48, directory="adapters/t")


def evaluate(store: Store, run_id: int, task: str, n: int, accuracy: float) -> None:
    row = EvaluationRow(run_id, "base", ensure_model(store), "", task, n, accuracy, 0.0, 1.0, 0.5)
    store.evaluations.add(row)


def test_same_training_again_goes_on(store: Store) -> None:
    first, second = (store.runs.start("train", "{}", {}) for _ in range(2))
    training_id = start_training(store, first)
    for step, loss in ((1, 2.0), (2, 1.0), (2, 0.9), (3, math.nan)):
        store.trainings.add_metric(training_id, step, "train_loss", loss)
    assert start_training(store, second) == training_id
    store.trainings.finish(training_id, "done", {"steps": 3})
    found = store.trainings.find("t")
    assert found is not None
    assert (found.run_id, found.status, found.summary, found.recipe) == (second, "done", {"steps": 3}, {"rank": 16})
    assert store.trainings.metrics(training_id, "train_loss") == [(1, 2.0), (2, 0.9), (3, None)]
    assert store.trainings.find("other") is None
    latest = store.trainings.latest()
    assert latest is not None
    assert latest.training_id == training_id


def test_adapter_that_was_made_last_is_the_latest(store: Store) -> None:
    assert store.adapters.latest() is None
    training_id = start_training(store, store.runs.start("train", "{}", {}))
    one, two = (AdapterRow(training_id, f"adapters/{n}", n, "w", 3, 0.5) for n in ("one", "two"))
    first, second = store.adapters.add(one), store.adapters.add(two)
    latest = store.adapters.latest()
    assert latest is not None
    assert latest.adapter_id == second
    assert store.adapters.add(one) == first
    latest = store.adapters.latest()
    assert latest is not None
    assert latest.adapter_id == first
    assert store.adapters.get(second).path == str(store.path.parent / "adapters/two")
    with pytest.raises(InputError, match="no adapter 9"):
        store.adapters.get(9)


def test_latest_export_is_found_by_name_and_quantization(store: Store) -> None:
    for name, quantization in (("base", "Q8_0"), ("tuned", "Q8_0"), ("tuned", "Q4_K_M")):
        path = f"exports/{name}-{quantization}.gguf"
        store.exports.add(ExportRow(None, name, path, "aa", quantization, 100, None, {"passed": True}))
    tuned, q8, none = (store.exports.latest("tuned", q) for q in (None, "Q8_0", "F16"))
    assert tuned is not None
    assert q8 is not None
    assert none is None
    assert (tuned.quantization, q8.acceptance) == ("Q4_K_M", {"passed": True})
    assert q8.path == str(store.path.parent / "exports/tuned-Q8_0.gguf")
    assert [export.export_id for export in store.exports.list()] == [3, 2, 1]


def test_latest_evaluation_is_that_of_the_latest_run(store: Store) -> None:
    first, second = (store.runs.start("evaluate", "{}", {}) for _ in range(2))
    evaluate(store, first, "sums", 10, 0.1)
    evaluate(store, second, "sums", 30, 0.1)
    evaluate(store, second, "sums", 30, 0.2)
    evaluate(store, second, "dates", 10, 0.6)
    assert [(row.task, row.accuracy) for row in store.evaluations.latest()] == [("sums", 0.2), ("dates", 0.6)]
    summary = store._connection.rows("SELECT run_id, tasks, n, accuracy FROM evaluation_summary ORDER BY run_id")
    assert [tuple(row) for row in summary] == [(first, 1, 10, 0.1), (second, 2, 40, 0.3)]


def test_model_is_known_by_its_hash(store: Store) -> None:
    first = store.models.ensure("/a.gguf", "aa", "llama", "Q8_0", 10)
    assert store.models.ensure("/b.gguf", "aa", "llama", "Q8_0", 10) == first
    assert store.models.get(first).path == "/b.gguf"
    with pytest.raises(InputError, match="no model 9"):
        store.models.get(9)
