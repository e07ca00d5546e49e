"""A training row: one conversation as token ids and loss mask, or the reason why it cannot be trained on."""

from __future__ import annotations

from collections.abc import Sequence

from orca_local.domain.frozen import Frozen
from orca_local.domain.keys import content_key
from orca_local.domain.types import Message
from orca_local.gguf.answer_text import RowError
from orca_local.rows.renderer import PromptRenderer


class TrainingRow(Frozen):
    """One conversation to train on.

    The loss mask is `loss_start`. Other trainers store it as `labels`: -100 for the tokens before `loss_start`, the
    token ids from there on. `train/batches.py` turns rows into positions and targets.
    """

    sample_id: str
    token_ids: tuple[int, ...]
    """Prompt and answer. The token that ends the answer's turn is last."""
    loss_start: int
    """Index of the first token that gets a loss."""

    @property
    def content_hash(self) -> str:
        """Hash of token ids and loss mask, 64 hexadecimal digits."""
        return content_key([self.token_ids, self.loss_start])

    @property
    def loss_tokens(self) -> int:
        """Number of tokens that get a loss."""
        return len(self.token_ids) - self.loss_start


class RefusedRow(Frozen):
    """A conversation that does not become a training row."""

    sample_id: str
    reason: str
    """A word for counting: `too_long`, `template`, `thinking` or `empty`."""
    detail: str
    """The reason as a sentence."""


def make_row(
    renderer: PromptRenderer, sample_id: str, messages: Sequence[Message], max_tokens: int
) -> TrainingRow | RefusedRow:
    """Render a conversation that ends with the assistant's answer.

    A row longer than `max_tokens` is refused and never cut: without its end it would lose the answer and the end of
    the turn, without its beginning the question.
    """
    try:
        rendered = renderer.training_ids(messages)
    except RowError as error:
        return RefusedRow(sample_id, error.reason, str(error))
    count = len(rendered.token_ids)
    if count > max_tokens:
        return RefusedRow(sample_id, "too_long", f"{count} tokens; at most {max_tokens} are allowed")
    return TrainingRow(sample_id, rendered.token_ids, rendered.loss_start)
