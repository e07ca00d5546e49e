"""The list of benchmarks, and which files of a repository are one."""

from __future__ import annotations

import re

import pytest

from orca_local.hub.benchmarks import load_groups, load_suites, suite_of
from orca_local.kinds.table import KINDS
from orca_local.tasks.ready import load_sources

SUITES = load_suites()


@pytest.mark.parametrize("name", SUITES)
def test_a_suite_says_only_what_the_program_knows(name: str) -> None:
    suite = SUITES[name]
    assert re.fullmatch("[a-z0-9-]+", name) and suite.title and suite.licence and suite.references
    assert suite.revision == "" or re.fullmatch("[0-9a-f]{40}", suite.revision)
    assert suite.kind == "" or suite.kind in KINDS
    assert bool(suite.files) == (suite.host == "github") and bool(suite.split) == (suite.host == "hub")
    assert 0 < suite.questions <= suite.rows


def test_the_group_of_orca2_has_six() -> None:
    assert load_groups()["orca2"].suites == ("agieval", "bbh", "drop", "crass", "race", "gsm8k")
    assert sum(SUITES[name].questions for name in load_groups()["orca2"].suites) == 25_115


@pytest.mark.parametrize(
    ("repository", "split", "paths", "suite"),
    [
        ("openai/gsm8k", "test", ["main/test-0.parquet"], "gsm8k"),
        ("OpenAI/GSM8K", "test", [], "gsm8k"),
        ("openai/gsm8k", "train", ["main/train-0.parquet"], None),
        ("openai/gsm8k", "", ["main/train-0.parquet", "main/test-0.parquet"], "gsm8k"),
        ("openai/gsm8k", "", ["main/train-0.parquet"], None),
        ("EleutherAI/drop", "", ["drop_validation.parquet"], "drop"),
        ("ucinlp/drop", "validation", [], "drop"),
        ("lukaemon/bbh", "train", [], "bbh"),
        ("hails/mmlu_no_train", "dev", [], None),
        ("somebody/gsm8k", "test", [], None),
    ],
)
def test_files_of_a_benchmark_are_known(repository: str, split: str, paths: list[str], suite: str | None) -> None:
    found = suite_of(repository, split, paths)
    assert (found.name if found else None) == suite


def test_no_ready_source_is_a_benchmark() -> None:
    for source in load_sources().values():
        found = suite_of(source.repo, source.split or "train", [source.config, source.files])
        assert found is None, f"{source.name} is {found.name if found else ''}"
