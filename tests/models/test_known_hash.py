"""Every download has a SHA-256: from the catalog, or recorded at the first pull. A later change is refused."""

from __future__ import annotations

import gzip
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from orca_local.domain.errors import InputError, OrcaError, RemoteError
from orca_local.models.catalog import find_model, load_catalog
from orca_local.models.download import pull
from orca_local.models.known_hash import known_hash, known_sha256, record_path
from orca_local.models.locate import local_path
from tests.command import orca
from tests.hub_server import Faults, HubServer

MODEL = find_model("qwen3-0.6b")


@pytest.fixture
def content(tiny_gguf: Path) -> bytes:
    return tiny_gguf.read_bytes()


@pytest.fixture(autouse=True)
def target(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("ORCA_LOCAL_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    path = local_path(MODEL)
    assert path is not None
    yield path


def fetch(content: bytes, monkeypatch: pytest.MonkeyPatch, faults: Faults | None = None) -> Path:
    with HubServer(MODEL.repo, MODEL.file, content, faults) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        return pull(MODEL, offline=False, progress=lambda done, total: None)


def test_the_first_pull_records_the_hash_that_it_checked(
    content: bytes, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert known_hash(MODEL, target) is None and known_sha256(MODEL) == ""
    fetch(content, monkeypatch)
    sha256 = HubServer("", "", content).sha256
    assert record_path(target).read_text() == f"{sha256}  {target.name}\n"
    assert known_sha256(MODEL) == sha256


def test_another_file_at_a_later_pull_is_refused_with_both_hashes_and_a_remedy(
    content: bytes, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetch(content, monkeypatch)
    first = known_sha256(MODEL)
    target.unlink()
    changed = content[:-1] + bytes([content[-1] ^ 1])
    second = HubServer("", "", changed).sha256
    with pytest.raises(RemoteError) as raised:
        fetch(changed, monkeypatch)
    assert first in raised.value.message and second in raised.value.message
    assert f"delete {record_path(target)}" in raised.value.hint
    assert not target.exists() and not list(target.parent.glob("*.part"))
    with pytest.raises(RemoteError, match="another file"):  # a hub that announces the old hash and sends the new file
        fetch(changed, monkeypatch, Faults(etag=first))
    assert not target.exists()
    record_path(target).unlink()
    assert fetch(changed, monkeypatch).read_bytes() == changed
    assert known_sha256(MODEL) == second


def test_a_hub_that_announces_no_hash_is_believed_only_if_the_hash_is_known(
    content: bytes, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(RemoteError, match="announces no sha256"):
        fetch(content, monkeypatch, Faults(etag="W/123-abc"))
    assert not target.exists() and not record_path(target).exists()
    fetch(content, monkeypatch)
    target.unlink()
    assert fetch(content, monkeypatch, Faults(etag="W/123-abc")).read_bytes() == content


def test_a_file_that_changed_on_this_machine_is_named(
    content: bytes, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fetch(content, monkeypatch)
    target.write_bytes(content + b"x")
    with pytest.raises(InputError, match="is not the file that was downloaded") as raised:
        fetch(content, monkeypatch)
    assert f"orca-local models pull {MODEL.id}" in raised.value.hint


def test_a_file_of_an_earlier_version_gets_its_record_at_the_next_pull(
    content: bytes, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target.parent.mkdir(parents=True)
    target.write_bytes(content)
    assert fetch(content, monkeypatch) == target
    assert known_sha256(MODEL) == HubServer("", "", content).sha256


@pytest.mark.parametrize("text", ["", "abc", "0" * 63 + "x  name"])
def test_a_damaged_record_is_named(content: bytes, target: Path, monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    target.parent.mkdir(parents=True)
    record_path(target).write_text(text)
    with pytest.raises(InputError, match="does not begin with a sha256"):
        fetch(content, monkeypatch)


def test_the_hash_is_shown(content: bytes, target: Path, tmp_path: Path) -> None:
    with HubServer(MODEL.repo, MODEL.file, content) as hub:
        result = orca("models", "pull", MODEL.id, cwd=tmp_path, HF_ENDPOINT=hub.url)
    assert result.returncode == 0, result.stderr
    assert f"sha256 {hub.sha256} (recorded in {record_path(target)})" in result.stdout


def test_a_link_in_the_place_of_a_partial_file_is_not_followed(
    content: bytes, target: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    victim = tmp_path / "victim"
    victim.write_bytes(b"precious")
    target.parent.mkdir(parents=True)
    sha256 = HubServer("", "", content).sha256
    (target.parent / f"{target.name}.{sha256[:16]}.part").symlink_to(victim)
    assert fetch(content, monkeypatch).read_bytes() == content
    assert victim.read_bytes() == b"precious" and not target.is_symlink()


def test_a_hub_that_sends_more_than_it_announced_fills_no_disk(
    content: bytes, target: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(OrcaError):
        fetch(content, monkeypatch, Faults(announce=1000))
    assert not target.exists()
    assert all(part.stat().st_size <= 1000 for part in target.parent.glob("*.part"))


def test_an_error_of_the_hub_is_not_unpacked_and_shows_no_token(
    content: bytes, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    token = "hf_abcdefghijklmnop0123456789"
    monkeypatch.setenv("HF_TOKEN", token)
    headers = {"X-HF-Warning": f"topic; your token is {token}", "X-Error-Message": f"bad token {token}"}
    body = gzip.compress(bytes(50_000_000))
    faults = Faults(cdn_status=500, headers=headers, error_body=body)
    with pytest.raises(RemoteError, match=r"bad token \[k") as raised:
        fetch(content, monkeypatch, faults)
    assert token not in raised.value.message + raised.value.hint + "".join(capfd.readouterr())


def test_a_pinned_hash_is_64_digits_and_never_recorded_again(content: bytes, target: Path) -> None:
    assert all(not m.sha256 or len(bytes.fromhex(m.sha256)) == 32 for m in load_catalog())
    pinned = replace(MODEL, sha256="ab" * 32)
    known = known_hash(pinned, target)
    assert known is not None and known.record is None and known.origin == "in the catalog"
    assert not record_path(target).exists() and os.fspath(target).endswith(MODEL.file)
