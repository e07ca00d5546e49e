from __future__ import annotations

from dataclasses import replace

import pytest

from orca_local.evaluate.compare import SampleResult, compare, gain, measure


def answers(values: str, task: str = "t") -> list[SampleResult]:
    """Results of samples t0, t1, …: `1` right, `0` wrong, `h` half right, `-` without a readable answer."""
    scores = {"1": 1.0, "0": 0.0, "-": None, "h": 0.5}
    return [SampleResult(f"{task}{i}", task, scores[v]) for i, v in enumerate(values)]


def test_an_unreadable_answer_counts_as_wrong_and_lowers_the_extracted_share() -> None:
    measured = measure(answers("11-0"))
    assert (measured.n, measured.accuracy, measured.extracted) == (4, 0.5, 0.75)
    assert measured.ci[0] < 0.5 < measured.ci[1]


def with_form(values: str, strict: str) -> list[SampleResult]:
    """Results as in `answers`, and the strict reading of each: `x` for one that was cut off."""
    scores = {"1": 1.0, "0": 0.0, "-": None, "x": None}
    return [
        replace(result, strict_value=scores[v], is_truncated=v == "x")
        for result, v in zip(answers(values), strict, strict=True)
    ]


def test_both_readings_have_an_accuracy_and_truncated_and_unreadable_answers_a_share() -> None:
    measured = measure(with_form("1110--", "1-0x-x"))
    assert measured.accuracy == 0.5 and measured.strict_accuracy == pytest.approx(1 / 6)
    assert (measured.extracted, measured.unreadable, measured.truncated) == pytest.approx((4 / 6, 2 / 6, 2 / 6))


def test_a_gain_that_is_only_form_shows_in_the_strict_reading_alone() -> None:
    result = gain(with_form("1" * 40, "-" * 40), with_form("1" * 40, "1" * 40))
    assert (result.value, result.strict_value) == (0.0, 1.0)
    assert result.ci[0] < 0 < result.ci[1]
    assert result.strict_ci is not None and result.strict_ci[0] > 0.8


def test_gain_pairs_by_sample_whatever_the_order() -> None:
    base, tuned = answers("0011"), answers("1011")
    assert gain(base, list(reversed(tuned))).value == pytest.approx(0.25)


def test_gain_is_taken_only_over_samples_that_both_answered() -> None:
    result = gain(answers("00"), answers("1111"))
    assert (result.n, result.value) == (2, 1.0)


def test_p_value_is_mcnemars_exact_one() -> None:
    # Ten samples won and none lost: two-sided exact p = 2 · 0.5¹⁰.
    assert gain(answers("0" * 10), answers("1" * 10)).p_value == pytest.approx(2 * 0.5**10)


def test_no_p_value_is_claimed_for_partial_scores() -> None:
    assert gain(answers("00"), answers("1h")).p_value is None


def test_interval_of_a_clear_gain_excludes_zero_and_of_none_does_not() -> None:
    clear = gain(answers("0" * 40), answers("1" * 30 + "0" * 10))
    none = gain(answers("01" * 20), answers("10" * 20))
    assert clear.ci[0] > 0
    assert none.ci[0] < 0 < none.ci[1]


def test_unseen_question_types_are_reported_separately() -> None:
    rows = [SampleResult("a", "t", 1.0), SampleResult("b", "t", 0.0, unseen=True)]
    (model,), _ = compare({"base": {"": rows}}, [""])
    assert model.unseen is not None and model.unseen.accuracy == 0.0
    assert model.accuracy == 0.5


def test_every_system_message_has_its_own_gain_and_the_first_is_the_headline() -> None:
    models, total = compare(
        {
            "base": {"generic": answers("00"), "": answers("01")},
            "tuned": {"generic": answers("11"), "": answers("01")},
        },
        ["generic", ""],
    )
    assert total is not None and total.value == 1.0
    assert [row.value for row in total.by_system_message] == [1.0, 0.0]
    assert [model.model for model in models] == ["base", "tuned"]


def test_the_headline_says_what_it_covers_and_offers_the_interval_over_tasks() -> None:
    base = [*answers("0" * 30, "a"), *answers("01" * 15, "b"), *answers("10" * 15, "c")]
    tuned = [*answers("1" * 30, "a"), *answers("01" * 15, "b"), *answers("01" * 15, "c")]
    _, total = compare({"base": {"": base}, "tuned": {"": tuned}}, [""])
    assert total is not None and total.covers == "new samples of these tasks, with this training seed"
    assert total.ci[0] > 0, "the gain in these tasks is certain"
    assert total.ci_tasks is not None and total.ci_tasks[0] < 0, "one task of three gained"
    assert [task.ci[1] > task.ci[0] for task in total.tasks] == [True] * 3
    _, total = compare({"base": {"": base[:30]}, "tuned": {"": tuned[:30]}}, [""])
    assert total is not None and total.ci_tasks is None and "ci_tasks" not in total.to_dict()


def test_a_gain_on_no_common_sample_is_unknown() -> None:
    assert gain(answers("1", "a"), answers("1", "b")).ci == (-1.0, 1.0)


def test_interval_and_p_value_agree() -> None:
    few = gain(answers("000"), answers("111"))
    assert few.p_value == 0.25 and few.ci[0] <= 0 < few.ci[1] == 1
    one = gain(answers("0" * 100), answers("1" + "0" * 99))
    assert one.p_value == 1.0 and one.ci[0] < 0 < one.ci[1]


def test_one_model_alone_has_no_gain() -> None:
    assert compare({"base": {"": answers("01")}}, [""])[1] is None
