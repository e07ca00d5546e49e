"""A file of many tasks: the kind of each is guessed from its own rows, in bounded memory and in one pass."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from orca_local.tasks.columns import task_kinds
from orca_local.tasks.sources.base import Problem, Record
from tests.tasks.rows import Row, good_samples, made, plan

ANSWERS = (
    lambda n: str(n),
    lambda n: ("yes", "no")[n % 2],
    lambda n: ("good", "bad")[n % 2],
    lambda n: f"the {n}th word",
)
KINDS = ["number", "boolean", "exact", "exact"]


def rows_of(task: int, count: int = 60) -> list[Row]:
    return [{"inputs": f"Q{task}-{n}?", "targets": ANSWERS[task](n), "task": f"t{task}"} for n in range(count)]


def test_each_task_has_its_own_kind_whether_rows_are_sorted_or_not() -> None:
    by_task = [rows_of(task) for task in range(4)]
    in_turn = [row for rows in zip(*by_task, strict=True) for row in rows]
    for rows in ([row for task in by_task for row in task], in_turn):
        samples = good_samples(rows)
        assert len(samples) == 240
        found = {sample.task: sample for sample in samples}
        assert [found[f"t{task}"].kind for task in range(4)] == KINDS
        assert found["t2"].labels == ("bad", "good") and found["t3"].labels == ()
        assert found["t2"].prompt.endswith("\n\nWhich label fits: bad or good?"), "its prompt is only a text"
    assert plan(in_turn).describe()[-1] == "kind: guessed for each task, from its own first rows"


def test_a_task_of_mixed_answers_is_a_problem_of_its_rows_alone() -> None:
    mixed = made(lambda n: {"inputs": f"M{n}?", "targets": "blue" if n % 2 else str(n), "task": "mixed"}, 20)
    items = list(
        plan(mixed + rows_of(0)).map_rows([Record("f", n, row) for n, row in enumerate(mixed + rows_of(0), 1)])
    )
    problems = [item for item in items if isinstance(item, Problem)]
    assert [problem.line for problem in problems] == list(range(1, 21))
    assert "task 'mixed': the answers are of several kinds: 10 of the first 20 are numbers" in problems[0].message
    assert "--kind exact" in problems[0].message
    assert len(items) == 80


def test_rows_wait_for_their_task_but_never_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(task_kinds, "MAX_WAITING_CHARACTERS", 5000)
    read = 0

    def records() -> Iterator[Record]:
        nonlocal read
        for n in range(4000):
            read += 1
            yield Record("f", n, {"inputs": f"Q{n}?", "targets": str(n), "task": f"t{n % 400}"})

    mapping = plan(rows_of(0))
    most = 0
    for count, item in enumerate(mapping.map_rows(records()), 1):
        assert isinstance(item, Record) and item.values["kind"] == "number"
        most = max(most, read - count)
    assert count == 4000 and most < 150
