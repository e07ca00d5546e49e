"""Benchmarks from a hub on loopback, on a tiny model: killed, resumed, and again without the network."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import pytest

from orca_local.cli.app import run
from tests.command import orca_here
from tests.end_to_end.test_kill import kill_when
from tests.hub_dataset import HubDataset
from tests.hub_server import HubServer
from tests.workspaces import make_workspace, query

EVALUATE = ["evaluate", "--suite", "gsm8k", "--model", "base", "--limit", "24"]
ROWS = [{"question": f"What is {i} + {i}?", "answer": f"#### {2 * i}"} for i in range(60)]


def answers(workspace: Path) -> int:
    if not query(workspace, "select 1 from sqlite_master where name = 'suite_scores'"):
        return 0
    return int(query(workspace, "select count(*) from suite_measurements")[0][0])


@pytest.mark.slow
def test_killed_resumed_and_repeated_without_a_socket(
    tmp_path: Path, tiny_gguf: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace = make_workspace(tmp_path / "workspace", tiny_gguf)
    monkeypatch.chdir(workspace)
    monkeypatch.setenv("ORCA_LOCAL_DATASETS", str(tmp_path / "datasets"))
    monkeypatch.setenv("ORCA_LOCAL_EVALUATE__SUITE_MAX_TOKENS", "64")
    monkeypatch.setenv("HF_HUB_OFFLINE", "")  # --offline sets it, and the test restores it
    monkeypatch.setenv("ORCA_LOCAL_ENGINE__CAPACITY", "1")  # slow enough to be killed at work
    content = "".join(json.dumps(row) + "\n" for row in ROWS).encode()
    with HubServer(datasets=[HubDataset("openai/gsm8k", {"main/test-0.jsonl": content})]) as hub:
        monkeypatch.setenv("HF_ENDPOINT", hub.url)
        kill_when(workspace, EVALUATE, lambda: answers(workspace) >= 4)
        kept = answers(workspace)
        code, first, stderr = orca_here(capsys, *EVALUATE)
    assert code == 0 and "gsm8k: 24 questions, 48 answers" in stderr
    assert (first["new"], first["cached"]) == (48 - kept, kept) and 4 <= kept < 48
    assert [(one["system_message"] == "", one["n"]) for one in first["results"]] == [(False, 24), (True, 24)]

    def refuse(*arguments: Any) -> None:
        raise AssertionError("a socket was opened")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    code, second, _ = orca_here(capsys, *EVALUATE, "--offline")
    assert code == 0 and (second["new"], second["cached"], second["results"]) == (0, 48, first["results"])
    assert query(workspace, "select count(*) from samples where task = 'gsm8k'") == [(0,)]
    assert run(["report"]) == 0
    assert "| gsm8k | (empty) | base | 24 |" in capsys.readouterr().out
