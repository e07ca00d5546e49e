"""The ready sources and mixes of `models/sources.toml`."""

from __future__ import annotations

import re

import pytest

from orca_local.domain.errors import InputError
from orca_local.hub.address import parse_address
from orca_local.kinds.table import KINDS
from orca_local.tasks.import_request import MAP_KEYS
from orca_local.tasks.ready import find_mix, find_ready, load_sources, stands_for

SOURCES = load_sources()


@pytest.mark.parametrize("name", SOURCES)
def test_a_source_says_only_what_the_program_knows(name: str) -> None:
    source = SOURCES[name]
    assert re.fullmatch("[a-z0-9-]+", name) and source.title and source.licence
    assert parse_address(f"hub:{source.repo}").repo == source.repo
    assert source.revision == "" or re.fullmatch("[0-9a-f]{40}", source.revision)
    assert source.kind is None or source.kind in KINDS
    assert set(source.columns) <= set(MAP_KEYS)
    assert source.tasks in ("", "column", "file", "config")
    assert bool(source.files) == (source.tasks == "file") and not (source.files and source.config)


def test_bigbench_leaves_out_what_bbh_tests() -> None:
    assert len(SOURCES["bigbench"].skip) == 23


def test_the_mix_of_orca2_has_the_proportions_of_the_paper() -> None:
    mix = find_mix("orca2")
    assert sum(part.tasks for part in mix.parts) == 1_913
    assert {part.name: part.rows for part in mix.parts if part.rows} == {"math": 160_000, "summaries": 2_000}
    for part in mix.parts:
        assert bool(part.tasks) != bool(part.rows)
        for name in part.sources:
            assert bool(find_ready(name).tasks) == bool(part.tasks)


def test_a_mix_may_include_another() -> None:
    mix = find_mix("orca2-with-orca1")
    assert mix.parts[:-1] == find_mix("orca2").parts and mix.parts[-1].sources == ("slimorca",)
    assert mix.zero_shot_rows == 602_000 and "4.2" in mix.source


def test_a_wrong_name_gets_the_nearest() -> None:
    with pytest.raises(InputError, match="no ready source 'gsm8kk'") as raised:
        find_ready("gsm8kk")
    assert "did you mean ready:gsm8k?" in raised.value.hint and "tasks sources" in raised.value.hint
    with pytest.raises(InputError, match="no mix 'orca3'") as raised:
        find_mix("orca3")
    assert "orca2" in raised.value.hint


def test_a_repository_of_a_program_has_a_copy() -> None:
    copy = stands_for("kaist-ai/cot-collection")
    assert copy is not None and copy.name == "cot-collection"
    assert stands_for("openai/gsm8k") is None
