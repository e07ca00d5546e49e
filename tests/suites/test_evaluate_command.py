"""`evaluate --suite`: what it refuses before anything runs, and what it prints."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from orca_local.cli.suite_results import show_suites
from orca_local.hub.benchmarks import load_suites
from orca_local.suites.library import pull
from tests.command import orca_here
from tests.suites import rows
from tests.suites.scene import Choose, Scene, add
from tests.workspaces import make_workspace, query


@pytest.fixture
def workspace(tmp_path: Path, tiny_gguf: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    made = make_workspace(tmp_path / "workspace", tiny_gguf)
    monkeypatch.chdir(made)
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("HF_HUB_OFFLINE", "")  # --offline sets it, and the test restores it
    return made


def refusal(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[str, str]:
    code, printed, stderr = orca_here(capsys, "evaluate", *arguments)
    assert code != 0 and set(printed) == {"error"} and "Traceback" not in stderr
    return printed["error"]["message"], printed["error"]["hint"]


def test_an_unknown_name_is_refused_with_the_nearest_one(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    message, hint = refusal(capsys, "--suite", "gsm8", "--suite", "race")
    assert message == "there is no suite 'gsm8'" and "did you mean gsm8k?" in hint
    assert query(workspace, "select count(*) from runs") == [(0,)]


def test_nothing_is_pulled_offline(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("gsm8k", "crass"):
        message, hint = refusal(capsys, "--suite", name, "--offline")
        assert (name in message and "offline" in f"{message} {hint}") or "suites pull" in hint


def test_a_changed_and_a_partial_file_are_refused(
    workspace: Path, files: Path, datasets: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pull(load_suites()["gsm8k"], files)
    copy = datasets / "suites" / "gsm8k" / "gsm8k.test.jsonl"
    whole = copy.read_text()
    copy.write_text("".join(json.dumps(row) + "\n" for row in rows.GSM8K[:5]))
    message, hint = refusal(capsys, "--suite", "gsm8k")
    assert message.startswith("gsm8k changed: its rows have the hash") and "gsm8k.json" in hint
    copy.write_text(whole[: len(whole) // 2])
    message, hint = refusal(capsys, "--suite", "gsm8k")
    assert "not JSON" in message and "incomplete or changed" in hint
    copy.write_text(whole)
    code, printed, _ = orca_here(capsys, "evaluate", "--suite", "gsm8k", "--model", "base", "--estimate")
    assert code == 0 and (printed["answers"], printed["answered"]) == (24, 0)
    assert query(workspace, "select count(*) from runs") == [(0,)], "nothing ran, not even for the base"


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["--limit", "5"], "give --suite NAME"),
        (["--suite", "gsm8k", "--split"], "leave out --suite"),
        (["--suite", "gsm8k", "--samples", "3"], "leave out --suite"),
        (["--suite", "gsm8k", "--quantization", "Q8_0", "--quantization", "F16"], "one type"),
    ],
)
def test_options_that_do_not_go_together(
    workspace: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], part: str
) -> None:
    assert part in refusal(capsys, *arguments)[0]


def test_the_table_has_both_scores_and_says_whose_rule_it_is(
    scene: Scene, chosen: Choose, capsys: pytest.CaptureFixture[str]
) -> None:
    models = [scene.model("base", lambda request: "I do not know."), scene.model("tuned", add)]
    summary, _ = scene.run(chosen("agieval", "bbh", "drop", "crass", "race", "gsm8k", limit=5), *models)
    show_suites(summary)
    printed = capsys.readouterr().out
    lines = [line.split() for line in printed.splitlines()]
    assert ["gsm8k", "empty", "tuned", "5", "100.0", "%"] in [line[:6] for line in lines]
    assert any(line[:6] == ["gsm8k", '"Be', 'kind."', "base", "→", "tuned"] for line in lines)
    assert "gsm8k: 5 of 12 questions; not all published rows are here; reference: the rule of lm-evaluation" in printed
    before, _, after = printed.partition("reported in the literature, with another harness")
    assert "GPT-4" in after and "79.0 %" in after and "2311.11045" in after and "GPT-4" not in before
    assert "mean over the 6 suites" in before
