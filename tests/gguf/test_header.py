from __future__ import annotations

import struct
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

from orca_local.domain.errors import InputError
from orca_local.export.quantize import quantize
from orca_local.gguf.header import read_header
from orca_local.gguf.inspect import describe, require_student
from orca_local.gguf.tensors import iter_tensors, read_rows_at, read_tensor
from orca_local.gguf.writer import TensorSpec, encode_pair, write_file, write_gguf


def test_the_embedded_student_is_described_from_its_header(student_gguf: Path) -> None:
    description = describe(student_gguf)
    assert (description["architecture"], description["quantization"], description["parameters"]) == (
        "llama",
        "Q4_1",
        134_515_008,
    )
    assert description["context_length"] == 8192
    assert description["problems"] == []
    assert "<|im_start|>" in description["chat_template"]


def damaged(tmp_path: Path, content: bytes) -> Path:
    path = tmp_path / "damaged.gguf"
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b"<html>not a model</html>", "not a GGUF"),
        (b"GGUF" + struct.pack("<I", 99) + b"\0" * 16, "version 99"),
        (b"GGUF" + struct.pack("<IQQ", 3, 1, 1), "cut short"),
        (b"GGUF" + struct.pack("<IQQQ", 3, 0, 1, 2**62), "cut short"),
        (b"GGUF" + struct.pack("<IQQ", 3, 0, 0), "architecture"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message) as raised:
        read_header(damaged(tmp_path, content))
    assert raised.value.hint


@pytest.mark.parametrize("keep", [100, 5_000, 200_000])
def test_a_truncated_header_is_refused(tmp_path: Path, tiny_gguf: Path, keep: int) -> None:
    with pytest.raises(InputError, match="cut short"):
        read_header(damaged(tmp_path, tiny_gguf.read_bytes()[:keep]))


def test_truncated_tensor_data_is_seen_from_the_header(tmp_path: Path, tiny_gguf: Path) -> None:
    """Trap 6: a file that a full disk cut short is refused."""
    with pytest.raises(InputError, match="cut short: tensor"):
        read_header(damaged(tmp_path, tiny_gguf.read_bytes()[:-4096]))


def test_a_missing_file_and_a_directory_are_told_apart(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no file"):
        read_header(tmp_path / "nowhere.gguf")
    with pytest.raises(InputError, match="directory"):
        read_header(tmp_path)


def test_a_copy_keeps_every_metadata_byte_and_every_value(tmp_path: Path, tiny_gguf: Path) -> None:
    base = read_header(tiny_gguf)
    specs = [TensorSpec(t.name, t.shape, t.type_name) for t in base.tensors]
    values = (array for _, array in iter_tensors(base))
    copy = write_gguf(tmp_path / "copy.gguf", base, specs, values, file_type=1, extra={"orca_local.note": "ä"})
    assert {k: v for k, v in copy.raw_pairs.items() if k != "orca_local.note"} == base.raw_pairs
    assert copy.metadata["orca_local.note"] == "ä"
    for tensor in base.tensors:
        assert np.array_equal(read_tensor(base, tensor.name), read_tensor(copy, tensor.name))


@pytest.mark.parametrize("type_name", ["F16", "Q8_0", "Q4_1"])
def test_some_rows_are_those_of_the_whole_matrix(tmp_path: Path, tiny_gguf: Path, type_name: str) -> None:
    quantize(tiny_gguf, tmp_path / "made.gguf", type_name)
    header = read_header(tmp_path / "made.gguf")
    matrices = [tensor for tensor in header.tensors if len(tensor.shape) == 2]
    assert type_name in {tensor.type_name for tensor in matrices}
    numbers = np.array([3, 0, 3, 7])
    for tensor in matrices:
        assert np.array_equal(read_rows_at(header, tensor, numbers), read_tensor(header, tensor.name)[numbers])


def test_an_empty_array_in_the_metadata_survives_a_copy(tmp_path: Path, tiny_gguf: Path) -> None:
    base = read_header(tiny_gguf)
    key = b"tokenizer.empty"
    base.raw_pairs["tokenizer.empty"] = struct.pack("<Q", len(key)) + key + struct.pack("<IIQ", 9, 4, 0)
    specs = [TensorSpec(t.name, t.shape, t.type_name) for t in base.tensors]
    copy = write_gguf(tmp_path / "c.gguf", base, specs, (a for _, a in iter_tensors(base)), file_type=1, extra={})
    assert copy.metadata["tokenizer.empty"] == []


@pytest.mark.parametrize("words", [[], [""], ["a", "", "ä", "\udcff", "last"], ["word"] * 1000])
def test_a_list_of_texts_is_what_was_written(tmp_path: Path, tiny_gguf: Path, words: list[str]) -> None:
    base = read_header(tiny_gguf)
    pairs = {key: base.raw_pairs[key] for key in ("general.architecture",)} | {
        "tokenizer.words": encode_pair("tokenizer.words", words)
    }
    write_file(tmp_path / "texts.gguf", pairs, [], [])
    strings = read_header(tmp_path / "texts.gguf").metadata["tokenizer.words"]
    assert strings == words and strings != [*words, "more"] and list(strings) == words
    assert strings[:2] == words[:2] and strings[-1:] == words[-1:] and len(strings) == len(words)
    assert strings == read_header(tmp_path / "texts.gguf").metadata["tokenizer.words"]
    assert strings != base.metadata["tokenizer.ggml.tokens"]
    with pytest.raises(IndexError):
        strings[len(words)]


def test_a_vocabulary_takes_little_memory_until_it_is_read(student_gguf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("orca_local.gguf.byte_reader._MIN_CACHED", 10**9)
    read_header(student_gguf)  # what is imported for it
    tracemalloc.start()
    try:
        header = read_header(student_gguf)
        taken = tracemalloc.get_traced_memory()[0]
    finally:
        tracemalloc.stop()
    assert taken < 4e6, "decoded, its words and merges take 14 MB"
    assert header.metadata["tokenizer.ggml.tokens"][1] == "<|im_start|>"


def test_only_keys_of_our_own_may_be_added(tmp_path: Path, tiny_gguf: Path) -> None:
    base = read_header(tiny_gguf)
    with pytest.raises(ValueError, match=r"orca_local\.\*"):
        write_gguf(tmp_path / "x.gguf", base, [], [], file_type=1, extra={"tokenizer.chat_template": "mine"})


def test_a_model_without_a_chat_template_is_no_student(tmp_path: Path, tiny_gguf: Path) -> None:
    base = read_header(tiny_gguf)
    del base.raw_pairs["tokenizer.chat_template"]
    specs = [TensorSpec(t.name, t.shape, t.type_name) for t in base.tensors]
    path = tmp_path / "bare.gguf"
    write_gguf(path, base, specs, (a for _, a in iter_tensors(base)), file_type=1, extra={})
    with pytest.raises(InputError, match="no chat template"):
        require_student(path)
    assert require_student(path, "chatml") == []


def test_a_vocabulary_that_differs_in_one_byte_is_not_taken_for_the_last_one(tmp_path: Path, tiny_gguf: Path) -> None:
    """The ends of long lists of strings are kept between files."""
    expected = list(read_header(tiny_gguf).metadata["tokenizer.ggml.tokens"])
    data = tiny_gguf.read_bytes()
    first, second = (struct.pack("<Q", len(word)) + word.encode() for word in expected[300:302])
    assert data.count(first + second) == 1
    swapped = tmp_path / "swapped.gguf"
    swapped.write_bytes(data.replace(first + second, second + first))
    actual = list(read_header(swapped).metadata["tokenizer.ggml.tokens"])
    assert actual == [*expected[:300], expected[301], expected[300], *expected[302:]]
    assert list(read_header(tiny_gguf).metadata["tokenizer.ggml.tokens"]) == expected
