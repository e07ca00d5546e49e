"""The choice between a quantized file and its copy in BF16."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from orca_local.domain.errors import MissingError
from orca_local.domain.settings import EngineSettings
from orca_local.domain.statistics import mean_kl
from orca_local.engines.compute import MAX_KL, ComputeChoice, ComputeMeasurement, Measure, choose_compute, measure_forms
from orca_local.engines.llama_cpp import LlamaCppEngine
from orca_local.gguf.header import read_header
from orca_local.gguf.tensors import read_tensor
from orca_local.system.digest import file_sha256
from tests.engines.drive import prompt_logits


def chosen(path: Path, form: str, measure: Measure = measure_forms) -> ComputeChoice:
    settings = EngineSettings(compute=form, threads=1)
    return choose_compute(path, file_sha256(path), settings, measure=measure)


def test_a_copy_has_the_same_weights_rounded_and_the_same_metadata(quantized: Path) -> None:
    copy = chosen(quantized, "bf16")
    assert copy.compute == "bf16" and copy.path != quantized
    first, second = read_header(quantized), read_header(copy.path)
    assert second.quantization == "BF16" and second.chat_template == first.chat_template
    for tensor in first.tensors:
        expected, actual = read_tensor(first, tensor.name), read_tensor(second, tensor.name)
        np.testing.assert_allclose(actual, expected, rtol=2**-8)
    before = copy.path.stat().st_mtime_ns
    assert chosen(quantized, "bf16").path.stat().st_mtime_ns == before, "made once"


def test_both_forms_predict_alike_and_have_other_names(quantized: Path) -> None:
    copy = chosen(quantized, "bf16")
    logits, names = [], []
    for path, form in ((quantized, "as_is"), (copy.path, "bf16")):
        with closing(LlamaCppEngine(path, EngineSettings(context=128, threads=1), compute=form)) as engine:
            logits.append(prompt_logits(engine, range(200, 240), range(40)))
            names.append(engine.fingerprint)
    assert mean_kl(*logits) < MAX_KL
    assert names[0] != names[1], "a generation of one form is never taken for one of the other"


@pytest.mark.slow
def test_auto_measures_once_and_remembers(quantized: Path) -> None:
    first = chosen(quantized, "auto")
    assert "BF16" in first.reason and "×" in first.reason
    assert (first.compute == "bf16") == (first.path != quantized)

    def never(*_: object) -> ComputeMeasurement:
        raise AssertionError("measured again")

    assert chosen(quantized, "auto", never) == first


@pytest.mark.parametrize(
    ("measured", "form", "message"),
    [
        (ComputeMeasurement(as_is=100, bf16=300, kl=0.004), "bf16", "BF16: 3.0× faster"),
        (ComputeMeasurement(as_is=100, bf16=110, kl=0.004), "as_is", "BF16 is only 1.1× as fast here"),
        (ComputeMeasurement(as_is=100, bf16=300, kl=0.2), "as_is", "BF16 predicts differently (KL 0.2000"),
        (ComputeMeasurement(as_is=100, bf16=300, kl=float("nan")), "as_is", "BF16 predicts differently"),
    ],
)
def test_a_copy_must_be_worth_it_and_say_the_same(measured: ComputeMeasurement, form: str, message: str) -> None:
    decided, reason = measured.choose()
    assert decided == form and message in reason


def test_what_is_not_quantized_stays_as_it_is(tiny_gguf: Path) -> None:
    for form in ("auto", "bf16", "as_is"):
        assert chosen(tiny_gguf, form).path == tiny_gguf


def test_without_room_auto_does_without_and_bf16_says_so(quantized: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = quantized.parent / "file"
    blocked.write_text("")
    monkeypatch.setenv("ORCA_LOCAL_CACHE", str(blocked))
    assert chosen(quantized, "auto").path == quantized
    with pytest.raises(MissingError, match="cannot write") as raised:
        chosen(quantized, "bf16")
    assert "engine.compute" in raised.value.hint
