from __future__ import annotations

import pytest

from orca_local.domain.errors import InputError
from orca_local.kinds.verdict import Verdict
from orca_local.store.demonstrations import DemonstrationRow
from orca_local.store.selections import SelectionRow
from orca_local.store.store import Store
from tests.store.builders import add_samples, make_sample


def reserve(store: Store, key: str = "k") -> bool:
    return store.teacher_calls.reserve(key, "https://api.example/v1", "big", {"messages": []}, reserved_usd=0.02)


def select(
    store: Store,
    strategy: str,
    *,
    run_id: int | None,
    chosen_by: str = "probe",
    task: str = "sums",
    decided: bool = True,
) -> None:
    store.selections.set(
        SelectionRow(run_id, task, strategy, 0.5, 0.4, 0.6, 24, decided, "exhaustive", 0.05, "highest", chosen_by)
    )


def test_call_is_reserved_then_answered_and_never_made_again(store: Store) -> None:
    """Trap 11: a resume must not pay twice."""
    assert reserve(store)
    assert store.teacher_calls.answered(["k"]) == set()
    store.teacher_calls.complete("k", {"text": "5"}, 10, 2, cost_usd=0.01)
    assert not reserve(store)
    store.teacher_calls.fail("k", "late error")
    call = store.teacher_calls.get("k")
    assert call is not None
    assert (call.state, call.response, call.attempts, call.cost_usd, call.error) == ("done", {"text": "5"}, 1, 0.01, "")
    assert store.teacher_calls.answered(["k", "other"]) == {"k"}


def test_failed_and_cut_off_calls_may_be_made_again(store: Store) -> None:
    reserve(store)
    assert reserve(store)
    store.teacher_calls.fail("k", "HTTP 500")
    call = store.teacher_calls.get("k")
    assert call is not None
    assert (call.state, call.error, call.attempts, call.response) == ("failed", "HTTP 500", 2, None)
    assert reserve(store)
    assert store.teacher_calls.get("other") is None


def test_every_try_is_charged_and_what_never_came_back_at_its_worst(store: Store) -> None:
    run_id = store.runs.start("teach", "{}", {})
    for key in ("a", "b"):
        reserve(store, key)
    first, again, lost = (store.charges.reserve(run_id, key, 0.02) for key in ("a", "a", "b"))
    store.charges.settle(first, 0.0)
    store.charges.settle(again, 0.01)
    store.charges.settle(again, 5.0)
    spent = store.charges.spent()
    assert lost and spent.usd == pytest.approx(0.03) and spent.calls == 3
    rows = store._connection.rows("SELECT calls, tries, cost_usd, unsettled_usd FROM teacher_spend")
    assert [tuple(row) for row in rows] == [(2, 3, 0.01, 0.02)]


def test_demonstration_again_keeps_its_review_and_edited_text(store: Store) -> None:
    add_samples(store, make_sample("a"), make_sample("b", task="dates"))
    reserve(store)
    row = DemonstrationRow("a", "step_by_step", "k", 0, "first", None)
    other = DemonstrationRow("b", "step_by_step", "k", 0, "x", False)
    first = store.demonstrations.upsert(row)
    second = store.demonstrations.upsert(other)
    assert store.demonstrations.upsert(DemonstrationRow("a", "step_by_step", "k", 0, "again", True)) == first
    assert (store.demonstrations.get(first).text, store.demonstrations.get(first).verified) == ("again", True)
    store.demonstrations.edit(first, "mine", Verdict.EQUAL_VALUE, 2)
    store.demonstrations.set_review(second, "rejected")
    store.demonstrations.upsert(row)
    store.demonstrations.upsert(other)
    found = [(r.sample_id, r.text, r.verified, r.review) for r in store.demonstrations.list()]
    assert found == [("b", "x", False, "rejected"), ("a", "mine", True, "edited")]
    assert [r.sample_id for r in store.demonstrations.list(tasks=["sums"], strategy="step_by_step")] == ["a"]
    assert [r.sample_id for r in store.demonstrations.list(review="rejected")] == ["b"]


def test_unknown_demonstration_is_an_input_error(store: Store) -> None:
    for act in (
        lambda: store.demonstrations.get(7),
        lambda: store.demonstrations.set_review(7, "accepted"),
        lambda: store.demonstrations.edit(7, "x", Verdict.UNCHECKED, 2),
    ):
        with pytest.raises(InputError, match="no demonstration 7"):
            act()


def test_latest_selection_holds_but_a_choice_by_hand_wins(store: Store) -> None:
    add_samples(store, make_sample("a"))
    runs = [store.runs.start("probe", "{}", {}) for _ in range(3)]
    select(store, "direct_answer", run_id=runs[0])
    select(store, "step_by_step", run_id=runs[1])
    select(store, "extract_generate", run_id=runs[1])
    current = store.selections.current()["sums"]
    assert (current.strategy, current.decided, current.run_id, current.alpha) == (
        "extract_generate",
        True,
        runs[1],
        0.05,
    )
    for strategy in ("recall_then_generate", "explain_then_answer"):
        select(store, strategy, run_id=None, chosen_by="hand")
    select(store, "direct_answer", run_id=runs[2])
    assert store.selections.current()["sums"].strategy == "explain_then_answer"
    store.selections.clear_by_hand("sums")
    assert store.selections.current()["sums"].strategy == "direct_answer"


def test_choices_that_hold_are_counted(store: Store) -> None:
    assert store.selections.count() == (0, 0)
    for task in ("latest decides", "latest does not", "by hand"):
        add_samples(store, make_sample(task, task=task))
    first, second = (store.runs.start("probe", "{}", {}) for _ in range(2))
    select(store, "direct_answer", run_id=first, task="latest decides", decided=False)
    select(store, "direct_answer", run_id=second, task="latest decides")
    select(store, "direct_answer", run_id=first, task="latest does not")
    select(store, "direct_answer", run_id=second, task="latest does not", decided=False)
    select(store, "direct_answer", run_id=None, task="by hand", chosen_by="hand", decided=False)
    select(store, "direct_answer", run_id=second, task="by hand")
    assert store.selections.count() == (3, 1)
