"""Messages to token ids: the only renderer of the program, for probing, chat, loss masks and training."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from orca_local.domain.errors import InputError
from orca_local.domain.types import Message
from orca_local.gguf.header import read_header
from orca_local.gguf.template import ChatTemplate
from orca_local.gguf.tokenizer import Tokenizer

_MARK = "\u241eorca\u241e"
"""Stands for the answer where its place is looked for; no template touches it."""

_BREAK = "\ue0f1"
"""Parts the name of a control token that somebody typed, until the tokens are made. A private-use character."""

_OPEN_TAG = re.compile(r"<(\w+)>(?!.*</\1>)", re.DOTALL)


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
    """Template and vocabulary of one GGUF file.

    The template's own control tokens are control tokens. Where somebody *typed* the name of one, in a question
    or an answer, it stays text: a sample cannot end its own turn or open another.
    """

    def __init__(self, path: Path) -> None:
        header = self.header = read_header(path)
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
        return tuple(self._encode_prompt(self._render(messages, add_generation_prompt=True)))

    def training_ids(self, messages: Sequence[Message]) -> TrainingIds:
        """A conversation that ends in the assistant's answer, which the loss is taken on, turn end included.

        The ids start with exactly `prompt_ids` of the conversation before the answer: what is trained is
        what will be asked. Raises `RowRefused` where the template does not allow that.
        """
        *before, answer = messages
        if answer.role != "assistant":
            raise ValueError("a training conversation ends with the assistant")
        prompt = self._render(before, add_generation_prompt=True)
        tail = self._tail(before, answer, prompt)
        prompt_ids = self._encode_prompt(prompt)
        # Encoded together where that leaves the prompt as it is: alone, some vocabularies open a text with a space.
        together = self._encode_prompt(prompt + tail)
        parted = together[: len(prompt_ids)] == prompt_ids
        answer_ids = together[len(prompt_ids) :] if parted else self._encode(tail)
        end = next((i for i, token in enumerate(answer_ids) if self.tokenizer.is_end(token)), None)
        if end is None or end == 0:
            raise RowRefused("template", "the template does not end the assistant's turn after the answer")
        return TrainingIds((*prompt_ids, *answer_ids[: end + 1]), len(prompt_ids))

    def _tail(self, before: Sequence[Message], answer: Message, prompt: str) -> str:
        """What follows the prompt: the answer, with what the template writes in front of it and after it."""
        content = answer.content.strip()
        if not content:
            raise RowRefused("empty", "the answer is empty")
        marked = self._render([*before, Message("assistant", _MARK)], add_generation_prompt=False)
        if marked.count(_MARK) != 1:
            raise RowRefused("template", "the template does not show the answer exactly once")
        head, _, after = marked.partition(_MARK)
        tail = self._parted(content) + after
        whole = self._render([*before, Message("assistant", content)], add_generation_prompt=False)
        if not whole.endswith(tail):
            raise RowRefused("template", "the template changes the answer's text")
        return _between(prompt, head) + tail

    def _render(self, messages: Sequence[Message], *, add_generation_prompt: bool) -> str:
        """The conversation as text, with a break inside every control token's name that somebody typed."""
        parted = [Message(message.role, self._parted(message.content)) for message in messages]
        return self.template.render(parted, add_generation_prompt=add_generation_prompt)

    def _parted(self, content: str) -> str:
        return self._typed.sub(lambda found: found[0][0] + _BREAK + found[0][1:], content)

    @cached_property
    def _typed(self) -> re.Pattern[str]:
        """A control token's name."""
        return _any_of(self.tokenizer.control_texts)

    @cached_property
    def _broken(self) -> re.Pattern[str]:
        """A control token's name with a break in it."""
        return _any_of(name[0] + _BREAK + name[1:] for name in self.tokenizer.control_texts)

    def _encode(self, text: str) -> list[int]:
        ids: list[int] = []
        at = 0
        for found in self._broken.finditer(text):
            ids += self.tokenizer.encode(text[at : found.start()])
            # In two pieces, so that no vocabulary can put them together again.
            for piece in found[0].split(_BREAK):
                ids += self.tokenizer.encode(piece, special=False)
            at = found.end()
        return ids + self.tokenizer.encode(text[at:])

    def _encode_prompt(self, text: str) -> list[int]:
        ids = self._encode(text)
        bos = self.tokenizer.bos
        if self.tokenizer.adds_bos and bos is not None and ids[:1] != [bos]:
            # Some templates write the opening token themselves; two would be a prompt the model never saw.
            ids.insert(0, bos)
        return ids

    def _spelling(self, token: int | None) -> str:
        return "" if token is None else self.tokenizer.token_text(token)


def _any_of(names: Iterable[str]) -> re.Pattern[str]:
    longest_first = sorted(names, key=lambda name: (-len(name), name))
    return re.compile("|".join(map(re.escape, longest_first)) or r"(?!)")


def _between(prompt: str, head: str) -> str:
    """What the template writes between the generation prompt and the answer; most write nothing.

    `head` is the whole conversation's text up to the answer. Some prompts hold more than it does, such as the
    empty thinking block that asks for no thoughts: the answer follows that as it is.
    """
    if head.startswith(prompt):
        return head[len(prompt) :]
    if not prompt.startswith(head):
        raise RowRefused("template", "the template asks for the answer in another way than it shows one")
    if _OPEN_TAG.search(prompt, len(head)):
        raise RowRefused("thinking", "the template opens a thinking block that the answer would never leave")
    return ""
