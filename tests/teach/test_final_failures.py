"""Which failures are final: those that the question causes. Those of the run are asked again when it is mended."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from orca_local.endpoints.failures import Cause, find_cause
from tests.command import orca_here
from tests.openai_server import OpenAIServer, Reply, answer, error
from tests.teach.scene import solve
from tests.teach.test_request_forms import body_error, make, named, teach

QUOTA = {"message": "You exceeded your current quota", "code": "insufficient_quota"}


@pytest.mark.parametrize(
    ("reply", "message", "hint"),
    [
        (error(401, "no auth credentials found"), "rejects the key", "OPENAI_API_KEY"),
        (error(403, "Country not supported"), "rejects the key", "OPENAI_API_KEY"),
        (error(400, "API key not valid. Please pass a valid API key."), "rejects the key", "OPENAI_API_KEY"),
        (error(400, "Incorrect API key provided: sk-1"), "rejects the key", "OPENAI_API_KEY"),
        (error(402, "Insufficient Balance"), "quota", "add credit"),
        (body_error(429, error=QUOTA), "quota", "add credit"),
        (error(429, "Insufficient balance, please recharge"), "quota", "add credit"),
        (error(400, "Your credit balance is too low to access the API."), "quota", "add credit"),
        (error(404, 'model "scripted" not found, try pulling it first'), "does not know", "ollama pull scripted"),
        (error(404, "The model `scripted` does not exist"), "does not know the model 'scripted'", "teacher.model"),
        (error(400, "scripted is not a valid model ID"), "does not know the model", "teacher.model"),
        (named("model", "you must provide a model parameter"), "does not know the model", "teacher.model"),
        (error(405, "Method Not Allowed"), "takes no chat completions: HTTP 405", "teacher.base_url"),
        (Reply(301, b"moved"), "takes no chat completions: HTTP 301", "teacher.base_url"),
        (named("max_tokens", "max_tokens is too large: 1024. At most 512."), "refuses max_tokens = 1024", "orca.toml"),
        (named("reasoning_effort", "Missing required parameter"), "field 'reasoning_effort'", "teacher.extra"),
        (error(500, "broken"), "answered none", "teacher.base_url"),
        (error(400, "Bad Request"), "answered none", "teacher.base_url"),
    ],
)
def test_a_failure_of_the_run_ends_it_and_is_asked_again_when_it_is_mended(
    tmp_path: Path, tiny_gguf: Path, capsys: pytest.CaptureFixture[str], reply: Reply, message: str, hint: str
) -> None:
    is_mended = False

    def script(body: dict[str, Any], number: int) -> Reply:
        return solve(body, number) if is_mended else reply

    with OpenAIServer(script) as server:
        workspace = make(tmp_path / "ws", tiny_gguf, server.url, 6)
        code, failed, _ = teach(capsys, workspace)
        assert code == 4
        assert message in failed["error"]["message"] and hint in failed["error"]["hint"]
        is_mended = True
        code, result, _ = teach(capsys, workspace)
    assert (code, result["calls"]) == (0, {"new": 6, "cached": 0, "failed": 0})


def test_a_key_that_is_withdrawn_during_the_run_loses_no_question(
    tmp_path: Path, tiny_gguf: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with OpenAIServer(lambda body, n: solve(body, n) if n <= 5 else error(401, "expired")) as server:
        workspace = make(tmp_path / "ws", tiny_gguf, server.url, 12)
        code, failed, _ = teach(capsys, workspace)
        assert code == 4 and "expired" in failed["error"]["message"]
    with OpenAIServer(solve) as server:
        settings = (workspace / "orca.toml").read_text()
        (workspace / "orca.toml").write_text(
            "\n".join(
                f'base_url = "{server.url}"' if line.startswith("base_url") else line for line in settings.split("\n")
            )
        )
        code, result, _ = teach(capsys, workspace)
    assert (code, result["calls"]["new"], result["calls"]["failed"]) == (0, 12, 0)


@pytest.mark.slow
@pytest.mark.parametrize(
    "reply",
    [
        body_error(400, error={"message": "Too long.", "code": "context_length_exceeded", "param": "messages"}),
        error(400, "the request exceeds the available context size. try increasing the context size"),
        error(400, "This model's maximum context length is 4096 tokens. 'max_tokens' or the prompt is too large."),
        error(413, "Request Entity Too Large"),
        body_error(400, error={"message": "The response was filtered", "code": "content_filter", "param": "prompt"}),
        error(403, "Your input was flagged by moderation"),
        error(400, "I do not like this one"),
        answer("It is", "length"),
        answer(None, refusal="no"),
    ],
)
def test_a_failure_of_the_question_is_final_for_it_alone(
    tmp_path: Path, tiny_gguf: Path, capsys: pytest.CaptureFixture[str], reply: Reply
) -> None:
    def script(body: dict[str, Any], number: int) -> Reply:
        return reply if "What is 3 + 3" in body["messages"][-1]["content"] else solve(body, number)

    with OpenAIServer(script) as server:
        workspace = make(tmp_path / "ws", tiny_gguf, server.url, 6)
        _, first, _ = teach(capsys, workspace)
        assert first["calls"] == {"new": 5, "cached": 0, "failed": 1}
        assert {"max_tokens", "temperature", "top_p"} <= server.requests[-1].keys(), "nothing was learned from it"
        asked = len(server.requests)
        _, second, _ = teach(capsys, workspace)
        assert second["calls"] == {"new": 0, "cached": 5, "failed": 1} and len(server.requests) == asked
        teach(capsys, workspace, "--retry-failed")
        assert len(server.requests) == asked + 1


@pytest.mark.parametrize(
    ("status", "code", "message", "cause"),
    [
        (429, "rate_limit_exceeded", "Rate limit reached for requests per minute", Cause.TEMPORARY),
        (429, "", "Resource has been exhausted (e.g. check quota).", Cause.TEMPORARY),
        (529, "overloaded_error", "Overloaded", Cause.TEMPORARY),
        (304, "", "", Cause.TEMPORARY),
        (302, "", "", Cause.ADDRESS),
        (400, "", "input length and `max_tokens` exceed context limit: 199000 + 8000 > 200000", Cause.QUESTION),
        (
            400,
            "",
            "The input token count (40000) exceeds the maximum number of tokens allowed (32768).",
            Cause.QUESTION,
        ),
        (
            422,
            "validation",
            "Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096",
            Cause.QUESTION,
        ),
        (400, "", "prompt is too long: 210000 tokens > 200000 maximum", Cause.QUESTION),
        (403, "", "Invalid API key; your account was flagged", Cause.KEY),
        (400, "invalid_request_error", "Unknown parameter: 'seed'", Cause.REQUEST),
        (404, "", "No endpoints found that can handle the requested parameters.", Cause.REQUEST),
        (404, "", "No endpoints found that support the requested parameters: seed.", Cause.REQUEST),
        (404, "", "No endpoints found that support image input", Cause.MODEL),
    ],
)
def test_causes_of_other_servers(status: int, code: str, message: str, cause: Cause) -> None:
    assert find_cause(status, code, message) is cause


def test_a_batch_that_knows_no_such_model_ends_with_one_message(
    tmp_path: Path, tiny_gguf: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from tests.teach.test_batch import BatchServer

    with BatchServer() as server:
        workspace = make(tmp_path / "ws", tiny_gguf, server.url, 4)
        orca_here(capsys, "teach", "--batch", "-w", str(workspace))
        unknown = {"status_code": 404, "body": {"error": {"message": "The model `scripted` does not exist"}}}
        server.spoil = {question: {"response": unknown} for question in server.questions()}
        server.state = "completed"
        code, failed, _ = orca_here(capsys, "teach", "--batch", "-w", str(workspace))
        assert code == 4 and "does not know the model" in failed["error"]["message"]
        assert len(server.batches) == 1, "no second batch is sent in vain"
        server.spoil = {}
        orca_here(capsys, "teach", "--batch", "-w", str(workspace))
        code, result, _ = orca_here(capsys, "teach", "--batch", "-w", str(workspace))
    assert (code, result["calls"]["new"]) == (0, 4), json.dumps(result)
