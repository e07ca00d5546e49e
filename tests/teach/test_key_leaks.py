"""An endpoint that repeats the key wherever it can: the key reaches neither the store, nor an event, nor stderr."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from orca_local.domain.errors import OrcaError
from orca_local.domain.events import CallFailed
from orca_local.domain.settings import TeacherSettings
from orca_local.store.store import Store
from tests.openai_server import OpenAIServer, Reply, answer, error
from tests.teach.scene import KEY, fill, run, sample, settings, solve
from tests.teach.test_batch import BatchServer, batch

ENCODED = base64.b64encode(f"user:{KEY}".encode()).decode()


def traces(folder: Path) -> list[str]:
    """Forms of the key in any file."""
    content = b"".join(path.read_bytes() for path in folder.iterdir())
    return [form for form in (KEY, ENCODED, quote(KEY, safe=""), KEY.encode().hex()) if form.encode() in content]


def completion(**changes: Any) -> Reply:
    body = json.loads(answer("Answer: 2").body)
    choice = {**body["choices"][0], **changes.pop("choice", {})}
    return Reply(200, json.dumps({**body, "choices": [choice], **changes}).encode(), {})


LEAKS: dict[str, Reply] = {
    "finish reason": completion(choice={"finish_reason": KEY}),
    "finish reason in base64": completion(choice={"finish_reason": ENCODED}),
    "model and id": completion(model=KEY, id=KEY, system_fingerprint=KEY),
    "usage": completion(usage={"prompt_tokens": KEY, KEY: 1}),
    "role and name": completion(choice={"message": {"role": KEY, "name": KEY, "content": "Answer: 2"}}),
    "refusal": answer("", refusal=f"not with {KEY}"),
    "parts": answer(None, content=[{"type": "text", "text": KEY[:9]}, {"type": "text", "text": KEY[9:]}]),
    "encoded in the answer": answer(f"{ENCODED} {KEY.encode().hex()}\nAnswer: 2"),
    "error in a success": Reply(200, json.dumps({"error": {"message": KEY, "code": KEY}}).encode(), {}),
    "no JSON": Reply(200, f"<html>{KEY}</html>".encode(), {}),
    "text of an error": Reply(400, f"<html>{KEY}</html>".encode(), {}),
    "message": error(400, f"Authorization: Bearer {KEY}"),
    "field": Reply(400, json.dumps({"error": {"message": "no", "param": KEY, "code": KEY, "type": KEY}}).encode(), {}),
    "refused field": error(400, f"Unrecognized request argument supplied: {KEY}"),
    "split message": error(500, " ".join(KEY)),
    "message cut in two": error(500, f"{KEY[:14]} … {KEY[11:]}"),
    "message in other characters": error(500, "".join(f"\\u{ord(c):04x}" for c in KEY)),
    "percent-encoded": error(500, "".join(f"%{ord(c):02X}" for c in KEY)),
    "hidden by control characters": error(500, "\x1b[31m\x07\x07\x07\x07\x07\x07\x07\x07\x07\x07".join(KEY)),
    "at the end of what is shown": error(500, "x" * 290 + KEY),
    "headers": replace(error(429, "slow"), headers={"Retry-After": KEY, "x-request-id": KEY, "Set-Cookie": KEY}),
    "redirect": Reply(307, b"", {"Location": f"http://127.0.0.1:9/{KEY}?key={quote(KEY, safe='')}"}),
    "invalid header": Reply(200, b"", {"X-Bad\x01": KEY}),
    "invalid encoding": Reply(200, KEY.encode(), {"Content-Encoding": "gzip"}),
    "invalid length": Reply(200, b"{}", {"Transfer-Encoding": KEY}),
}


@pytest.mark.parametrize("leak", LEAKS)
def test_a_key_that_is_repeated_reaches_nothing(tmp_path: Path, leak: str, capfd: pytest.CaptureFixture[str]) -> None:
    shown = []
    with Store.open(tmp_path / "orca.db", create=True) as store:
        samples = fill(store, [sample(1)])
        with OpenAIServer(lambda *_: LEAKS[leak]) as server:
            try:
                shown += [repr(event) for event in run(store, samples, settings(server.url, tries=1, patience_s=0.2))]
            except OrcaError as raised:
                shown += [raised.message, raised.hint]
        assert traces(tmp_path) == []
    shown += capfd.readouterr()
    assert not [
        text for text in shown if KEY in text or ENCODED in text or "".join(f"%{ord(c):02X}" for c in KEY) in text
    ]


@pytest.mark.parametrize("key", ["4", "42", "2", "none", "Answer"])
def test_a_placeholder_for_a_key_changes_no_answer(store: Store, monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", key)
    samples = fill(store, [sample(21)])
    with OpenAIServer(solve) as server:
        run(store, samples, settings(server.url))
    (row,) = store.demonstrations.list()
    assert row.text == "21 and 21 make 42.\nAnswer: 42" and row.verified


class LeakingBatchServer(BatchServer):
    """Puts the key into one place of what it says about a batch."""

    def __init__(self, place: str) -> None:
        super().__init__()
        self.place = place

    def _batch(self, name: str) -> dict[str, Any]:
        batch_object = super()._batch(name)
        if self.place == "errors":
            batch_object["errors"] = {"object": "list", "data": [{"message": f"no {KEY}", "code": KEY, "param": KEY}]}
        elif self.place in batch_object:
            batch_object[self.place] = KEY
        return batch_object


@pytest.mark.parametrize("place", ["id", "status", "errors", "output_file_id", "endpoint", "line"])
def test_a_key_in_what_is_said_about_a_batch_reaches_nothing(
    tmp_path: Path, place: str, capfd: pytest.CaptureFixture[str]
) -> None:
    shown = []
    with Store.open(tmp_path / "orca.db", create=True) as store, LeakingBatchServer(place) as server:
        fill(store, [sample(1), sample(2)])
        chosen = settings(server.url)
        if place == "line":
            server.spoil["What is 1 + 1?"] = {"response": None, "error": {"code": KEY, "message": KEY}}
            body = {"error": {"message": f"no {KEY}"}}
            server.spoil["What is 2 + 2?"] = {"response": {"status_code": 400, "body": body}}
        for state in ("in_progress", "completed" if place != "errors" else "failed"):
            server.state = state
            try:
                shown += [repr(event) for event in batch(store, chosen)]
            except OrcaError as raised:
                shown += [raised.message, raised.hint]
        assert traces(tmp_path) == []
    shown += capfd.readouterr()
    assert shown and not [text for text in shown if KEY in text]


def test_a_line_of_a_batch_that_is_too_long_fails_alone(store: Store) -> None:
    with BatchServer() as server:
        fill(store, [sample(1), sample(2), sample(3)])
        chosen: TeacherSettings = settings(server.url)
        batch(store, chosen)
        server.state = "completed"
        message = {"content": "x" * 20_000_000}
        body = {"choices": [{"message": message, "finish_reason": "stop"}]}
        server.spoil["What is 2 + 2?"] = {"response": {"status_code": 200, "body": body}}
        events = batch(store, chosen)
    assert [event.error for event in events if isinstance(event, CallFailed)] == ["the endpoint sent more than 16 MB"]
    assert len(store.demonstrations.list()) == 2
