"""A model behind an endpoint on benchmarks: what it did not answer is left out, and nothing is asked twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from orca_local.domain.errors import InputError
from orca_local.domain.model_settings import ModelSettings
from orca_local.domain.suite_evaluation import SuiteEvaluation
from orca_local.pipeline.pipeline import Pipeline
from orca_local.runs.workspace import Workspace
from tests.openai_server import OpenAIServer, Reply, answer
from tests.suites.scene import Choose
from tests.workspaces import make_workspace


def add(request: dict[str, Any], _number: int) -> Reply:
    """Right for GSM8K."""
    text = request["messages"][-1]["content"]
    return answer(f"The answer is {int(text.split()[2]) + 1000}." if "What is" in text else "Answer: A")


@pytest.fixture
def workspace(tmp_path: Path, tiny_gguf: Path) -> Path:
    return make_workspace(tmp_path / "workspace", tiny_gguf)


def evaluate(
    directory: Path, gguf: Path, url: str, chosen: Any, *names: str, offline: bool = False, **limits: Any
) -> SuiteEvaluation:
    workspace = Workspace.open(directory)
    models = (
        ModelSettings(name="file", path=str(gguf)),
        ModelSettings(name="gpt", base_url=url, model="m", **limits),
    )
    messages = workspace.settings.evaluate.model_copy(update={"system_messages": ("", "S"), "suite_max_tokens": 8})
    settings = workspace.settings.model_copy(update={"model": models, "evaluate": messages})
    with Pipeline(Workspace(directory, settings), offline=offline) as pipeline:
        return pipeline.evaluate_suites(chosen, names or ("file", "gpt"))


@pytest.mark.slow
def test_an_endpoint_is_scored_beside_a_file_and_read_back_without_a_call(
    workspace: Path, tiny_gguf: Path, chosen: Choose
) -> None:
    questions = chosen("gsm8k", "race")
    with OpenAIServer(add) as server:
        summary = evaluate(workspace, tiny_gguf, server.url, questions)
        asked = len(server.requests)
        again = evaluate(workspace, tiny_gguf, server.url, questions, offline=True)
        assert len(server.requests) == asked == 30
    assert again.results == summary.results and again.new == 0
    gsm8k = [one for one in summary.results if one.suite == "gsm8k" and one.system_message == ""]
    assert [(one.model, one.n, one.missing) for one in gsm8k] == [("file", 12, 0), ("gpt", 12, 0)]
    assert gsm8k[1].ours.accuracy == 1.0 and gsm8k[1].references[0].accuracy == 1.0 and gsm8k[1].tokens == 5.0
    assert [(one.model, one.cost_usd) for one in summary.further] == [("file", None), ("gpt", 0.0)]
    # Four differences: two benchmarks under two system messages.
    smallest = min(summary.differences, key=lambda one: one.p_value)
    assert len(summary.differences) == 4 and smallest.p_holm == pytest.approx(4 * smallest.p_value)
    assert [one.model for one in summary.means] == ["file", "gpt"] * 2


@pytest.mark.slow
def test_a_limit_leaves_out_what_was_not_asked(workspace: Path, tiny_gguf: Path, chosen: Choose) -> None:
    questions = chosen("gsm8k", "race")
    with OpenAIServer(add) as server:
        summary = evaluate(workspace, tiny_gguf, server.url, questions, max_calls=7)
        assert len(server.requests) == 7
        (one,) = (one for one in summary.results if one.model == "gpt")
        assert (one.suite, one.n, one.missing, one.ours.accuracy) == ("gsm8k", 7, 5, 1.0)
        assert summary.failures is not None and summary.failures.count == 23
        (difference,) = summary.differences
        assert (difference.before, difference.after, difference.n) == ("file", "gpt", 7)
        assert {mean.model for mean in summary.means} == {"file"}, "a mean over other questions says nothing"
        complete = evaluate(workspace, tiny_gguf, server.url, questions, max_calls=30)
        assert complete.failures is None and len(server.requests) == 30


def test_without_any_answer_the_reason_is_the_error(workspace: Path, tiny_gguf: Path, chosen: Choose) -> None:
    questions = chosen("gsm8k")
    with OpenAIServer(add) as server:
        evaluate(workspace, tiny_gguf, server.url, chosen("race"), "gpt", max_calls=6)
        with pytest.raises(InputError, match="max_calls = 6 is reached"):
            evaluate(workspace, tiny_gguf, server.url, questions, "gpt", max_calls=6)
