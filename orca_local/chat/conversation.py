"""A conversation with a loaded model, for the command line and for the process that the interface talks to."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

from orca_local.domain.types import Completion, Message, Request, SamplingSettings, TextDelta

if TYPE_CHECKING:
    from orca_local.engines.base import AdapterEngine
    from orca_local.evaluate.stage import LoadedModel


@dataclass(frozen=True, slots=True)
class Piece:
    """What one step of the engine brought."""

    text: str
    """May be empty: the prompt is still read, or a character is not whole yet."""
    tokens: int
    """Of the answer so far, as far as they can be seen."""
    first_seconds: float
    """From the question to the first text; 0 before that."""
    seconds: float
    """Since the question was asked."""


class Talk:
    """One model and what was said with it so far."""

    def __init__(
        self,
        name: str,
        model: LoadedModel,
        system: str,
        settings: SamplingSettings,
        adapter: Path | None = None,
        turns: Sequence[Message] = (),
    ) -> None:
        """`adapter` is a file that can be put on the model; `turns` were said before."""
        self.name = name
        self.model = model
        self.system = system
        """Said in front of everything; it may change between two questions."""
        self.settings = settings
        self.adapter = adapter
        self.completion: Completion | None = None
        """How the last answer ended."""
        self.first_seconds = 0.0
        """From the last question to the first text of its answer."""
        self._turns = list(turns)
        self._count = 0

    def reset(self) -> None:
        """Forget the conversation."""
        self._turns = []

    def use_adapter(self, on: bool) -> None:
        """Answer with the adapter, where there is one, or without it; what was said stays said."""
        if self.adapter:
            cast("AdapterEngine", self.model.engine).set_adapter(self.adapter if on else None)

    def answer(self, text: str) -> Iterator[Piece]:
        """Yield the answer as it is generated, a piece a step; leaving the loop early cancels the rest.

        Raises `ContextFull` where the conversation leaves no room for an answer; it is then as it was before.
        """
        messages = (Message("system", self.system), *self._turns, Message("user", text))
        self._count += 1
        request = Request(
            f"chat-{self._count}", messages, self.model.renderer.prompt_ids(messages), self.settings, stream=True
        )
        engine = self.model.engine
        started = time.monotonic()
        engine.submit(request)
        self.completion, self.first_seconds = None, 0.0
        said: list[str] = []
        tokens = 0
        try:
            while self.completion is None:
                fresh = [self._take(item) for item in engine.step()]
                seconds = time.monotonic() - started
                tokens += sum(map(bool, fresh))
                self.first_seconds = self.first_seconds or (seconds if tokens else 0.0)
                said += fresh
                yield Piece("".join(fresh), tokens, self.first_seconds, seconds)
        finally:
            if self.completion is None:
                engine.cancel(request.id)
                for item in engine.step():
                    self._take(item)
            self._turns += [Message("user", text), Message("assistant", "".join(said))]

    def _take(self, item: TextDelta | Completion) -> str:
        if isinstance(item, TextDelta):
            return item.text
        self.completion = item
        return ""
