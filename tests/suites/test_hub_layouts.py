"""Each suite of the hub in the layout of its repository, as Parquet."""

from __future__ import annotations

import io
from typing import Any

import pyarrow
import pytest
from pyarrow import parquet

from orca_local.domain.errors import InputError
from orca_local.hub.benchmarks import load_suites
from orca_local.suites.library import pull
from tests.hub_dataset import HubDataset
from tests.hub_server import HubServer
from tests.suites import rows

SUITES = load_suites()


def table(entries: list[dict[str, Any]]) -> bytes:
    buffer = io.BytesIO()
    parquet.write_table(pyarrow.Table.from_pylist(entries), buffer)
    return buffer.getvalue()


def bbh_files() -> dict[str, bytes]:
    rest = {"input": "Which?\nOptions:\n(A) one\n(B) two", "target": "(B)"}
    entries = {row["task"]: {"input": row["input"], "target": row["target"]} for row in rows.BBH}
    made = {
        name: entries.get(name, {"input": "true is", "target": "True"} if name == "boolean_expressions" else rest)
        for name in SUITES["bbh"].configs
    }
    for name, target in {"dyck_languages": "] ]", "word_sorting": "a b", "multistep_arithmetic_two": "-7"}.items():
        made[name] = {"input": "What? List: b a", "target": target}
    for name in ("causal_judgement", "navigate", "sports_understanding", "web_of_lies"):
        made[name] = {"input": "Is it?\nOptions:\n- Yes\n- No", "target": "Yes"}
    return {f"{name}/test-00000-of-00001.parquet": table([row]) for name, row in made.items()}


LAYOUTS: dict[str, tuple[dict[str, bytes], int]] = {
    "gsm8k": ({"main/test-00000-of-00001.parquet": table(rows.GSM8K)}, 12),
    "mmlu": (
        {"all/test-00000-of-00001.parquet": table(rows.MMLU), "law/test-00000-of-00001.parquet": table(rows.MMLU)},
        100,
    ),
    "arc-challenge": (
        {f"{name}/test-00000-of-00001.parquet": table(rows.ARC) for name in ("ARC-Challenge", "ARC-Easy")},
        2,
    ),
    "race": (
        {
            "high/test-00000-of-00001.parquet": table(rows.RACE[:2]),
            "middle/test-00000-of-00001.parquet": table(rows.RACE[2:]),
            "all/test-00000-of-00001.parquet": table(rows.RACE),
        },
        3,
    ),
    "drop": ({"drop_train.parquet": table(rows.DROP[:1]), "drop_validation.parquet": table(rows.DROP[:2])}, 2),
    "bbh": (bbh_files(), 26),
}


def dataset(name: str, files: dict[str, bytes]) -> HubDataset:
    return HubDataset(SUITES[name].repo, dict(files), commit=SUITES[name].revision)


@pytest.mark.parametrize("name", LAYOUTS)
def test_the_layout_of_a_repository_is_read(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    files, count = LAYOUTS[name]
    with HubServer(datasets=[dataset(name, files)]) as server:
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        loaded = pull(SUITES[name])
    assert len(loaded.questions) == count
    assert len(loaded.left_out) == (name == "bbh")
    if name == "race":
        assert [question.id for question in loaded.questions] == ["high/1", "high/2", "middle/1"]


def test_a_config_that_is_missing_and_a_file_that_is_cut_off_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    files = dict(LAYOUTS["race"][0])
    del files["middle/test-00000-of-00001.parquet"]
    gsm8k = {"main/test-00000-of-00001.parquet": table(rows.GSM8K)[:-10]}
    with HubServer(datasets=[dataset("race", files), dataset("gsm8k", gsm8k)]) as server:
        monkeypatch.setenv("HF_ENDPOINT", server.url)
        with pytest.raises(InputError, match="ehovy/race has no config 'middle'"):
            pull(SUITES["race"])
        with pytest.raises(InputError, match=r"test-00000-of-00001\.parquet") as raised:
            pull(SUITES["gsm8k"])
    assert "incomplete or changed" in raised.value.hint
