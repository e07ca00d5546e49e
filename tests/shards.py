"""A model divided into several files, as `llama-gguf-split` divides it."""

from __future__ import annotations

from pathlib import Path

from orca_local.gguf.header import read_header
from orca_local.gguf.tensors import iter_tensors
from orca_local.gguf.writer import TensorSpec, write_file
from tests.gguf.files import INT32, typed

UINT16 = 2


def split_model(path: Path, stem: Path, count: int) -> list[Path]:
    """Write the model of `path` as `STEM-00001-of-….gguf` and so on. The first part has all metadata."""
    header = read_header(path)
    tensors = [
        (TensorSpec(tensor.name, tensor.shape, tensor.type_name), values) for tensor, values in iter_tensors(header)
    ]
    files = []
    for number in range(count):
        pairs = dict(header.raw_pairs) if number == 0 else {}
        pairs["split.no"] = typed("split.no", UINT16, "H", number)
        pairs["split.count"] = typed("split.count", UINT16, "H", count)
        pairs["split.tensors.count"] = typed("split.tensors.count", INT32, "i", len(tensors))
        if number:
            pairs["general.architecture"] = header.raw_pairs["general.architecture"]
        part = tensors[number * len(tensors) // count : (number + 1) * len(tensors) // count]
        files.append(stem.with_name(f"{stem.name}-{number + 1:05d}-of-{count:05d}.gguf"))
        write_file(files[-1], pairs, [spec for spec, _ in part], [values for _, values in part])
    return files
