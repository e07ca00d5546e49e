"""`tasks` on the command line with the hub: ready sources, addresses and a mix."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from orca_local.runs.workspace import Workspace
from tests.command import orca_here
from tests.hub_server import HubServer
from tests.tasks.mix.made_hub import made_datasets


@pytest.fixture
def hub(datasets: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[HubServer]:
    with HubServer(datasets=made_datasets()) as server:
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        yield server


@pytest.fixture
def workspace(tmp_path: Path) -> str:
    return str(Workspace.create(tmp_path / "ws").directory)


def test_the_ready_sources_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    code, result, _ = orca_here(capsys, "tasks", "sources")
    found = {source["name"]: source for source in result["sources"]}
    assert code == 0 and result["mixes"] == ["orca2", "orca2-with-orca1"]
    assert found["gsm8k"]["licence"] == "MIT" and found["gsm8k"]["rows"] == 7473 and found["gsm8k"]["card_read"] is True
    assert found["slimorca"]["card_read"] is False


def test_a_ready_source_and_an_address_are_added(
    hub: HubServer, workspace: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, result, err = orca_here(capsys, "tasks", "add", "ready:gsm8k", "--limit", "5", "-w", workspace)
    assert (code, result["added"]) == (0, 5)
    commit = hub.datasets["openai/gsm8k"].commits["main"]
    assert f"ready:gsm8k is openai/gsm8k at commit {commit}" in err and "; MIT" in err
    code, result, _ = orca_here(capsys, "tasks", "add", "hub:ChilleD/SVAMP", "-w", workspace)
    assert (code, result["tasks"][0]["kind"]) == (0, "number")


@pytest.mark.parametrize(
    ("source", "code", "message"),
    [
        ("ready:gsm8", 2, "no ready source 'gsm8'"),
        ("hub:openai/gsm8k", 2, "several configs: main, socratic"),
        ("hub:openai/gsm", 4, "has no dataset openai/gsm"),
        ("hub:openai/gsm8k@v1/main", 4, "no revision v1 of openai/gsm8k"),
    ],
)
def test_what_the_hub_does_not_have_is_one_message(
    hub: HubServer, workspace: str, capsys: pytest.CaptureFixture[str], source: str, code: int, message: str
) -> None:
    ended, result, _ = orca_here(capsys, "tasks", "add", source, "-w", workspace)
    assert ended == code and message in result["error"]["message"] and result["error"]["hint"]


def test_a_name_is_not_suggested_for_itself(hub: HubServer, workspace: str, capsys: pytest.CaptureFixture[str]) -> None:
    del hub.datasets["openai/gsm8k"]
    code, result, _ = orca_here(capsys, "tasks", "add", "ready:gsm8k", "-w", workspace)
    assert code == 4 and result["error"]["message"].endswith("has no dataset openai/gsm8k")
    assert result["error"]["hint"].startswith("if it is private")


def test_a_mix_names_what_went_in(hub: HubServer, workspace: str, capsys: pytest.CaptureFixture[str]) -> None:
    del hub.datasets["ChilleD/SVAMP"]
    words = ("tasks", "mix", "orca2", "--tasks", "15", "--per-task", "5", "--skip-bad", "-w", workspace)
    code, result, err = orca_here(capsys, *words)
    assert code == 5 and result["tasks"] == 15 and result["rows"] == sum(s["rows"] for s in result["sources"])
    assert [failure["name"] for failure in result["failed"]] == ["svamp"] and "source svamp failed" in err
    assert result["failures"]["count"] == 1 and "1 failed:" in err
    assert "few_shot = 0.067" in err
    page = Path(result["licences"]).read_text(encoding="utf-8")
    assert all(f"| {source['name']} | {source['repo']} | {source['commit']} |" in page for source in result["sources"])
    assert json.dumps(result)
