"""The header of a GGUF file, read without touching a tensor.

The format is that of https://github.com/ggml-org/ggml/blob/master/docs/gguf.md. The parser is our own
because it has to say in a sentence what is wrong with a file, never believes a length that the file could
not hold, and keeps the raw bytes of every metadata pair so that a copy is a copy.
"""

from __future__ import annotations

import math
import mmap
import stat
import struct
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, NoReturn, overload

from orca_local.domain.errors import InputError

MAGIC = b"GGUF"
VERSIONS = (2, 3)
DEFAULT_ALIGNMENT = 32
MAX_HEADER = 64 << 20
"""No header is larger (a vocabulary of 262,144 tokens takes 15 MiB): a corrupt length must not fill the memory."""

REMEDY = "download the file again, or check that it is a GGUF model"

_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9
_LENGTH = struct.Struct("<Q")
"""Bytes of the string that follows."""


@dataclass(frozen=True, slots=True)
class TensorInfo:
    """Where a tensor lies and how it is stored."""

    name: str
    shape: tuple[int, ...]
    """Rows first, as numpy has it (the file lists the fastest dimension first)."""
    type_name: str
    """`F32`, `Q4_1`, …"""
    offset: int
    """Bytes from the start of the file."""
    bytes: int


class Texts(Sequence[str]):
    """A list of texts, decoded when they are asked for.

    Decoded, a vocabulary of 50,000 words with its merges takes 14 MB, and hardly any reader of a header wants it.
    """

    __slots__ = ("_ends", "_first", "_pair")

    def __init__(self, pair: bytes, ends: array[int]) -> None:
        """`pair` ends with the texts, each behind its length; `ends` has each one's distance from the first's."""
        self._pair = pair
        self._ends = ends
        self._first = len(pair) - (ends[-1] if ends else 0)

    def __len__(self) -> int:
        return len(self._ends)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> list[str]: ...
    def __getitem__(self, index: int | slice) -> str | list[str]:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        number = range(len(self))[index]
        begin = self._ends[number - 1] if number else 0
        return _decoded(self._pair[self._first + begin + _LENGTH.size : self._first + self._ends[number]])

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Texts):
            return self._pair[self._first :] == other._pair[other._first :]
        return isinstance(other, list) and list(self) == other

    def __repr__(self) -> str:
        return f"<{len(self)} texts>"


def _kind(value: Any) -> str:
    return "a list" if isinstance(value, list | Texts) else type(value).__name__


@dataclass(frozen=True)
class Header:
    """Everything in front of the tensor data."""

    path: Path
    version: int
    metadata: dict[str, Any]
    raw_pairs: dict[str, bytes]
    """Each metadata pair as it stands in the file: key, type and value."""
    tensors: tuple[TensorInfo, ...]
    data_offset: int
    alignment: int

    @property
    def architecture(self) -> str:
        """Such as `llama` or `qwen3`."""
        return str(self.metadata["general.architecture"])

    def value(self, key: str, default: Any = None) -> Any:
        """A value of the architecture's own section, such as `embedding_length`."""
        return self.metadata.get(f"{self.architecture}.{key}", default)

    def count(self, key: str, default: int = 0) -> int:
        """A whole number of the architecture's own section; `InputError` where it is something else."""
        value = self.value(key, default)
        if not isinstance(value, int):
            raise InputError(
                f"{self.path}: {self.architecture}.{key} is {_kind(value)}, not one whole number",
                hint="choose another model: `orca-local models list`",
            )
        return value

    @cached_property
    def tensor_map(self) -> dict[str, TensorInfo]:
        """Tensors by name."""
        return {tensor.name: tensor for tensor in self.tensors}

    @cached_property
    def parameters(self) -> int:
        """Number of weights."""
        return sum(math.prod(tensor.shape) for tensor in self.tensors)

    @property
    def quantization(self) -> str:
        """The type that the file says it is, else the one that most weights have."""
        from gguf import LlamaFileType

        file_type = self.metadata.get("general.file_type")
        if isinstance(file_type, int):
            try:
                return str(LlamaFileType(file_type).name).removeprefix("MOSTLY_").removeprefix("ALL_")
            except ValueError:
                pass
        by_type: dict[str, int] = {}
        for tensor in self.tensors:
            by_type[tensor.type_name] = by_type.get(tensor.type_name, 0) + tensor.bytes
        return max(by_type, key=lambda name: by_type[name]) if by_type else "unknown"

    @property
    def context_length(self) -> int:
        """Tokens that the model was trained to hold."""
        return self.count("context_length")

    @property
    def block_count(self) -> int:
        """Number of transformer blocks."""
        return self.count("block_count")

    @property
    def chat_template(self) -> str | None:
        """The Jinja chat template, or None."""
        template = self.metadata.get("tokenizer.chat_template")
        return template if isinstance(template, str) and template.strip() else None

    @property
    def tied(self) -> bool:
        """Whether the output head is the token embedding."""
        return "output.weight" not in self.tensor_map


class _Cursor:
    def __init__(self, data: mmap.mmap, path: Path) -> None:
        self.data = data
        self.path = path
        self.at = 0
        self.end = min(len(data), MAX_HEADER)

    def corrupt(self, what: str) -> NoReturn:
        raise InputError(f"{self.path} is corrupt: {what}", hint=REMEDY)

    def require(self, count: int) -> None:
        if count <= self.end - self.at:
            return
        if self.at + count > len(self.data):
            raise InputError(
                f"{self.path} is cut short or corrupt: its header wants byte {self.at + count:,}, "
                f"the file ends at {len(self.data):,}",
                hint=REMEDY,
            )
        self.corrupt(f"its header would be larger than {MAX_HEADER >> 20} MiB")

    def take(self, count: int) -> bytes:
        self.require(count)
        piece = self.data[self.at : self.at + count]
        self.at += count
        return piece

    def number(self, form: str) -> Any:
        return struct.unpack("<" + form, self.take(struct.calcsize("<" + form)))[0]

    def text(self) -> str:
        start = self.at + _LENGTH.size
        self.skip_texts(1)
        return _decoded(self.data[start : self.at])

    def value(self, kind: int) -> Any:
        if kind in _SCALARS:
            return self.number(_SCALARS[kind])
        if kind == _STRING:
            return self.text()
        if kind != _ARRAY:
            self.corrupt(f"unknown metadata type {kind}")
        item, count = self.number("I"), self.number("Q")
        if item in _SCALARS:
            raw = self.take(count * struct.calcsize("<" + _SCALARS[item]))
            return list(struct.unpack(f"<{count}{_SCALARS[item]}", raw))
        if item != _STRING:
            self.corrupt(f"a list of metadata type {item}")
        return self.skip_texts(count)

    def skip_texts(self, count: int) -> array[int]:
        """Go behind so many texts, which a vocabulary has a hundred thousand of; returns their ends, from here."""
        self.require(count * _LENGTH.size)
        data, at, end, unpack = self.data, self.at, self.end, _LENGTH.unpack_from
        first, ends = at, array("I")
        for _ in range(count):
            self.at = at
            if at + _LENGTH.size > end:
                self.require(_LENGTH.size)
            at += _LENGTH.size + unpack(data, at)[0]
            if at > end:
                self.require(at - self.at)
            ends.append(at - first)
        self.at = at
        return ends


def _decoded(text: bytes) -> str:
    # Byte-level vocabularies may hold pieces that are not whole characters.
    return text.decode("utf-8", "surrogateescape")


def read_header(path: Path) -> Header:
    """Parse the header of a model. Raises `InputError` that says in a sentence what is wrong."""
    header = read_any_header(path)
    if not isinstance(header.metadata.get("general.architecture"), str):
        raise InputError(f"{path} does not name its architecture", hint=REMEDY)
    return header


def read_any_header(path: Path) -> Header:
    """Parse the header of a GGUF that need not be a model, such as an importance matrix; otherwise as `read_header`."""
    try:
        found = path.stat()
        if stat.S_ISDIR(found.st_mode):
            raise InputError(f"{path} is a directory, not a GGUF file", hint="name the .gguf file inside it")
        if not stat.S_ISREG(found.st_mode):
            raise InputError(f"{path} is not a regular file", hint="give a GGUF file")
        if not found.st_size:
            raise InputError(f"{path} is empty", hint=REMEDY)
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return _parse(_Cursor(data, path))
    except FileNotFoundError:
        raise InputError(f"there is no file {path}", hint="check the path, or see `orca-local models list`") from None
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}", hint="check its permissions") from error


def _parse(cursor: _Cursor) -> Header:
    version = _version(cursor)
    tensor_count, pair_count = cursor.number("Q"), cursor.number("Q")
    metadata: dict[str, Any] = {}
    raw_pairs: dict[str, bytes] = {}
    for _ in range(pair_count):
        start = cursor.at
        key = cursor.text()
        if key in metadata:
            cursor.corrupt(f"two metadata values are named {key!r}")
        value = cursor.value(cursor.number("I"))
        pair = raw_pairs[key] = cursor.data[start : cursor.at]
        metadata[key] = Texts(pair, value) if isinstance(value, array) else value
    alignment = metadata.get("general.alignment", DEFAULT_ALIGNMENT)
    if not isinstance(alignment, int) or alignment <= 0 or alignment & (alignment - 1):
        cursor.corrupt(f"alignment {alignment!r}")
    entries = [_tensor_entry(cursor) for _ in range(tensor_count)]
    data_offset = -(-cursor.at // alignment) * alignment
    tensors = _place(cursor, entries, data_offset, alignment)
    return Header(cursor.path, version, metadata, raw_pairs, tensors, data_offset, alignment)


def _version(cursor: _Cursor) -> int:
    magic = cursor.take(min(4, len(cursor.data)))
    if magic != MAGIC:
        raise InputError(f"{cursor.path} is not a GGUF file: it starts with {magic!r}", hint=REMEDY)
    raw = cursor.take(4)
    version = int.from_bytes(raw, "little")
    if version in VERSIONS:
        return version
    found = "a big-endian file" if int.from_bytes(raw, "big") in VERSIONS else f"version {version}"
    raise InputError(
        f"{cursor.path} is GGUF, but {found}; versions 2 and 3 in little-endian order are read",
        hint="convert the model again with a current llama.cpp",
    )


def _tensor_entry(cursor: _Cursor) -> tuple[str, tuple[int, ...], int, int]:
    name = cursor.text()
    dimensions = cursor.number("I")
    if not 1 <= dimensions <= 4:
        cursor.corrupt(f"tensor {name!r} has {dimensions} dimensions")
    shape = tuple(reversed([cursor.number("Q") for _ in range(dimensions)]))
    return name, shape, cursor.number("I"), cursor.number("Q")


def _place(
    cursor: _Cursor, entries: list[tuple[str, tuple[int, ...], int, int]], data_offset: int, alignment: int
) -> tuple[TensorInfo, ...]:
    """Tensors with their extents, which must follow each other in order: llama.cpp reads no other file."""
    tensors: dict[str, TensorInfo] = {}
    expected = 0
    for name, shape, kind, offset in entries:
        if name in tensors:
            cursor.corrupt(f"two tensors are named {name!r}")
        if offset != expected:
            cursor.corrupt(f"tensor {name!r} starts at byte {offset:,} of the data, not at {expected:,}")
        tensor = _tensor_info(cursor, name, shape, kind, data_offset + offset)
        tensors[name] = tensor
        expected += -(-tensor.bytes // alignment) * alignment
    return tuple(tensors.values())


def _tensor_info(cursor: _Cursor, name: str, shape: tuple[int, ...], kind: int, offset: int) -> TensorInfo:
    from gguf.constants import GGML_QUANT_SIZES, GGMLQuantizationType

    try:
        quantization = GGMLQuantizationType(kind)
    except ValueError:
        raise InputError(
            f"{cursor.path}: tensor {name!r} has the unknown type {kind}",
            hint="upgrade with `pip install -U gguf llama-cpp-python`",
        ) from None
    block, size = GGML_QUANT_SIZES[quantization]
    if not all(shape) or shape[-1] % block:
        cursor.corrupt(f"tensor {name!r} of shape {shape} does not divide into blocks of {block}")
    info = TensorInfo(name, shape, quantization.name, offset, math.prod(shape) // block * size)
    if info.offset + info.bytes > len(cursor.data):
        raise InputError(
            f"{cursor.path} is cut short: tensor {name!r} ends at byte {info.offset + info.bytes:,}, "
            f"the file at {len(cursor.data):,}",
            hint=REMEDY,
        )
    return info
