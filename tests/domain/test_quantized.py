from __future__ import annotations

import pytest

from orca_local.domain.quantized import AccuracyChange, QuantizedFile, recommend


def make(name: str, size: int, kl: float, loss: tuple[float, float, float] | None = None) -> QuantizedFile:
    change = None if loss is None else AccuracyChange(loss[0], loss[1:], 200)
    return QuantizedFile(name, size, 8 * size / 100, kl, 1 - kl, change=change)


F16, Q8, Q6, Q4 = make("F16", 200, 0.0), make("Q8_0", 106, 0.003), make("Q6_K", 82, 0.008), make("Q4_K_M", 60, 0.07)


@pytest.mark.parametrize(
    ("files", "chosen", "reason"),
    [
        ([F16, Q8, Q6, Q4], "Q6_K", "Q6_K is the smallest that predicts within 0.01 nats of F16: 0.008 nats"),
        ([Q4, Q8], "Q8_0", "Q8_0 is the smallest that predicts within"),
        ([Q4, make("Q2_K", 40, 0.9)], "Q4_K_M", "none of these predicts within 0.01 nats of F16; Q4_K_M"),
        ([make("A", 60, 0.01), make("B", 60, 0.005)], "B", "B is the smallest"),
    ],
)
def test_without_accuracies_the_smallest_that_predicts_alike_is_taken(
    files: list[QuantizedFile], chosen: str, reason: str
) -> None:
    recommendation = recommend(files)
    assert (
        recommendation is not None
        and recommendation.quantization == chosen
        and recommendation.reason.startswith(reason)
    )


NONE = (0.0, 0.0, 0.0)


@pytest.mark.parametrize(
    ("q8", "q6", "q4", "chosen", "reason"),
    [
        # The loss of Q4 may be three points, that of Q6 one.
        ((0, -0.005, 0.005), (0, -0.01, 0.006), (-0.01, -0.03, 0.01), "Q6_K", "Q6_K is the smallest whose accuracy"),
        # Answers count more than predictions: a type that answers no worse may predict otherwise.
        ((0, -0.005, 0.005), (0, -0.01, 0.01), (0.01, -0.01, 0.03), "Q4_K_M", "+1.0 points, 95 % interval [-1.0, 3.0]"),
        # A wide interval proves nothing, though it contains zero.
        ((0, -0.2, 0.2), (0, -0.2, 0.2), (0, -0.2, 0.2), "Q6_K", "200 samples are too few to show that any"),
    ],
)
def test_with_accuracies_the_smallest_whose_loss_is_shown_to_be_small_is_taken(
    q8: tuple[float, float, float],
    q6: tuple[float, float, float],
    q4: tuple[float, float, float],
    chosen: str,
    reason: str,
) -> None:
    losses = zip((F16, Q8, Q6, Q4), (NONE, q8, q6, q4), strict=True)
    recommendation = recommend([make(t.quantization, t.bytes, t.kl, loss) for t, loss in losses])
    assert recommendation is not None and recommendation.quantization == chosen and reason in recommendation.reason


@pytest.mark.parametrize(("n", "shown"), [(16, False), (148, False), (149, True)])
def test_few_samples_that_all_agree_prove_nothing(n: int, shown: bool) -> None:
    equal = AccuracyChange(0.0, (0.0, 0.0), n)
    recommendation = recommend([F16, QuantizedFile("Q4_K_M", 60, 4.8, 0.07, 0.93, change=equal)])
    assert recommendation is not None and ("is shown" in recommendation.reason) == shown
    assert recommendation.quantization == ("Q4_K_M" if shown else "F16")


def test_one_type_is_no_choice() -> None:
    assert recommend([Q8]) is None and recommend([]) is None


def test_the_row_that_is_printed() -> None:
    assert "loss" not in Q8.to_dict() and "accuracy" not in Q8.to_dict()
    assert make("Q8_0", 106, 0.003, (0, -0.1, 0.1)).to_dict()["loss"] == {"value": 0, "ci": [-0.1, 0.1], "n": 200}
