"""Models that tests share."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import settings

from orca_local.export.quantize import quantize
from tests.tiny import embedded_student, write_tiny_gguf

# Shared machines stall for longer than any deadline that would mean something.
settings.register_profile("orca-local", deadline=None)
settings.load_profile("orca-local")


@pytest.fixture(scope="session")
def tiny_gguf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random llama model with tied embeddings."""
    return write_tiny_gguf(tmp_path_factory.mktemp("tiny") / "tiny.gguf")


@pytest.fixture(scope="session")
def tiny_q8_gguf(tmp_path_factory: pytest.TempPathFactory, tiny_gguf: Path) -> Path:
    """The tiny model in Q8_0: quantized types are computed alike in every batch, F16 and F32 are not."""
    path = tmp_path_factory.mktemp("tiny") / "tiny-q8_0.gguf"
    quantize(tiny_gguf, path, "Q8_0")
    return path


@pytest.fixture(scope="session")
def tiny_gguf_untied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random llama model with an output head of its own."""
    return write_tiny_gguf(tmp_path_factory.mktemp("tiny") / "untied.gguf", tied=False)


@pytest.fixture(scope="session")
def student_gguf() -> Path:
    """The embedded student."""
    return embedded_student()
