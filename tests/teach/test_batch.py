"""The Batch API against a scripted server: a run submits a batch, a later run collects it once."""

from __future__ import annotations

import email
import email.policy
import json
from collections.abc import Callable, Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler
from typing import Any

import pytest

from orca_local.domain.errors import RemoteError
from orca_local.domain.events import CallAnswered, CallFailed, Warned
from orca_local.domain.settings import TeacherSettings
from orca_local.endpoints.chat import ChatEndpoint
from orca_local.runs.context import StageContext
from orca_local.store.store import Store
from orca_local.teach.batch import teach_in_batch
from orca_local.teach.job import TeachJob
from orca_local.teach.prices import Price
from orca_local.views.teach_progress import load_teach_progress
from tests.events import summary_of
from tests.local_server import LocalServer, QuietHandler
from tests.teach.scene import KEY, STEPS, fill, run, sample, settings, solve

PRICE = Price(input=1.0, output=1.0)
COST = 0.5 * PRICE.cost(11, 5)


class BatchServer(LocalServer):
    """Keeps files and batches in memory, for two minutes at most. `state` is the state of every batch."""

    def __init__(self) -> None:
        self.files: dict[str, str] = {}
        self.batches: dict[str, dict[str, Any]] = {}
        self.state = "in_progress"
        self.spoil: dict[str, dict[str, Any] | None] = {}
        """Question → the result line to send instead of an answer; None for no line."""
        self.rewrite: dict[str, Callable[[str], str]] = {}
        """Question → what becomes of its result line."""
        self.extra_lines: list[str] = []
        """Lines before the results."""
        self.odd: dict[str, dict[str, Any]] = {}
        """Id of a batch → fields of its status that differ."""
        self.dies_after_create = False
        self.error = ""
        """Message of the error that answers every request, if there is one."""
        outer = self

        class Handler(QuietHandler):
            def do_POST(self) -> None:
                outer._post(self)

            def do_GET(self) -> None:
                outer._get(self)

        super().__init__(Handler)

    def questions(self) -> list[str]:
        """All questions in all batches."""
        lines = [json.loads(line) for text in self.files.values() for line in text.splitlines() if '"method"' in line]
        return [line["body"]["messages"][-1]["content"] for line in lines]

    def _post(self, handler: BaseHTTPRequestHandler) -> None:
        body = handler.rfile.read(int(handler.headers["Content-Length"]))
        if self.error:
            return _send(handler, {"error": {"message": self.error}}, 401)
        if handler.path == "/v1/files":
            head = f"Content-Type: {handler.headers['Content-Type']}\r\n\r\n".encode()
            parts = email.message_from_bytes(head + body, policy=email.policy.HTTP).iter_parts()
            name = f"file-{len(self.files)}"
            self.files[name] = next(part.get_content() for part in parts if part.get_filename()).decode()
            return _send(handler, {"id": name, "object": "file", "bytes": 1, "created_at": 0, "filename": "x"})
        if handler.path == "/v1/batches":
            request = json.loads(body)
            name = f"batch-{len(self.batches)}"
            self.batches[name] = {"id": name, "input": request["input_file_id"], "metadata": request["metadata"]}
            if self.dies_after_create:
                handler.close_connection = True
                return None
            return _send(handler, self._batch(name))
        return _send(handler, {"error": {"message": "nothing here"}}, 404)

    def _get(self, handler: BaseHTTPRequestHandler) -> None:
        path = handler.path.split("?")[0].removeprefix("/v1/")
        if path == "batches":
            batches = [self._batch(name) for name in self.batches]
            return _send(handler, {"object": "list", "data": batches, "has_more": False})
        if path.startswith("batches/"):
            return _send(handler, self._batch(path.removeprefix("batches/")))
        name = path.removeprefix("files/").removesuffix("/content")
        return _send(handler, self.files[name])

    def _batch(self, name: str) -> dict[str, Any]:
        batch = self.batches[name]
        lines = [json.loads(line) for line in self.files[batch["input"]].splitlines()]
        batch_object: dict[str, Any] = {
            "id": name,
            "object": "batch",
            "endpoint": "/v1/chat/completions",
            "completion_window": "24h",
            "created_at": 0,
            "input_file_id": batch["input"],
            "metadata": batch["metadata"],
            "status": self.state,
            "request_counts": {"total": len(lines), "completed": 0, "failed": 0},
        }
        if self.state in ("completed", "expired"):
            batch_object["output_file_id"] = f"{name}-out"
            results = [result for line in lines if (result := self._result(line))]
            self.files[f"{name}-out"] = "\n".join([*self.extra_lines, *results, "not json", ""])
            batch_object["request_counts"]["completed"] = len(lines)
        if self.state == "failed":
            batch_object["errors"] = {"object": "list", "data": [{"message": "the file is no good", "code": "x"}]}
        return batch_object | self.odd.get(name, {})

    def _result(self, line: dict[str, Any]) -> str:
        """A line of the file of results."""
        answer = self._answer(line)
        text = json.dumps(answer, ensure_ascii=not _is_plain(answer)) if answer else ""
        return self.rewrite.get(line["body"]["messages"][-1]["content"], str)(text)

    def _answer(self, line: dict[str, Any]) -> dict[str, Any] | None:
        question = line["body"]["messages"][-1]["content"]
        if question in self.spoil:
            spoiled = self.spoil[question]
            return spoiled and {"custom_id": line["custom_id"], **spoiled}
        body = json.loads(solve(line["body"], 1).body)
        return {"custom_id": line["custom_id"], "response": {"status_code": 200, "body": body}, "error": None}


def _is_plain(value: Any) -> bool:
    """Whether UTF-8 can encode every text in a value."""
    try:
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _send(handler: BaseHTTPRequestHandler, content: Any, status: int = 200) -> None:
    data = content.encode() if isinstance(content, str) else json.dumps(content).encode()
    handler.send_response(status)
    handler.send_header("Content-Type", "application/json")
    handler.send_header("Content-Length", str(len(data)))
    handler.end_headers()
    handler.wfile.write(data)


@pytest.fixture
def server() -> Iterator[BatchServer]:
    with BatchServer() as server:
        yield server


def batch(store: Store, chosen: TeacherSettings, *, limit: int | None = None, retry_failed: bool = False) -> list[Any]:
    chat = ChatEndpoint(chosen, section="teacher")
    chat.open()
    with closing(chat):
        events = teach_in_batch(
            StageContext(store, store.runs.start("teach", "{}", {})),
            chat,
            TeachJob(store.samples.list(split="train"), {"sums": STEPS}, chosen, PRICE, limit, retry_failed),
        )
        return list(events)


def test_a_batch_is_submitted_and_later_collected_once_at_half_the_price(store: Store, server: BatchServer) -> None:
    fill(store, [sample(i) for i in range(6)])
    chosen = settings(server.url)
    first = summary_of(batch(store, chosen))
    assert first["batch"] == {
        "submitted": 6,
        "waiting": 6,
        "states": [{"id": "batch-0", "state": "submitted", "total": 6, "done": 0}],
    }
    assert first["calls"] == {"new": 0, "cached": 0, "failed": 0} and first["cost_usd"] > 6 * COST
    assert load_teach_progress(store, chosen).waiting == 6
    assert load_teach_progress(store, settings("http://127.0.0.1:1/v1")).waiting == 0, (
        "they wait at the endpoint that they were sent to"
    )
    again = summary_of(batch(store, chosen))
    assert (again["batch"]["submitted"], again["batch"]["waiting"]) == (0, 6)
    assert again["batch"]["states"][0]["state"] == "in_progress"
    server.state = "completed"
    events = batch(store, chosen)
    done = summary_of(events)
    assert done["calls"] == {"new": 6, "cached": 0, "failed": 0}
    assert (done["verified"], done["batch"]["waiting"]) == (6, 0)
    assert done["spent_usd"] == pytest.approx(6 * COST)
    assert [e.cached for e in events if isinstance(e, CallAnswered)] == 6 * [False], "each answer is reported once"
    last = summary_of(batch(store, chosen))
    assert last["calls"] == {"new": 0, "cached": 6, "failed": 0} and last["batch"]["states"] == []
    assert len(server.batches) == 1 and len(server.questions()) == 6
    assert summary_of(run(store, store.samples.list(split="train"), chosen))["calls"]["cached"] == 6


def test_each_failed_call_of_a_batch_is_reported(store: Store, server: BatchServer) -> None:
    fill(store, [sample(i) for i in range(5)])
    chosen = settings(server.url)
    refused = {"choices": [{"message": {"content": "I'm sorry, but I can't help."}, "finish_reason": "stop"}]}
    server.spoil = {
        "What is 0 + 0?": None,
        "What is 1 + 1?": {"response": {"status_code": 429, "body": {"error": {"message": "too much"}}}},
        "What is 2 + 2?": {"response": {"status_code": 200, "body": refused}},
        "What is 3 + 3?": {"response": None, "error": {"code": "batch_expired", "message": "too late"}},
    }
    batch(store, chosen)
    server.state = "expired"
    events = batch(store, chosen)
    errors = sorted(e.error for e in events if isinstance(e, CallFailed))
    assert len(errors) == 4, "the refusal is final and is not reported again"
    assert any("too much" in error for error in errors) and any("too late" in error for error in errors)
    assert any("expired before this question was answered" in error for error in errors)
    assert summary_of(events)["batch"]["submitted"] == 3, "temporary failures are in the next batch"
    assert sorted(server.questions()[5:]) == ["What is 0 + 0?", "What is 1 + 1?", "What is 3 + 3?"]


def test_a_batch_is_recovered_if_the_reply_to_its_creation_was_lost(store: Store, server: BatchServer) -> None:
    fill(store, [sample(i) for i in range(3)])
    chosen = settings(server.url)
    server.dies_after_create = True
    with pytest.raises(RemoteError, match=r"the batch request to .* failed"):
        batch(store, chosen)
    sent = len(server.batches)
    server.dies_after_create, server.state = False, "completed"
    done = summary_of(batch(store, chosen))
    assert done["calls"]["new"] == 3 and done["batch"]["submitted"] == 0
    assert len(server.batches) == sent, "it is not sent again"


@pytest.mark.slow
def test_a_batch_that_was_never_sent_is_sent_again_and_costs_nothing(store: Store, server: BatchServer) -> None:
    fill(store, [sample(i) for i in range(3)])
    with pytest.raises(RemoteError, match=r"the batch request to .* failed"):
        batch(store, settings("http://127.0.0.1:9/v1"))
    assert len(store.batches.unfinished("http://127.0.0.1:9/v1", "scripted")) == 1
    chosen = settings(server.url)
    store._connection.execute("UPDATE batches SET endpoint = ?", [server.url])
    first = summary_of(batch(store, chosen))
    assert first["batch"]["submitted"] == 3
    server.state = "completed"
    assert summary_of(batch(store, chosen))["spent_usd"] == pytest.approx(3 * COST)


def test_a_failed_batch_reports_the_reason(store: Store, server: BatchServer) -> None:
    fill(store, [sample(1)])
    batch(store, settings(server.url))
    server.state = "failed"
    (failed, *_) = [e for e in batch(store, settings(server.url)) if isinstance(e, CallFailed)]
    assert failed.error == "the batch failed before this question was answered: the file is no good"


def test_questions_in_a_batch_are_not_asked_live(store: Store, server: BatchServer) -> None:
    from tests.openai_server import OpenAIServer

    fill(store, [sample(i) for i in range(4)])
    batch(store, settings(server.url), limit=3)
    with OpenAIServer(solve) as live:
        store._connection.execute("UPDATE batches SET endpoint = ?", [live.url])
        chosen = settings(live.url)
        # The keys of the batch are those of the other address: only the count of what waits matters here.
        events = run(store, store.samples.list(split="train"), chosen)
    assert any(isinstance(e, Warned) and "3 questions wait in a batch" in e.message for e in events)


def test_limits_apply_to_batches(store: Store, server: BatchServer) -> None:
    fill(store, [sample(i) for i in range(10)])
    chosen = settings(server.url, max_calls=4)
    first = summary_of(batch(store, chosen))
    assert (first["batch"]["submitted"], first["not_asked"]) == (4, 6)
    dear = settings(server.url, max_usd=0.0001)
    assert summary_of(batch(store, dear))["batch"]["submitted"] == 0


def test_samples_with_the_same_request_share_one_call_of_a_batch(store: Store, server: BatchServer) -> None:
    fill(store, [sample(4), sample(5, prompt="What is 4 + 4?", answers=("9",))])
    assert summary_of(batch(store, settings(server.url)))["batch"]["submitted"] == 1
    server.state = "completed"
    done = summary_of(batch(store, settings(server.url)))
    assert (done["verified"], done["rejected"], len(server.questions())) == (1, 1, 1)


def test_an_answer_may_hold_other_line_separators(store: Store, server: BatchServer) -> None:
    fill(store, [sample(1)])
    batch(store, settings(server.url))
    server.state = "completed"
    message = {"content": "one\u2028and one\x85\nAnswer: 2"}
    server.spoil["What is 1 + 1?"] = {
        "response": {"status_code": 200, "body": {"choices": [{"message": message, "finish_reason": "stop"}]}}
    }
    assert summary_of(batch(store, settings(server.url)))["verified"] == 1
    assert [row.text for row in store.demonstrations.list()] == [message["content"]]


def test_an_error_does_not_show_the_key(store: Store, server: BatchServer) -> None:
    fill(store, [sample(1)])
    server.error = f"Incorrect API key provided: {KEY}"
    with pytest.raises(RemoteError, match=r"Incorrect API key provided: \[key\]") as raised:
        batch(store, settings(server.url))
    assert KEY not in str(raised.value)


def test_an_endpoint_without_a_batch_api_is_an_error(store: Store) -> None:
    fill(store, [sample(1)])
    with BatchServer() as server, pytest.raises(RemoteError, match="has no Batch API") as raised:
        batch(store, settings(server.url.removesuffix("/v1") + "/other"))
    assert "--batch" in raised.value.hint
