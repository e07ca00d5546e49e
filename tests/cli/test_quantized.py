"""The tables of `export` and `evaluate --split`."""

from __future__ import annotations

from pathlib import Path

import pytest

from orca_local.cli.app import run
from orca_local.cli.quantized import show_split, show_types
from orca_local.domain.evaluation_summary import GainSplit
from orca_local.domain.quantized import QuantizedFile, Recommendation

TYPE = {
    "quantization": "Q4_K_M",
    "bytes": 105_000_000,
    "bits_per_weight": 6.17,
    "tensor_types": {"F32": 61, "Q5_0": 166, "Q6_K": 15},
    "kl": 0.0442,
    "agreement": 0.91,
    "imatrix": True,
}


def test_a_row_a_type_says_what_it_takes_and_what_it_costs(capsys: pytest.CaptureFixture[str]) -> None:
    show_types([QuantizedFile.from_dict(TYPE)], Recommendation("Q4_K_M", "Q4_K_M is the smallest"))
    said = capsys.readouterr().out
    for cell in ("Q4_K_M", "105 MB", "6.17", "61 F32, 166 Q5_0, 15 Q6_K", "yes", "0.0442", "91.0 %"):
        assert cell in said
    assert "accuracy" not in said and "recommended: Q4_K_M is the smallest\n" in said


def test_accuracies_stand_beside_it_where_they_were_measured(capsys: pytest.CaptureFixture[str]) -> None:
    loss = {"value": -0.02, "ci": [-0.05, 0.01], "n": 200}
    show_types([QuantizedFile.from_dict({**TYPE, "accuracy": 0.5, "loss": loss})], None)
    said = capsys.readouterr().out
    assert "50.0 %" in said and "-2.0 [-5.0, 1.0]" in said
    shares = {"strict_accuracy": 0.4, "unreadable": 0.03, "truncated": 0.02}
    show_types([QuantizedFile.from_dict({**TYPE, "accuracy": 0.5, "loss": loss, **shares})], None)
    assert "50.0 % 40.0 % 3.0 % 2.0 % -2.0 [-5.0, 1.0]" in " ".join(capsys.readouterr().out.split())


def test_an_adapter_has_no_types(capsys: pytest.CaptureFixture[str]) -> None:
    show_types([], None)
    assert not capsys.readouterr().out


def test_the_split_says_what_training_gave_and_what_quantizing_took(capsys: pytest.CaptureFixture[str]) -> None:
    def change(value: float) -> dict[str, object]:
        return {"value": value, "ci": [value - 0.1, value + 0.1], "p_value": 0.5, "n": 10}

    accuracies = {name: {"accuracy": value} for name, value in (("base", 0.1), ("tuned_f16", 0.6), ("tuned", 0.5))}
    changes = {"trained": change(0.5), "quantized": change(-0.1), "total": change(0.4)}
    show_split(GainSplit.from_dict({"quantization": "Q4_0", **accuracies, **changes}))
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert lines[3][:11] == ["training", "base", "Q4_0", "→", "tuned", "F16", "10.0", "%", "60.0", "%", "+50.0"]
    assert lines[4][-10:] == ["-10.0", "[-20.0,", "0.0]", "0.5", *["–", "→", "–"], *["–", "→", "–"]]
    assert lines[5][-10:-6] == ["+40.0", "[30.0,", "50.0]", "0.5"]


def test_the_split_shows_the_asked_form_and_what_was_cut_off(capsys: pytest.CaptureFixture[str]) -> None:
    change = {"value": 0.1, "ci": [0.0, 0.2], "p_value": None, "n": 10}
    figures = {"accuracy": 0.5, "extracted": 1.0, "n": 10, "ci": [0.2, 0.8]}
    accuracies = {
        "base": {**figures, "strict_accuracy": 0.0, "unreadable": 0.2, "truncated": 0.4},
        "tuned_f16": {**figures, "strict_accuracy": 0.6, "unreadable": 0.0, "truncated": 0.0},
        "tuned": {**figures, "strict_accuracy": 0.5, "unreadable": 0.0, "truncated": 0.1},
    }
    changes = dict.fromkeys(("trained", "quantized", "total"), change)
    show_split(GainSplit.from_dict({"quantization": "Q4_0", **accuracies, **changes}))
    lines = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    assert lines[3].endswith("– 0.0 % → 60.0 % 40.0 % → 0.0 %")
    assert lines[5].endswith("– 0.0 % → 50.0 % 40.0 % → 10.0 %")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["evaluate", "--split", "--model", "base"], "do not give --model"),
        (["evaluate", "--quantization", "Q8_0", "--quantization", "Q4_0"], "use --split to compare several"),
        (["export", "--adapter-only", "--imatrix", "none"], "do not give --quantization and --imatrix"),
    ],
)
def test_options_that_contradict_are_refused(
    words: list[str], said: str, workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run([*words, "-w", str(workspace)]) == 2
    assert said in capsys.readouterr().err
