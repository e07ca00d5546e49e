"""A conversation with a loaded model."""

from __future__ import annotations

import time
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, cast

from orca_local.chat.protocol import AnswerDelta
from orca_local.domain.types import Completion, Message, Request, SamplingSettings, TextDelta

if TYPE_CHECKING:
    from orca_local.engines.base import AdapterEngine
    from orca_local.evaluate.stage import LoadedModel


class Conversation:
    """A model and the messages so far."""

    def __init__(
        self,
        name: str,
        model: LoadedModel,
        system: str,
        settings: SamplingSettings,
        adapter: Path | None = None,
        turns: Sequence[Message] = (),
    ) -> None:
        """`adapter` is a file that `use_adapter` applies to the model; `turns` are earlier messages."""
        self.name = name
        self.model = model
        self.system = system
        """The system message; it may change between two questions."""
        self.settings = settings
        self.adapter = adapter
        self.completion: Completion | None = None
        """How the last answer ended."""
        self.first_seconds = 0.0
        """Seconds from the last question to the first text of its answer."""
        self._turns = list(turns)
        self._count = 0

    def reset(self) -> None:
        """Forget the conversation."""
        self._turns = []

    def use_adapter(self, on: bool) -> None:
        """Answer with the adapter, if there is one, or without it. The conversation is kept."""
        if self.adapter:
            cast("AdapterEngine", self.model.engine).set_adapter(self.adapter if on else None)

    def answer(self, text: str) -> Generator[AnswerDelta, None, None]:
        """Yield the answer as it is generated, one delta per step. Leaving the loop early cancels the rest.

        The text of a delta is empty while the prompt is read or a character is incomplete.

        Raises `ContextFull` if the conversation leaves no room for an answer; it is then unchanged.
        """
        messages = (Message("system", self.system), *self._turns, Message("user", text))
        self._count += 1
        renderer = self.model.renderer
        ids = renderer.prompt_ids(messages)
        request = Request(f"chat-{self._count}", messages, ids, self.settings, stop=renderer.stops, stream=True)
        engine = self.model.engine
        started = time.monotonic()
        engine.submit(request)
        self.completion, self.first_seconds = None, 0.0
        parts: list[str] = []
        tokens = 0
        try:
            while self.completion is None:
                fresh = [self._take(item) for item in engine.step()]
                seconds = time.monotonic() - started
                tokens += sum(map(bool, fresh))
                self.first_seconds = self.first_seconds or (seconds if tokens else 0.0)
                parts += fresh
                yield AnswerDelta("".join(fresh), tokens, self.first_seconds, seconds)
        finally:
            if self.completion is None:
                engine.cancel(request.id)
                for item in engine.step():
                    self._take(item)
            self._turns += [Message("user", text), Message("assistant", "".join(parts))]

    def _take(self, item: TextDelta | Completion) -> str:
        if isinstance(item, TextDelta):
            return item.text
        self.completion = item
        return ""
