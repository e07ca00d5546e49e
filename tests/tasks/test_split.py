from __future__ import annotations

from collections import Counter
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from orca_local.domain.text import is_visible
from orca_local.domain.types import SPLITS, Sample
from orca_local.tasks.record import parse_record
from orca_local.tasks.split import content_hash, prompt_hash, split_of

SAMPLE = Sample("a", "sums", "number", "What is 2 + 3?", ("5", "five"), "probe")
TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1).filter(str.strip)
"""Texts that can be stored."""
WORDS = st.text("abcxyz019 ", min_size=1).filter(str.strip)
"""Answers that can be read as themselves; control characters and marks of reasoning cannot."""


def test_shares_are_30_50_and_20_percent() -> None:
    counts = Counter(split_of(prompt_hash(f"prompt {n}")) for n in range(20_000))
    shares = [round(counts[split] / 20_000, 2) for split in SPLITS]
    assert shares == [0.3, 0.5, 0.2]


def test_split_of_a_prompt_never_changes() -> None:
    splits = [split_of(prompt_hash(f"prompt {n}")) for n in range(6)]
    assert splits == ["train", "probe", "train", "holdout", "holdout", "probe"]


def test_content_is_prompt_answers_and_kind_alone() -> None:
    same = replace(SAMPLE, id="b", task="other", split="train", metadata={"x": 1}, rationale="r", answers=("FIVE", "5"))
    assert content_hash(same) == content_hash(SAMPLE)
    assert content_hash(replace(SAMPLE, prompt=" what  is 2 +\n3? ")) == content_hash(SAMPLE)
    for other in (
        replace(SAMPLE, prompt="What is 2 - 3?"),
        replace(SAMPLE, answers=("5",)),
        replace(SAMPLE, kind="exact"),
    ):
        assert content_hash(other) != content_hash(SAMPLE)


@given(TEXTS.filter(is_visible), WORDS)
def test_one_question_with_two_answers_stays_in_one_split(prompt: str, answer: str) -> None:
    record = {"id": "a", "task": "t", "kind": "exact", "prompt": prompt, "answer": answer}
    first = parse_record(record, resplit=False)
    second = parse_record({**record, "answer": "other", "prompt": prompt + " "}, resplit=False)
    assert isinstance(first, Sample)
    assert isinstance(second, Sample)
    assert first.split == second.split


def test_resplit_ignores_the_split_of_the_record() -> None:
    record = {"id": "a", "task": "t", "kind": "free", "prompt": "prompt 4", "split": "probe"}
    kept, divided = (parse_record(record, resplit=resplit) for resplit in (False, True))
    assert isinstance(kept, Sample)
    assert isinstance(divided, Sample)
    assert (kept.split, divided.split) == ("probe", "holdout")
