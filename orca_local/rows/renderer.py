"""Renders conversations as token ids with a model's own chat template, and marks the tokens that get a loss.

The program has no other renderer: probing, chat, evaluation and training see the same ids. The loss mask, which other
trainers store as `labels` with -100 at positions without a loss, is one number here: `TrainingIds.loss_start`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import islice
from pathlib import Path

from orca_local.domain.errors import InputError
from orca_local.domain.frozen import Frozen
from orca_local.domain.types import Message
from orca_local.gguf.answer_text import PLACEHOLDER, RowError, answer_text, end_text
from orca_local.gguf.given_template import GIVE_TEMPLATE, GIVEN_SHA256
from orca_local.gguf.header import Header, read_header
from orca_local.gguf.template import ChatTemplate, Conversation, start_template_process
from orca_local.gguf.tokenizer import Tokenizer

_BREAK = "\ue0f1"
"""Splits the name of a control token in a message until the text is tokenized. A private-use character."""

_NEXT = "\u241enext\u241e"
"""Stands for a question after the answer."""
RENDERED_AT_ONCE = 32
"""How many prompts are sent to the template's process together."""


class TrainingIds(Frozen):
    """A conversation as token ids, and the part that gets a loss."""

    token_ids: tuple[int, ...]
    """Prompt and answer. The token that ends the answer's turn is last."""
    loss_start: int
    """Index of the first answer token. The ids before it are exactly those of the prompt and get no loss."""


class PromptRenderer:
    """Chat template and tokenizer of one GGUF file.

    The template's control tokens are control tokens. If a message contains the name of one, it stays text, so that a
    sample cannot end its own turn or start another.
    """

    def __init__(self, model: Path | Header) -> None:
        """Read template and vocabulary of a file, or take the template of a header. Raises `InputError` without one."""
        header = self.header = read_header(model) if isinstance(model, Path) else model
        if header.chat_template is None:
            raise InputError(f"{header.path} has no chat template", hint=GIVE_TEMPLATE)
        process = start_template_process()
        try:
            self.tokenizer = Tokenizer(header.path)
        except BaseException:
            process.close()
            raise
        try:
            self.template = ChatTemplate(
                header.chat_template,
                bos_token=self._token_text(self.tokenizer.bos),
                eos_token=self._token_text(self.tokenizer.eos),
                process=process,
            )
        except BaseException:
            self.tokenizer.close()
            raise

    def close(self) -> None:
        """Free the vocabulary and end the template's process. Safe to call twice."""
        self.tokenizer.close()
        self.template.close()

    def prompt_ids(self, messages: Sequence[Message]) -> tuple[int, ...]:
        """Token ids of a conversation up to the start of the assistant's answer.

        Raises `InputError` if the template refuses the conversation.
        """
        return tuple(self._encode_prompt(self._render((messages, True))[0]))

    def iter_prompt_ids(self, conversations: Iterable[Sequence[Message]]) -> Iterator[tuple[int, ...] | InputError]:
        """Yield the `prompt_ids` of each conversation, or the error that it raises; the cheapest way for many."""
        waiting = iter(conversations)
        while part := list(islice(waiting, RENDERED_AT_ONCE)):
            for text in self.template.render_all([self._broken((messages, True)) for messages in part]):
                yield text if isinstance(text, InputError) else tuple(self._encode_prompt(text))

    def prompt_text(self, messages: Sequence[Message]) -> str:
        """The text of a conversation up to the start of the assistant's answer."""
        return self.template.render(messages, add_generation_prompt=True)

    def text_ids(self, text: str) -> tuple[int, ...]:
        """Token ids of a text that is continued as it is, without the template.

        The name of a control token means that token: such a text may contain a conversation that its author rendered.
        """
        return tuple(self._encode_prompt(text))

    def training_ids(self, messages: Sequence[Message]) -> TrainingIds:
        """Token ids and loss mask of a conversation that ends with the assistant's answer.

        The loss covers the answer and the token that ends its turn. The ids start with exactly `prompt_ids` of the
        conversation before the answer, so that the model is trained on the prompts that it is asked later. Raises
        `RowError` if the template does not allow this.
        """
        *before, answer = messages
        if answer.role != "assistant":
            raise ValueError("a training conversation ends with the assistant")
        content = answer.content.strip()
        if not content:
            raise RowError("empty", "the answer is empty")
        marked, answered = Message("assistant", PLACEHOLDER), Message("assistant", content)
        prompt, shown, whole = self._render((before, True), ([*before, marked], False), ([*before, answered], False))
        question = self._break_control_names(before[-1].content) if before else ""
        tail = answer_text(prompt, shown, whole, question=question, content=self._break_control_names(content))
        prompt_ids = self._encode_prompt(prompt)
        answer_ids = self._answer_ids(prompt, prompt_ids, tail)
        end = self._find_end(answer_ids)
        if end is None and (followed := self._render_followed(messages[:-1], answered)):
            answer_ids = self._answer_ids(prompt, prompt_ids, tail + end_text(whole, followed, _NEXT))
            end = self._find_end(answer_ids)
        if end is None or end == 0:
            raise RowError("template", "the template does not end the assistant's turn after the answer")
        return TrainingIds((*prompt_ids, *answer_ids[: end + 1]), len(prompt_ids))

    @cached_property
    def stops(self) -> tuple[str, ...]:
        """Texts that end a generated answer as a token would.

        A base model goes on with another question where the start of a turn is no control token of its vocabulary. So
        there is one for a template that was given to it.
        """
        return (self.next_turn,) if self.next_turn and GIVEN_SHA256 in self.header.metadata else ()

    @cached_property
    def next_turn(self) -> str:
        """The line that begins the turn of another question; empty if it holds a control token."""
        before, answer = [Message("user", "a")], Message("assistant", "b")
        (whole,) = self.template.render_all([([*before, answer], False)])
        followed = self._render_followed(before, answer)
        if isinstance(whole, InputError):
            return ""
        line = end_text(whole, followed, _NEXT).strip().partition("\n")[0]
        return "" if self._control_names.search(line) else line

    def _answer_ids(self, prompt: str, prompt_ids: list[int], tail: str) -> list[int]:
        # Tokenize prompt and answer together if the prompt's ids stay the same: some vocabularies put a space in front
        # of a text that is tokenized alone.
        together = self._encode_prompt(prompt + tail)
        is_prefix = together[: len(prompt_ids)] == prompt_ids
        return together[len(prompt_ids) :] if is_prefix else self._encode(tail)

    def _find_end(self, ids: Sequence[int]) -> int | None:
        """The index of the first token that ends a generation."""
        return next((index for index, token in enumerate(ids) if self.tokenizer.is_end(token)), None)

    def _render_followed(self, before: Sequence[Message], answer: Message) -> str:
        """The conversation with another question after it; empty if the template refuses that."""
        (text,) = self.template.render_all([self._broken(([*before, answer, Message("user", _NEXT)], False))])
        return text if isinstance(text, str) else ""

    def _render(self, *conversations: Conversation) -> list[str]:
        """The text of each conversation; see `_broken`. Raises `InputError` if the template refuses one."""
        texts: list[str] = []
        for text in self.template.render_all([self._broken(conversation) for conversation in conversations]):
            if isinstance(text, InputError):
                raise text
            texts.append(text)
        return texts

    def _broken(self, conversation: Conversation) -> Conversation:
        """The conversation with a break inside every control token's name that a message contains."""
        messages, is_prompt = conversation
        return [Message(message.role, self._break_control_names(message.content)) for message in messages], is_prompt

    def _break_control_names(self, content: str) -> str:
        return self._control_names.sub(lambda match: match[0][0] + _BREAK + match[0][1:], content)

    @cached_property
    def _control_names(self) -> re.Pattern[str]:
        """Matches the name of a control token."""
        return _any_of(self.tokenizer.control_texts)

    @cached_property
    def _broken_names(self) -> re.Pattern[str]:
        """Matches the name of a control token with a break in it."""
        return _any_of(name[0] + _BREAK + name[1:] for name in self.tokenizer.control_texts)

    def _encode(self, text: str) -> list[int]:
        ids: list[int] = []
        at = 0
        for match in self._broken_names.finditer(text):
            ids += self.tokenizer.encode(text[at : match.start()])
            # In two pieces, so that no vocabulary can join them again.
            for piece in match[0].split(_BREAK):
                ids += self.tokenizer.encode(piece, special=False)
            at = match.end()
        return ids + self.tokenizer.encode(text[at:])

    def _encode_prompt(self, text: str) -> list[int]:
        ids = self._encode(text)
        bos = self.tokenizer.bos
        # Some templates write the first token themselves; the model has never seen two.
        if self.tokenizer.adds_bos and bos is not None and ids[:1] != [bos]:
            ids.insert(0, bos)
        return ids

    def _token_text(self, token: int | None) -> str:
        return "" if token is None else self.tokenizer.token_text(token)


def _any_of(names: Iterable[str]) -> re.Pattern[str]:
    longest_first = sorted(names, key=lambda name: (-len(name), name))
    return re.compile("|".join(map(re.escape, longest_first)) or r"(?!)")
