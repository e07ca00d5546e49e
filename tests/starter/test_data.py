"""The starter's data: what a first run depends on."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from orca_local.domain.strategies import BUILTIN
from orca_local.kinds.scoring import score
from orca_local.kinds.table import KINDS
from orca_local.starter.install import DATA, iter_answers, load_samples
from orca_local.tasks.split import content_hash, prompt_hash

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "make_starter.py"
SAMPLES = {sample.id: sample for sample in load_samples()}
ANSWERS = list(iter_answers())


def test_the_script_writes_the_packaged_bytes_again(tmp_path: Path) -> None:
    for name in ("one", "two"):
        subprocess.run([sys.executable, SCRIPT, tmp_path / name], check=True, capture_output=True)
        for file in ("tasks.jsonl", "answers.jsonl"):
            assert (tmp_path / name / file).read_bytes() == (DATA / file).read_bytes()


def test_it_is_small() -> None:
    assert sum(path.stat().st_size for path in DATA.iterdir()) < 2_000_000


def test_at_least_eight_tasks_cover_the_five_scored_kinds() -> None:
    kinds = {sample.task: sample.kind for sample in SAMPLES.values()}
    assert len(kinds) >= 8
    assert set(kinds.values()) == set(KINDS) - {"text", "free", "judged"}


def test_each_task_has_samples_in_all_splits_and_unseen_ones_in_the_holdout_alone() -> None:
    counts = Counter((s.task, s.split, bool(s.metadata.get("unseen"))) for s in SAMPLES.values())
    for task in {sample.task for sample in SAMPLES.values()}:
        assert counts[task, "probe", False] == 24
        assert counts[task, "train", False] == 48
        assert counts[task, "holdout", False] == 30
        assert counts[task, "holdout", True] == 10
    assert sum(counts.values()) == 112 * len({sample.task for sample in SAMPLES.values()})


def test_no_sample_and_no_prompt_is_there_twice() -> None:
    assert len({content_hash(sample) for sample in SAMPLES.values()}) == len(SAMPLES)
    assert len({prompt_hash(sample.prompt) for sample in SAMPLES.values()}) == len(SAMPLES)


def test_wording_varies() -> None:
    for task in {sample.task for sample in SAMPLES.values()}:
        starts = {tuple(s.prompt.split()[:2]) for s in SAMPLES.values() if s.task == task and s.split == "train"}
        assert len(starts) >= 5, task


@pytest.mark.parametrize("kind", ["boolean", "multiple_choice"])
def test_no_constant_answer_does_well(kind: str) -> None:
    answers = Counter(s.answers[0] for s in SAMPLES.values() if s.kind == kind)
    assert max(answers.values()) / answers.total() < (0.6 if kind == "boolean" else 0.35)


def test_every_training_sample_is_answered_under_every_strategy() -> None:
    expected = {(s.id, strategy.name) for s in SAMPLES.values() if s.split == "train" for strategy in BUILTIN}
    assert len(ANSWERS) == len(expected)
    assert {(answer.sample_id, answer.strategy) for answer in ANSWERS} == expected


def test_every_worked_answer_is_right_and_ends_in_the_answer_line() -> None:
    for answer in ANSWERS:
        sample = SAMPLES[answer.sample_id]
        assert score(sample, answer.text).strict.value == 1.0, answer
        assert answer.text.splitlines()[-1] == f"Answer: {sample.answers[0]}"


def test_a_direct_answer_has_no_working_and_the_others_do() -> None:
    for answer in ANSWERS:
        assert (len(answer.text.splitlines()) == 1) == (answer.strategy == "direct_answer"), answer


def test_strategies_differ_in_how_they_answer() -> None:
    texts: dict[str, set[str]] = {}
    for answer in ANSWERS:
        texts.setdefault(answer.sample_id, set()).add(answer.text)
    assert all(len(answers) == len(BUILTIN) for answers in texts.values())


def test_worked_answers_are_short() -> None:
    assert max(len(answer.text.split()) for answer in ANSWERS) <= 45
