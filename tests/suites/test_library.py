"""Suites are pulled once, kept, and refused when they change."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from orca_local.domain.errors import InputError, MissingError
from orca_local.hub.benchmarks import Suite, find_suites, load_suites
from orca_local.suites.library import find_pulled, load_pulled, pull, record_path
from tests.hub_dataset import HubDataset
from tests.hub_server import HubServer
from tests.suites import rows

SUITES = load_suites()
GSM8K, CRASS, BBH = SUITES["gsm8k"], SUITES["crass"], SUITES["bbh"]


def jsonl(entries: list[dict[str, object]]) -> bytes:
    return b"".join(json.dumps(entry).encode() + b"\n" for entry in entries)


def gsm8k(entries: list[dict[str, object]] = rows.GSM8K) -> HubDataset:
    return HubDataset("openai/gsm8k", {"main/test-0.jsonl": jsonl(entries), "main/train-0.jsonl": jsonl(entries)})


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    with HubServer(datasets=[gsm8k()]) as server:
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        yield server


def test_a_suite_of_the_hub_is_recorded_and_read_again_without_it(hub: HubServer) -> None:
    pulled = pull(GSM8K)
    record = find_pulled(GSM8K)
    assert record is not None and record.questions == 12 and record.place == "hub:openai/gsm8k"
    assert record.commit == hub.datasets["openai/gsm8k"].commits["main"]
    asked = len(hub.requests)
    assert load_pulled(GSM8K, offline=True) == pulled and pull(GSM8K, offline=True) == pulled
    assert len(hub.requests) == asked


def test_the_commit_of_the_first_pull_is_kept(hub: HubServer) -> None:
    first = pull(GSM8K)
    old = hub.datasets["openai/gsm8k"]
    changed = gsm8k(rows.GSM8K[:5])
    changed.branches["old"] = old.files
    assert changed.commits["old"] == old.commits["main"]
    hub.datasets["openai/gsm8k"] = changed
    assert pull(GSM8K) == first


def test_files_of_a_directory_are_copied(files: Path) -> None:
    pulled = pull(CRASS, files)
    (files / "crass.csv").unlink()
    assert load_pulled(CRASS) == pulled and pull(CRASS) == pulled
    record = find_pulled(CRASS)
    assert record is not None and record.commit == "" and record.place == str(files)


def test_the_files_of_a_checkout_are_found(files: Path, tmp_path: Path) -> None:
    suite, checkout = SUITES["agieval"], tmp_path / "AGIEval"
    for name in suite.files:
        (checkout / name).parent.mkdir(parents=True, exist_ok=True)
        (checkout / name).write_bytes((files / "agieval.lsat-ar.jsonl").read_bytes())
    assert {question.group for question in pull(suite, checkout).questions} >= {"lsat-ar", "sat-en-without-passage"}
    (checkout / suite.files[3]).unlink()
    with pytest.raises(InputError, match=r"only 7 of the 8 files of agieval: data/v1_1/lsat-lr\.jsonl"):
        pull(suite, checkout)


def test_another_content_is_refused_and_the_first_one_stays(files: Path) -> None:
    first = pull(GSM8K, files)
    (files / "gsm8k.test.jsonl").write_bytes(jsonl(rows.GSM8K[:5]))
    with pytest.raises(InputError, match="gsm8k changed") as raised:
        pull(GSM8K, files)
    assert str(record_path(GSM8K)) in raised.value.hint
    assert load_pulled(GSM8K) == first


def test_a_copy_that_somebody_changed_is_refused(files: Path, datasets: Path) -> None:
    pull(GSM8K, files)
    (datasets / "suites" / "gsm8k" / "gsm8k.test.jsonl").write_bytes(jsonl(rows.GSM8K[:5]))
    with pytest.raises(InputError, match="its rows have the hash"):
        load_pulled(GSM8K)


@pytest.mark.parametrize("record", ["no JSON", '{"place": "x"}', "[]"])
def test_a_damaged_record_is_named(files: Path, record: str) -> None:
    pull(GSM8K, files)
    record_path(GSM8K).write_text(record)
    with pytest.raises(InputError, match="is damaged") as raised:
        load_pulled(GSM8K)
    assert "delete it" in raised.value.hint


@pytest.mark.parametrize(
    ("suite", "message"), [(CRASS, "crass is not on this machine"), (GSM8K, "openai/gsm8k is not on this machine")]
)
def test_what_is_not_here_is_said(suite: Suite, message: str) -> None:
    with pytest.raises(MissingError, match=message) as raised:
        pull(suite, offline=True)
    assert raised.value.hint
    with pytest.raises(MissingError, match="is not on this machine") as raised:
        load_pulled(suite)
    assert "suites pull" in raised.value.hint


def test_a_directory_without_the_files_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no files of bbh"):
        pull(BBH, tmp_path)
    with pytest.raises(InputError, match="is no directory"):
        pull(BBH, tmp_path / "none")


def test_a_group_stands_for_its_suites_and_a_wrong_name_gets_the_nearest() -> None:
    names = [suite.name for suite in find_suites(["orca2", "gsm8k", "mmlu"])]
    assert names == ["agieval", "bbh", "drop", "crass", "race", "gsm8k", "mmlu"]
    with pytest.raises(InputError, match="no suite 'gsm8kk'") as raised:
        find_suites(["gsm8kk"])
    assert "did you mean gsm8k?" in raised.value.hint
