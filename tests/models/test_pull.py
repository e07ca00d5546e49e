"""A download that is started, watched and ended from another process."""

from __future__ import annotations

import time

import pytest

from orca_local.domain.errors import MissingError, RemoteError
from orca_local.models.catalog import find_model
from orca_local.models.locate import find_local
from orca_local.models.pull import Pull
from tests.hub_server import HubServer

MODEL = find_model("qwen3-0.6b")


pytestmark = pytest.mark.usefixtures("models")


def watch(pull: Pull, until: int = 1 << 40) -> list[int]:
    """What `poll` returned until the download ended or had so many bytes."""
    sizes: list[int] = []
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        done = pull.poll()
        if done is None:
            return sizes
        sizes.append(done)
        if done > until:
            return sizes
        time.sleep(0.02)
    raise AssertionError("it never ended")


def test_it_tells_how_far_it_is_goes_on_where_it_was_ended_and_comes_to_the_file(slow_hub: HubServer) -> None:
    pull = Pull(MODEL)
    kept = watch(pull, until=500_000)[-1]
    pull.cancel()
    watch(pull)
    assert find_local(MODEL) is None
    slow_hub.faults.pause_s = 0.0
    sizes = watch(Pull(MODEL))
    assert sizes == sorted(sizes) and sizes[0] >= kept
    path = find_local(MODEL)
    assert path is not None and path.read_bytes() == slow_hub.content


def test_it_ends_with_what_the_command_says(slow_hub: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    slow_hub.faults.status, slow_hub.faults.error_code = 503, "Busy"
    with pytest.raises(RemoteError) as caught:
        watch(Pull(MODEL))
    assert "pull again" in caught.value.hint
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(MissingError, match="offline"):
        watch(Pull(MODEL))
