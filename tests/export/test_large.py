"""Exports with less memory than the model needs."""

from __future__ import annotations

import sys
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from multiprocessing import get_context
from pathlib import Path

import pytest

from orca_local.gguf.header import read_header
from orca_local.gguf.tokenizer import Tokenizer
from tests.export.large import export_with, write_large
from tests.export.scene import random_adapter

LIMIT = 715_000_000
"""Maximum bytes of data per process. Imports, context and buffers take 430 MB here, and llama.cpp may copy the weights
of the quantized file into the CPU's preferred order: 235 MB. Neither grows with the merged file."""


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.skipif(sys.platform != "linux", reason="needs a limit on the memory of a process")
def test_a_model_bigger_than_the_memory_is_exported(tiny_gguf: Path, tmp_path: Path) -> None:
    with closing(Tokenizer(tiny_gguf)) as tokenizer:
        (end,) = tokenizer.encode("<|im_end|>")
    gguf = write_large(tmp_path / "large.gguf", end)
    assert gguf.stat().st_size > 1.1 * LIMIT  # with 16 bits per weight; the trainer's weights have 32
    random_adapter(gguf, 0.02).save(tmp_path / "adapter")
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        summary = pool.submit(export_with, LIMIT, gguf, tmp_path / "adapter", tmp_path, "Q4_K_M").result()
    checks = {check["name"]: check for check in summary["acceptance"]["Q4_K_M"]["checks"]}
    assert checks["KL from the trained model"]["passed"] and checks["answers stop on their own"]["passed"]
    header, merged = read_header(gguf), read_header(Path(summary["files"][0]["path"]))
    assert merged.quantization == "Q4_K_M" and merged.parameters == header.parameters
