"""Downloads from a hub that breaks off, lies, refuses and is not there."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from orca_local.domain.errors import InputError, MissingError, OrcaError, RemoteError
from orca_local.models.catalog import CatalogModel, find_model
from orca_local.models.download import pull
from orca_local.models.locate import local_path
from tests.hub_server import Faults, HubServer

ROOT = Path(__file__).resolve().parents[2]
MODEL = find_model("qwen3-0.6b")


@pytest.fixture
def content(tiny_gguf: Path) -> bytes:
    return tiny_gguf.read_bytes()


@pytest.fixture(autouse=True)
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty directory for models, and nobody's token."""
    monkeypatch.setenv("ORCA_LOCAL_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    yield tmp_path / "models"


def fetch(hub: HubServer, monkeypatch: pytest.MonkeyPatch, model: CatalogModel = MODEL) -> tuple[Path, list[int]]:
    monkeypatch.setenv("HF_ENDPOINT", hub.url)
    seen: list[int] = []
    return pull(model, offline=False, progress=lambda done, total: seen.append(done)), seen


def hub_for(content: bytes, faults: Faults | None = None) -> HubServer:
    return HubServer(MODEL.repo, MODEL.file, content, faults)


def parts(directory: Path) -> list[Path]:
    return list(directory.rglob("*.part"))


def test_a_file_is_fetched_whole_and_once(content: bytes, models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with hub_for(content) as hub:
        path, seen = fetch(hub, monkeypatch)
        assert path.read_bytes() == content and path == local_path(MODEL)
        assert seen == sorted(seen) and seen[-1] == len(content)
        assert fetch(hub, monkeypatch)[0] == path
        assert len(hub.downloads) == 1
    assert not parts(models)


def test_a_broken_connection_is_taken_up_where_it_broke(
    content: bytes, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with hub_for(content, Faults(break_after=[500_000, 700_000])) as hub:
        path, seen = fetch(hub, monkeypatch)
        assert path.read_bytes() == content
        assert seen == sorted(seen)
        asked = [int(wanted.removeprefix("bytes=").rstrip("-") or 0) for wanted, _ in hub.downloads]
        assert asked[0] == 0 and 0 < asked[1] <= 500_000 and asked[1] < asked[2] <= 1_200_000


def test_a_killed_download_goes_on_in_the_next_process(
    content: bytes, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with hub_for(content) as hub:
        target = local_path(MODEL)
        assert target is not None
        target.parent.mkdir(parents=True)
        part = target.with_name(f"{target.name}.{hub.sha256[:16]}.part")
        part.write_bytes(content[:1_000_000])
        other = target.with_name(f"{target.name}.0123456789abcdef.part")
        other.write_bytes(b"of an older version")
        assert fetch(hub, monkeypatch)[0].read_bytes() == content
        assert hub.downloads == [("bytes=1000000-", len(content) - 1_000_000)]
    assert not parts(models)


def test_a_server_without_ranges_gives_the_whole_file_again(content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    with hub_for(content, Faults(break_after=[500_000], ranges=False)) as hub:
        assert fetch(hub, monkeypatch)[0].read_bytes() == content


@pytest.mark.slow
def test_a_connection_that_never_brings_anything_is_given_up_and_resumed_later(
    content: bytes, models: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with hub_for(content, Faults(break_after=[2_000_000, 0, 0, 0, 0, 0, 0, 0])) as hub:
        with pytest.raises(RemoteError, match="did not send") as raised:
            fetch(hub, monkeypatch)
        assert "resumes" in raised.value.hint
        kept = parts(models)
        assert len(kept) == 1 and kept[0].stat().st_size > 0
        hub.faults.break_after.clear()
        assert fetch(hub, monkeypatch)[0].read_bytes() == content


@pytest.mark.parametrize("known", [True, False])
def test_another_file_than_announced_is_refused(
    content: bytes, models: Path, monkeypatch: pytest.MonkeyPatch, known: bool
) -> None:
    model = replace(MODEL, sha256="ab" * 32) if known else MODEL
    faults = Faults() if known else Faults(etag="cd" * 32)
    with hub_for(content, faults) as hub, pytest.raises(RemoteError, match="another file than"):
        fetch(hub, monkeypatch, model)
    assert not parts(models) and not list(models.rglob("*.gguf"))


def test_what_is_no_model_gets_no_name(models: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with hub_for(b"<html>please log in</html>") as hub, pytest.raises(OrcaError, match="not a GGUF"):
        fetch(hub, monkeypatch)
    assert not parts(models) and not list(models.rglob("*.gguf"))


@pytest.mark.parametrize(
    ("faults", "text"),
    [
        (Faults(status=404, error_code="RepoNotFound"), "has no"),
        (Faults(status=404, error_code="EntryNotFound"), "has no"),
        (Faults(status=403, error_code="GatedRepo"), "the licence of .* must be accepted"),
        (Faults(status=401, error_code="Unauthorized"), "refuses"),
        (Faults(status=403, error_code="Forbidden"), "refuses"),
        (Faults(status=500, error_code="Oops"), "did not send"),
    ],
)
def test_a_refusal_says_what_to_do(content: bytes, monkeypatch: pytest.MonkeyPatch, faults: Faults, text: str) -> None:
    with hub_for(content, faults) as hub, pytest.raises(RemoteError, match=text) as raised:
        fetch(hub, monkeypatch)
    assert raised.value.hint


def test_a_hub_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{unused.getsockname()[1]}")
    with pytest.raises(RemoteError, match=r"http://127\.0\.0\.1"):
        pull(MODEL, offline=False, progress=lambda done, total: None)


@pytest.mark.parametrize("variable", [True, False])
def test_offline_nothing_is_asked(content: bytes, monkeypatch: pytest.MonkeyPatch, variable: bool) -> None:
    if variable:
        monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with hub_for(content) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        with pytest.raises(MissingError, match="offline"):
            pull(MODEL, offline=not variable, progress=lambda done, total: None)
        assert not hub.agents and not hub.downloads


def test_no_token_and_no_telemetry_leave_the_machine(content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    with hub_for(content) as hub:
        fetch(hub, monkeypatch)
        assert set(hub.sent_tokens) == {""}
        assert all("telemetry" not in agent for agent in hub.agents)


def test_a_disk_without_room_is_refused_before_the_download(content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    with hub_for(content, Faults(announce=10**18)) as hub:
        with pytest.raises(MissingError, match="free") as raised:
            fetch(hub, monkeypatch)
        assert not hub.downloads and "ORCA_LOCAL_MODELS" in raised.value.hint


COMMAND = """
import resource, sys
from orca_local.__main__ import main
if sys.argv[1] != "0":
    resource.setrlimit(resource.RLIMIT_FSIZE, (int(sys.argv[1]), int(sys.argv[1])))
del sys.argv[1]
main()
"""


def start_pull(hub: HubServer, limit: int = 0) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", COMMAND, str(limit), "models", "pull", MODEL.id, "--json", "--quiet"],
        env=os.environ | {"HF_ENDPOINT": hub.url},
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_a_disk_that_fills_up_keeps_what_came(content: bytes, models: Path) -> None:
    with hub_for(content) as hub:
        full = start_pull(hub, limit=2_000_000)
        out, _ = full.communicate(timeout=60)
        assert full.returncode == 3 and "disk is full" in json.loads(out)["error"]["message"]
        assert len(parts(models)) == 1
        again = start_pull(hub)
        out, _ = again.communicate(timeout=60)
        assert again.returncode == 0
        assert json.loads(out) == {"path": str(local_path(MODEL)), "sha256": hub.sha256}
        assert hub.downloads[-1][0].startswith("bytes=")


def test_two_processes_fetch_one_file_once(content: bytes) -> None:
    with hub_for(content) as hub:
        both = [start_pull(hub), start_pull(hub)]
        for process in both:
            out, errors = process.communicate(timeout=60)
            assert process.returncode == 0, errors
            assert json.loads(out)["sha256"] == hub.sha256
        assert len(hub.downloads) == 1


@pytest.mark.parametrize("endpoint", ["hub.example", "ftp://hub.example", "http://me:hunter2@hub.example", "http://["])
def test_an_endpoint_that_is_none_or_holds_a_password_is_refused(
    endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HF_ENDPOINT", endpoint)
    with pytest.raises(InputError, match="HF_ENDPOINT") as raised:
        pull(MODEL, offline=False, progress=lambda done, total: None)
    assert "hunter2" not in str(raised.value)


def test_what_the_environment_says_wrongly_is_named(content: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "h\u00fcnter2")
    with hub_for(content) as hub, pytest.raises(InputError, match="no request can be sent to") as raised:
        fetch(hub, monkeypatch)
    assert "HF_TOKEN" in raised.value.hint and "nter2" not in str(raised.value)
