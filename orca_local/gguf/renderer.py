"""Messages to token ids: the only renderer of the program, for probing, chat, loss masks and training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from orca_local.domain.errors import InputError
from orca_local.domain.types import Message
from orca_local.gguf.header import read_header
from orca_local.gguf.template import ChatTemplate
from orca_local.gguf.tokenizer import Tokenizer


class RowRefused(Exception):
    """A conversation that cannot be trained on with this template; `reason` is a short word for counting."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class TrainingIds:
    """A conversation as token ids, and the span that the loss is taken on."""

    ids: tuple[int, ...]
    loss_start: int
    """Index of the first answer token; the ids before it are exactly those of the prompt."""


class PromptRenderer:
    """Template and vocabulary of one GGUF file."""

    def __init__(self, path: Path) -> None:
        header = read_header(path)
        if header.chat_template is None:
            raise InputError(
                f"{path} has no chat template", hint="use an instruct or chat model whose GGUF carries one"
            )
        self.tokenizer = Tokenizer(path)
        self.template = ChatTemplate(
            header.chat_template,
            bos_token=self._spelling(self.tokenizer.bos),
            eos_token=self._spelling(self.tokenizer.eos),
        )

    def close(self) -> None:
        """Free the vocabulary. Safe to call twice."""
        self.tokenizer.close()

    def prompt_ids(self, messages: Sequence[Message]) -> tuple[int, ...]:
        """The conversation up to where the assistant speaks."""
        return self._encode(self.template.render(messages, add_generation_prompt=True))

    def training_ids(self, messages: Sequence[Message]) -> TrainingIds:
        """A conversation that ends in the assistant's answer, which the loss is taken on, turn end included.

        The ids start with exactly `prompt_ids` of the conversation before the answer: what is trained is
        what will be asked. Raises `RowRefused` where the template does not allow that.
        """
        *before, answer = messages
        if answer.role != "assistant":
            raise ValueError("a training conversation ends with the assistant")
        prompt = self.template.render(before, add_generation_prompt=True)
        tail = self._tail(before, answer)
        prompt_ids = self._encode(prompt)
        answer_ids = self.tokenizer.encode(tail)
        end = next((i for i, token in enumerate(answer_ids) if self.tokenizer.is_end(token)), None)
        if end is None or end == 0:
            raise RowRefused("template", "the template does not end the assistant's turn after the answer")
        return TrainingIds((*prompt_ids, *answer_ids[: end + 1]), len(prompt_ids))

    def _tail(self, before: Sequence[Message], answer: Message) -> str:
        """What the template writes from the answer on; found by a mark that no template touches."""
        mark = "\u241eorca\u241e"
        text = self.template.render([*before, Message("assistant", mark)], add_generation_prompt=False)
        if text.count(mark) != 1:
            raise RowRefused("template", "the template does not show the answer exactly once")
        content = answer.content.strip()
        if not content:
            raise RowRefused("empty", "the answer is empty")
        whole = self.template.render([*before, Message("assistant", content)], add_generation_prompt=False)
        after = text.rpartition(mark)[2]
        if not whole.endswith(content + after):
            raise RowRefused("template", "the template changes the answer's text")
        return content + after

    def _encode(self, text: str) -> tuple[int, ...]:
        ids = self.tokenizer.encode(text)
        bos = self.tokenizer.bos
        if self.tokenizer.adds_bos and bos is not None and ids[:1] != [bos]:
            # Some templates write the opening token themselves; two would be a prompt the model never saw.
            ids.insert(0, bos)
        return tuple(ids)

    def _spelling(self, token: int | None) -> str:
        return "" if token is None else self.tokenizer.text_of(token)
