from __future__ import annotations

from orca_local.domain.types import Message
from orca_local.rows.renderer import PromptRenderer
from orca_local.rows.training_row import RefusedRow, TrainingRow, make_row


def messages(prompt: str, answer: str) -> list[Message]:
    return [Message("system", ""), Message("user", prompt), Message("assistant", answer)]


def test_a_row_that_is_too_long_is_refused_and_never_cut(renderer: PromptRenderer) -> None:
    """Trap 1: a prompt beyond the limit gave no targets and NaN; cutting the end lost the answer and its turn end."""
    refused = make_row(renderer, "s", messages("word " * 300, "Answer: 7"), 128)
    assert isinstance(refused, RefusedRow)
    assert refused.reason == "too_long"
    assert "128" in refused.detail


def test_a_row_of_exactly_the_limit_is_whole(renderer: PromptRenderer) -> None:
    row = make_row(renderer, "s", messages("What is 3 + 4?", "Answer: 7"), 10_000)
    assert isinstance(row, TrainingRow)
    again = make_row(renderer, "s", messages("What is 3 + 4?", "Answer: 7"), len(row.token_ids))
    assert again == row
    assert row.loss_tokens > 0


def test_the_content_hash_follows_the_content_alone(renderer: PromptRenderer) -> None:
    rows = [
        make_row(renderer, name, messages("Q", answer), 500) for name, answer in (("a", "x"), ("b", "x"), ("c", "y"))
    ]
    hashes = [row.content_hash for row in rows if isinstance(row, TrainingRow)]
    assert hashes[0] == hashes[1] != hashes[2]
