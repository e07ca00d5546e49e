from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orca_local.domain.settings import TrainSettings
from orca_local.rows.training_row import TrainingRow
from orca_local.train.batches import epoch_batches, length_batches, make_batch, split_validation
from orca_local.train.recipe import make_recipe


def row(ids: list[int], loss_start: int) -> TrainingRow:
    return TrainingRow("s", tuple(ids), loss_start)


rows_strategy = st.lists(
    st.tuples(st.lists(st.integers(1, 99), min_size=2, max_size=30), st.integers(1, 29)).map(
        lambda pair: row(pair[0], min(pair[1], len(pair[0]) - 1))
    ),
    min_size=1,
    max_size=40,
)


def test_each_answer_token_is_predicted_once_from_the_position_before_it() -> None:
    batch = make_batch([row([1, 2, 3, 4, 5], 3), row([6, 7, 8], 1)])
    assert batch.token_ids.tolist() == [[1, 2, 3, 4, 5], [6, 7, 8, 0, 0]]
    assert batch.row_index.tolist() == [0, 0, 1, 1]
    assert batch.position.tolist() == [2, 3, 0, 1]
    assert batch.target.tolist() == [4, 5, 7, 8]


@given(rows_strategy)
def test_no_padding_is_ever_a_target(rows: list[TrainingRow]) -> None:
    """Trap 1: `steps <= length` counted one token of padding."""
    batch = make_batch(rows)
    assert len(batch.target) == sum(r.loss_tokens for r in rows)
    assert batch.tokens == sum(len(r.token_ids) for r in rows)
    lengths = np.array([len(r.token_ids) for r in rows])
    assert (batch.position + 1 < lengths[batch.row_index]).all()
    assert (batch.target > 0).all()


@given(rows_strategy, st.integers(1, 9), st.integers(0, 3))
def test_an_epoch_has_every_row_once_the_last_partial_batch_included(
    rows: list[TrainingRow], batch_size: int, epoch: int
) -> None:
    """Trap 1: the last partial batch was dropped."""
    batches = epoch_batches(rows, batch_size, 7, epoch)
    flat = [r.token_ids for batch in batches for r in batch]
    assert sorted(flat) == sorted(r.token_ids for r in rows)
    assert max(map(len, batches)) <= batch_size
    assert batches == epoch_batches(rows, batch_size, 7, epoch)


@given(rows_strategy, st.integers(1, 80))
def test_the_parts_of_a_batch_are_the_batch(rows: list[TrainingRow], most: int) -> None:
    batch = make_batch(rows)
    parts = batch.split_by_tokens(most)
    assert sum(len(part.token_ids) for part in parts) == len(rows)
    assert [t for part in parts for t in part.target.tolist()] == batch.target.tolist()
    for part in parts:
        assert part.tokens <= most or len(part.token_ids) == 1
        assert part.token_ids.shape[1] == part.lengths.max()
        assert (part.token_ids[part.row_index, part.position + 1] == part.target).all()


def test_parts_are_even_in_tokens_not_in_rows() -> None:
    """A batch is sorted by length: with equal numbers of rows, the last part would be several times the first."""
    batch = make_batch([row(list(range(1, 1 + n)), 1) for n in (10, 10, 10, 10, 40, 80)])
    assert [part.lengths.tolist() for part in batch.split_by_tokens(80)] == [[10, 10, 10, 10, 40], [80]]
    assert [part.lengths.tolist() for part in batch.split_by_tokens(60)] == [[10, 10, 10, 10], [40], [80]]


@given(rows_strategy, st.integers(1, 200), st.integers(1, 8))
def test_the_rectangles_of_a_batch_are_the_batch(rows: list[TrainingRow], most: int, step: int) -> None:
    batch = make_batch(rows)
    parts = batch.split_padded(most, lambda length: -(-length // step) * step)
    assert [row for part in parts for row in part.lengths.tolist()] == batch.lengths.tolist()
    assert [t for part in parts for t in part.target.tolist()] == batch.target.tolist()
    for part in parts:
        height, width = part.token_ids.shape
        assert width == part.lengths.max()
        assert (part.token_ids[part.row_index, part.position + 1] == part.target).all()
        assert height == 1 or height * -(-width // step) * step <= most


def test_a_long_row_does_not_make_the_others_as_long() -> None:
    """Fifteen rows of 50 tokens and one of 2,000 would be 32,000 positions; 2,750 are planned."""
    batch = make_batch([row(list(range(1, 1 + n)), 1) for n in [50] * 15 + [2000]])
    assert [part.token_ids.shape for part in batch.split_padded(2750, int)] == [(15, 50), (1, 2000)]


@given(st.lists(st.integers(1, 99), max_size=9), rows_strategy)
def test_the_shared_prefix_is_what_all_rows_begin_with_before_any_loss(
    start: list[int], rows: list[TrainingRow]
) -> None:
    begun = [row([*start, *r.token_ids], len(start) + r.loss_start) for r in rows]
    batch = make_batch(begun)
    shared = batch.shared_prefix
    if len(rows) == 1:
        assert shared == 0
        return
    firsts = {r.token_ids[:shared] for r in begun}
    assert len(firsts) == 1 and shared <= batch.position.min()
    assert shared >= min(len(start), int(batch.position.min()))


def test_rows_without_any_loss_share_nothing() -> None:
    batch = make_batch([row([1, 2, 3], 1), row([1, 2, 4], 1)])
    assert batch.shared_prefix == 0
    none = np.zeros(0, np.int64)
    assert replace(batch, row_index=none, position=none, target=none).shared_prefix == 0


def test_epochs_differ_in_order_and_seeds_do_too() -> None:
    rows = [row([i, i + 1], 1) for i in range(1, 60)]
    first = epoch_batches(rows, 4, 0, 0)
    assert first != epoch_batches(rows, 4, 0, 1)
    assert first != epoch_batches(rows, 4, 1, 0)


@given(rows_strategy, st.floats(0, 0.9))
def test_validation_rows_are_chosen_by_content_and_never_trained_on(rows: list[TrainingRow], share: float) -> None:
    train, held = split_validation(rows, share)
    assert len(train) + len(held) == len(rows)
    assert train
    assert not {r.content_hash for r in train} & {r.content_hash for r in held}


def test_all_rows_of_a_prompt_are_on_one_side() -> None:
    """Two answers to each prompt, and rows with examples before the question, as of `per_prompt` and `few_shot`."""
    rows = []
    for i in range(1, 301):
        asked = [5, i, 6]
        rows += [TrainingRow(f"s{i}", (*asked, answer, i), len(asked)) for answer in (7, 8)]
        rows.append(TrainingRow(f"s{i}", (5, i - 1, 6, 9, *asked, 8, i), 4 + len(asked)))
        rows.append(TrainingRow(f"copy of s{i}", (*asked, 9), len(asked)))
    train, held = split_validation(rows, 0.2)
    questions = [{r.token_ids[r.loss_start - 2] for r in side} for side in (train, held)]
    assert not questions[0] & questions[1]
    assert len(train) + len(held) == len(rows) and 0.1 < len(held) / len(rows) < 0.3
    reordered = split_validation(rows[::-1], 0.2)
    assert [sorted(r.content_hash for r in side) for side in reordered] == [
        sorted(r.content_hash for r in side) for side in (train, held)
    ]


def test_evaluation_batches_are_by_length() -> None:
    rows = [row([1] * n, 1) for n in (9, 2, 5, 3)]
    assert [len(r.token_ids) for batch in length_batches(rows, 2) for r in batch] == [2, 3, 5, 9]


def test_the_rate_rises_in_a_line_and_falls_along_a_cosine() -> None:
    settings = TrainSettings(learning_rate=1.0, warmup=0.1, final_learning_rate=0.1, epochs=10, batch_size=10)
    recipe = make_recipe(settings, 100)
    assert (recipe.total_steps, recipe.warmup_steps) == (100, 10)
    assert [recipe.learning_rate_at(step) for step in (1, 5, 10)] == pytest.approx([0.1, 0.5, 1.0])
    assert recipe.learning_rate_at(55) == pytest.approx(0.55)
    assert recipe.learning_rate_at(100) == pytest.approx(0.1)
    falling = [recipe.learning_rate_at(step) for step in range(10, 101)]
    assert falling == sorted(falling, reverse=True)


def test_a_recipe_always_has_a_step() -> None:
    assert make_recipe(TrainSettings(epochs=0.01), 3).total_steps == 1
    assert make_recipe(TrainSettings(max_steps=5), 1000).total_steps == 5
