from __future__ import annotations

import numpy as np
import pytest

from orca_local.domain.quantized import QuantizedFile, recommend
from orca_local.evaluate.compare import SampleResult
from orca_local.evaluate.split import SplitModels, recommend_type, split_gain, with_changes
from tests.evaluate.test_compare import answers

TYPES = {
    "tuned:F16": QuantizedFile("F16", 200, 16.0, 0.0, 1.0),
    "tuned": QuantizedFile("Q4_K_M", 60, 4.9, 0.07, 0.9),
    "tuned:Q2_K": QuantizedFile("Q2_K", 40, 3.1, 0.9, 0.5),
}


def test_training_and_quantizing_add_up_to_the_gain() -> None:
    split = split_gain(
        {
            "base": answers("00000000" + "11"),
            "tuned:F16": answers("11111110" + "11"),
            "tuned": answers("11111000" + "11"),
            "tuned:Q2_K": answers("00000000" + "00"),
        },
        SplitModels("tuned:F16", TYPES),
    )
    assert [part.accuracy for part in (split.base, split.tuned_f16, split.tuned)] == pytest.approx([0.2, 0.9, 0.7])
    values = [change.value for change in (split.trained, split.quantized, split.total)]
    assert values == pytest.approx([0.7, -0.2, 0.5])
    assert split.quantization == "Q4_K_M"
    # Seven samples won and none lost: two-sided exact p = 2 · 0.5⁷.
    assert split.trained.p_value == pytest.approx(2 * 0.5**7)
    assert split.quantized.ci[0] < -0.2 < split.quantized.ci[1]


def test_every_type_is_compared_with_f16_on_the_same_samples() -> None:
    given = {"base": "0011", "tuned:F16": "1111", "tuned": "1110", "tuned:Q2_K": "0000"}
    types = with_changes({name: answers(values) for name, values in given.items()}, SplitModels("tuned:F16", TYPES))
    rows = {row.quantization: (row.accuracy, row.change.value) for row in types if row.change is not None}
    assert rows == {"F16": (1.0, 0.0), "Q4_K_M": (0.75, -0.25), "Q2_K": (0.0, -1.0)}
    recommendation = recommend(types)
    assert recommendation is not None and recommendation.reason.startswith("4 samples are too few to show")


@pytest.mark.slow
def test_the_choice_of_a_type_is_judged_on_other_samples_than_it_is_made_on() -> None:
    """All three types lose a point. Chosen is one that seems to lose less; the figure beside it is unbiased."""
    rng = np.random.default_rng(0)
    types = {"F16": QuantizedFile("F16", 200, 16.0, 0.0, 1.0)}
    types |= {name: QuantizedFile(name, 60 + i, 4.9, 0.07, 0.9) for i, name in enumerate(("A", "B", "C"))}
    ids = [f"s{i}" for i in range(500)]
    reported, naive = [], []
    for _ in range(150):
        full = rng.random(500) < 0.6
        scores = {"F16": full}
        for name in ("A", "B", "C"):
            flips = rng.random(500)
            scores[name] = np.where(flips < 0.025, False, np.where(flips > 0.9875, True, full))
        results = {
            name: [SampleResult(i, "t", float(x)) for i, x in zip(ids, row, strict=True)]
            for name, row in scores.items()
        }
        recommendation = recommend_type(results, SplitModels("F16", types))
        assert recommendation is not None
        if recommendation.change is not None:
            reported.append(recommendation.change.value)
            assert f"on the {recommendation.change.n} others" in recommendation.reason
        all_samples = recommend(with_changes(results, SplitModels("F16", types)))
        assert all_samples is not None
        changes = {t.quantization: t.change for t in with_changes(results, SplitModels("F16", types))}
        chosen = changes[all_samples.quantization]
        if "is shown" in all_samples.reason and chosen is not None:
            naive.append(chosen.value)
    # A sample that is right stays so with 97.5 %, a wrong one becomes right with 1.25 %.
    truth = -0.025 * 0.6 + 0.0125 * 0.4
    error = np.std(reported) / np.sqrt(len(reported))
    assert len(reported) > 20 and abs(np.mean(reported) - truth) < 3 * error
    assert np.mean(naive) > truth + 0.003, "on the same samples it would look better than it is"
