from __future__ import annotations

import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
import threading
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from orca_local.domain.errors import InputError, OrcaError, RemoteError
from orca_local.domain.events import Warned
from orca_local.domain.settings import TeacherSettings
from orca_local.domain.strategies import BUILTIN
from orca_local.domain.teacher_request import TeacherRequest
from orca_local.domain.types import Message
from orca_local.kinds.prompts import teacher_messages
from orca_local.kinds.scoring import SCORER_VERSION
from orca_local.kinds.verdict import Verdict
from orca_local.runs.context import StageContext
from orca_local.store.store import Store
from orca_local.teach.file_teacher import with_final_answer
from orca_local.teach.job import TeachJob
from tests.events import summary_of
from tests.openai_server import OpenAIServer, Reply, Script, answer, error
from tests.teach.scene import KEY, STEPS, answered, failures, fill, no_model, run, sample, settings, solve


def test_each_question_is_asked_once_and_then_answered_from_the_store(store: Store) -> None:
    samples = fill(store, [sample(i) for i in range(6)])
    with OpenAIServer(solve) as server:
        chosen = settings(server.url)
        first = summary_of(run(store, samples, chosen))
        again = summary_of(run(store, samples, chosen))
        assert len(server.requests) == 6
        assert server.keys == [f"Bearer {KEY}"] * 6
    assert first["calls"] == {"new": 6, "cached": 0, "failed": 0}
    assert again["calls"] == {"new": 0, "cached": 6, "failed": 0}
    assert first["verified"] == again["verified"] == 6
    assert first["prompt_tokens"] == 66
    request = server.requests[0]
    assert request["messages"][0]["content"].startswith(STEPS.teacher)
    assert request["temperature"] == 0


def test_offline_needs_no_server_no_key_and_no_socket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with Store.open(tmp_path / "orca.db", create=True) as store, OpenAIServer(solve) as server:
        run(store, fill(store, [sample(i) for i in range(5)]), settings(server.url), limit=4)
        url = server.url
    monkeypatch.delenv("OPENAI_API_KEY")
    code = (
        "import sys; from pathlib import Path\n"
        "from orca_local.store.store import Store\n"
        "from tests.events import summary_of; from tests.teach.scene import run, settings\n"
        "def watch(event, args):\n"
        "    if event.startswith('socket.'): raise RuntimeError('a socket was opened: ' + event)\n"
        "with Store.open(Path(sys.argv[1])) as store:\n"
        "    samples = store.samples.list(split='train')\n"
        "    sys.addaudithook(watch)\n"
        "    print(summary_of(run(store, samples, settings(sys.argv[2]), offline=True, limit=4))['calls'])\n"
    )
    child = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "orca.db"), url],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": str(Path.cwd())},
    )
    assert child.returncode == 0, child.stderr
    assert child.stdout.strip() == "{'new': 0, 'cached': 4, 'failed': 0}"


def test_offline_without_any_stored_answer_is_an_error(store: Store) -> None:
    samples = fill(store, [sample(1)])
    with pytest.raises(RemoteError, match="none of 1 teacher answers is stored"):
        run(store, samples, settings("http://127.0.0.1:9/v1"), offline=True)


def test_offline_uses_the_stored_answers(store: Store) -> None:
    samples = fill(store, [sample(i) for i in range(3)])
    with OpenAIServer(solve) as server:
        run(store, samples, settings(server.url), limit=2)
    events = run(store, samples, settings(server.url), offline=True)
    assert summary_of(events)["calls"] == {"new": 0, "cached": 2, "failed": 1}
    assert [event.message for event in events if isinstance(event, Warned)] == ["1 answers are not stored"]
    assert store.charges.spent().calls == 2


@pytest.mark.parametrize(("column", "value", "verified"), [("verdict", "different", 2), ("scorer_version", 1, 3)])
def test_a_stored_answer_is_compared_again_only_by_another_version_of_the_scorer(
    store: Store, column: str, value: str | int, verified: int
) -> None:
    samples = fill(store, [sample(i) for i in range(3)])
    with OpenAIServer(solve) as server:
        chosen = settings(server.url)
        run(store, samples, chosen)
    with closing(sqlite3.connect(store.path)) as database, database:
        database.execute(f"UPDATE demonstrations SET verified = 0, {column} = ? WHERE sample_id = 's01'", [value])
    again = summary_of(run(store, samples, chosen, offline=True))
    assert (again["verified"], again["rejected"]) == (verified, 3 - verified)


def test_an_edited_answer_is_kept_and_counted_as_the_teacher_gave_it(store: Store) -> None:
    samples = fill(store, [sample(i) for i in range(3)])
    with OpenAIServer(solve) as server:
        chosen = settings(server.url)
        run(store, samples, chosen)
    edited = store.demonstrations.list()[1].demonstration_id
    store.demonstrations.edit(edited, "Answer: 99", Verdict.DIFFERENT, SCORER_VERSION)
    assert summary_of(run(store, samples, chosen, offline=True))["verified"] == 3
    assert store.demonstrations.get(edited).text == "Answer: 99"


def test_a_limit_always_selects_the_same_samples(store: Store) -> None:
    samples = fill(store, [sample(i) for i in range(6)])
    with OpenAIServer(solve) as server:
        chosen = settings(server.url)
        first = {e.sample_id for e in answered(run(store, samples, chosen, limit=2))}
        more = {e.sample_id for e in answered(run(store, samples, chosen, limit=4))}
        assert len(server.requests) == 4
    assert first < more


def test_a_wrong_answer_is_stored_and_marked(store: Store) -> None:
    samples = fill(store, [sample(3)])
    with OpenAIServer(lambda *_: answer("Answer: 7")) as server:
        result = summary_of(run(store, samples, settings(server.url)))
    assert (result["verified"], result["rejected"]) == (0, 1)
    assert [d.verified for d in store.demonstrations.list()] == [False]


def all_but_one(reply: Reply) -> Script:
    """Solves every question but the second, which gets `reply`."""

    def script(request: dict[str, Any], number: int) -> Reply:
        return reply if "What is 1" in request["messages"][-1]["content"] else solve(request, number)

    return script


@pytest.mark.slow
@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (Reply(body=b"<html><body>Login</body></html>", headers={"Content-Type": "text/html"}), "no JSON answer"),
        (Reply(body=b'{"choices": []}', headers={"Content-Type": "application/json"}), "without choices"),
        (Reply(body=b"{not json", headers={"Content-Type": "application/json"}), "no JSON answer"),
        (error(503, "busy"), "HTTP 503: .*busy"),
    ],
)
def test_a_temporary_failure_is_retried_by_this_run_and_the_next(store: Store, reply: Reply, message: str) -> None:
    samples = fill(store, [sample(i) for i in range(3)])

    with OpenAIServer(all_but_one(reply)) as server:
        for new, cached in ((2, 0), (0, 2)):
            events = run(store, samples, settings(server.url))
            assert summary_of(events)["calls"] == {"new": new, "cached": cached, "failed": 1}
            assert re.search(message, failures(events)[0])
        assert len(server.requests) == 2 + 2 * 2


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (answer(""), "empty"),
        (answer(None), "empty"),
        (answer(None, refusal="I would rather not."), "refused: I would rather not"),
        (answer("I'm sorry, but I can't help with that."), "refused: I'm sorry"),
        (answer("It is", "length"), "cut off at 1024 tokens"),
        (answer("", "content_filter"), "content filter"),
        (error(400, "bad\x1b[31m request\nwith lines"), "HTTP 400.*bad request with lines"),
    ],
)
def test_a_useless_answer_is_paid_for_once(store: Store, reply: Reply, message: str) -> None:
    samples = fill(store, [sample(i) for i in range(3)])

    with OpenAIServer(all_but_one(reply)) as server:
        for new, cached in ((2, 0), (0, 2)):
            events = run(store, samples, settings(server.url))
            assert summary_of(events)["calls"] == {"new": new, "cached": cached, "failed": 1}
            (failure,) = failures(events)
            assert re.search(message, failure), failure
            assert "\x1b" not in failure
        assert len(server.requests) == 3, "the answer would be the same"
        run(store, samples, settings(server.url), retry_failed=True)
        assert len(server.requests) == 4


def test_temporary_errors_are_retried_until_the_answer_comes(store: Store) -> None:
    samples = fill(store, [sample(2)])
    replies = [error(429, "slow down", **{"Retry-After": "0.05"}), error(500, "oops"), None]

    def script(request: dict[str, Any], number: int) -> Reply:
        return replies[number - 1] or solve(request, number)

    with OpenAIServer(script) as server:
        result = summary_of(run(store, samples, settings(server.url, tries=3)))
        assert len(server.requests) == 3
    assert result["calls"] == {"new": 1, "cached": 0, "failed": 0}


def test_a_call_ends_at_its_timeout(store: Store) -> None:
    samples = fill(store, [sample(2)])
    given_up, replies = threading.Event(), []

    def script(request: dict[str, Any], number: int) -> Reply:
        replies.append(given_up.wait(20))
        return answer("Answer: 4")

    with OpenAIServer(script) as server:
        with pytest.raises(RemoteError, match=r"answered none of 1 samples; .*: no answer within 0\.2 s"):
            run(store, samples, settings(server.url, timeout_s=0.2, tries=1))
        assert not replies, "the run ends before the reply comes"
        given_up.set()


def test_a_broken_connection_affects_one_call_only(store: Store) -> None:
    samples = fill(store, [sample(1), sample(2)])

    def script(request: dict[str, Any], number: int) -> Reply:
        good = solve(request, number)
        return replace(good, hang_up=True) if number == 1 else good

    with OpenAIServer(script) as server:
        result = summary_of(run(store, samples, settings(server.url, concurrency=1)))
    assert result["calls"]["new"] == 2


def test_every_part_of_the_request_is_in_its_key() -> None:
    """Trap 10: keyed without system prompt or endpoint, a cache returns the old strategy's answers."""
    base = TeacherRequest("https://a/v1", "m", (Message("system", "s"), Message("user", "u")), 10, 0.0)
    others = [
        replace(base, endpoint="https://b/v1"),
        replace(base, model="n"),
        replace(base, messages=(Message("system", "t"), Message("user", "u"))),
        replace(base, messages=(Message("user", "su"),)),
        replace(base, max_tokens=11),
        replace(base, temperature=0.5),
        replace(base, top_p=0.5),
        replace(base, seed=1),
        replace(base, sample_index=1),
    ]
    assert len({request.key for request in [base, *others]}) == 1 + len(others)


def test_each_strategy_asks_its_own_questions(store: Store) -> None:
    """Trap 10, through the stage."""
    samples = fill(store, [sample(1)])
    with OpenAIServer(solve) as server:
        for strategy in BUILTIN[:3]:
            result = summary_of(run(store, samples, settings(server.url), strategy=strategy))
            assert result["calls"]["new"] == 1
        assert len({json.dumps(r["messages"]) for r in server.requests}) == 3
    assert teacher_messages(samples[0], BUILTIN[0]) != teacher_messages(samples[0], BUILTIN[1])


def test_a_rationale_becomes_an_answer_that_ends_in_the_reference(store: Store) -> None:
    samples = fill(store, [sample(2, rationale="2 + 2 = 4."), sample(3)])
    events = run(store, samples, TeacherSettings(kind="file"))
    assert summary_of(events)["calls"] == {"new": 1, "cached": 0, "failed": 1}
    assert [d.text for d in store.demonstrations.list()] == ["2 + 2 = 4.\nAnswer: 4"]
    assert failures(events) == ["the sample has no rationale"]


def test_a_file_gives_answers_by_sample_and_strategy(store: Store, tmp_path: Path) -> None:
    lines = [
        {"id": "s01", "text": "plain\nAnswer: 2"},
        {"id": "s01", "strategy": "step_by_step", "text": "steps\nAnswer: 2"},
    ]
    (tmp_path / "a.jsonl").write_text("\n".join(map(json.dumps, lines)))
    chosen = TeacherSettings(kind="file", file="a.jsonl")
    run(store, fill(store, [sample(1)]), chosen, directory=tmp_path)
    assert [d.text for d in store.demonstrations.list()] == ["steps\nAnswer: 2"]


@pytest.mark.parametrize("content", ["", "{}\n", "[1]\n", "not json\n", '{"id": "a"}\n'])
def test_an_invalid_file_of_answers_is_an_input_error(store: Store, tmp_path: Path, content: str) -> None:
    (tmp_path / "a.jsonl").write_text(content)
    with pytest.raises(InputError, match=r"a\.jsonl"):
        run(store, fill(store, [sample(1)]), TeacherSettings(kind="file", file="a.jsonl"), directory=tmp_path)


def test_the_reference_is_added_only_if_the_text_has_no_answer() -> None:
    assert with_final_answer(sample(1), "so\nAnswer: 2") == "so\nAnswer: 2"
    assert with_final_answer(sample(1), "so") == "so\nAnswer: 2"
    assert with_final_answer(sample(1, kind="boolean", answers=("True",)), "so") == "so\nAnswer: yes"
    assert with_final_answer(sample(1, kind="free", answers=()), "so") == "so"


@pytest.mark.parametrize(
    ("rationale", "expected"),
    [
        ("2 + 2 = 5.\nAnswer: 5", "2 + 2 = 5.\nAnswer: 5"),
        ("The answer is 5, because 2 + 2 = 5.", "The answer is 5, because 2 + 2 = 5."),
        (r"So it is \boxed{5}.", r"So it is \boxed{5}."),
        ("The answer is 4. Done.", "The answer is 4. Done.\nAnswer: 4"),
        ("2 and 2 more make 5.", "2 and 2 more make 5."),
        ("Count 2 and 2 together.\nThat makes 4.", "Count 2 and 2 together.\nThat makes 4.\nAnswer: 4"),
    ],
)
def test_a_rationale_that_states_another_answer_is_wrong(store: Store, rationale: str, expected: str) -> None:
    events = run(store, fill(store, [sample(2, rationale=rationale)]), TeacherSettings(kind="file"))
    (row,) = store.demonstrations.list()
    assert (row.text, row.verified) == (expected, expected.endswith("Answer: 4"))
    assert summary_of(events)["rejected"] == (not row.verified)


def test_a_text_states_its_answer_below_a_heading() -> None:
    document = sample(1, kind="text", answers=("The whale sang all night.",))
    assert with_final_answer(document, "The answer is in the song.").endswith("\nAnswer:\nThe whale sang all night.")
    right = "It is about a song.\nAnswer:\nThe whale sang all night."
    assert with_final_answer(document, f"{right}\nThe end.") == f"{right}\nThe end.\nAnswer:\nThe whale sang all night."
    wrong = "It is about a ship.\nAnswer:\nA ship sank."
    assert with_final_answer(document, wrong) == wrong


@pytest.mark.slow
def test_a_killed_run_pays_for_no_answer_twice(tmp_path: Path) -> None:
    """Trap 11, as far as resuming goes: each answer is stored before the next one is reported."""
    with Store.open(tmp_path / "orca.db", create=True) as store:
        fill(store, [sample(i) for i in range(24)])
    code = (
        "import sys; from pathlib import Path\n"
        "from orca_local.store.store import Store; from tests.teach.scene import run, settings\n"
        "with Store.open(Path(sys.argv[1])) as store:\n"
        "    run(store, store.samples.list(split='train'), settings(sys.argv[2], concurrency=1))\n"
    )
    with OpenAIServer(lambda r, n: replace(solve(r, n), delay_s=0.02)) as server:
        child = subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path / "orca.db"), server.url],
            env={**os.environ, "PYTHONPATH": str(Path.cwd())},
        )
        deadline = time.monotonic() + 60
        while len(server.requests) < 9:
            assert child.poll() is None and time.monotonic() < deadline
            time.sleep(0.002)
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        with Store.open(tmp_path / "orca.db") as store:
            kept = len(store.demonstrations.list())
            sent = len(server.requests)
            result = summary_of(run(store, store.samples.list(split="train"), settings(server.url)))
        # One call may have been in flight when it was killed; whatever had arrived is not asked again.
        assert sent - 1 <= kept + 1
        assert result["calls"] == {"new": 24 - kept, "cached": kept, "failed": 0}
        assert len(server.requests) == sent + 24 - kept


def test_samples_with_the_same_request_share_one_call(store: Store) -> None:
    same = "What is 4 + 4?"
    samples = fill(store, [sample(4), sample(5, prompt=same, answers=("9",)), sample(6, prompt=same, answers=("10",))])
    with OpenAIServer(lambda r, n: replace(solve(r, n), delay_s=0.1)) as server:
        result = summary_of(run(store, samples, settings(server.url, attempts=1)))
        assert len(server.requests) == 2, "the question, and one retry for the samples it is wrong for"
    assert (result["verified"], result["rejected"]) == (1, 4)
    assert len(store.demonstrations.list()) == 5


def test_stopping_waits_for_no_call(store: Store) -> None:
    from orca_local.teach.factory import make_teacher
    from orca_local.teach.stage import teach

    samples = fill(store, [sample(i) for i in range(8)])
    closed, held = threading.Event(), []

    def script(request: dict[str, Any], number: int) -> Reply:
        if number > 1:
            held.append(closed.wait(20))
        return solve(request, number)

    with OpenAIServer(script) as server:
        chosen = settings(server.url, concurrency=2)
        events = teach(
            StageContext(store, store.runs.start("teach", "{}", {})),
            make_teacher(chosen, Path(), no_model),
            TeachJob(samples, {"sums": STEPS}, chosen),
        )
        while not store.demonstrations.list():
            next(events)
        events.close()  # type: ignore[attr-defined]
        assert not held, "closing waits for no call"
        closed.set()
        time.sleep(0.5)
        assert len(server.requests) <= 5


def test_a_model_must_be_set() -> None:
    with pytest.raises(OrcaError, match=r"teacher\.model"):
        run_settings = TeacherSettings(base_url="http://127.0.0.1:9/v1")
        from orca_local.teach.openai_teacher import OpenAITeacher

        OpenAITeacher(run_settings)
