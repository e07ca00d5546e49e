"""A header is checked against its file before anything is allocated, and every fault is one message."""

from __future__ import annotations

import json
import math
import struct
import tracemalloc
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orca_local.domain.errors import InputError, OrcaError
from orca_local.engines.context_memory import kv_bytes_per_token
from orca_local.gguf.byte_reader import MAX_HEADER
from orca_local.gguf.header import read_header
from orca_local.gguf.inspect import describe, training_problems
from tests.gguf.files import (
    ARRAY,
    BOOL,
    FLOAT32,
    FLOAT64,
    INT32,
    INT64,
    STRING,
    TOKENS,
    UINT32,
    UINT64,
    header_bytes,
    model_pairs,
    model_tensors,
    numbers,
    text,
    typed,
    write,
    write_model,
)

MEMORY = 4 << 20
"""What reading a small file may take, in bytes."""


def refused(path: Path) -> str:
    """The one message of a file, which costs little memory."""
    tracemalloc.start()
    try:
        with pytest.raises(InputError) as raised:
            describe(path)
        assert tracemalloc.get_traced_memory()[1] < MEMORY
    finally:
        tracemalloc.stop()
    assert raised.value.hint and len(raised.value.message) < 600 and "\n" not in raised.value.message
    return raised.value.message


def test_the_small_model_is_right(tmp_path: Path) -> None:
    header = read_header(write_model(tmp_path / "m.gguf"))
    assert training_problems(header) == [] and header.parameters == 4 * len(TOKENS) + 3 * 4 + 2 * 16 + 2 * 8 + 3 * 32


PAIRS: list[tuple[bytes, str]] = [
    (typed("llama.block_count", UINT32, "I", 2**31), "llama.block_count is 2147483648"),
    (typed("llama.block_count", UINT32, "I", 2**31 - 1), "llama.block_count is 2,147,483,647, but the file holds 11"),
    (typed("llama.block_count", UINT32, "I", 12), "llama.block_count is 12, but the file holds 11 tensors"),
    (typed("llama.block_count", UINT64, "Q", 2**63), "llama.block_count is 9223372036854775808"),
    (typed("llama.block_count", INT32, "i", -1), "llama.block_count is -1"),
    (typed("llama.block_count", FLOAT32, "f", 1.0), "llama.block_count is 1.0"),
    (typed("llama.block_count", BOOL, "?", True), "llama.block_count is True"),
    (typed("llama.block_count", STRING, "Q1s", 1, b"1"), "llama.block_count is '1'"),
    (numbers("llama.block_count", UINT32, "I", [1, 1]), "llama.block_count is a list of 2"),
    (typed("llama.context_length", INT64, "q", -5), "llama.context_length is -5"),
    (numbers("llama.context_length", UINT32, "I", [1] * 3000), "llama.context_length is a list of 3,000"),
    (typed("llama.embedding_length", UINT64, "Q", 2**40), "llama.embedding_length is 1099511627776"),
    (typed("llama.attention.head_count", INT32, "i", -2), "llama.attention.head_count is -2"),
    (numbers("llama.attention.head_count_kv", INT32, "i", [1, -1]), "llama.attention.head_count_kv is a list of 2"),
    (typed("llama.feed_forward_length", FLOAT64, "d", math.nan), "llama.feed_forward_length is nan"),
    (typed("llama.rope.freq_base", FLOAT32, "f", math.nan), "llama.rope.freq_base is nan"),
    (typed("llama.rope.freq_base", FLOAT32, "f", 0.0), "llama.rope.freq_base is 0.0"),
    (typed("llama.rope.freq_base", FLOAT32, "f", math.inf), "llama.rope.freq_base is inf"),
    (typed("llama.rope.scaling.factor", FLOAT32, "f", -math.inf), "llama.rope.scaling.factor is -inf"),
    (typed("llama.attention.layer_norm_rms_epsilon", FLOAT32, "f", math.nan), "layer_norm_rms_epsilon is nan"),
    (typed("llama.attention.layer_norm_rms_epsilon", STRING, "Q0s", 0, b""), "layer_norm_rms_epsilon is ''"),
    (typed("llama.attention.sliding_window", INT32, "i", -8), "llama.attention.sliding_window is -8"),
    (typed("llama.rope.scaling.type", UINT32, "I", 3), "llama.rope.scaling.type is 3"),
    (typed("general.name", UINT32, "I", 7), "general.name is 7"),
    (text("general.name") + struct.pack("<I", STRING) + text("n" * 100_000), "general.name is 'nnn"),
    (numbers("general.license", FLOAT32, "f", [0.5]), "general.license is a list of 1"),
    (typed("general.file_type", FLOAT32, "f", math.nan), "general.file_type is nan"),
    (numbers("tokenizer.chat_template", UINT32, "I", [65]), "tokenizer.chat_template is a list of 1"),
    (numbers("tokenizer.ggml.tokens", UINT32, "I", [1, 2]), "tokenizer.ggml.tokens is a list of 2"),
    (typed("tokenizer.ggml.tokens", STRING, "Q1s", 1, b"a"), "tokenizer.ggml.tokens is 'a'"),
    (numbers("tokenizer.ggml.merges", FLOAT32, "f", [1.0]), "tokenizer.ggml.merges is a list of 1"),
    (numbers("tokenizer.ggml.scores", FLOAT32, "f", [0.0] * 4), "tokenizer.ggml.scores is a list of 4"),
    (numbers("tokenizer.ggml.scores", FLOAT64, "d", [0.0] * len(TOKENS)), "of type 12"),
    (numbers("tokenizer.ggml.token_type", INT32, "i", []), "tokenizer.ggml.token_type is a list of 0"),
    (numbers("tokenizer.ggml.token_type", BOOL, "?", [True] * len(TOKENS)), "of type 7"),
    (typed("tokenizer.ggml.token_type", INT32, "i", 1), "tokenizer.ggml.token_type is 1"),
    (typed("tokenizer.ggml.bos_token_id", FLOAT32, "f", 1.0), "tokenizer.ggml.bos_token_id is 1.0"),
    (typed("tokenizer.ggml.eos_token_id", STRING, "Q1s", 1, b"2"), "tokenizer.ggml.eos_token_id is '2'"),
    (typed("split.count", INT32, "i", -1), "split.count is -1"),
    (typed("general.alignment", UINT32, "I", 0), "general.alignment is 0"),
    (typed("general.alignment", UINT32, "I", 48), "general.alignment is 48"),
    (typed("general.alignment", UINT32, "I", 2**31), "general.alignment is 2147483648"),
    (typed("general.alignment", INT32, "i", -32), "general.alignment is -32"),
    (typed("general.alignment", FLOAT32, "f", 32.0), "general.alignment is 32.0"),
    (typed("general.alignment", BOOL, "?", True), "general.alignment is True"),
    (text("general.architecture") + struct.pack("<I", STRING) + text("l" * 2000), "general.architecture is 'lll"),
    (text("x") + struct.pack("<IIQ", ARRAY, ARRAY, 1), "'x': a list of metadata type 9"),
    (text("x") + struct.pack("<IIQ", ARRAY, 13, 0), "'x': a list of metadata type 13"),
    (text("x") + struct.pack("<I", 99), "'x': metadata type 99 does not exist"),
    (text("x") + struct.pack("<IIQ", ARRAY, UINT32, 2**61), "'x': its header needs byte"),
    (text("x") + struct.pack("<IIQ", ARRAY, UINT32, 2**64 - 1), "'x': its header needs byte"),
    (text("x") + struct.pack("<IIQ", ARRAY, STRING, 2**60), "'x': its header needs byte"),
    (text("x") + struct.pack("<IIQQ", ARRAY, STRING, 1, 2**63), "'x': its header needs byte"),
    (text("x") + struct.pack("<IQ", STRING, 2**64 - 1), "'x': its header needs byte"),
    (struct.pack("<Q", 2**62), "its header needs byte"),
    (text("k" * 70_000) + struct.pack("<II", UINT32, 1), "a name of 70,000 bytes: 'kkk"),
]


@pytest.mark.parametrize(("pair", "message"), PAIRS, ids=[message[:48] for _, message in PAIRS])
def test_a_wrong_value_is_named_with_its_key(tmp_path: Path, pair: bytes, message: str) -> None:
    """Each takes the place of the right one."""
    length = int.from_bytes(pair[:8], "little")
    key = pair[8 : 8 + length].decode() if length < 100 else "long"
    assert message in refused(write_model(tmp_path / "m.gguf", **{key: pair}))


def test_blocks_without_tensors_are_bounded_too(tmp_path: Path) -> None:
    """A part of a split model holds not all of its tensors."""
    pairs = model_pairs() | {
        "llama.block_count": typed("llama.block_count", UINT32, "I", 2**30),
        "split.count": typed("split.count", UINT32, "I", 2),
    }
    assert "llama.block_count is 1,073,741,824" in refused(write(tmp_path / "m.gguf", header_bytes(pairs, [])))
    assert "llama.block_count is 1,073,741,824" in refused(
        write(tmp_path / "n.gguf", header_bytes(pairs, model_tensors()))
    )


Change = Callable[[list[tuple[str, tuple[int, ...], int, int]]], None]


def _set(index: int, **fields: object) -> Change:
    names = ("name", "shape", "kind", "offset")

    def change(tensors: list[tuple[str, tuple[int, ...], int, int]]) -> None:
        tensors[index] = tuple(fields.get(name, value) for name, value in zip(names, tensors[index], strict=True))  # type: ignore[assignment]

    return change


TENSORS: list[tuple[Change, str]] = [
    (_set(0, shape=(2**63, 2**63)), "token_embd.weight' ends at byte"),
    (_set(0, shape=(2**32, 2**32, 2**32, 2**32)), "token_embd.weight' ends at byte"),
    (_set(0, shape=(4, 0)), "'token_embd.weight' of shape (0, 4)"),
    (_set(0, shape=()), "'token_embd.weight': it has 0 dimensions"),
    (_set(0, shape=(1,) * 5), "'token_embd.weight': it has 5 dimensions"),
    (_set(0, shape=(1,) * 3000), "'token_embd.weight': it has 3,000 dimensions"),
    (_set(0, kind=999), "'token_embd.weight' has the unknown type 999"),
    (_set(0, kind=8), "does not divide into blocks of 32"),
    (_set(1, offset=0), "'output_norm.weight' starts at byte 0 of the data, not at 4,160"),
    (_set(1, offset=2**63), "starts at byte 9,223,372,036,854,775,808"),
    (_set(1, offset=97), "starts at byte 97"),
    (_set(10, shape=(8192, 4)), "'blk.0.ffn_down.weight' ends at byte"),
    (_set(1, name="token_embd.weight"), "two tensors are named 'token_embd.weight'"),
    (_set(1, name="n" * 2000), "a name of 2,000 bytes: 'nnn"),
]


@pytest.mark.parametrize(("change", "message"), TENSORS, ids=[message[:40] for _, message in TENSORS])
def test_a_tensor_that_does_not_fit_is_named(tmp_path: Path, change: Change, message: str) -> None:
    tensors = [(name, tuple(shape), kind, offset) for name, shape, kind, offset in model_tensors()]
    change(tensors)
    assert message in refused(write(tmp_path / "m.gguf", header_bytes(model_pairs(), tensors)))


@pytest.mark.parametrize("count", [2**17 + 1, 2**32, 2**64 - 1])
def test_a_count_that_no_model_has_is_refused(tmp_path: Path, count: int) -> None:
    header = header_bytes(model_pairs(), model_tensors(), tensor_count=count)
    assert f"it claims {count:,} tensors" in refused(write(tmp_path / "t.gguf", header))
    header = header_bytes(model_pairs(), model_tensors(), pair_count=count)
    assert f"it claims {count:,} metadata values" in refused(write(tmp_path / "p.gguf", header))


def test_two_values_of_one_name_are_refused(tmp_path: Path) -> None:
    pairs = model_pairs() | {"again": model_pairs()["general.name"]}
    assert "two metadata values are named 'general.name'" in refused(
        write(tmp_path / "m.gguf", header_bytes(pairs, model_tensors()))
    )


def test_a_large_list_is_read_item_by_item(tmp_path: Path) -> None:
    """As objects, its numbers would take several times the memory of the file."""
    count = 2_000_000
    pairs = model_pairs() | {"x": numbers("x", INT64, "q", range(count))}
    path = write(tmp_path / "m.gguf", header_bytes(pairs, model_tensors()))
    tracemalloc.start()
    try:
        values = read_header(path).metadata["x"]
        assert tracemalloc.get_traced_memory()[0] < 9 * count
    finally:
        tracemalloc.stop()
    assert len(values) == count and values[-1] == count - 1 and [*values[:3]] == [0, 1, 2]


def test_a_header_of_more_than_the_limit_is_refused(tmp_path: Path) -> None:
    """The file is sparse: it claims a list of its whole length."""
    path = write(tmp_path / "m.gguf", header_bytes({"x": text("x") + struct.pack("<IIQ", ARRAY, UINT32, 2**28)}, []))
    with path.open("r+b") as file:
        file.truncate(2**31)
    assert f"its header would be larger than {MAX_HEADER >> 20} MiB" in refused(path)


SMALL_PAIRS = {key: pair for key, pair in model_pairs().items() if key != "tokenizer.chat_template"}


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """Without a chat template: a file with one is also rendered in a process of its own."""
    return write(tmp_path_factory.mktemp("small") / "m.gguf", header_bytes(SMALL_PAIRS, model_tensors())).read_bytes()


def _survives(path: Path) -> None:
    """Reading a file gives a description that can be shown, or the user's error."""
    try:
        json.dumps(describe(path))
        header = read_header(path)
        assert header.quantization and kv_bytes_per_token(header) >= 0
    except OrcaError as error:
        assert error.hint and len(error.message) < 1000


@settings(max_examples=250, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_damage_gives_anything_but_a_message(small: bytes, tmp_path: Path, data: st.DataObject) -> None:
    raw = bytearray(small)
    end = len(header_bytes(SMALL_PAIRS, model_tensors()))
    for position in data.draw(st.lists(st.integers(0, end - 1), min_size=1, max_size=6)):
        raw[position] = data.draw(st.integers(0, 255))
    if data.draw(st.booleans()):
        del raw[data.draw(st.integers(0, len(raw))) :]
    path = tmp_path / "m.gguf"
    path.write_bytes(raw)
    _survives(path)


@settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(position=st.integers(0, 3000), value=st.sampled_from([2**64 - 1, 2**63, 2**32, 2**31, 0, 2**16, 1]))
def test_no_number_at_any_place_gives_anything_but_a_message(
    small: bytes, tmp_path: Path, position: int, value: int
) -> None:
    """Eight bytes at once: a length, a count, a dimension or an offset."""
    raw = bytearray(small)
    raw[position : position + 8] = struct.pack("<Q", value)
    path = tmp_path / "m.gguf"
    path.write_bytes(raw)
    _survives(path)
