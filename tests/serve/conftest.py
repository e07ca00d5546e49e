"""Servers that several tests share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.serve.serving import Served, served
from tests.workspaces import make_workspace

pytest.importorskip("starlette")
pytest.importorskip("uvicorn")


@pytest.fixture(scope="session")
def serve_workspace(tmp_path_factory: pytest.TempPathFactory, tiny_gguf: Path) -> Path:
    """A workspace of the tiny student."""
    return make_workspace(tmp_path_factory.mktemp("serve") / "workspace", tiny_gguf)


@pytest.fixture(scope="package")
def server(serve_workspace: Path, tiny_q8_gguf: Path) -> Iterator[Served]:
    """The tiny model with its defaults, in Q8_0, which is computed alike in every batch."""
    with served(str(tiny_q8_gguf), directory=serve_workspace) as running:
        yield running
