"""llama.cpp gets a file first in a process of its own: what ends that process is a message here."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from orca_local.domain.errors import InputError
from orca_local.domain.settings import EngineSettings
from orca_local.engines.llama_context import LlamaModel
from orca_local.engines.make import make_file_engine
from orca_local.gguf import load_trial
from orca_local.gguf.header import read_header
from orca_local.gguf.load_trial import require_loads
from orca_local.gguf.lora import write_lora
from orca_local.gguf.tokenizer import Tokenizer
from orca_local.gguf.writer import encode_pair
from orca_local.rows.renderer import PromptRenderer
from orca_local.system.cache import FILE
from orca_local.system.limited_process import LimitedProcess, Limits
from tests.command import error_of, orca
from tests.gguf.files import (
    UINT32,
    UINT64,
    header_bytes,
    model_pairs,
    numbers,
    typed,
    write,
    write_model,
)


@pytest.fixture(autouse=True)
def nothing_is_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORCA_LOCAL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(load_trial, "_loaded", set())


def never(_: Limits) -> LimitedProcess:
    pytest.fail("tried again")


NO_BYTES = {
    "tokenizer.ggml.tokens": encode_pair("tokenizer.ggml.tokens", ["<unk>", "<s>", "</s>", "a"]),
    "tokenizer.ggml.scores": numbers("tokenizer.ggml.scores", 6, "f", [0.0] * 4),
    "tokenizer.ggml.token_type": numbers("tokenizer.ggml.token_type", 5, "i", [2, 3, 3, 1]),
}
"""A vocabulary that loads, and ends the process with the first text."""


@pytest.mark.parametrize(
    ("pairs", "open_file", "message"),
    [
        (NO_BYTES, Tokenizer, "does not survive loading the vocabulary of .*SIGABRT"),
        (
            {"tokenizer.ggml.model": encode_pair("tokenizer.ggml.model", "bert")},
            PromptRenderer,
            r"does not survive loading the vocabulary of .*\(SIGABRT\) llama-vocab.cpp:\d+",
        ),
        (
            {"llama.expert_count": typed("llama.expert_count", UINT32, "I", 5000)},
            lambda path: LlamaModel(path, gpu_layers=0),
            "does not survive loading the weights of .*GGML_ASSERT",
        ),
        (
            {"llama.attention.head_count_kv": typed("llama.attention.head_count_kv", UINT32, "I", 0)},
            lambda path: make_file_engine(EngineSettings(), path),
            "cannot load the weights of .*'blk.0.attn_k.weight' has wrong shape",
        ),
        (
            {"general.alignment": typed("general.alignment", UINT64, "Q", 32)},
            Tokenizer,
            "cannot load the vocabulary of",
        ),
        (
            {"general.architecture": encode_pair("general.architecture", "nobody")},
            Tokenizer,
            "cannot load the vocabulary of .*unknown model architecture: 'nobody'",
        ),
    ],
    ids=["no bytes", "bert", "experts", "no heads", "alignment", "architecture"],
)
def test_a_file_that_llama_cpp_does_not_survive_is_a_message(
    tmp_path: Path, pairs: dict[str, bytes], open_file: Callable[[Path], object], message: str
) -> None:
    path = write_model(tmp_path / "m.gguf", **pairs)
    with pytest.raises(InputError, match=f"llama.cpp {message}") as raised:
        open_file(path)
    assert raised.value.hint and len(raised.value.message) < 800 and "\n" not in raised.value.message


def test_what_has_loaded_is_not_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither under another name nor with other weights or another origin; another structure is."""
    header = read_header(write_model(tmp_path / "m.gguf"))
    require_loads(header, "weights")
    require_loads(header, "weights", start=never)
    monkeypatch.setattr(load_trial, "_loaded", set())
    require_loads(header, "weights", start=never)  # the machine's cache
    own = {"orca_local.base_sha256": encode_pair("orca_local.base_sha256", "ab" * 32)}
    tuned = write_model(tmp_path / "tuned.gguf", **own)
    tuned.write_bytes(tuned.read_bytes()[:-4096] + b"\1" * 4096)
    require_loads(read_header(tuned), "weights", start=never)
    wider = write_model(tmp_path / "w.gguf", **{"llama.context_length": typed("llama.context_length", UINT32, "I", 65)})
    with pytest.raises(pytest.fail.Exception):
        require_loads(read_header(wider), "weights", start=never)


def test_the_weights_of_a_small_file_are_tried_with_its_vocabulary(tmp_path: Path) -> None:
    header = read_header(write_model(tmp_path / "m.gguf"))
    require_loads(header, "vocabulary")
    require_loads(header, "weights", start=never)


def test_a_vocabulary_without_usable_weights_can_be_used(tmp_path: Path) -> None:
    """For a student behind an endpoint nothing else of the file is needed."""
    alone = write(tmp_path / "vocabulary.gguf", header_bytes(model_pairs(), []))
    Tokenizer(alone).close()
    wrong = {"llama.attention.head_count_kv": typed("llama.attention.head_count_kv", UINT32, "I", 0)}
    Tokenizer(write_model(tmp_path / "wrong.gguf", **wrong)).close()


def test_a_failure_is_not_remembered(tmp_path: Path) -> None:
    """A process that the system killed for lack of memory says nothing about the file."""
    header = read_header(write_model(tmp_path / "m.gguf", **NO_BYTES))
    for _ in range(2):
        with pytest.raises(InputError, match="does not survive"):
            require_loads(header, "vocabulary")
    assert not (tmp_path / "cache" / FILE).exists()


def test_an_adapter_is_tried_with_its_model(tmp_path: Path, tiny_gguf: Path) -> None:
    import numpy as np

    header = read_header(tiny_gguf)
    a, b = np.ones((2, 32), np.float32), np.ones((16, 2), np.float32)
    adapter = write_lora(tmp_path / "a.gguf", "llama", 1.0, {"blk.0.attn_v.weight": (a, b)}, {})
    require_loads(header, "adapter", adapter)
    require_loads(header, "adapter", adapter, start=never)
    other = write_lora(tmp_path / "b.gguf", "llama", 1.0, {"blk.7.attn_v.weight": (a, b)}, {})
    with pytest.raises(InputError, match=r"cannot load the adapter of .*b\.gguf"):
        require_loads(header, "adapter", other)


@pytest.mark.slow
def test_a_command_says_it_too(tmp_path: Path) -> None:
    """`chat` with a file that ends llama.cpp's process ends with a message, not with a signal."""
    path = write_model(tmp_path / "m.gguf", **NO_BYTES)
    (tmp_path / "w").mkdir()
    (tmp_path / "w" / "orca.toml").write_text(f"[student]\nfile = {json.dumps(str(path))}\n", encoding="utf-8")
    result = orca("chat", "--model", str(path), "--prompt", "hello", "--json", "-w", "w", cwd=tmp_path)
    assert "does not survive loading" in error_of(result)["message"] and result.returncode == 2
