from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from orca_local.store.store import Store
from tests.teach.scene import KEY


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "orca.db", create=True) as store:
        yield store


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
