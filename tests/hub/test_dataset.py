"""From the address of a dataset to its files, on a hub that has them, and on one that does not."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from orca_local.domain.errors import InputError, MissingError, OrcaError, RemoteError
from orca_local.hub import answer, repository
from orca_local.hub.address import CONVERTED, parse_address
from orca_local.hub.dataset import Dataset, ScriptOnly, open_dataset
from tests.hub_dataset import HubDataset
from tests.hub_server import Faults, HubServer

ROOT = Path(__file__).resolve().parents[2]
README = b"""---
configs:
- config_name: main
  data_files:
  - split: train
    path: main/train-*
  - split: test
    path: main/test-*
- config_name: socratic
  data_files: socratic/*
---
"""
ROWS = b'{"question": "1 + 1?", "answer": "2"}\n'
LARGE = ROWS * 1000


def gsm8k() -> HubDataset:
    files: dict[str, bytes | Path] = {
        "README.md": README,
        "main/train-0.jsonl": LARGE,
        "main/test-0.jsonl": ROWS,
        "socratic/a.jsonl": ROWS,
        "extra/1/train.csv": b"a,b\n1,2\n",
        "extra/2/test.csv": b"3,4\n",
        "extra/notes.txt": b"no rows",
    }
    return HubDataset("openai/gsm8k", files)


def script(converted: dict[str, bytes | Path] | None = None) -> HubDataset:
    branches = {CONVERTED: converted} if converted else {}
    return HubDataset("old/set", {"set.py": b"raise SystemExit", "raw.json": b"{}"}, branches)


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    with HubServer(datasets=[gsm8k(), HubDataset("openai/summaries", {"train.csv": b"a,b\n1,2\n"})]) as server:
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        yield server


def read(address: str, *, offline: bool = False, known: tuple[str, ...] = ()) -> tuple[Dataset, bytes]:
    dataset = open_dataset(parse_address(address), offline=offline, known=known)
    content = b""
    for file in dataset.files:
        with dataset.open(file) as opened:
            content += opened.read()
    return dataset, content


def refused(address: str, message: str, kind: type[OrcaError] = RemoteError) -> OrcaError:
    with pytest.raises(kind, match=message) as raised:
        read(address)
    assert raised.value.hint
    return raised.value


def test_an_address_becomes_bytes_at_a_commit(hub: HubServer) -> None:
    dataset, content = read("hub:openai/gsm8k/main:train")
    commit = hub.datasets["openai/gsm8k"].commits["main"]
    assert content == LARGE and dataset.commit == commit
    assert dataset.name == f"hub:openai/gsm8k@{commit}/main:train"
    assert read("hub:openai/summaries")[1] == b"a,b\n1,2\n"


def test_one_file_can_be_named(hub: HubServer) -> None:
    assert read("hub:openai/gsm8k/socratic/a.jsonl")[1] == ROWS


def test_a_directory_can_be_named(hub: HubServer) -> None:
    assert read("hub:openai/gsm8k/extra")[1] == b"a,b\n1,2\n3,4\n"


def test_a_choice_is_left_to_the_person_with_the_names(hub: HubServer) -> None:
    error = refused("hub:openai/gsm8k", "several configs: main, socratic", InputError)
    assert "hub:openai/gsm8k/CONFIG" in error.hint
    error = refused("hub:openai/gsm8k/main", "several splits: train, test", InputError)
    assert "hub:openai/gsm8k/main:train" in error.hint
    refused("hub:openai/gsm8k/maim", "no config 'maim': main, socratic", InputError)
    refused("hub:openai/gsm8k/main:dev", "no split 'dev': train, test", InputError)


@pytest.mark.parametrize("name", ["openai/gsm8kk", "opnai/gsm8k", "OpenAI/GSM-8k"])
def test_a_typo_in_a_name_gets_the_nearest(hub: HubServer, name: str) -> None:
    with pytest.raises(RemoteError, match=f"has no dataset {name}") as raised:
        read(f"hub:{name}", known=("openai/gsm8k",))
    assert "did you mean openai/gsm8k" in raised.value.hint and "HF_TOKEN" in raised.value.hint


def test_the_hub_itself_knows_names_that_are_near(hub: HubServer) -> None:
    assert "openai/gsm8k" in refused("hub:openai/gsm8", "no dataset").hint


def test_a_list_of_many_pages_is_followed_on_the_hub_alone(hub: HubServer) -> None:
    hub.faults.per_page = 2
    assert read("hub:openai/gsm8k/main:train")[1] == LARGE
    assert sum("/tree/" in path for path in hub.requests) > 3


def test_a_list_of_too_many_pages_is_given_up(hub: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(repository, "MAX_PAGES", 2)
    hub.faults.per_page = 1
    refused("hub:openai/gsm8k/main:train", "list of the files of openai/gsm8k that does not end")


def test_a_typo_beside_a_commit_gets_the_nearest_too(hub: HubServer) -> None:
    assert "openai/gsm8k" in refused(f"hub:openai/gsm8@{'0' * 40}", "has no dataset openai/gsm8").hint


def test_a_revision_that_is_gone_is_named(hub: HubServer) -> None:
    assert "commits/main" in refused("hub:openai/gsm8k@v9", "no revision v9 of openai/gsm8k").hint
    refused(f"hub:openai/gsm8k@{'0' * 40}", "no revision 0000")
    dataset = hub.datasets["openai/gsm8k"]
    dataset.lost.add(dataset.commits["main"])
    refused("hub:openai/gsm8k", "no revision main")


def test_a_gated_set_without_a_token_says_where_to_accept(hub: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    hub.datasets["openai/gsm8k"].is_gated = True
    error = refused("hub:openai/gsm8k/main:train", "licence of openai/gsm8k must be accepted")
    assert f"{hub.url}/datasets/openai/gsm8k" in error.hint and "HF_TOKEN" in error.hint
    monkeypatch.setenv("HF_TOKEN", "hf_aSecretOfTwentyLetters")
    assert read("hub:openai/gsm8k/main:train")[1] == LARGE
    assert hub.sent_tokens[-1] == "Bearer hf_aSecretOfTwentyLetters"
    assert set(hub.cdn_tokens) == {""}, "another host got the token"


def test_a_program_is_not_run_where_the_hub_converted_its_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    dataset = script({"default/partial-train/0000.jsonl": ROWS})
    with HubServer(datasets=[dataset]) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        found, content = read("hub:old/set")
    assert content == ROWS and found.commit == dataset.commits[CONVERTED]
    assert "what the hub converted to Parquet is read" in found.notes[0]
    assert "first 5 GB of old/set: this is a part" in found.notes[1]


def test_the_files_beside_a_program_are_read_where_nothing_was_converted(monkeypatch: pytest.MonkeyPatch) -> None:
    with HubServer(datasets=[script()]) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        assert read("hub:old/set")[1] == read("hub:old/set", offline=True)[1] == b"{}"


def test_a_program_alone_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with HubServer(datasets=[HubDataset("old/set", {"set.py": b""})]) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        refused("hub:old/set", r"holds a program \(set.py\)", ScriptOnly)


def test_a_repository_without_rows_is_named_with_its_files(monkeypatch: pytest.MonkeyPatch) -> None:
    with HubServer(datasets=[HubDataset("a/pictures", {"one.png": b"x"})]) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        refused("hub:a/pictures", "no files that can be read .* its files: one.png", InputError)


@pytest.mark.parametrize(
    ("faults", "message"),
    [
        (Faults(page="/revision/"), "web page instead of its commit of main"),
        (Faults(page="/tree/"), "web page instead of the list of its files"),
        (Faults(page="/resolve/"), "web page instead of README.md"),
        (Faults(per_page=0), "sends a list of the files of openai/gsm8k that does not end"),
        (Faults(body=b"{"), "sent no JSON as its commit of main: b'{'"),
        (Faults(body=b"[]"), "names no commit"),
        (Faults(body=b'{"sha": "v1"}'), "names no commit"),
        (Faults(body=b"[" * 100_000), "sent no JSON"),
        (Faults(body=b" " * 1_100_000), "more than 1 MB"),
        (Faults(status=500, error_code="Oops"), "did not send"),
        (Faults(status=429, error_code="Oops"), "did not send"),
        (Faults(status=401, error_code="Oops"), r"refuses its commit of main .*HTTP 401"),
        (Faults(status=403, error_code="Oops"), r"refuses its commit of main .*HTTP 403"),
    ],
)
def test_what_a_hub_may_answer_is_one_message(
    hub: HubServer, faults: Faults, message: str, monkeypatch: pytest.MonkeyPatch, datasets: Path
) -> None:
    monkeypatch.setattr(answer, "MAX_ANSWER_BYTES", 1_000_000)
    hub.faults = faults
    refused("hub:openai/gsm8k/main:train", message)
    hub.faults = Faults()
    assert read("hub:openai/gsm8k/main:train")[1] == LARGE


def test_a_token_that_the_hub_repeats_is_hidden(hub: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_aSecretOfTwentyLetters")
    hub.faults = Faults(body=b"you sent hf_aSecretOfTwentyLetters")
    assert "SecretOf" not in str(refused("hub:openai/gsm8k", "sent no JSON"))


def test_a_token_that_cannot_be_sent_is_named(hub: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "h\u00fcnter2")
    error = refused("hub:openai/gsm8k", "no request can be sent to http://127", InputError)
    assert "HF_TOKEN" in error.hint and "nter2" not in str(error)


@pytest.mark.parametrize("address", ["http://127.0.0.1:99999", "http://127.0.0.1:x", "http://127.0.0.1:-1"])
def test_an_address_without_a_port_that_can_be_is_refused(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", address)
    refused("hub:openai/gsm8k", "HF_ENDPOINT is not a URL", InputError)


def test_a_hub_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with HubServer() as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
    refused("hub:openai/gsm8k", "did not send its commit of main")


def test_offline_nothing_unknown_is_asked(hub: HubServer, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(MissingError, match="revision main of openai/gsm8k is not on this machine") as raised:
        read("hub:openai/gsm8k/main:train", offline=True)
    assert "without --offline" in raised.value.hint
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    refused(f"hub:openai/gsm8k@{'1' * 40}", "list of the files of openai/gsm8k", MissingError)
    assert not hub.requests and not hub.downloads


OFFLINE = """
import sys
def refuse(event, arguments):
    if event.startswith("socket."):
        raise AssertionError(f"{event} {arguments}")
sys.addaudithook(refuse)
from orca_local.hub.address import parse_address
from orca_local.hub.dataset import open_dataset
dataset = open_dataset(parse_address(sys.argv[1]), offline=sys.argv[2] == "offline")
print(sum(len(dataset.open(file).read()) for file in dataset.files))
"""


@pytest.mark.parametrize("way", ["offline", "commit"])
def test_the_second_time_no_socket_is_opened(hub: HubServer, way: str) -> None:
    """Offline, and also online where the address names a commit."""
    dataset, _ = read("hub:openai/gsm8k/main:train")
    address = "hub:openai/gsm8k/main:train" if way == "offline" else dataset.name
    child = subprocess.run(
        [sys.executable, "-c", OFFLINE, address, way], cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert child.returncode == 0, child.stderr
    assert int(child.stdout) == len(LARGE)
