"""Reads the header of a GGUF file without reading a tensor.

The format: https://github.com/ggml-org/ggml/blob/master/docs/gguf.md. The parser is our own because it says in a
sentence what is wrong with a file, trusts no length that the file cannot hold, and keeps the raw bytes of every
metadata pair, so that they can be copied unchanged.
"""

from __future__ import annotations

import math
import mmap
import stat
from collections import Counter
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from orca_local.domain.errors import InputError
from orca_local.domain.frozen import Frozen
from orca_local.gguf.byte_reader import HINT, MAX_NAME, ByteReader, shown
from orca_local.gguf.known_keys import check_known_keys, is_count

MAGIC = b"GGUF"
CHAT_TEMPLATE = "tokenizer.chat_template"
"""Metadata key of the default chat template. Others are `tokenizer.chat_template.NAME`."""
VERSIONS = (2, 3)
DEFAULT_ALIGNMENT = 32
MAX_ALIGNMENT = 1 << 20
MAX_PAIRS, MAX_TENSORS = 1 << 16, 1 << 17
"""Maximum numbers of metadata values and of tensors. Models have some hundred of one and some thousand of the other."""


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
        if not is_count(value):
            what = "a list" if isinstance(value, Sequence) and not isinstance(value, str) else shown(value)
            raise InputError(
                f"{self.path}: {self.architecture}.{key} is {what}, not one whole number",
                hint="choose another model: `orca-local models list`",
            )
        return int(value)

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
        by_type: Counter[str] = Counter()
        for tensor in self.tensors:
            by_type[tensor.type_name] += tensor.bytes
        return max(by_type, key=by_type.__getitem__, default="unknown")

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
        """The Jinja chat template, or None. Without a default one, one of those that have names."""
        return self.metadata[self.chat_template_key] if self.chat_template_key else None

    @cached_property
    def chat_template_key(self) -> str:
        """The metadata key of `chat_template`; empty if there is none."""
        named = [key for key in self.metadata if key.startswith(f"{CHAT_TEMPLATE}.")]
        named.sort(key=lambda key: key.endswith((".tool_use", ".rag")))
        texts = ((key, self.metadata.get(key)) for key in (CHAT_TEMPLATE, *named))
        return next((key for key, text in texts if isinstance(text, str) and text.strip()), "")

    @property
    def tied(self) -> bool:
        """Whether the output head is the token embedding."""
        return "output.weight" not in self.tensor_map


def read_header(path: Path) -> Header:
    """Read and check the header of a model. Raises `InputError` that says what is wrong with the file."""
    header = read_any_header(path)
    if not isinstance(header.metadata.get("general.architecture"), str):
        raise InputError(f"{path} does not name its architecture", hint=HINT)
    check_known_keys(path, header.metadata, header.raw_pairs, len(header.tensors))
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
            return _parse(ByteReader(data, path))
    except FileNotFoundError:
        raise InputError(f"there is no file {path}", hint="check the path, or see `orca-local models list`") from None
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}", hint="check its permissions") from error


def _parse(reader: ByteReader) -> Header:
    version = _version(reader)
    tensor_count, pair_count = reader.number("Q"), reader.number("Q")
    for count, limit, what in ((tensor_count, MAX_TENSORS, "tensors"), (pair_count, MAX_PAIRS, "metadata values")):
        if count > limit:
            reader.fail(f"it claims {count:,} {what}")
    metadata: dict[str, Any] = {}
    raw_pairs: dict[str, bytes] = {}
    for _ in range(pair_count):
        key, pair, value = reader.pair()
        if key in metadata:
            reader.fail(f"two metadata values are named {shown(key)}")
        metadata[key], raw_pairs[key] = value, pair
    alignment = metadata.get("general.alignment", DEFAULT_ALIGNMENT)
    if not is_count(alignment) or not 0 < alignment <= MAX_ALIGNMENT or alignment & (alignment - 1):
        reader.fail(f"general.alignment is {shown(alignment)}, not a power of two up to {MAX_ALIGNMENT:,}")
    entries = [_tensor_entry(reader) for _ in range(tensor_count)]
    data_offset = -(-reader.at // alignment) * alignment
    tensors = _locate(reader, entries, data_offset, alignment)
    return Header(reader.path, version, metadata, raw_pairs, tensors, data_offset, alignment)


def _version(reader: ByteReader) -> int:
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


def _tensor_entry(reader: ByteReader) -> tuple[str, tuple[int, ...], int, int]:
    name = reader.string(MAX_NAME)
    with reader.reading(f"tensor {shown(name)}"):
        dimensions = reader.number("I")
        if not 1 <= dimensions <= 4:
            reader.fail(f"it has {dimensions:,} dimensions")
        shape = tuple(reversed([reader.number("Q") for _ in range(dimensions)]))
        return name, shape, reader.number("I"), reader.number("Q")


def _locate(
    reader: ByteReader, entries: list[tuple[str, tuple[int, ...], int, int]], data_offset: int, alignment: int
) -> tuple[TensorInfo, ...]:
    """Tensors with their positions. They must follow each other in order; llama.cpp reads no other file."""
    tensors: dict[str, TensorInfo] = {}
    expected = 0
    for name, shape, kind, offset in entries:
        if name in tensors:
            reader.fail(f"two tensors are named {shown(name)}")
        if offset != expected:
            reader.fail(f"tensor {shown(name)} starts at byte {offset:,} of the data, not at {expected:,}")
        tensor = _tensor_info(reader, name, shape, kind, data_offset + offset)
        tensors[name] = tensor
        expected += -(-tensor.bytes // alignment) * alignment
    return tuple(tensors.values())


def _tensor_info(reader: ByteReader, name: str, shape: tuple[int, ...], kind: int, offset: int) -> TensorInfo:
    from gguf.constants import GGML_QUANT_SIZES, GGMLQuantizationType

    try:
        quantization = GGMLQuantizationType(kind)
    except ValueError:
        raise InputError(
            f"{reader.path}: tensor {shown(name)} has the unknown type {kind}",
            hint="upgrade with `pip install -U gguf llama-cpp-python`",
        ) from None
    block, size = GGML_QUANT_SIZES[quantization]
    if not all(shape) or shape[-1] % block:
        reader.fail(f"tensor {shown(name)} of shape {shape} does not divide into blocks of {block}")
    info = TensorInfo(name, shape, quantization.name, offset, math.prod(shape) // block * size)
    if info.offset + info.bytes > len(reader.data):
        raise InputError(
            f"{reader.path} is cut short: tensor {shown(name)} ends at byte {info.offset + info.bytes:,}, "
            f"the file at {len(reader.data):,}",
            hint=HINT,
        )
    return info
