"""A training row: a conversation as token ids, and where the loss is taken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from orca_local.domain.keys import content_key
from orca_local.domain.types import Message
from orca_local.rows.renderer import PromptRenderer, RowRefused


@dataclass(frozen=True, slots=True)
class TrainingRow:
    """One conversation to train on."""

    sample_id: str
    token_ids: tuple[int, ...]
    """Prompt and answer, the answer's turn end last."""
    loss_start: int
    """Index of the first token that is predicted with loss; the last one is the turn end."""

    @property
    def content_hash(self) -> str:
        """64 hexadecimal digits that change with the ids or the mask, and with nothing else."""
        return content_key([self.token_ids, self.loss_start])

    @property
    def loss_tokens(self) -> int:
        """Tokens that are predicted with loss."""
        return len(self.token_ids) - self.loss_start


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """A conversation that does not become a row."""

    sample_id: str
    reason: str
    """A word for counting: `too_long`, `template`, `empty`."""
    detail: str


def make_row(
    renderer: PromptRenderer, sample_id: str, messages: Sequence[Message], max_tokens: int
) -> TrainingRow | RefusedRow:
    """Render a conversation that ends in the assistant's answer.

    A row longer than `max_tokens` is refused, never cut: cutting the end would take away the answer and the
    turn's end, cutting the front the question.
    """
    try:
        rendered = renderer.training_ids(messages)
    except RowRefused as refused:
        return RefusedRow(sample_id, refused.reason, str(refused))
    if len(rendered.ids) > max_tokens:
        return RefusedRow(sample_id, "too_long", f"{len(rendered.ids)} tokens, at most {max_tokens} are allowed")
    return TrainingRow(sample_id, rendered.ids, rendered.loss_start)
