"""Exit code 0 means that no sample failed, in every stage."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from orca_local.cli.failures import show_failures
from orca_local.domain.failure_summary import FailureCounts, merged
from tests.command import orca_here
from tests.openai_server import OpenAIServer, Reply, answer, error
from tests.teach.scene import solve
from tests.teach.test_request_forms import make, teach
from tests.workspaces import copy_workspace, make_workspace

OPTIONS = ("--samples", "2", "--strategy", "plain", "--strategy", "step_by_step", "--method", "exhaustive")
"""Of `probe`: eight generations."""
REFUSED = answer(None, refusal="I would rather not.")


def test_teach_says_how_many_samples_failed_why_and_how_to_ask_again(
    tmp_path: Path, tiny_gguf: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def script(body: dict[str, Any], number: int) -> Reply:
        question = body["messages"][-1]["content"]
        return REFUSED if " 1 " in question else error(503, "busy") if " 3 " in question else solve(body, number)

    with OpenAIServer(script) as server:
        workspace = make(tmp_path / "ws", tiny_gguf, server.url, 8)
        for _ in range(2):
            code, result, shown = teach(capsys, workspace)
            assert code == 5
            failures = result["failures"]
            assert (failures["count"], failures["final"]) == (2, 1) and "--retry-failed" in failures["again"]
            assert sorted(failures["reasons"].values()) == [1, 1]
            assert "2 failed, 1 of them for good:" in shown and "I would rather not" in shown
            assert "hint: run `orca-local teach --retry-failed`" in shown
    with OpenAIServer(solve) as server:
        settings = (workspace / "orca.toml").read_text().splitlines()
        settings = [f'base_url = "{server.url}"' if line.startswith("base_url") else line for line in settings]
        (workspace / "orca.toml").write_text("\n".join(settings))
        code, result, shown = teach(capsys, workspace)
    assert code == 0 and "failures" not in result and "failed" not in shown


def test_a_sample_with_another_answer_has_not_failed(
    tmp_path: Path, tiny_gguf: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with OpenAIServer(lambda body, n: REFUSED if n == 1 else solve(body, n)) as server:
        workspace = make(tmp_path / "ws", tiny_gguf, server.url, 3, samples=2, temperature=0.5, concurrency=1)
        code, result, _ = teach(capsys, workspace)
    assert (code, result["calls"]["failed"]) == (0, 1) and "failures" not in result


def test_a_missing_answer_in_a_file_is_a_failed_sample(
    tmp_path: Path, tiny_gguf: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace = make(tmp_path / "ws", tiny_gguf, "", 3, kind="file", file="answers.jsonl")
    (workspace / "answers.jsonl").write_text(json.dumps({"id": "n0001", "text": "Answer: 2"}) + "\n")
    code, result, _ = teach(capsys, workspace)
    assert (code, result["failures"]["count"]) == (5, 2)


@pytest.fixture
def served(tmp_path: Path, tiny_gguf: Path) -> Path:
    """A workspace whose student is probed at an endpoint; the address has to be set."""
    workspace = make_workspace(tmp_path / "ws", tiny_gguf)
    path = workspace / "orca.toml"
    path.write_text(path.read_text().replace("[engine]\n", '[engine]\nkind = "openai"\nmodel = "m"\ntries = 1\n'))
    return workspace


def probe(capsys: pytest.CaptureFixture[str], workspace: Path, url: str) -> tuple[int, dict[str, Any], str]:
    path = workspace / "orca.toml"
    path.write_text(path.read_text().replace("[engine]\n", f'[engine]\nbase_url = "{url}"\n'))
    return orca_here(capsys, "probe", *OPTIONS, "-w", str(workspace))


@pytest.mark.slow
def test_a_probe_in_which_everything_failed_is_an_error(served: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with OpenAIServer(lambda *_: error(500, "no memory")) as server:
        code, result, _ = probe(capsys, served, server.url)
    assert code == 1 and "all 8 generations failed; the last error: HTTP 500: no memory" in result["error"]["message"]
    assert "orca-local probe" in result["error"]["hint"]


@pytest.mark.slow
def test_a_probe_in_which_some_generations_failed_says_so(served: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def script(_body: dict[str, Any], number: int) -> Reply:
        return error(500, "no memory") if number <= 3 else answer("Answer: 4")

    with OpenAIServer(script) as server:
        code, result, shown = probe(capsys, served, server.url)
    assert code == 5 and result["failures"]["reasons"] == {"HTTP 500: no memory": 3}
    assert "3 failed:" in shown and "hint: mend the cause and run `orca-local probe` again" in shown


def test_a_model_that_answers_nothing_in_an_evaluation_is_an_error(
    taught: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace = copy_workspace(taught, tmp_path / "ws")
    path = workspace / "orca.toml"
    path.write_text(path.read_text().replace("context = 512", "context = 128"))
    long = {"id": "long", "task": "sums-0", "kind": "number", "answer": "4", "split": "holdout"}
    (workspace / "long.jsonl").write_text(json.dumps({**long, "prompt": "What is 2 plus 2? " + "Think hard. " * 400}))
    assert orca_here(capsys, "tasks", "add", str(workspace / "long.jsonl"), "-w", str(workspace))[0] == 0
    code, result, shown = orca_here(capsys, "evaluate", "--model", "base", "-w", str(workspace))
    assert code == 5 and result["failures"]["count"] > 0, shown


def test_failures_of_one_of_several_stages_are_shown_with_its_name(capsys: pytest.CaptureFixture[str]) -> None:
    counts = FailureCounts()
    counts.add("the reply was empty")
    failures = counts.summarize("run `orca-local teach`")
    assert failures is not None
    assert show_failures({"probe": {"run_id": 1}, "teach": {"failures": failures.to_dict()}, "seeds": None})
    assert "teach: 1 failed:\n  1 × the reply was empty\nhint: run" in capsys.readouterr().err
    assert not show_failures({"probe": {"run_id": 1}, "teach": {"calls": {"failed": 0}}})


def test_many_reasons_are_counted_together() -> None:
    counts = FailureCounts()
    for number in range(30):
        for _ in range(30 - number):
            counts.add(f"reason {number}", is_final=number == 0)
    summary = counts.summarize("again")
    assert summary is not None and summary.count == 465 == sum(summary.reasons.values()) and summary.final == 30
    assert len(summary.reasons) == 21
    both = merged(None, summary, summary)
    assert both is not None and both.count == 930 and merged(None) is None and FailureCounts().summarize("x") is None
