"""A model that is larger than the memory allowed for its export, and an export with that limit."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orca_local.domain.events import StageFinished
from orca_local.domain.settings import EngineSettings
from orca_local.engines.llama_cpp import LlamaCppEngine
from orca_local.export.acceptance import AcceptanceInputs
from orca_local.export.source import ExportSource
from orca_local.export.stage import export
from orca_local.gguf.header import read_header
from orca_local.gguf.writer import TensorSpec, write_gguf
from orca_local.runs.context import StageContext
from orca_local.store.store import Store
from orca_local.system.digest import file_sha256
from orca_local.train.reference.process import ReferenceProcess
from tests.tiny import Shape, embedded_student, header_and_tensors

SHAPE = Shape(width=256, blocks=112, heads=8, key_heads=2, hidden=4096, head_size=32)
"""With the embedded student's vocabulary: 795 MB in F16."""


def write_large(path: Path, end_token: int) -> Path:
    """A random model that ends its turns. Its blocks are equal, because drawing random numbers takes time."""
    base, specs = header_and_tensors(read_header(embedded_student()), "llama", SHAPE, tied=False)
    rng = np.random.default_rng(0)
    drawn: dict[str, NDArray[np.float32]] = {}

    def values(spec: TensorSpec) -> NDArray[np.float32]:
        if len(spec.shape) == 1:
            return np.ones(spec.shape, np.float32)
        scale = np.sqrt(spec.shape[-1])
        weights: NDArray[np.float32] = (rng.standard_normal(spec.shape, np.float32) / scale).astype(np.float32)
        if spec.name == "token_embd.weight":
            weights[:, 0] = 80.0  # larger than anything the blocks add
        if spec.name == "output.weight":
            weights[:, 0] = 0.0
            weights[end_token] = 0.0
            weights[end_token, 0] = 4.0
        if spec.name.endswith(("attn_output.weight", "ffn_down.weight")):
            weights *= np.float32(0.3)
        return weights

    def tensors() -> Iterator[NDArray[np.float32]]:
        for spec in specs:
            kind = spec.name.split(".", 2)[-1] if spec.name.startswith("blk.") else spec.name
            if kind not in drawn:
                drawn[kind] = values(spec)
            yield drawn[kind]

    write_gguf(path, base, specs, tensors(), file_type=1, extra={})
    return path


def export_with(limit: int, gguf: Path, adapter: Path, directory: Path, quantization: str) -> dict[str, Any]:
    """The summary of an export in this process and its children, each limited to `limit` bytes of data."""
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    header = read_header(gguf)
    inputs = AcceptanceInputs(
        [(tuple(range(i, i + 40)), range(39)) for i in range(300, 1000, 100)],
        [tuple(range(i, i + 5)) for i in range(100, 120)],
        lambda expected: ReferenceProcess(header, adapter, expected),
        8,
    )
    source = ExportSource(header, file_sha256(gguf), adapter, None, {})
    settings = EngineSettings(context=256, capacity=1, threads=2)
    with Store.open(directory / "orca.db", create=True) as store:
        events = export(
            StageContext(store, store.runs.start("export", "{}", {})),
            source,
            "tuned",
            (quantization,),
            directory / "out",
            lambda path: LlamaCppEngine(path, settings),
            inputs=inputs,
            system_message="",
        )
        return [event.summary.to_dict() for event in events if isinstance(event, StageFinished)][-1]
