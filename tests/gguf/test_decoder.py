"""The decoder that a header describes. tests/train compares the logits."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from orca_local.domain.errors import InputError
from orca_local.gguf.decoder import AttentionKind, Scales, max_row_length, read_decoder
from orca_local.gguf.header import Header, read_header
from tests.tiny import CONTEXT, WINDOW, write_variant


def variant(tmp_path: Path, name: str, **values: object) -> Header:
    header = read_header(write_variant(tmp_path / "m.gguf", name))
    changed = {f"{header.architecture}.{key}": value for key, value in values.items()}
    return replace(header, metadata=header.metadata | changed)


def test_gemma3_looks_back_a_window_but_for_each_sixth_block(tmp_path: Path) -> None:
    decoder = read_decoder(variant(tmp_path, "gemma3"))
    assert decoder.windows == (WINDOW,) * 5 + (0,)
    assert decoder.rope_of(decoder.kinds[5]).inverse_frequencies[1] == pytest.approx(1e6 ** (-2 / 16) / 8)
    assert decoder.rope_of(decoder.kinds[0]).inverse_frequencies[1] == pytest.approx(1e4 ** (-2 / 16))
    assert decoder.scales.embedding == math.sqrt(32) and decoder.family.activation == "gelu"


@pytest.mark.parametrize(
    ("pattern", "windowed"),
    [(2, [1, 0, 1, 0, 1, 0]), (0, [1] * 6), (1, [0] * 6), ([True, True, False] * 2, [1, 1, 0] * 2)],
)
def test_the_pattern_of_windows_may_be_in_the_file(tmp_path: Path, pattern: object, windowed: list[int]) -> None:
    header = variant(tmp_path, "gemma3", **{"attention.sliding_window_pattern": pattern})
    assert read_decoder(header).windows == tuple(WINDOW * w for w in windowed)


def test_the_fourth_block_of_smollm3_has_no_rotary_embedding(tmp_path: Path) -> None:
    decoder = read_decoder(variant(tmp_path, "smollm3"))
    assert [kind.is_rotated for kind in decoder.kinds] == [True, True, True, False]
    assert [decoder.rope_of(kind).dimensions for kind in decoder.kinds] == [8, 8, 8, 0]


def test_exaone4_has_windows_only_with_as_many_blocks_as_llama_cpp_asks_for(tmp_path: Path) -> None:
    assert read_decoder(variant(tmp_path, "exaone4")).kinds == (AttentionKind(),) * 2
    kinds = read_decoder(variant(tmp_path, "exaone4-windows")).kinds
    assert kinds == ((AttentionKind(WINDOW),) * 3 + (AttentionKind(is_rotated=False),)) * 16


def test_granite_has_its_factors_and_its_switch_in_the_file(tmp_path: Path) -> None:
    assert read_decoder(variant(tmp_path, "granite")).scales == Scales(0.25, 3.0, float(np.float32(0.7)), 0.5)
    zeros = dict.fromkeys(("embedding_scale", "attention.scale", "residual_scale"), 0.0)
    assert read_decoder(variant(tmp_path, "granite", **zeros)).scales == Scales(8**-0.5, 1.0, 1.0, 0.5)
    assert not any(kind.is_rotated for kind in read_decoder(variant(tmp_path, "granite-unrotated")).kinds)
    with pytest.raises(InputError, match="logit_scale is missing or 0"):
        read_decoder(variant(tmp_path, "granite", logit_scale=0.0))


@pytest.mark.parametrize(("name", "length"), [("qwen3", 32), ("olmo2", 8)])
def test_norms_of_queries_have_the_length_that_their_family_takes(tmp_path: Path, name: str, length: int) -> None:
    header = variant(tmp_path, name)
    tensors = [replace(t, shape=(length,)) if t.name == "blk.1.attn_q_norm.weight" else t for t in header.tensors]
    with pytest.raises(InputError, match=rf"attn_q_norm\.weight' has the shape {length}"):
        read_decoder(replace(header, tensors=tuple(tensors)))


def test_a_pattern_of_windows_that_ends_early_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="a list of 2 for 6 blocks"):
        read_decoder(variant(tmp_path, "gemma3", **{"attention.sliding_window_pattern": [True, False]}))


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("expert_used_count", 0, "expert_used_count 0"),
        ("expert_used_count", 9, "expert_used_count 9"),
        ("expert_count", 4, "has the shape"),
        ("expert_feed_forward_length", 16, "has the shape"),
        ("expert_weights_scale", 2.5, "expert_weights_scale"),
        ("expert_group_count", 2, "expert_group_count"),
    ],
)
def test_a_mixture_that_disagrees_with_its_tensors_is_refused(
    tmp_path: Path, key: str, value: object, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        read_decoder(variant(tmp_path, "qwen3moe", **{key: value}))


def test_a_mixture_without_one_of_its_matrices_is_refused(tmp_path: Path) -> None:
    header = variant(tmp_path, "qwen3moe")
    tensors = tuple(tensor for tensor in header.tensors if tensor.name != "blk.1.ffn_up_exps.weight")
    with pytest.raises(InputError, match=r"no tensor 'blk\.1\.ffn_up_exps\.weight'"):
        read_decoder(replace(header, tensors=tensors))


def test_phi3_divides_by_its_short_factors_and_holds_no_longer_rows_than_they_do(tmp_path: Path) -> None:
    header = variant(tmp_path, "phi3")
    rope = read_decoder(header).rope
    assert rope.dimensions == 6 and rope.magnitude == pytest.approx(1.19)
    assert np.all(rope.inverse_frequencies < 1e4 ** (-np.arange(0, 6, 2) / 6))
    assert max_row_length(header) == CONTEXT // 2
    assert max_row_length(variant(tmp_path, "llama")) == CONTEXT


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("rope.scaling.type", "yarn", "rope scaling 'yarn'"),
        ("final_logit_softcapping", 30.0, "final_logit_softcapping"),
        ("expert_count", 8, "expert_count"),
        ("deepstack_mapping", [-1, 1], "deepstack_mapping"),
        ("attention.value_length", 4, "differ in size"),
        ("attention.head_count", [4, 2], "is a list, not one whole number"),
    ],
)
def test_what_is_not_known_is_refused_by_name(tmp_path: Path, key: str, value: object, message: str) -> None:
    with pytest.raises(InputError, match=message) as raised:
        read_decoder(variant(tmp_path, "llama", **{key: value}))
    assert "models list" in raised.value.hint


def test_the_windows_of_olmo3_which_calls_itself_olmo2_are_refused(tmp_path: Path) -> None:
    assert read_decoder(variant(tmp_path, "olmo2", **{"attention.sliding_window": 0})).windows == (0, 0)
    with pytest.raises(InputError, match=r"olmo2\.attention\.sliding_window is not supported"):
        read_decoder(variant(tmp_path, "olmo2", **{"attention.sliding_window": WINDOW}))


@pytest.mark.parametrize("architecture", ["llama", "gemma3", "phi3"])
@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("attention.head_count", 0, "head_count is 0"),
        ("attention.head_count", 8, "has the shape"),
        ("attention.head_count_kv", 1, "has the shape"),
        ("embedding_length", 64, "has the shape"),
        ("feed_forward_length", 10, "has the shape"),
    ],
)
def test_numbers_that_disagree_with_the_tensors_are_refused(
    tmp_path: Path, architecture: str, key: str, value: int, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        read_decoder(variant(tmp_path, architecture, **{key: value}))


def test_a_tensor_that_nobody_reads_is_refused(tmp_path: Path) -> None:
    header = variant(tmp_path, "llama")
    stray = replace(header.tensors[-1], name="blk.0.attn_sinks.weight")
    with pytest.raises(InputError, match=r"blk\.0\.attn_sinks\.weight"):
        read_decoder(replace(header, tensors=(*header.tensors, stray)))


def test_another_architecture_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    header = variant(tmp_path, "llama")
    with pytest.raises(InputError, match="'mamba' is not supported; supported are llama, qwen2, qwen3, gemma3, phi3,"):
        read_decoder(replace(header, metadata=header.metadata | {"general.architecture": "mamba"}))
