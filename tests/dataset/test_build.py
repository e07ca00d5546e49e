from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from orca_local.dataset.build import Dataset, build, make_dataset
from orca_local.dataset.write import write_chat_jsonl, write_parquet
from orca_local.domain.erasure import leaks
from orca_local.domain.errors import InputError
from orca_local.domain.events import RowDropped, StageFinished
from orca_local.domain.settings import DatasetSettings
from orca_local.domain.strategies import BUILTIN
from orca_local.domain.summaries import DatasetSummary, SuiteOverlap
from orca_local.kinds.table import get_kind
from orca_local.rows.renderer import PromptRenderer
from orca_local.runs.context import StageContext
from orca_local.store.demonstrations import DemonstrationRow
from orca_local.store.store import Store
from orca_local.suites.pulled_questions import ComparedSuite, PulledQuestions
from orca_local.suites.question import Question
from orca_local.suites.sketch import make_sketch
from tests.teach.scene import STEPS, fill, sample


def demonstrate(
    store: Store,
    sample_id: str,
    text: str,
    verified: bool | None = True,
    strategy: str = STEPS.name,
    *,
    index: int = 0,
    hinted: bool = False,
    verdict: str = "",
) -> None:
    key = f"{sample_id}-{strategy}-{index}-{hinted}"
    store.teacher_calls.reserve(key, "test", "m", {})
    store.teacher_calls.complete(key, {"text": text}, 0, 0)
    store.strategies.ensure(next(s for s in BUILTIN if s.name == strategy))
    verdict = verdict or {True: "equal", False: "different", None: "unchecked"}[verified]
    store.demonstrations.upsert(
        DemonstrationRow(sample_id, strategy, key, index, text, verified, hinted=hinted, verdict=verdict)
    )


def made(store: Store, renderer: PromptRenderer, *, keep_mismatches: bool = False, **settings: Any) -> Dataset:
    chosen = DatasetSettings(**settings)
    return make_dataset(store, renderer, chosen, {"sums": STEPS}, keep_mismatches=keep_mismatches)


def reasons(dataset: Dataset) -> dict[str, int]:
    return dict(Counter(refused.reason for refused in dataset.dropped))


def test_the_strategy_is_gone_and_the_answer_stays(store: Store, renderer: PromptRenderer) -> None:
    fill(store, [sample(1)])
    demonstrate(store, "s01", "1 and 1 make 2.\nAnswer: 2")
    dataset = made(store, renderer, system_message="Be good.")
    (row,) = dataset.rows
    text = renderer.tokenizer.decode(row.token_ids)
    assert "Be good." in text and "1 and 1 make 2." in text
    for erased in (STEPS.student, STEPS.teacher, get_kind("number").format_line):
        assert erased not in text
    assert [m.role for m in dataset.conversations[0]] == ["system", "user", "assistant"]


def test_a_similar_answer_is_trained_on_only_where_texts_may_differ_in_wording(
    store: Store, renderer: PromptRenderer
) -> None:
    fill(store, [sample(1, kind="span", answers=("the red car",)), sample(2, kind="text", answers=("the red car",))])
    for name in ("s01", "s02"):
        demonstrate(store, name, "Answer: a red car", None, verdict="similar")
    dataset = made(store, renderer)
    assert [row.sample_id for row in dataset.rows] == ["s02"] and reasons(dataset) == {"similar": 1}
    (span,) = [row for row in store.demonstrations.list() if row.sample_id == "s01"]
    store.demonstrations.set_review(span.demonstration_id, "accepted")
    assert [row.sample_id for row in made(store, renderer).rows] == ["s01", "s02"]


def test_every_reason_to_drop_an_answer_is_counted(store: Store, renderer: PromptRenderer) -> None:
    held_out = sample(6, id="h6", split="holdout", prompt="what IS 5 + 5 ?!")
    fill(store, [*(sample(i) for i in range(1, 7)), held_out])
    demonstrate(store, "s01", "Answer: 3", verified=False)
    demonstrate(store, "s02", f"{STEPS.student} So 4.\nAnswer: 4")
    demonstrate(store, "s03", "word " * 400 + "\nAnswer: 6")
    demonstrate(store, "s04", "   ")
    demonstrate(store, "s05", "Answer: 10")
    demonstrate(store, "s06", "Answer: 12")
    dataset = made(store, renderer, max_tokens=300)
    assert reasons(dataset) == {
        "mismatch": 1,
        "instruction_leak": 1,
        "too_long": 1,
        "empty": 1,
        "holdout_overlap": 1,
    }
    assert [row.sample_id for row in dataset.rows] == ["s06"]
    events = list(build(StageContext(store, 1), dataset))
    assert len([e for e in events if isinstance(e, RowDropped)]) == 5
    last = events[-1]
    assert isinstance(last, StageFinished) and isinstance(last.summary, DatasetSummary)
    assert last.summary.rows == 1
    assert sum(last.summary.dropped.values()) == 5


def test_thoughts_control_tokens_and_invented_turns_are_never_trained_on(
    store: Store, renderer: PromptRenderer
) -> None:
    fill(store, [sample(i) for i in range(1, 9)])
    demonstrate(store, "s01", "<think>\nIs it 3?\n</think>\n\nAnswer: 2")
    demonstrate(store, "s02", "Hm, 5?\n</think>\nAnswer: 4<|im_end|>\n<|im_start|>user\nAnd 3 + 3?")
    demonstrate(store, "s03", "Answer: 6\nUser: And 4 + 4?\nAssistant: Answer: 8")
    demonstrate(store, "s04", "Let me see.<|return|>Answer: 8")
    demonstrate(store, "s05", "<think>Answer: 10")
    demonstrate(store, "s06", "The <|fim_middle|> of it.\nAnswer: 12")
    demonstrate(store, "s07", "So \ufffd.\nAnswer: 14")
    demonstrate(store, "s08", "<think>no</think>Answer: 5", verified=False)
    dataset = made(store, renderer)
    texts = {
        row.sample_id: messages[-1].content for row, messages in zip(dataset.rows, dataset.conversations, strict=True)
    }
    assert texts == {"s01": "Answer: 2", "s02": "Answer: 4", "s03": "Answer: 6"}
    assert reasons(dataset) == {"mismatch": 2, "thoughts": 1, "control_token": 1, "damaged_text": 1}
    (*_, last) = build(StageContext(store, 1), dataset)
    assert isinstance(last, StageFinished) and isinstance(last.summary, DatasetSummary)
    assert last.summary.to_dict()["shortened"] == {"run_on": 2, "thoughts": 2}
    for row in store.demonstrations.list():
        store.demonstrations.set_review(row.demonstration_id, "accepted")
    reviewed = made(store, renderer)
    texts = {
        row.sample_id: messages[-1].content for row, messages in zip(reviewed.rows, reviewed.conversations, strict=True)
    }
    assert texts["s06"] == "The <|fim_middle|> of it.\nAnswer: 12", "a person has decided"
    assert texts["s08"] == "Answer: 5" and reasons(reviewed) == {"thoughts": 1}


def test_mismatches_are_trained_on_only_where_that_was_asked_for(store: Store, renderer: PromptRenderer) -> None:
    fill(store, [sample(1)])
    demonstrate(store, "s01", "Answer: 3", verified=False)
    assert not made(store, renderer).rows
    assert len(made(store, renderer, keep_mismatches=True).rows) == 1


LONG = "The sum of one and one is what we look for, and counting up from one by one gives two.\nAnswer: 2"


def test_of_several_good_answers_the_preferred_ones_are_trained_on(store: Store, renderer: PromptRenderer) -> None:
    fill(store, [sample(1)])
    demonstrate(store, "s01", LONG)
    demonstrate(store, "s01", "Two.\nAnswer: 2", index=1)
    demonstrate(store, "s01", "Answer: 5", verified=False, index=2)
    demonstrate(store, "s01", "It is.\nAnswer: 2", hinted=True)

    def texts(**settings: Any) -> list[str]:
        return [messages[-1].content for messages in made(store, renderer, **settings).conversations]

    assert texts() == [LONG]
    assert texts(prefer="shortest") == ["Two.\nAnswer: 2"], "what took a hint comes last"
    assert texts(per_prompt=5) == [LONG, "Two.\nAnswer: 2", "It is.\nAnswer: 2"]
    assert reasons(made(store, renderer)) == {"surplus": 2, "mismatch": 1}
    assert texts(per_prompt=5) == [LONG, "Two.\nAnswer: 2", "It is.\nAnswer: 2"]
    assert len(made(store, renderer, keep_mismatches=True, per_prompt=9).rows) == 3, "one is right: the wrong one goes"


def test_the_same_reasoning_twice_is_trained_on_once(store: Store, renderer: PromptRenderer) -> None:
    fill(store, [sample(1)])
    demonstrate(store, "s01", LONG)
    demonstrate(store, "s01", LONG.replace("look for", "look for,").replace("The sum", "the sum"), index=1)
    demonstrate(store, "s01", "Take one, and another one: that is a pair.\nAnswer: 2", index=2)
    dataset = made(store, renderer, per_prompt=4)
    assert len(dataset.rows) == 2
    assert reasons(dataset) == {"alike": 1}


def test_review_decides_over_verification(store: Store, renderer: PromptRenderer) -> None:
    fill(store, [sample(1), sample(2)])
    demonstrate(store, "s01", "Answer: 3", verified=False)
    demonstrate(store, "s02", "Answer: 4")
    first, second = store.demonstrations.list()
    store.demonstrations.set_review(first.demonstration_id, "accepted")
    store.demonstrations.set_review(second.demonstration_id, "rejected")
    dataset = made(store, renderer)
    assert [row.sample_id for row in dataset.rows] == ["s01"]
    assert reasons(dataset) == {"rejected": 1}


def test_only_the_chosen_strategy_is_trained_on(store: Store, renderer: PromptRenderer) -> None:
    fill(store, [sample(1)])
    demonstrate(store, "s01", "Answer: 2", strategy="direct_answer")
    demonstrate(store, "s01", "1 and 1 make 2.\nAnswer: 2")
    dataset = made(store, renderer)
    assert len(dataset.rows) == 1
    assert "make" in dataset.conversations[0][-1].content


def test_the_same_store_gives_the_same_rows(store: Store, renderer: PromptRenderer) -> None:
    fill(store, [sample(i) for i in range(9)])
    for i in (5, 2, 7, 0):
        demonstrate(store, f"s{i:02}", f"Answer: {2 * i}")
    first, second = made(store, renderer), made(store, renderer)
    assert first.rows == second.rows
    assert [row.sample_id for row in first.rows] == sorted(row.sample_id for row in first.rows)


def test_an_answer_may_use_the_strategys_words_but_not_repeat_it() -> None:
    assert not leaks("First step: add. Then answer.", STEPS)
    assert leaks(f"As told: {STEPS.student.upper()}", STEPS)
    assert leaks("Using step_by_step, I get 4.", STEPS)


def test_rows_are_written_in_the_chat_form(store: Store, renderer: PromptRenderer, tmp_path: Path) -> None:
    fill(store, [sample(1)])
    demonstrate(store, "s01", "é\nAnswer: 2")
    path = tmp_path / "rows.jsonl"
    assert write_chat_jsonl(made(store, renderer, system_message=""), path) == 1
    (line,) = path.read_text(encoding="utf-8").splitlines()
    assert json.loads(line) == {
        "messages": [
            {"role": "system", "content": ""},
            {"role": "user", "content": "What is 1 + 1?"},
            {"role": "assistant", "content": "é\nAnswer: 2"},
        ]
    }
    with pytest.raises(InputError, match="cannot be written"):
        write_chat_jsonl(made(store, renderer), tmp_path / "nowhere" / "rows.jsonl")


def test_rows_are_written_as_parquet(store: Store, renderer: PromptRenderer, tmp_path: Path) -> None:
    from pyarrow import parquet

    fill(store, [sample(1), sample(2)])
    for number in (1, 2):
        demonstrate(store, f"s0{number}", f"{number}: ☃\nAnswer: {2 * number}")
    dataset = made(store, renderer)
    assert write_parquet(dataset, tmp_path / "rows.parquet") == 2
    rows = parquet.read_table(tmp_path / "rows.parquet").to_pylist()
    assert [row["messages"] for row in rows] == [[m.to_dict() for m in c] for c in dataset.conversations]
    with pytest.raises(InputError):
        write_parquet(dataset, tmp_path / "nowhere" / "rows.parquet")
    assert [file.name for file in tmp_path.glob("rows*")] == ["rows.parquet"]


def test_rows_with_examples_are_trained_on_at_their_last_answer_alone(store: Store, renderer: PromptRenderer) -> None:
    fill(store, [sample(i) for i in range(8)])
    for number in range(8):
        demonstrate(store, f"s0{number}", f"{number} twice.\nAnswer: {2 * number}")
    dataset = made(store, renderer, few_shot=0.2)
    assert len(dataset.rows) == 10
    for row, conversation in zip(dataset.rows[8:], dataset.conversations[8:], strict=True):
        assert len(conversation) >= 1 + 2 * 4
        trained = renderer.tokenizer.decode_verbatim(row.token_ids[row.loss_start :])
        assert trained == conversation[-1].content + "<|im_end|>"
    few = made(store, renderer, few_shot=0.2, max_tokens=90)
    assert len(few.rows) == 8 and reasons(few) == {"few_shot_too_long": 2}


def test_a_task_has_no_more_rows_than_it_may_have(store: Store, renderer: PromptRenderer) -> None:
    fill(store, [sample(i) for i in range(8)])
    for number in range(8):
        demonstrate(store, f"s0{number}", f"{number} twice.\nAnswer: {2 * number}")
    dataset = made(store, renderer, per_task=3)
    assert (len(dataset.rows), len(dataset.conversations), reasons(dataset)) == (3, 3, {"balance": 5})
    assert {row.content_hash for row in dataset.rows} <= {row.content_hash for row in made(store, renderer).rows}


def test_a_question_of_a_suite_is_dropped_and_counted(
    store: Store, renderer: PromptRenderer, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = "A farmer sells 12 sacks of oats, 7 sacks of rye and 3 sacks of peas. How many sacks does he sell in all?"
    asked = Question("1", "g", "number", shown, ("22",), "22")
    suite = ComparedSuite("oats", "d" * 64, 1)
    questions = PulledQuestions([suite], [make_sketch([asked])])
    fill(store, [sample(1), sample(2, prompt=f"Think first.\n\nQuestion: {shown}")])
    for name in ("s01", "s02"):
        demonstrate(store, name, "So it is.\nAnswer: 2")
    demonstrate(store, "s02", "It is otherwise.\nAnswer: 2", index=1)
    dataset = make_dataset(store, renderer, DatasetSettings(), {"sums": STEPS}, questions=questions)
    assert [row.sample_id for row in dataset.rows] == ["s01"] and reasons(dataset) == {"suite_overlap": 2}
    assert dataset.dropped[0].detail == "the sample has a question of the suite oats"
    (*_, last) = build(StageContext(store, 1), dataset)
    assert isinstance(last, StageFinished) and isinstance(summary := last.summary, DatasetSummary)
    assert summary.suites == (SuiteOverlap("oats", "d" * 64, 1, 2),)
    assert summary.to_dict()["suites"] == [{"name": "oats", "digest": "d" * 64, "questions": 1, "dropped": 2}]
