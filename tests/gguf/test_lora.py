"""Files that do not fit as LoRA adapters are refused before llama.cpp loads them, which would crash on some."""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import pytest

from orca_local.domain.errors import InputError
from orca_local.gguf.header import read_header
from orca_local.gguf.inspect import require_student
from orca_local.gguf.lora import ALPHA, LoraPair, check_lora, write_lora
from orca_local.gguf.writer import TensorSpec, encode_pair, write_file

A, B = np.ones((4, 32), np.float32), np.ones((16, 4), np.float32)
V = "blk.0.attn_v.weight"


def one(path: Path, pairs: Mapping[str, LoraPair], architecture: str = "llama") -> Path:
    return write_lora(path, architecture, 1.0, pairs, {}).path


def raw(path: Path, tensors: Mapping[str, np.ndarray], **metadata: str | float | bytes) -> Path:
    """A file of any tensors with an adapter's metadata; `metadata` replaces values."""
    usual = {"general.architecture": "llama", "general.type": "adapter", "adapter.type": "lora"}
    merged = {**usual, **{key.replace("__", "."): value for key, value in metadata.items()}}
    pairs = {key: value if isinstance(value, bytes) else encode_pair(key, value) for key, value in merged.items()}
    specs = [TensorSpec(name, values.shape, "F32") for name, values in tensors.items()]
    return write_file(path, pairs, specs, iter(tensors.values())).path


def _double_alpha() -> bytes:
    key = b"adapter.lora.alpha"
    return struct.pack("<Q", len(key)) + key + struct.pack("<Id", 12, 8.0)


HALVES = {V + ".lora_a": A, V + ".lora_b": B}
REFUSED: dict[str, tuple[Callable[[Path], Path], str]] = {
    "another architecture": (lambda p: one(p, {V: (A, B)}, "qwen2"), "adapter of 'qwen2' models.*'llama'"),
    "a tensor of another model": (lambda p: one(p, {"blk.7.attn_v.weight": (A, B)}), "blk.7.attn_v.*no such tensor"),
    "another width": (lambda p: one(p, {V: (A[:, :16], B)}), r"attn_v.*\(16, 32\)"),
    "another height": (lambda p: one(p, {V: (A, B[:8])}), r"attn_v.*\(16, 32\)"),
    "two ranks": (lambda p: one(p, {V: (A[:2], B)}), "attn_v"),
    "a vector": (lambda p: one(p, {"blk.0.attn_norm.weight": (A, B)}), "attn_norm"),
    "the embedding": (
        lambda p: one(p, {"token_embd.weight": (A, np.ones((49152, 4), np.float32))}),
        "changes 'token_embd.weight'",
    ),
    "not a number": (lambda p: one(p, {V: (A, np.full_like(B, np.nan))}), "lora_b' is not finite"),
    "infinite": (lambda p: one(p, {V: (np.full_like(A, np.inf), B)}), "lora_a' is not finite"),
    "half of an update": (lambda p: raw(p, {V + ".lora_a": A}), "lora_b' is missing"),
    "a norm that would be left out": (lambda p: raw(p, {**HALVES, "blk.0.attn_norm.weight": A[0]}), "not half"),
    "nothing": (lambda p: raw(p, {}), "changes no tensor"),
    "a control vector": (lambda p: raw(p, HALVES, adapter__type="control_vector"), "adapter control_vector"),
    "a model": (lambda p: raw(p, HALVES, general__type="model"), "not a plain LoRA adapter; its type is: model"),
    "an alpha of another type": (lambda p: raw(p, HALVES, **{"adapter.lora.alpha": _double_alpha()}), "lora.alpha"),
    "an infinite alpha": (lambda p: raw(p, HALVES, adapter__lora__alpha=float("inf")), "lora.alpha is inf"),
    "an alpha in words": (lambda p: raw(p, HALVES, adapter__lora__alpha="8"), "lora.alpha is '8'"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_no_adapter_of_the_model_is_refused_with_its_name(what: str, tiny_gguf: Path, tmp_path: Path) -> None:
    make, match = REFUSED[what]
    with pytest.raises(InputError, match=match) as raised:
        check_lora(read_header(make(tmp_path / "bad.gguf")), read_header(tiny_gguf))
    assert raised.value.hint and "bad.gguf" in raised.value.message


def test_what_fits_is_accepted(tiny_gguf: Path, tmp_path: Path) -> None:
    base = read_header(tiny_gguf)
    check_lora(read_header(one(tmp_path / "a.gguf", {V: (A, B), "blk.1.attn_v.weight": (A, B)})), base)
    mixed = {**HALVES, "blk.1.attn_v.weight.lora_a": A[:2], "blk.1.attn_v.weight.lora_b": B[:, :2]}
    check_lora(read_header(raw(tmp_path / "b.gguf", mixed)), base)


def test_an_adapter_is_no_student(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"cannot be a student: it is an adapter, not a model$"):
        require_student(one(tmp_path / "a.gguf", {V: (A, B)}))


def test_every_byte_that_is_missing_is_missed(tmp_path: Path) -> None:
    path = one(tmp_path / "a.gguf", {V: (A, B)})
    whole = path.read_bytes()
    for size in range(0, len(whole), 7):
        path.write_bytes(whole[:size])
        with pytest.raises(InputError):
            read_header(path)


@pytest.mark.parametrize("scale", [0.5, 8.0 / 4**0.5])
def test_what_llama_cpp_divides_by_the_rank_is_the_scale(scale: float, tmp_path: Path) -> None:
    """A rank-stabilized adapter has another scale than alpha/rank, which llama.cpp assumes."""
    header = write_lora(tmp_path / "a.gguf", "llama", scale, {V: (A, B)}, {})
    assert header.metadata[ALPHA] / 4 == pytest.approx(scale)
