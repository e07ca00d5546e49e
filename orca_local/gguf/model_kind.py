"""What a GGUF file holds, if it is no model that answers questions."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from orca_local.gguf.header import Header, read_any_header

_EMBEDDING = "an embedding model, which turns a text into numbers and writes none"
_DIFFUSION = "a diffusion model, which does not write one token after another"
_ARCHITECTURES: Mapping[str, str] = {
    "clip": "the vision tower of a model that sees images, not the model: use the other GGUF of that model",
    **dict.fromkeys(("bert", "nomic-bert", "nomic-bert-moe", "jina-bert-v2", "jina-bert-v3"), _EMBEDDING),
    **dict.fromkeys(("modern-bert", "neo-bert", "eurobert", "gemma-embedding", "llama-embed"), _EMBEDDING),
    **dict.fromkeys(("dream", "llada", "llada-moe", "rnd1"), _DIFFUSION),
    **dict.fromkeys(("t5", "t5encoder"), "a model with an encoder, not a decoder that chats"),
    "wavtokenizer-dec": "a model that makes sound",
}
"""Architectures that do not generate text, by llama.cpp's names."""
_RANK = 4
"""llama.cpp's number of the pooling that rerankers have; others from 1 on are of embedding models."""
_PART = re.compile(r"-(\d{5})-of-(\d{5})\.gguf$")


def kind_problem(header: Header) -> str:
    """Why a file is no model that answers questions, as a sentence about it; empty if it is one."""
    kind = header.metadata.get("general.type")
    if kind == "adapter":
        return "it is an adapter, not a model"
    if kind == "mmproj":
        return f"it is {_ARCHITECTURES['clip']}"
    if header.architecture in _ARCHITECTURES:
        return f"it is {_ARCHITECTURES[header.architecture]}"
    pooling = header.value("pooling_type", 0)
    if pooling == _RANK or header.value("classifier.output_labels"):
        return "it is a reranker or classifier, which rates texts and writes none"
    if pooling:
        return f"it is {_EMBEDDING}"
    return part_problem(header)


def part_problem(header: Header) -> str:
    """Why a file that is one of several parts cannot be loaded; empty if it can, or is not a part."""
    count, number = parts(header), header.metadata.get("split.no", 0)
    if count == 1:
        return "" if header.tensors else "it holds no weights"
    if number:
        return f"it is part {number + 1} of {count}: name the first, {part_path(header.path, 1, count).name}"
    others = (part_path(header.path, part, count) for part in range(2, count + 1))
    if not _PART.search(header.path.name):
        return f"it is the first of {count} parts, but its name does not end with -00001-of-{count:05d}.gguf"
    missing = next((path.name for path in others if not path.is_file()), "")
    return missing and f"its part {missing} is missing"


def parts(header: Header) -> int:
    """Number of files that the model is divided into."""
    count = header.metadata.get("split.count", 1)
    return count if isinstance(count, int) and count > 1 else 1


def model_files(header: Header) -> list[Path]:
    """The file of a model, or all parts of it, the first of which has this header."""
    count = parts(header)
    return [header.path, *(part_path(header.path, part, count) for part in range(2, count + 1))]


def part_headers(header: Header) -> list[Header]:
    """The headers of `model_files`. Raises `InputError` for a part that is no GGUF."""
    return [header, *(read_any_header(path) for path in model_files(header)[1:])]


def part_path(path: Path, part: int, count: int) -> Path:
    """The path of another part, counted from 1. llama.cpp finds the parts by these names."""
    stem = _PART.sub("", path.name).removesuffix(".gguf")
    return path.with_name(f"{stem}-{part:05d}-of-{count:05d}.gguf")
