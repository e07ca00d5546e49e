from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from orca_local.domain.errors import AcceptanceError
from orca_local.domain.types import Completion
from orca_local.export import acceptance
from orca_local.export.acceptance import (
    check_answers,
    check_divergence,
    check_finite,
    check_metadata,
    check_same_weights,
    check_stops,
    measure_divergence,
    require_passed,
)
from orca_local.export.merge import write_tensors
from orca_local.gguf.header import read_header
from orca_local.gguf.tensors import iter_tensors


def test_the_divergence_is_that_of_the_textbook() -> None:
    p, q = np.array([[0.5, 0.25, 0.25]]), np.array([[0.25, 0.5, 0.25]])
    # Adding a constant to logits changes nothing, and rows come in blocks of any length.
    actual = measure_divergence(
        [np.log(p).astype(np.float32) + 7, np.log(p).astype(np.float32).repeat(130, 0)],
        [np.log(q).astype(np.float32), np.log(p).astype(np.float32).repeat(130, 0)],
    )
    assert actual.kl == pytest.approx((p * np.log(p / q)).sum() / 131, rel=1e-6)
    assert actual.agreement == pytest.approx(130 / 131)
    assert actual.positions == 131


def test_predictions_that_are_no_numbers_fail() -> None:
    """Trap 6: every comparison with NaN is false; it must not count as equal."""
    broken = np.full((300, 5), np.nan, np.float32)
    checks = {check.name: check.passed for check in check_divergence(measure_divergence([broken], [broken]))}
    assert not checks["KL from the trained model"]


def test_too_few_positions_or_prompts_prove_nothing() -> None:
    same = [np.zeros((10, 5), np.float32)]
    assert [c.passed for c in check_divergence(measure_divergence(same, same))] == [False, True, True]
    assert not all(c.passed for c in check_divergence(measure_divergence([], [])))
    few = acceptance.MIN_PROMPTS - 1
    assert not check_stops(few, few).passed
    assert check_stops(19, 20).passed and not check_stops(18, 20).passed


def test_a_failed_check_says_name_value_bound_and_remedy() -> None:
    with pytest.raises(AcceptanceError, match=r"answers stop on their own.*18 of 20.*need 95 %") as raised:
        require_passed(check_stops(18, 20))
    assert raised.value.hint and raised.value.exit_code == 1


def test_an_answer_that_breaks_off_fails_the_file_and_says_why() -> None:
    """One of 24 answers may not end; but none may have logits that are not finite."""
    ended = [Completion(str(i), "4", "stop", prompt_tokens=9, completion_tokens=2, duration_ms=1) for i in range(23)]
    assert check_answers([*ended, replace(ended[0], finish_reason="length")]).passed
    with pytest.raises(AcceptanceError, match="1 of 24 failed: the model's logits are not finite") as raised:
        broken = replace(ended[0], finish_reason="error", error="the model's logits are not finite")
        require_passed(check_answers([*ended, broken]))
    assert "learning rate" in raised.value.hint


def test_another_template_or_a_lost_key_is_seen(tiny_gguf: Path) -> None:
    base = read_header(tiny_gguf)
    template = "tokenizer.chat_template"
    altered = replace(base, raw_pairs=base.raw_pairs | {template: base.raw_pairs[template][:-1] + b"!"})
    lost = replace(base, raw_pairs={k: v for k, v in base.raw_pairs.items() if k != "tokenizer.ggml.eos_token_id"})
    added = replace(base, raw_pairs=base.raw_pairs | {"general.extra": b"x", "orca_local.version": b"1"})
    assert check_metadata(base, base).passed
    for made, key in ((altered, template), (lost, "tokenizer.ggml.eos_token_id"), (added, "general.extra")):
        check = check_metadata(base, made)
        assert not check.passed and check.value == f"differs in {key}"


def test_one_wrong_or_infinite_weight_is_named(tiny_gguf: Path, tmp_path: Path) -> None:
    base = read_header(tiny_gguf)

    def tensors(value: float):  # type: ignore[no-untyped-def]
        for tensor, values in iter_tensors(base):
            if tensor.name == "blk.1.ffn_up.weight":
                values[3, 4] = value
            yield values

    other = write_tensors(tmp_path / "other.gguf", base, tensors(0.125), {})
    assert check_finite(other).passed
    assert check_same_weights(base, other).value == "differs: blk.1.ffn_up.weight"
    infinite = write_tensors(tmp_path / "infinite.gguf", base, tensors(np.inf), {})
    assert check_finite(infinite).value == "not finite: blk.1.ffn_up.weight"


def test_the_types_really_used_are_counted(tiny_gguf: Path) -> None:
    counts = read_header(tiny_gguf).tensor_types
    assert set(counts) == {"F16", "F32"} and sum(counts.values()) == len(read_header(tiny_gguf).tensors)
