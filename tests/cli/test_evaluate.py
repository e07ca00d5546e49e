"""The comparison that `evaluate` and `run` print."""

from __future__ import annotations

import pytest

from orca_local.cli.evaluate import show_comparison
from orca_local.domain.evaluation_summary import EvaluationSummary
from orca_local.evaluate.compare import compare
from tests.evaluate.test_compare import answers, with_form


def test_every_gain_has_its_interval_and_the_headline_says_what_it_covers(capsys: pytest.CaptureFixture[str]) -> None:
    base = [*answers("0" * 30, "a"), *answers("01" * 15, "b")]
    tuned = [*answers("1" * 30, "a"), *answers("01" * 15, "b")]
    models, gain = compare({"base": {"": base}, "tuned": {"": tuned}}, [""])
    show_comparison(EvaluationSummary(1, models, 1.0, gain))
    printed = capsys.readouterr().out
    rows = {line.split()[0]: line for line in printed.splitlines() if line}
    assert "+100.0 [" in rows["a"] and "+0.0 [" in rows["b"] and "+50.0 [" in rows["all"]
    assert "over new samples of these tasks, with this training seed" in printed
    assert "over tasks like these (2 measured), with this training seed: [" in printed


def test_the_asked_form_and_cut_off_answers_have_a_place(capsys: pytest.CaptureFixture[str]) -> None:
    models, gain = compare({"base": {"": with_form("1110", "--0x")}, "tuned": {"": with_form("1110", "1110")}}, [""])
    show_comparison(EvaluationSummary(1, models, 1.0, gain))
    rows = capsys.readouterr().out.splitlines()
    (total,) = (row for row in rows if row.startswith("all"))
    assert total.endswith("25.0 % / 0.0 %") and "+0.0 [" in total
    (form,) = (row for row in rows if row.startswith("right in the asked form  "))
    assert "0.0 %" in form and "75.0 %" in form and "+75.0 [" in form
