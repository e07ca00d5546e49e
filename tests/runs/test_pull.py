"""A download that is started, watched and ended from another process."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from orca_local.catalog.catalog import find_model
from orca_local.catalog.locate import find_local
from orca_local.domain.errors import MissingError, RemoteError
from orca_local.runs.pull import Pull
from tests.hub_server import Faults, HubServer

MODEL = find_model("qwen3-0.6b")


@pytest.fixture(autouse=True)
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ORCA_LOCAL_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    for name in ("HF_HUB_OFFLINE", "HF_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path / "models"


@pytest.fixture
def hub(tiny_gguf: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    with HubServer(MODEL.repo, MODEL.file, tiny_gguf.read_bytes(), Faults(pause_s=0.1)) as server:
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        yield server


def watch(pull: Pull, until: int = 1 << 40) -> list[int]:
    """What `poll` said until the download ended or had so many bytes."""
    said = []
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        done = pull.poll()
        if done is None:
            return said
        said.append(done)
        if done > until:
            return said
        time.sleep(0.02)
    raise AssertionError("it never ended")


def test_it_tells_how_far_it_is_goes_on_where_it_was_ended_and_comes_to_the_file(hub: HubServer) -> None:
    pull = Pull(MODEL)
    kept = watch(pull, until=500_000)[-1]
    pull.cancel()
    watch(pull)
    assert find_local(MODEL) is None
    hub.faults.pause_s = 0.0
    said = watch(Pull(MODEL))
    assert said == sorted(said) and said[0] >= kept
    path = find_local(MODEL)
    assert path is not None and path.read_bytes() == hub.content


def test_it_ends_with_what_the_command_says(hub: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.faults.status, hub.faults.error_code = 503, "Busy"
    with pytest.raises(RemoteError) as caught:
        watch(Pull(MODEL))
    assert "pull again" in caught.value.hint
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(MissingError, match="offline"):
        watch(Pull(MODEL))
