"""The comparison of several models: differences in pairs, and the correction for their number."""

from __future__ import annotations

import pytest

from orca_local.cli.evaluate import show_comparison
from orca_local.domain.evaluation_summary import EvaluationSummary
from orca_local.domain.statistics import holm, mcnemar_exact
from orca_local.evaluate.beside import compare_beside
from orca_local.evaluate.compare import compare
from tests.evaluate.test_compare import answers


@pytest.mark.parametrize(
    ("p_values", "adjusted"),
    [
        ([], []),
        ([0.04], [0.04]),
        # 4 · 0.005, 3 · 0.01, 2 · 0.03, 1 · 0.04 of which the last may not be below the one before it.
        ([0.01, 0.04, 0.03, 0.005], [0.03, 0.06, 0.06, 0.02]),
        ([0.6, 0.5], [1.0, 1.0]),
        ([0.02, 0.02, 0.02], [0.06, 0.06, 0.06]),
        ([1.0, 0.001], [1.0, 0.002]),
    ],
)
def test_holm_equals_the_correction_by_hand(p_values: list[float], adjusted: list[float]) -> None:
    assert holm(p_values) == pytest.approx(adjusted)


RESULTS = {
    "base": [*answers("0" * 12, "a"), *answers("01" * 10, "b")],
    "tuned": [*answers("1" * 12, "a"), *answers("01" * 10, "b")],
    "gpt": [*answers("1" * 12, "a"), *answers("1" * 20, "b")],
    "half": [*answers("h" * 12, "a")],
}


def test_every_model_is_compared_with_the_tuned_one_in_pairs() -> None:
    beside = compare_beside(RESULTS)
    assert beside is not None and beside.reference == "tuned"
    base, gpt, half = beside.models
    assert [(one.model, one.n, one.value) for one in beside.models] == [
        ("base", 32, -12 / 32),
        ("gpt", 32, 10 / 32),
        ("half", 12, -0.5),
    ]
    assert base.p_value == mcnemar_exact(12, 0) and gpt.p_value == mcnemar_exact(0, 10)
    # Three comparisons: the smallest p-value times 3, the next times 2.
    assert sorted(beside.models, key=lambda one: one.p_value)[1].p_holm == pytest.approx(
        max(3 * sorted(one.p_value for one in beside.models)[0], 2 * sorted(one.p_value for one in beside.models)[1])
    )
    assert base.ci[1] < 0 < gpt.ci[0] and half.ci[1] < 0
    assert {task.task: (task.value, task.n) for task in gpt.tasks} == {"a": (0.0, 12), "b": (0.5, 20)}
    missing = next(task for task in half.tasks if task.task == "b")
    assert (missing.n, missing.ci, missing.p_holm) == (0, (-1.0, 1.0), 1.0)
    # Six comparisons by task, of which one has no sample: the smallest p-value counts five times.
    assert base.tasks[0].p_holm == pytest.approx(5 * mcnemar_exact(12, 0))


def test_base_and_tuned_alone_need_no_such_table_and_base_is_the_reference_without_tuned() -> None:
    assert compare_beside({name: RESULTS[name] for name in ("base", "tuned")}) is None
    assert compare_beside({name: RESULTS[name] for name in ("gpt", "half")}) is None
    beside = compare_beside({name: RESULTS[name] for name in ("base", "gpt")})
    assert beside is not None and (beside.reference, [one.model for one in beside.models]) == ("base", ["gpt"])


def test_the_gain_stays_that_of_tuned_and_the_tables_fit_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    models, gain = compare({name: {"": results} for name, results in RESULTS.items()}, [""])
    assert gain is not None and gain.value == 12 / 32
    summary = EvaluationSummary(1, models, 1.0, gain, compare_beside(RESULTS))
    show_comparison(summary)
    printed = capsys.readouterr().out
    assert max(map(len, printed.split("over new samples")[0].splitlines()[:-1])) <= 120
    rows = {tuple(line.split()[:2]) for line in printed.splitlines() if line}
    assert ("against", "tuned") in rows and ("all", "tasks") in rows and ("gpt", "93.8") not in rows
    assert EvaluationSummary.from_dict(summary.to_dict()) == summary
