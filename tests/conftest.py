"""Models that tests share."""

from __future__ import annotations

import gc
import os
import signal
import tempfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import settings

from orca_local.export.quantize import quantize
from orca_local.hub import blocks, failures
from orca_local.models.catalog import find_model
from orca_local.rows.renderer import PromptRenderer
from orca_local.store.store import Store
from tests.hub_server import Faults, HubServer
from tests.tiny import embedded_student, write_tiny_gguf
from tests.workspaces import make_taught_workspace

# Shared machines stall for longer than any deadline that would mean something.
settings.register_profile("orca-local", deadline=None)
settings.load_profile("orca-local")


def pytest_configure() -> None:
    """Give all tests the same start.

    A shell's background job begins with interrupts ignored, and so would every program that the tests start.
    """
    # Whatever suites the user has pulled, no test sees them.
    os.environ["ORCA_LOCAL_DATASETS"] = str(Path(tempfile.gettempdir()) / "orca-local-tests-without-datasets")
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_finish() -> None:
    """The modules of all tests stay: a collector that looks through them again takes half a second each time."""
    gc.freeze()


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


@pytest.fixture(scope="session")
def taught(tmp_path_factory: pytest.TempPathFactory, tiny_gguf: Path) -> Path:
    """A workspace of the tiny student that was probed and taught; copy it before you change it."""
    return make_taught_workspace(tmp_path_factory.mktemp("taught") / "workspace", tiny_gguf)


@pytest.fixture
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty directory for models, and nobody's token."""
    monkeypatch.setenv("ORCA_LOCAL_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    for name in ("HF_HUB_OFFLINE", "HF_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "models"


@pytest.fixture
def datasets(models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty directory for datasets, nobody's token, and no pause between two connections."""
    monkeypatch.setenv("ORCA_LOCAL_DATASETS", str(tmp_path / "datasets"))
    monkeypatch.setattr(blocks, "PAUSE_S", 0.0)
    monkeypatch.setattr(failures, "PAUSE_S", 0.0)
    return tmp_path / "datasets"


@pytest.fixture
def slow_hub(tiny_gguf: Path, models: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    """A hub that takes its time, with the tiny model as one of the catalog's."""
    model = find_model("qwen3-0.6b")
    with HubServer(model.repo, model.file, tiny_gguf.read_bytes(), Faults(pause_s=0.1)) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        yield hub


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A fresh store."""
    with Store.open(tmp_path / "orca.db", create=True) as opened:
        yield opened


@pytest.fixture(scope="module")
def renderer(tiny_gguf: Path) -> Iterator[PromptRenderer]:
    """The prompts of the tiny model."""
    with closing(PromptRenderer(tiny_gguf)) as opened:
        yield opened
