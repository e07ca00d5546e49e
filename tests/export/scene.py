"""Shared by the export tests: engines, adapters, sources and a model that ends its turns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from orca_local.adapters.adapter import Adapter
from orca_local.domain.events import Event
from orca_local.domain.settings import EngineSettings
from orca_local.engines.llama_cpp import LlamaCppEngine
from orca_local.export.acceptance import AcceptanceInputs, ClosableLogits, Row
from orca_local.export.merge import write_tensors
from orca_local.export.source import ExportSource
from orca_local.export.stage import export
from orca_local.gguf.header import Header, read_header
from orca_local.gguf.layer_names import linear_layers
from orca_local.gguf.tensors import iter_tensors
from orca_local.runs.context import StageContext
from orca_local.store.store import Store
from orca_local.system.digest import file_sha256
from tests.engines.drive import prompt_logits

IDS = tuple(range(200, 260))


def open_engine(path: Path) -> LlamaCppEngine:
    return LlamaCppEngine(path, EngineSettings(context=256, capacity=4, threads=1))


def random_adapter(gguf: Path, scale: float = 0.3, rank: int = 4) -> Adapter:
    rng = np.random.default_rng(3)
    layers = {}
    for layer in linear_layers(read_header(gguf)):
        a = rng.standard_normal((rank, layer.in_features)) * layer.in_features**-0.5
        b = rng.standard_normal((layer.out_features, rank)) * scale
        layers[layer.hf_name] = (a.astype(np.float32), b.clip(-3e38, 3e38).astype(np.float32))
    return Adapter(rank, 2.0 * rank, layers)


def logits_of(path: Path) -> NDArray[np.float32]:
    with closing(open_engine(path)) as engine:
        return prompt_logits(engine, IDS, range(len(IDS)))


def reference_logits(header: Header, adapter: Path | None, rows: Sequence[Row]) -> ClosableLogits:
    """The reference in PyTorch, imported on use: a child process that exports a base does not need it."""
    from orca_local.train.reference.torch_logits import reference_logits

    return reference_logits(header, adapter, rows)


def reference_of(gguf: Path, adapter: Path | None) -> NDArray[np.float32]:
    return next(reference_logits(read_header(gguf), adapter, [(IDS, range(len(IDS)))]))


def export_context(store: Store) -> StageContext:
    """The context of a new export run."""
    return StageContext(store, store.runs.start("export", "{}", {}))


def run_base(store: Store, gguf: Path, directory: Path, types: Sequence[str] = ("Q8_0",)) -> Iterator[Event]:
    source = ExportSource(read_header(gguf), file_sha256(gguf))
    context = export_context(store)
    return export(context, source, "base", types, directory, open_engine, inputs=None, system_message="S")


def run_tuned(
    store: Store, gguf: Path, adapter: Path, directory: Path, inputs: AcceptanceInputs, types: Sequence[str] = ("Q8_0",)
) -> Iterator[Event]:
    source = ExportSource(read_header(gguf), file_sha256(gguf), adapter, None, {"rank": 4})
    context = export_context(store)
    return export(context, source, "tuned", types, directory, open_engine, inputs=inputs, system_message="")


def inputs_for(gguf: Path, adapter: Path | None, prompts: int = 20, rows: int = 7) -> AcceptanceInputs:
    """Rows of 40 tokens, and the reference logits of the weights with the adapter."""
    compared = [(tuple(range(i, i + 40)), range(39)) for i in range(300, 300 + 100 * rows, 100)]
    starts = [tuple(range(i, i + 5)) for i in range(100, 100 + prompts)]
    return AcceptanceInputs(
        compared, starts, lambda expected: reference_logits(read_header(gguf), adapter, expected), 8
    )


def write_ending_model(path: Path, untied: Path, end_token: int) -> Path:
    """A model whose most likely next token is always the end of its turn, with moderate probability."""
    header = read_header(untied)

    def tensors() -> Iterator[NDArray[np.float32]]:
        for tensor, values in iter_tensors(header):
            if tensor.name == "token_embd.weight":
                values[:, 0] = 40.0  # larger than anything the blocks add
            if tensor.name == "output.weight":
                values[:, 0] = 0.0
                values[end_token] = 0.0
                values[end_token, 0] = 2.5
            yield values

    write_tensors(path, header, tensors(), {})
    return path
