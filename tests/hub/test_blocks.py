"""Files in blocks: only what is needed is fetched, once, and what is wrong with it is said."""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from orca_local.domain.errors import InputError, MissingError, OrcaError, RemoteError
from orca_local.hub import answer, blocks, room
from orca_local.hub.address import DatasetAddress
from orca_local.hub.dataset import open_dataset
from tests.hub_dataset import HubDataset
from tests.hub_server import Faults, HubServer

BLOCK = 1000
CONTENT = Random(0).randbytes(50_500)
NAME = "a/numbers"
MORE = len(CONTENT) + 1


@pytest.fixture(autouse=True)
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    monkeypatch.setattr(blocks, "BLOCK_BYTES", BLOCK)
    with HubServer(datasets=[HubDataset(NAME, {"train.csv": CONTENT, "test.csv": b"a,b\n" * 10})]) as server:
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        yield server


def opened(split: str = "train", *, offline: bool = False) -> Any:
    dataset = open_dataset(DatasetAddress(NAME, split=split), offline=offline)
    return io.BufferedReader(dataset.open(dataset.files[0]).detach(), BLOCK // 10)  # type: ignore[attr-defined]


def refused(message: str, kind: type[OrcaError] = RemoteError) -> OrcaError:
    with pytest.raises(kind, match=message) as raised:
        opened().read(MORE)
    assert raised.value.hint
    return raised.value


def entries(datasets: Path) -> list[Path]:
    return [path for path in datasets.rglob("0000??") if path.is_file()]


def test_a_file_is_fetched_whole_once_and_privately(hub: HubServer, datasets: Path) -> None:
    assert opened().read(MORE) == CONTENT
    assert hub.sent_bytes == len(CONTENT)
    assert opened().read(MORE) == CONTENT and opened("test").read() == b"a,b\n" * 10
    assert hub.sent_bytes == len(CONTENT) + 40
    assert {stat.S_IMODE(path.stat().st_mode) for path in entries(datasets)} == {0o600}


def test_only_the_blocks_of_what_is_read_are_fetched(hub: HubServer) -> None:
    with opened() as file:
        assert file.seek(-100, io.SEEK_END) == len(CONTENT) - 100
        assert file.read() == CONTENT[-100:]
        assert hub.sent_bytes == 500
        file.seek(20_100)
        assert file.read(1500) == CONTENT[20_100:21_600] and file.tell() == 21_600
        assert hub.downloads[-1] == ("bytes=20000-21999", 2000)
        file.seek(0)
        assert file.read(10) == CONTENT[:10]
    assert hub.sent_bytes == 3500


def test_reading_on_takes_fewer_and_larger_requests(hub: HubServer) -> None:
    with opened() as file:
        for start in range(0, 30_000, 100):
            assert file.read(100) == CONTENT[start : start + 100]
    assert len(hub.downloads) <= 7
    assert hub.sent_bytes <= 40_000


def test_a_broken_connection_goes_on_behind_what_arrived(hub: HubServer) -> None:
    hub.faults.break_after = [10_500, 0, 0, 20_300]
    assert opened().read(MORE) == CONTENT
    assert [asked.removeprefix("bytes=").partition("-")[0] for asked, _ in hub.downloads] == [
        *("0", "10000", "10000", "10000", "30000")
    ]


def test_one_that_always_breaks_is_given_up_and_keeps_what_arrived(hub: HubServer, datasets: Path) -> None:
    hub.faults.break_after = [10_500] + [0] * 10
    assert "what arrived is kept" in refused("did not send train.csv").hint
    assert len(entries(datasets)) == 10
    hub.faults.break_after.clear()
    assert opened().read(MORE) == CONTENT
    assert hub.downloads[-1] == ("bytes=10000-50499", 40_500)


def test_a_server_without_ranges_still_gives_the_file(hub: HubServer) -> None:
    hub.faults = Faults(ranges=False)
    with opened() as file:
        file.seek(30_000)
        assert file.read(100) == CONTENT[30_000:30_100]
    assert opened().read(MORE) == CONTENT


def test_another_part_than_was_asked_for_is_refused(hub: HubServer) -> None:
    hub.faults.shift = 5
    refused("sends it from byte 5 where it was asked for byte 0")


def test_a_damaged_block_is_fetched_again(hub: HubServer, datasets: Path) -> None:
    opened().read(MORE)
    before = hub.sent_bytes
    block = sorted(path for path in datasets.rglob("000007") if path.stat().st_size > BLOCK)[0]
    block.write_bytes(b"x" * block.stat().st_size)
    assert opened().read(MORE) == CONTENT
    assert hub.sent_bytes == before + BLOCK


def test_offline_a_missing_block_is_named(hub: HubServer) -> None:
    with opened() as file:
        file.read(10)
    with opened(offline=True) as file:
        assert file.read(10) == CONTENT[:10]
        file.seek(5000)
        with pytest.raises(MissingError, match=r"train\.csv of a/numbers is not whole on this machine"):
            file.read(10)


@pytest.mark.parametrize("announced", [60_000, 40_000, 51_500])
def test_another_size_than_listed_is_refused(hub: HubServer, announced: int) -> None:
    hub.faults.announce = announced
    refused(f"listed train.csv of a/numbers with {announced:,} bytes and now says 50,500")
    with opened() as file:
        file.seek(-10, io.SEEK_END)
        with pytest.raises(RemoteError, match=f"with {announced:,} bytes and"):
            file.read()


def test_another_content_than_announced_is_refused_and_forgotten(hub: HubServer, datasets: Path) -> None:
    hub.faults.etag = "ab" * 32
    refused("train.csv of a/numbers is another file than announced")
    assert not entries(datasets)


def test_one_that_drips_is_given_up(hub: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(answer, "SLOW_AFTER_S", 0.2)
    hub.faults = Faults(pause_s=0.05, piece=10)
    refused("sends train.csv too slowly")


def test_one_that_says_nothing_is_given_up(hub: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_DOWNLOAD_TIMEOUT", 0.1)
    monkeypatch.setattr(blocks, "MAX_ATTEMPTS", 2)
    hub.faults = Faults(pause_s=0.5, piece=10)
    refused("did not send train.csv: .*timed out")


def test_a_packed_or_refused_download_is_one_message(hub: HubServer) -> None:
    hub.faults = Faults(cdn_status=200)
    hub.faults.cdn_status = 503
    hub.faults.headers = {"X-Error-Message": "come back later"}
    refused("did not send train.csv: .*503")


def test_a_directory_that_cannot_be_written_is_named(
    hub: HubServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("ORCA_LOCAL_DATASETS", str(tmp_path / "file"))
    assert "ORCA_LOCAL_DATASETS" in refused("cannot write in", MissingError).hint


def test_the_files_that_were_opened_longest_ago_make_room(
    hub: HubServer, datasets: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "_fetched", room._Fetched())
    assert opened("test").read() == b"a,b\n" * 10
    assert opened().read(MORE) == CONTENT
    old = entries(datasets)
    for place in {path.parent for path in old}:
        os.utime(place, (1, 1))
    assert opened().seek(0) == 0  # it is in use again
    monkeypatch.setenv("ORCA_LOCAL_DATASETS_GB", "0.00005")  # 50,000 bytes
    monkeypatch.setattr(room, "_fetched", room._Fetched())
    hub.datasets["a/other"] = HubDataset("a/other", {"train.csv": b"c\n" * 100})
    dataset = open_dataset(DatasetAddress("a/other"))
    with dataset.open(dataset.files[0]) as file:
        assert len(file.read()) == 200
    left = entries(datasets)
    assert sum(path.stat().st_size for path in left) <= 50_000
    assert not any(path.read_bytes().endswith(b"a,b\n") for path in left), "it was opened longest ago"
    sent = hub.sent_bytes
    assert opened().read(MORE) == CONTENT, "what was removed is fetched again"
    assert 0 < hub.sent_bytes - sent < len(CONTENT) / 2


@pytest.mark.parametrize("text", ["much", "0", "-1", "nan", "inf"])
def test_a_limit_that_is_no_number_is_named(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("ORCA_LOCAL_DATASETS_GB", text)
    refused(f"ORCA_LOCAL_DATASETS_GB is '{text}', no number of gigabytes", InputError)
