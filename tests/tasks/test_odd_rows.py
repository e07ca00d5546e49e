"""Whatever the cells hold and whatever is asked for, a row becomes a sample or a problem, or the file one error."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from orca_local.domain.errors import InputError
from orca_local.domain.types import Sample
from orca_local.tasks.import_request import MAP_KEYS, ImportRequest
from orca_local.tasks.record import parse_record
from orca_local.tasks.sources.base import Problem, Record
from tests.tasks.rows import Row, plan

NAMES = (
    *("prompt", "question", "answer", "answers", "choices", "options", "label", "labels", "messages", "conversations"),
    *("system", "context", "input", "output", "text", "id", "task", "kind", "split", "metadata", "rationale"),
    *("A", "B", "C", "option1", "option2", "data.x", "Ä ü", ""),
)
TURNS = [{"role": "user", "content": "q"}, {"role": "assistant", "content": "a"}]
CELLS: tuple[Any, ...] = (
    *(None, "", "  ", "x", "A", "0", "3", 0, 2, -1, 1.5, 2.0, True, "yes", "number", "multiple_choice", "train"),
    *([], "[]", "{}", "[", "['a' 'b']", "{1: {2}}", "[1e999]", ["a", "b"], ["a", None], [1, 2], [["a"], ["b"]]),
    *({"text": ["a", "b"], "label": ["A", "B"]}, {"text": "x"}, {"a": {"b": 1}}, {"A": "x", "B": None}),
    *(TURNS, TURNS[:1], [{"from": "human", "value": "q"}, {"from": "gpt", "value": [1]}], "a|b", "a\nb"),
    *("####", "a\n#### 5", "a long text " * 30, "\ud800", "['\\ud800']", "9" * 5000, 10**900, "٣", float("nan")),
)


def some_rows(chance: random.Random) -> list[Row]:
    names = chance.sample(NAMES, chance.randint(1, 7))
    same = {name: chance.choice(CELLS) for name in names if chance.random() < 0.5}
    return [
        {name: same[name] if name in same else chance.choice(CELLS) for name in names if chance.random() < 0.95}
        for _ in range(chance.choice([1, 2, 5, 40]))
    ]


def some_request(chance: random.Random, names: list[str]) -> ImportRequest:
    keys = chance.sample(MAP_KEYS, chance.choice([0, 0, 1, 2, 3]))
    return ImportRequest(
        columns={key: chance.choice([*names, "", "nope", "data.x"]) for key in keys},
        kind=chance.choice([None, None, "exact", "multiple_choice", "number", "free"]),
        labels=chance.choice([(), (), ("a", "b"), ("a",)]),
        index_from=chance.choice([None, None, 0, 1]),
        task=chance.choice([None, "t"]),
    )


@pytest.mark.parametrize("seed", range(8))
def test_nothing_that_a_cell_can_hold_is_a_fault(seed: int) -> None:
    chance = random.Random(seed)
    samples = 0
    for _ in range(100):
        rows = some_rows(chance)
        try:
            mapping = plan(rows, some_request(chance, list(rows[0])))
        except InputError as error:
            assert error.message and error.hint
            continue
        assert all(isinstance(line, str) for line in mapping.describe())
        for item in mapping.map_rows(Record("made", line, row) for line, row in enumerate(rows, 1)):
            found = [item.message] if isinstance(item, Problem) else parse_record(item.values, resplit=False)
            if isinstance(found, Sample):
                samples += 1
                json.dumps(dict(found.metadata))
            else:
                assert found and all(found)
    assert samples > 0
