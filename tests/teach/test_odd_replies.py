"""One odd reply fails its own question, says why, and costs what it cost; all other questions are answered."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from orca_local.dataset.review import original
from orca_local.domain.errors import RemoteError
from orca_local.domain.events import CallFailed
from orca_local.domain.settings import TeacherSettings
from orca_local.domain.types import Sample
from orca_local.store.store import Store
from orca_local.teach.prices import Price
from tests.endpoints.odd_replies import ERRORS, FAILING, USABLE, completion, reply
from tests.events import summary_of
from tests.openai_server import OpenAIServer, Reply, answer, sent
from tests.teach.scene import fill, run, sample, settings, solve
from tests.teach.test_batch import COST, BatchServer, batch

PRICE = Price(input=1.0, output=1.0)
ODD = 1000
"""The first question that gets an odd reply; the others are answered."""
PARTS = 6
"""Fewer than 20 replies a run that may be asked again: more failures in a row end a run."""
FATAL = {"a key": "rejects the key", "a model": "does not know the model", "a quota": "quota at .* is used up"}
"""Errors that every question would get, and the error that ends the run."""


class Scene:
    """A server that gives each of these replies to a question of its own, and answers as many others."""

    def __init__(self, store: Store, replies: Mapping[str, Any]) -> None:
        self._replies = [*replies.items()]
        numbers = range(ODD, ODD + len(self._replies))
        self.names = {f"s{number}": name for number, name in zip(numbers, replies, strict=True)}
        odd = [sample(number, answers=("2",)) for number in numbers]
        self.samples: list[Sample] = fill(store, [*odd, *(sample(i) for i in range(len(odd)))])

    def reply(self, request: dict[str, Any], number: int) -> Reply:
        found = int(re.findall(r"\d+", request["messages"][-1]["content"])[0])
        return solve(request, number) if found < ODD else reply(self._replies[found - ODD][1])


@pytest.mark.parametrize("part", range(PARTS))
def test_a_reply_that_cannot_be_used_fails_its_own_question(store: Store, part: int) -> None:
    cases = dict([*FAILING.items()][part::PARTS])
    scene = Scene(store, {name: body for name, (body, _) in cases.items()})
    with OpenAIServer(scene.reply) as server:
        for new, cached in ((len(cases), 0), (0, len(cases))):
            events = run(store, scene.samples, settings(server.url, tries=1), price=PRICE)
            result = summary_of(events)
            assert result["calls"] == {"new": new, "cached": cached, "failed": len(cases)}
            errors = {scene.names[e.sample_id]: e.error for e in events if isinstance(e, CallFailed)}
            for name, (_, problem) in cases.items():
                assert re.search(problem, errors[name]), (name, errors[name])
        assert result["verified"] == len(cases)
    assert not [row for row in store.demonstrations.list() if row.sample_id in scene.names]


def test_an_odd_reply_with_an_answer_is_an_answer(store: Store) -> None:
    scene = Scene(store, {name: body for name, (body, _) in USABLE.items()})
    with OpenAIServer(scene.reply) as server:
        for new, cached in ((2 * len(USABLE), 0), (0, 2 * len(USABLE))):
            result = summary_of(run(store, scene.samples, settings(server.url), price=PRICE))
            assert result["calls"] == {"new": new, "cached": cached, "failed": 0}
        assert result["verified"] == 2 * len(USABLE)
    texts = {row.sample_id: row.text for row in store.demonstrations.list()}
    assert {name: texts[key] for key, name in scene.names.items()} == {name: text for name, (_, text) in USABLE.items()}


@pytest.mark.slow
def test_an_error_in_a_reply_that_claims_success_is_asked_again_like_the_error_itself(store: Store) -> None:
    temporary = {name: case for name, case in ERRORS.items() if case[2] in (429, 500, 502, 503) and name not in FATAL}
    scene = Scene(store, {name: body for name, (body, _, _) in temporary.items()})
    seen: set[str] = set()

    def script(request: dict[str, Any], number: int) -> Reply:
        question = request["messages"][-1]["content"]
        is_first = question not in seen
        seen.add(question)
        return scene.reply(request, number) if is_first else sent(completion())

    with OpenAIServer(script) as server:
        result = summary_of(run(store, scene.samples, settings(server.url, tries=3)))
    assert result["calls"] == {"new": len(scene.samples), "cached": 0, "failed": 0}
    assert len(server.requests) == len(scene.samples) + len(temporary)


@pytest.mark.parametrize(("name", "message"), FATAL.items())
def test_an_error_that_every_question_would_get_ends_the_run(store: Store, name: str, message: str) -> None:
    samples = fill(store, [sample(i) for i in range(6)])
    with OpenAIServer(lambda *_: reply(ERRORS[name][0])) as server:
        with pytest.raises(RemoteError, match=message) as raised:
            run(store, samples, settings(server.url))
        assert ERRORS[name][1] in str(raised.value)
        assert len(server.requests) <= 6


def test_an_odd_line_of_a_batch_fails_its_own_question(store: Store) -> None:
    lines: dict[str, Any] = {
        **{name: {"response": {"status_code": 200, "body": _json(body)}} for name, (body, _) in FAILING.items()},
        "a status as a text": {"response": {"status_code": "200", "body": {"error": "boom"}}},
        "a status of 2**70": {"response": {"status_code": 2**70, "body": None}},
        "a response as a list": {"response": [200]},
        "a response as a text": {"response": "Answer: 2", "error": None},
        "an error as a list": {"response": None, "error": ["late"]},
        "an error as a text": {"response": None, "error": "too late \ud800"},
        "an error of another type": {"response": None, "error": {"message": {"text": 1}, "code": "expired"}},
        "nothing": {},
    }
    with BatchServer() as server:
        scene = Scene(store, lines)
        server.spoil = {f"What is {number} + {number}?": line for number, line in enumerate(lines.values(), start=ODD)}
        chosen = settings(server.url)
        batch(store, chosen)
        server.state = "completed"
        events = batch(store, chosen)
        errors = {scene.names[e.sample_id]: e.error for e in events if isinstance(e, CallFailed)}
        assert set(errors) == set(lines)
        assert all(errors.values())
        assert summary_of(events)["calls"]["new"] == len(lines)
        assert summary_of(events)["verified"] == len(lines)
        server.spoil = {}
        assert summary_of(batch(store, chosen, retry_failed=True))["calls"]["cached"] >= len(lines)


def _json(body: Any) -> Any:
    try:
        return json.loads(body) if isinstance(body, (bytes, str)) else body
    except (ValueError, RecursionError):
        return body.decode() if isinstance(body, bytes) else body


def test_lines_of_a_batch_that_cannot_be_read_keep_no_other_line_from_being_read(store: Store) -> None:
    with BatchServer() as server:
        fill(store, [sample(i) for i in range(8)])
        chosen = settings(server.url)
        batch(store, chosen)
        reserved = store.charges.spent().usd
        server.state = "completed"
        deep = "[" * 100_000 + "]" * 100_000
        server.extra_lines = ["[]", "7", "null", '{"custom_id": ["x"]}', '{"custom_id": 7}', "{", deep, '"\\ud800"']
        server.rewrite = {
            "What is 1 + 1?": lambda line: line.replace('"response"', f'"deep": {deep}, "response"'),
            "What is 2 + 2?": lambda line: line[: len(line) // 2],
            "What is 3 + 3?": lambda line: line.replace("Answer", "\ud83d Answer".encode("utf-8", "replace").decode()),
        }
        events = batch(store, chosen)
        errors = {e.sample_id: e.error for e in events if isinstance(e, CallFailed)}
        assert errors == dict.fromkeys(("s01", "s02"), "the result in the batch's file cannot be read")
        assert summary_of(events)["calls"]["new"] == 6
    # Two answers may have been paid for although they cannot be read; they wait in a second batch.
    assert store.charges.spent().usd == pytest.approx(6 * COST + 4 * reserved / 8)


@pytest.mark.parametrize(
    "changes",
    [
        {"status": None},
        {"request_counts": None},
        {"request_counts": [3]},
        {"request_counts": {"total": "3", "completed": None, "failed": 2**70}},
        {"errors": {"data": "none"}},
        {"errors": {"data": [{"message": 7}, "x", None]}},
        {"metadata": ["x"]},
        {"output_file_id": 7},
        {"status": "comp\ud800leted"},
    ],
)
def test_an_odd_status_of_a_batch_loses_nothing_and_keeps_no_other_batch_waiting(
    store: Store, changes: dict[str, Any]
) -> None:
    with BatchServer() as server:
        fill(store, [sample(i) for i in range(4)])
        chosen = settings(server.url)
        batch(store, chosen, limit=2)
        batch(store, chosen)
        server.state = "completed"
        server.odd = {"batch-0": changes}
        first = _collected(store, chosen)
        server.odd = {}
        assert first + _collected(store, chosen) == 4
        assert len(store.demonstrations.list()) == 4 and len(server.questions()) == 4


def test_an_answer_that_could_not_be_trained_on_is_asked_for_again(store: Store) -> None:
    replies = ["A <|fim_middle|>.\nAnswer: 2", "So it is.<|im_end|>\nAnswer: 2", "<think>5?</think>Answer: 2<|im_end|>"]
    with OpenAIServer(lambda _, number: answer(replies[number - 1])) as server:
        chosen = settings(server.url, attempts=5, retry_temperature=0.7)
        run(store, fill(store, [sample(1)]), chosen)
        assert len(server.requests) == len(replies), "the last one has a part to train on"
    assert [row.text for row in store.demonstrations.list()] == replies, "the whole answer is kept"


def test_half_of_a_surrogate_pair_that_an_earlier_version_stored_breaks_no_later_command(store: Store) -> None:
    samples = fill(store, [sample(i) for i in range(3)])
    with OpenAIServer(solve) as server:
        run(store, samples, settings(server.url))
        stored = '{"finish_reason":"stop","text":"so \\ud83d \\u0000\\nAnswer: 2"}'
        store._connection.execute("UPDATE teacher_calls SET response_json = ?", [stored])
        again = summary_of(run(store, samples, settings(server.url)))
    assert again["calls"] == {"new": 0, "cached": 3, "failed": 0}
    texts = {row.text for row in store.demonstrations.list()}
    assert texts == {"so \ufffd \ufffd\nAnswer: 2"}
    assert {original(store, row) for row in store.demonstrations.list()} == texts


def test_a_file_of_answers_may_hold_half_of_a_surrogate_pair(store: Store, tmp_path: Path) -> None:
    (tmp_path / "a.jsonl").write_text(
        '{"id": "s01", "text": "so \\ud83d\\nAnswer: 2"}\n{"id": "\\ud800", "text": "x"}\n'
    )
    chosen = TeacherSettings(kind="file", file="a.jsonl")
    for cached in (0, 1):
        result = summary_of(run(store, fill(store, [sample(1)]), chosen, directory=tmp_path))
        assert (result["calls"]["cached"], result["verified"]) == (cached, 1)
    assert [row.text for row in store.demonstrations.list()] == ["so \ufffd\nAnswer: 2"]


def _collected(store: Store, chosen: TeacherSettings) -> int:
    """Number of answers that a run collects, whether or not it ends with an error."""
    before = len(store.demonstrations.list())
    with suppress(RemoteError):
        batch(store, chosen)
    return len(store.demonstrations.list()) - before
