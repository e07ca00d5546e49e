"""`orca-local suites`, and what `tasks add` refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from orca_local.runs.workspace import Workspace
from tests.command import orca_here
from tests.hub_dataset import HubDataset
from tests.hub_server import HubServer
from tests.suites import rows

ROWS = b"".join(json.dumps(row).encode() + b"\n" for row in rows.GSM8K)


@pytest.fixture(autouse=True)
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace that is the current directory, and an empty directory for datasets."""
    monkeypatch.setenv("ORCA_LOCAL_DATASETS", str(tmp_path / "datasets"))
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "")
    directory = Workspace.create(tmp_path / "ws").directory
    (directory / "gsm8k.test.jsonl").write_bytes(ROWS)
    (directory / "crass.csv").write_text(rows.CRASS)
    monkeypatch.chdir(directory)
    return directory


def test_suites_are_listed_pulled_and_shown(capsys: pytest.CaptureFixture[str]) -> None:
    code, listed, _ = orca_here(capsys, "suites", "list")
    names = [suite["name"] for suite in listed["suites"]]
    assert code == 0 and len(names) == 8 and [group["name"] for group in listed["groups"]] == ["orca2"]
    assert all(suite["here"] is None for suite in listed["suites"])
    code, pulled, err = orca_here(capsys, "suites", "pull", "gsm8k", "crass", "--from", ".")
    assert code == 0 and [suite["questions"] for suite in pulled["suites"]] == [12, 2]
    assert pulled["suites"][0]["is_complete"] is False and "12 of the 1,319 published rows" in err
    code, shown, _ = orca_here(capsys, "suites", "show", "gsm8k", "--limit", "3", "--offline")
    assert code == 0 and shown["suite"]["here"] == 12 and shown["groups"] == {"gsm8k": 12}
    assert len(shown["questions"]) == 3 and shown["digest"] == pulled["suites"][0]["digest"]


def test_a_suite_that_is_not_here_is_shown_with_what_is_known(capsys: pytest.CaptureFixture[str]) -> None:
    code, shown, _ = orca_here(capsys, "suites", "show", "bbh")
    assert code == 0 and [row["id"] for row in shown["left_out"]][:2] == ["ruin_names/100", "ruin_names/145"]
    assert shown["suite"]["canary"] and shown["questions"] == [] and "digest" not in shown


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["show", "gsm9k"], 2, "there is no suite 'gsm9k'"),
        (["show", "orca2"], 2, "stands for several suites"),
        (["pull", "crass", "--offline"], 3, "crass is not on this machine"),
        (["pull", "gsm8k", "--offline"], 3, "not on this machine"),
        (["pull", "bbh", "--from", "."], 2, "has no files of bbh"),
    ],
)
def test_what_cannot_be_done_is_said(
    capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, message: str
) -> None:
    exit_code, printed, _ = orca_here(capsys, "suites", *arguments)
    assert exit_code == code and message in printed["error"]["message"] and printed["error"]["hint"]


def test_a_benchmark_is_no_task(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    repository = HubDataset("openai/gsm8k", {"main/test-0.jsonl": ROWS, "main/train-0.jsonl": ROWS})
    whole = HubDataset("lukaemon/bbh", {"snarks/train.jsonl": ROWS})
    with HubServer(datasets=[repository, whole]) as server:
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        for address in ("hub:openai/gsm8k/main:test", "hub:openai/gsm8k/main/test-0.jsonl", "hub:openai/gsm8k/main/"):
            for option in ([], ["--preview"]):
                code, printed, _ = orca_here(capsys, "tasks", "add", address, *option)
                if address.endswith("/"):
                    assert "several splits" in printed["error"]["message"]  # the address is the config
                    continue
                assert code == 2 and "is the benchmark gsm8k" in printed["error"]["message"]
                assert "hub:openai/gsm8k" in printed["error"]["hint"] and ":train" in printed["error"]["hint"]
        code, printed, _ = orca_here(capsys, "tasks", "add", "hub:lukaemon/bbh")
        assert code == 2 and "is the benchmark bbh" in printed["error"]["message"]
        assert orca_here(capsys, "tasks", "list")[1] == {"tasks": []}
        code, printed, _ = orca_here(capsys, "tasks", "add", "hub:openai/gsm8k/main:train")
        assert code == 0 and printed["added"] == 12
