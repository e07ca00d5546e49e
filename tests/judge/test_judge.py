"""A judge behind an endpoint: limits, faults, what is stored, and what is never asked twice."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from orca_local.domain.errors import InputError, RemoteError
from orca_local.domain.events import Warned
from orca_local.domain.judge_summary import GradeCounts
from orca_local.domain.types import Sample
from orca_local.judge.judge import Judge
from orca_local.runs.grading import PairToCompare
from orca_local.store.charges import Spent
from orca_local.store.store import Store
from tests.judge.scene import context_of, drained, judge_settings, letters, make_judge, polite
from tests.openai_server import OpenAIServer, Reply, answer, error

KEY = "sk-judge-0123456789abcdef"
ANSWERS = ["Dear Ann,", "Hey.", "Dear Bob,", "What?"]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "orca.db", create=True) as opened:
        yield opened


def grade(store: Store, judge: Judge, *, offline: bool = False) -> tuple[list[int | None], GradeCounts, list[Any]]:
    answers = list(zip(letters(len(ANSWERS)), ANSWERS, strict=True))
    events, (grades, counts) = drained(judge.grade_texts(context_of(store, offline=offline), answers))
    return [one for one, _ in grades], counts, events


def test_each_answer_is_graded_in_one_call(store: Store) -> None:
    with OpenAIServer(polite) as server:
        judge = make_judge(judge_settings(server.url))
        grades, counts, _ = grade(store, judge)
        assert len(server.requests) == 4
    assert grades == [5, 2, 5, 2]
    assert counts == GradeCounts(4, 0, 0)
    assert all(request["temperature"] == 0 for request in server.requests)
    assert judge.name == f"scripted at {server.url}"
    assert judge.cost_usd == judge.spent_usd
    assert judge.cost_usd is not None and 4 * 100 / 1e6 < judge.cost_usd < 4 * 1000 / 1e6


def test_a_second_run_asks_nothing(store: Store) -> None:
    with OpenAIServer(polite) as server:
        grade(store, make_judge(judge_settings(server.url)))
        again = make_judge(judge_settings(server.url))
        assert grade(store, again)[0] == [5, 2, 5, 2]
        assert len(server.requests) == 4
        assert again.cost_usd == 0
        assert grade(store, make_judge(judge_settings(server.url)), offline=True)[0] == [5, 2, 5, 2]
        # Another rubric is another question.
        assert grade(store, make_judge(judge_settings(server.url, rubric="5: short")))[1].graded == 4
        assert len(server.requests) == 8


def test_prose_is_no_grade(store: Store) -> None:
    def script(request: dict[str, Any], number: int) -> Reply:
        is_dear = "Dear Ann" in request["messages"][-1]["content"]
        return answer("A lovely letter, four out of five." if is_dear else "Fine.\nGrade: 3")

    with OpenAIServer(script) as server:
        grades, counts, _ = grade(store, make_judge(judge_settings(server.url)))
        assert (grades, counts) == ([None, 3, 3, 3], GradeCounts(3, 1, 0))
        assert grade(store, make_judge(judge_settings(server.url)))[0] == grades
        assert len(server.requests) == 4, "the same question would get the same prose"


def test_a_refusal_and_a_cut_reply_are_no_grades(store: Store) -> None:
    def script(request: dict[str, Any], number: int) -> Reply:
        text = request["messages"][-1]["content"]
        if "Hey" in text:
            return answer("Grade: 4", finish_reason="length")
        return answer("I'm sorry, but I cannot help with that." if "What" in text else "Grade: 5")

    with OpenAIServer(script) as server:
        grades, counts, _ = grade(store, make_judge(judge_settings(server.url)))
    assert (grades, counts) == ([5, None, 5, None], GradeCounts(2, 2, 0))


def test_a_limit_on_calls_leaves_answers_for_the_next_run(store: Store) -> None:
    with OpenAIServer(polite) as server:
        capped = make_judge(judge_settings(server.url, max_calls=3, concurrency=1))
        grades, counts, events = grade(store, capped)
        assert (grades[:3], counts) == ([5, 2, 5], GradeCounts(3, 0, 1))
        (warning,) = [event for event in events if isinstance(event, Warned)]
        assert warning.message == "1 questions were not asked: judge.max_calls = 3 is reached"
        assert "run `orca-local probe` again" in warning.hint
        assert len(server.requests) == 3
        assert grade(store, make_judge(judge_settings(server.url, max_calls=4)))[1] == GradeCounts(4, 0, 0)
        assert len(server.requests) == 4


def test_a_limit_in_money_is_never_exceeded(store: Store) -> None:
    with OpenAIServer(polite) as server:
        most = make_judge(judge_settings(server.url)).estimate(letters(1), 1, 0, 8)
        assert most.at_most_usd is not None
        cap = 2 * most.at_most_usd
        judge = make_judge(judge_settings(server.url, max_usd=cap, concurrency=1))
        _, counts, _ = grade(store, judge)
        assert counts.graded >= 1
        assert judge.spent_usd is not None and judge.spent_usd <= cap
        with pytest.raises(InputError, match=r"judge\.max_usd is set, but the price of 'scripted'"):
            grade(store, make_judge(judge_settings(server.url, max_usd=1.0), price=None))


def test_limits_of_teacher_and_judge_are_apart(store: Store) -> None:
    with OpenAIServer(polite) as server:
        grade(store, make_judge(judge_settings(server.url, max_calls=4)))
    assert store.charges.spent("judge").calls == 4
    assert store.charges.spent() == Spent(0.0, 0), "nothing is charged to the teacher"


def test_a_key_lost_half_way_loses_no_grade(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JUDGE_KEY", KEY)
    lost = {"after": 2}

    def script(request: dict[str, Any], number: int) -> Reply:
        if number > lost["after"]:
            return error(401, f"Incorrect API key provided: {KEY}")
        return polite(request, number)

    with OpenAIServer(script) as server:
        settings = judge_settings(server.url, key_env="JUDGE_KEY", concurrency=1)
        with pytest.raises(RemoteError) as caught:
            grade(store, make_judge(settings))
        assert "rejects the key" in caught.value.message and "JUDGE_KEY" in caught.value.hint
        assert KEY not in caught.value.message + caught.value.hint
        lost["after"] = 100
        grades, counts, _ = grade(store, make_judge(settings))
        assert (grades, counts) == ([5, 2, 5, 2], GradeCounts(4, 0, 0))
        assert len(server.requests) == 5, "two answered, one rejected, two more"
    database = store.path
    stored = b"".join(path.read_bytes() for path in database.parent.iterdir() if path.name.startswith(database.name))
    assert KEY.encode() not in stored


def test_offline_asks_nothing(store: Store) -> None:
    with OpenAIServer(polite) as server:
        grades, counts, _ = grade(store, make_judge(judge_settings(server.url)), offline=True)
        assert (grades, counts) == ([None] * 4, GradeCounts(0, 0, 4))
        assert not server.requests
    assert store.charges.spent("judge").calls == 0


def test_pairs_are_compared_in_both_orders(store: Store) -> None:
    def script(request: dict[str, Any], number: int) -> Reply:
        text = request["messages"][-1]["content"]
        if "biased" in text:
            return answer("Better: A")
        return answer("Better: A" if text.index("good") < text.index("poor") else "Better: B")

    samples = letters(4)
    pairs = [
        PairToCompare(samples[0], "poor", "good"),
        PairToCompare(samples[1], "good", "poor"),
        PairToCompare(samples[2], "biased 1", "biased 2"),
        PairToCompare(samples[3], "equal", "equal"),
    ]
    with OpenAIServer(script) as server:
        judge = make_judge(judge_settings(server.url))
        _, counts = drained(judge.compare(context_of(store), pairs, "base", "tuned"))
        assert len(server.requests) == 6, "equal answers need no question"
    assert (counts.wins, counts.losses, counts.ties, counts.disagreed) == (1, 1, 2, 1)
    assert counts.win_rate == 0.5


def test_a_rubric_of_a_sample_counts_before_that_of_its_task() -> None:
    judge = make_judge(judge_settings("http://127.0.0.1:9/v1", rubric="general", rubrics={"letters": "of the task"}))
    sample, own = letters(1)[0], Sample("x", "letters", "judged", "p", (), "probe", metadata={"rubric": "own"})
    other = Sample("y", "notes", "judged", "p", (), "probe")
    assert [judge.rubric(one) for one in (sample, own, other)] == ["of the task", "own", "general"]


def test_free_tasks_are_graded_if_the_settings_name_them() -> None:
    judge = make_judge(judge_settings("http://127.0.0.1:9/v1", tasks=("essays",)))
    free = [Sample("x", task, "free", "p", (), "probe") for task in ("essays", "notes")]
    scored = Sample("n", "essays", "number", "p", ("1",), "probe")
    assert [judge.takes(one) for one in (*free, *letters(1), scored)] == [True, False, True, False]


def test_an_estimate_asks_nothing_and_bounds_the_cost(store: Store) -> None:
    with OpenAIServer(polite) as server:
        judge = make_judge(judge_settings(server.url, max_calls=10))
        found = judge.estimate(letters(4), 1, 1, 8)
        assert not server.requests
        assert found.answers == 4 + 2 * 4
        assert found.at_most_usd is not None and found.usd is not None and found.usd < found.at_most_usd
        assert "never more than" in found.describe() and "judge.max_calls = 10" in found.describe()
        grade(store, judge)
        assert judge.cost_usd is not None and judge.cost_usd < found.at_most_usd
    assert "price is unknown" in make_judge(judge_settings(server.url), None).estimate(letters(1), 1, 0, 8).describe()
