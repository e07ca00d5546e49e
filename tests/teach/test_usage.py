"""Token counts of an endpoint: what it sends cannot move the ledger below the traffic or beyond the reservation."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from orca_local.domain.teacher_request import TeacherRequest
from orca_local.domain.types import Message
from orca_local.endpoints.answer import ChatAnswer
from orca_local.store.store import Store
from orca_local.teach.usage import doubt, max_prompt_tokens, with_believable_counts
from tests.openai_server import OpenAIServer, Reply
from tests.teach.scene import solve
from tests.teach.test_request_forms import make, teach

PRICE = '[[price]]\nmodel = "scripted"\ninput = 1.0\noutput = 4.0\n'


def counted(usage: Any) -> Any:
    """A script that answers with this `usage`."""

    def script(body: dict[str, Any], number: int) -> Reply:
        content = json.loads(solve(body, number).body)
        del content["usage"]
        if usage is not None:
            content["usage"] = usage
        return Reply(body=json.dumps(content).encode(), headers={"Content-Type": "application/json"})

    return script


@pytest.mark.parametrize(
    "usage",
    [
        None,
        {},
        {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0},
        {"prompt_tokens": 1, "completion_tokens": 1},
        {"prompt_tokens": 2 * 10**15, "completion_tokens": 2 * 10**15},
        {"prompt_tokens": 2_000_000_000, "completion_tokens": 2_000_000_000},
        {"prompt_tokens": -5, "completion_tokens": -5},
        {"prompt_tokens": "many", "completion_tokens": None},
        {"prompt_tokens": 10**400, "completion_tokens": True},
        {"prompt_tokens": 60, "completion_tokens": 0},
        {"prompt_tokens": 5_000, "completion_tokens": 12},
    ],
)
def test_no_usage_moves_the_ledger_out_of_its_bounds(
    tmp_path: Path, tiny_gguf: Path, capsys: pytest.CaptureFixture[str], usage: Any
) -> None:
    with OpenAIServer(counted(usage)) as server:
        workspace = make(tmp_path / "ws", tiny_gguf, server.url, 6, max_usd=0.02, max_tokens=200)
        (workspace / "prices.toml").write_text(PRICE)
        code, result, _ = teach(capsys, workspace)
    assert (code, result["calls"]["new"], result["not_asked"]) == (0, 6, 0), "the limit is not used up by a lie"
    assert result["doubtful_counts"] == 6
    assert result["prompt_tokens"] < 6 * 1000 and result["completion_tokens"] < 6 * 1000
    with Store.open(workspace / "orca.db") as store:
        rows = store._connection.rows(
            "SELECT c.cost_usd, c.reserved_usd, t.request_json, t.response_json FROM charges AS c"
            " JOIN teacher_calls AS t ON t.key = c.call_key"
        )
    for row in rows:
        sent = sum(len(message["content"]) for message in json.loads(row["request_json"])["messages"])
        received = len(json.loads(row["response_json"])["text"])
        assert (sent / 4 + 4 * received / 4) / 1e6 <= row["cost_usd"] <= row["reserved_usd"]


def test_what_is_not_believable_is_said_once(
    tmp_path: Path, tiny_gguf: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with OpenAIServer(counted({"prompt_tokens": 0, "completion_tokens": 0})) as server:
        workspace = make(tmp_path / "ws", tiny_gguf, server.url, 6)
        _, _, shown = teach(capsys, workspace)
        assert shown.count("without believable token counts") == 1
        assert "such as 0 tokens for a prompt of" in shown
    with OpenAIServer(solve) as server:
        _, result, shown = teach(capsys, make(tmp_path / "good", tiny_gguf, server.url, 6))
    assert "believable" not in shown and "doubtful_counts" not in result


def test_counts_of_usual_answers_are_believed() -> None:
    english = "Carol has 3 boxes with 12 apples each. How many apples does she have? " * 4
    for prompt, answer, prompt_tokens, completion_tokens in (
        (english, "She has 36.\nAnswer: 36", 72, 11),
        (english, "She has 36.\nAnswer: 36", 90, 900),
        ("什么是三加三？", "答案：6", 9, 4),
        ("", "", 8, 0),
        ("x" * 400, "y" * 60, 50, 8),
    ):
        request = TeacherRequest("http://h/v1", "m", (Message("user", prompt),), 1024, 0.0)
        reply = ChatAnswer(answer, prompt_tokens=prompt_tokens, completion_tokens=completion_tokens)
        assert with_believable_counts(request, reply) == reply and doubt(request, reply, reply) == ""


def test_each_count_is_judged_for_itself() -> None:
    request = TeacherRequest("http://h/v1", "m", (Message("user", "What is 3 + 3?" * 9),), 100, 0.0)
    reply = ChatAnswer("3 and 3 make 6.\nAnswer: 6", prompt_tokens=0, completion_tokens=14)
    believed = with_believable_counts(request, reply)
    assert (believed.prompt_tokens, believed.completion_tokens) == (None, 14)
    above = ChatAnswer("6", prompt_tokens=5 * max_prompt_tokens(request), completion_tokens=401)
    believed = with_believable_counts(request, above)
    assert (believed.prompt_tokens, believed.completion_tokens) == (None, None)
    failed = ChatAnswer(error="HTTP 500: x", retryable=True, billed=False)
    assert doubt(request, failed, with_believable_counts(request, failed)) == ""
