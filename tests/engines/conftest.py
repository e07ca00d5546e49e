"""The tiny model behind a server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from orca_local.export.quantize import quantize
from tests.serve.serving import served
from tests.workspaces import make_workspace


@pytest.fixture(scope="package")
def served_tiny(tiny_gguf: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Base URL of `orca-local serve` with the tiny model, whose name there is `tiny.gguf`."""
    workspace = make_workspace(tmp_path_factory.mktemp("served") / "workspace", tiny_gguf)
    with served(str(tiny_gguf), "--no-token", directory=workspace) as server:
        yield server.url


@pytest.fixture
def quantized(tiny_gguf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of Q8_0 matrices; the cache is empty."""
    monkeypatch.setenv("ORCA_LOCAL_CACHE", str(tmp_path / "cache"))
    quantize(tiny_gguf, tmp_path / "q.gguf", "Q8_0")
    return tmp_path / "q.gguf"
