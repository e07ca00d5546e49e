"""Reads the header of a GGUF file without reading a tensor.

The format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md. The parser is our own because it says in a
sentence what is wrong with a file, trusts no length that the file cannot hold, and keeps the raw bytes of every
metadata pair, so that they can be copied unchanged.
"""

from __future__ import annotations

import math
import mmap
import stat
import struct
from array import array
from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, NoReturn, overload

from orca_local.domain.errors import InputError
from orca_local.domain.frozen import Frozen

MAGIC = b"GGUF"
VERSIONS = (2, 3)
DEFAULT_ALIGNMENT = 32
MAX_HEADER = 64 << 20
"""Maximum size of a header: a corrupt length must not fill the memory. A vocabulary of 262,144 tokens takes 15 MiB."""

HINT = "download the file again, or check that it is a GGUF model"

_SCALARS = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
_STRING, _ARRAY = 8, 9
_LENGTH = struct.Struct("<Q")
"""A string's length in bytes, in front of the string."""
_CACHED_LISTS, _MIN_CACHED = 2, 1000
"""Number of lists of strings whose ends are kept, and the minimum length of such a list: a vocabulary has two."""


class TensorInfo(Frozen):
    """Position and type of a tensor in the file."""

    name: str
    shape: tuple[int, ...]
    """In numpy's order, rows first; the file lists the fastest dimension first."""
    type_name: str
    """`F32`, `Q4_1`, …"""
    offset: int
    """Bytes from the start of the file."""
    bytes: int
    """Size in the file, padding excluded."""


class StringList(Sequence[str]):
    """A list of strings that decodes an item when it is read.

    A decoded vocabulary of 50,000 tokens with its merges takes 14 MB, and few readers of a header need it.
    """

    __slots__ = ("_ends", "_first", "_pair")

    def __init__(self, pair: bytes, ends: array[int]) -> None:
        """`pair` ends with the strings, each after its length; `ends` are their ends, counted from the first length."""
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
        if isinstance(other, StringList):
            return self._pair[self._first :] == other._pair[other._first :]
        return isinstance(other, list) and list(self) == other

    def __repr__(self) -> str:
        return f"<{len(self)} strings>"


def _kind(value: Any) -> str:
    return "a list" if isinstance(value, list | StringList) else type(value).__name__


class Header(Frozen):
    """Metadata and tensor positions of a GGUF file."""

    path: Path
    version: int
    metadata: dict[str, Any]
    raw_pairs: dict[str, bytes]
    """The bytes of each metadata pair: key, type and value."""
    tensors: tuple[TensorInfo, ...]
    data_offset: int
    alignment: int

    @property
    def architecture(self) -> str:
        """Name of the architecture, such as `llama` or `qwen3`."""
        return str(self.metadata["general.architecture"])

    def value(self, key: str, default: Any = None) -> Any:
        """The metadata value `ARCHITECTURE.key`, such as `llama.embedding_length`."""
        return self.metadata.get(f"{self.architecture}.{key}", default)

    def count(self, key: str, default: int = 0) -> int:
        """The whole number `ARCHITECTURE.key`. Raises `InputError` if the value is something else."""
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
    def tensor_types(self) -> dict[str, int]:
        """Number of tensors of each type. Quantizers use another type for a tensor whose shape does not fit."""
        return dict(Counter(tensor.type_name for tensor in self.tensors))

    @cached_property
    def parameters(self) -> int:
        """Number of weights."""
        return sum(math.prod(tensor.shape) for tensor in self.tensors)

    @property
    def quantization(self) -> str:
        """The file's type according to its metadata; without it, the type of most of its bytes."""
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
        """Number of tokens that the model was trained on at once."""
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


class _Reader:
    cached_lists: ClassVar[tuple[tuple[bytes, array[int]], ...]] = ()
    """The bytes of long lists of strings that were read last, and the ends of their strings."""

    def __init__(self, data: mmap.mmap, path: Path) -> None:
        self.data = data
        self.path = path
        self.at = 0
        self.end = min(len(data), MAX_HEADER)

    def fail(self, what: str) -> NoReturn:
        raise InputError(f"{self.path} is corrupt: {what}", hint=HINT)

    def require(self, count: int) -> None:
        if count <= self.end - self.at:
            return
        if self.at + count > len(self.data):
            raise InputError(
                f"{self.path} is cut short or corrupt: its header needs byte {self.at + count:,}, "
                f"the file ends at {len(self.data):,}",
                hint=HINT,
            )
        self.fail(f"its header would be larger than {MAX_HEADER >> 20} MiB")

    def take(self, count: int) -> bytes:
        self.require(count)
        piece = self.data[self.at : self.at + count]
        self.at += count
        return piece

    def number(self, form: str) -> Any:
        return struct.unpack("<" + form, self.take(struct.calcsize("<" + form)))[0]

    def string(self) -> str:
        start = self.at + _LENGTH.size
        self.skip_strings(1)
        return _decoded(self.data[start : self.at])

    def value(self, kind: int) -> Any:
        if kind in _SCALARS:
            return self.number(_SCALARS[kind])
        if kind == _STRING:
            return self.string()
        if kind != _ARRAY:
            self.fail(f"unknown metadata type {kind}")
        item, count = self.number("I"), self.number("Q")
        if item in _SCALARS:
            raw = self.take(count * struct.calcsize("<" + _SCALARS[item]))
            return list(struct.unpack(f"<{count}{_SCALARS[item]}", raw))
        if item != _STRING:
            self.fail(f"a list of metadata type {item}")
        return self.skip_strings(count) if count < _MIN_CACHED else self.skip_long_list(count)

    def skip_long_list(self, count: int) -> array[int]:
        """The same as `skip_strings`, but a list with the same bytes as one of the last is not parsed again."""
        for raw, ends in _Reader.cached_lists:
            if len(ends) == count and self.data[self.at : min(self.at + len(raw), self.end)] == raw:
                self.at += len(raw)
                return ends
        first, ends = self.at, self.skip_strings(count)
        _Reader.cached_lists = ((self.data[first : self.at], ends), *_Reader.cached_lists[: _CACHED_LISTS - 1])
        return ends

    def skip_strings(self, count: int) -> array[int]:
        """Skip `count` strings; return their ends, counted from here. A vocabulary has a hundred thousand."""
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
    # Byte-level vocabularies have tokens that are not whole characters.
    return text.decode("utf-8", "surrogateescape")


def read_header(path: Path) -> Header:
    """Read the header of a model. Raises `InputError` that says what is wrong with the file."""
    header = read_any_header(path)
    if not isinstance(header.metadata.get("general.architecture"), str):
        raise InputError(f"{path} does not name its architecture", hint=HINT)
    return header


def read_any_header(path: Path) -> Header:
    """As `read_header`, for a GGUF that need not be a model, such as an importance matrix."""
    try:
        status = path.stat()
        if stat.S_ISDIR(status.st_mode):
            raise InputError(f"{path} is a directory, not a GGUF file", hint="name the .gguf file inside it")
        if not stat.S_ISREG(status.st_mode):
            raise InputError(f"{path} is not a regular file", hint="give a GGUF file")
        if not status.st_size:
            raise InputError(f"{path} is empty", hint=HINT)
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return _parse(_Reader(data, path))
    except FileNotFoundError:
        raise InputError(f"there is no file {path}", hint="check the path, or see `orca-local models list`") from None
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}", hint="check its permissions") from error


def _parse(reader: _Reader) -> Header:
    version = _version(reader)
    tensor_count, pair_count = reader.number("Q"), reader.number("Q")
    metadata: dict[str, Any] = {}
    raw_pairs: dict[str, bytes] = {}
    for _ in range(pair_count):
        start = reader.at
        key = reader.string()
        if key in metadata:
            reader.fail(f"two metadata values are named {key!r}")
        value = reader.value(reader.number("I"))
        pair = raw_pairs[key] = reader.data[start : reader.at]
        metadata[key] = StringList(pair, value) if isinstance(value, array) else value
    alignment = metadata.get("general.alignment", DEFAULT_ALIGNMENT)
    if not isinstance(alignment, int) or alignment <= 0 or alignment & (alignment - 1):
        reader.fail(f"alignment {alignment!r}")
    entries = [_tensor_entry(reader) for _ in range(tensor_count)]
    data_offset = -(-reader.at // alignment) * alignment
    tensors = _locate(reader, entries, data_offset, alignment)
    return Header(reader.path, version, metadata, raw_pairs, tensors, data_offset, alignment)


def _version(reader: _Reader) -> int:
    magic = reader.take(min(4, len(reader.data)))
    if magic != MAGIC:
        raise InputError(f"{reader.path} is not a GGUF file: it starts with {magic!r}", hint=HINT)
    raw = reader.take(4)
    version = int.from_bytes(raw, "little")
    if version in VERSIONS:
        return version
    what = "a big-endian file" if int.from_bytes(raw, "big") in VERSIONS else f"version {version}"
    raise InputError(
        f"{reader.path} is GGUF, but {what}; versions 2 and 3 in little-endian order are read",
        hint="convert the model again with a current llama.cpp",
    )


def _tensor_entry(reader: _Reader) -> tuple[str, tuple[int, ...], int, int]:
    name = reader.string()
    dimensions = reader.number("I")
    if not 1 <= dimensions <= 4:
        reader.fail(f"tensor {name!r} has {dimensions} dimensions")
    shape = tuple(reversed([reader.number("Q") for _ in range(dimensions)]))
    return name, shape, reader.number("I"), reader.number("Q")


def _locate(
    reader: _Reader, entries: list[tuple[str, tuple[int, ...], int, int]], data_offset: int, alignment: int
) -> tuple[TensorInfo, ...]:
    """Tensors with their positions. They must follow each other in order; llama.cpp reads no other file."""
    tensors: dict[str, TensorInfo] = {}
    expected = 0
    for name, shape, kind, offset in entries:
        if name in tensors:
            reader.fail(f"two tensors are named {name!r}")
        if offset != expected:
            reader.fail(f"tensor {name!r} starts at byte {offset:,} of the data, not at {expected:,}")
        tensor = _tensor_info(reader, name, shape, kind, data_offset + offset)
        tensors[name] = tensor
        expected += -(-tensor.bytes // alignment) * alignment
    return tuple(tensors.values())


def _tensor_info(reader: _Reader, name: str, shape: tuple[int, ...], kind: int, offset: int) -> TensorInfo:
    from gguf.constants import GGML_QUANT_SIZES, GGMLQuantizationType

    try:
        quantization = GGMLQuantizationType(kind)
    except ValueError:
        raise InputError(
            f"{reader.path}: tensor {name!r} has the unknown type {kind}",
            hint="upgrade with `pip install -U gguf llama-cpp-python`",
        ) from None
    block, size = GGML_QUANT_SIZES[quantization]
    if not all(shape) or shape[-1] % block:
        reader.fail(f"tensor {name!r} of shape {shape} does not divide into blocks of {block}")
    info = TensorInfo(name, shape, quantization.name, offset, math.prod(shape) // block * size)
    if info.offset + info.bytes > len(reader.data):
        raise InputError(
            f"{reader.path} is cut short: tensor {name!r} ends at byte {info.offset + info.bytes:,}, "
            f"the file at {len(reader.data):,}",
            hint=HINT,
        )
    return info
