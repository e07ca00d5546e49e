"""A strategy that a person chooses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from orca_local.domain.cell import Cell
from orca_local.probe.by_hand import choose_by_hand
from orca_local.store.store import Store
from tests.store.builders import add_samples, make_sample

NAME = "direct_answer"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "orca.db", create=True) as opened:
        add_samples(opened, make_sample("a"))
        yield opened


def test_a_choice_is_stored_with_the_result_of_its_cell(store: Store) -> None:
    choose_by_hand(store, "sums", NAME, Cell(NAME, 8, 2.0, 8, 80), 0.05)
    row = store.selections.current()["sums"]
    assert (row.strategy, row.accuracy, row.samples, row.chosen_by) == (NAME, 0.25, 8, "hand")
    assert row.ci_low is not None and row.ci_high is not None and row.ci_low < 0.25 < row.ci_high


@pytest.mark.parametrize("cell", [None, Cell(NAME, 0, 0.0, 0, 0)])
def test_a_strategy_without_a_measured_cell_can_be_chosen(store: Store, cell: Cell | None) -> None:
    choose_by_hand(store, "sums", NAME, cell, 0.05)
    row = store.selections.current()["sums"]
    assert (row.accuracy, row.ci_low, row.samples) == (None, None, 0)
