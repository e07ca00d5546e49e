"""How much may be spent: every call is paid for at its worst before it is made."""

from __future__ import annotations

from orca_local.domain.teaching import TeacherRequest
from orca_local.teach.prices import Price

MESSAGE_TOKENS = 16
"""More than any chat format adds to a message."""


def most_prompt_tokens(request: TeacherRequest) -> int:
    """A bound for every byte-level tokenizer: no token is shorter than a byte."""
    return MESSAGE_TOKENS + sum(len(m.content.encode(errors="replace")) + MESSAGE_TOKENS for m in request.messages)


class Budget:
    """Money and calls of a workspace, what is on its way included. Pure: the caller stores what it reserves."""

    def __init__(
        self, price: Price | None, *, max_usd: float = 0.0, max_calls: int = 0, spent_usd: float = 0.0, calls: int = 0
    ) -> None:
        """`spent_usd` and `calls` are what the workspace has spent before; caps of 0 are none."""
        self._price = price
        self._max_usd, self._max_calls = max_usd, max_calls
        self.usd = spent_usd
        """Spent or reserved."""
        self.calls = calls
        self._underrated = self._overlong = 1.0
        """How many times as long as our bound prompts and answers were, by the endpoint's own count."""

    def worst(self, request: TeacherRequest) -> float:
        """The most that one try may cost, in US dollars; 0 where no price is known."""
        if self._price is None:
            return 0.0
        prompt = self._underrated * most_prompt_tokens(request)
        return self._price.cost(prompt, self._overlong * request.max_tokens)

    @property
    def known_usd(self) -> float | None:
        """The same, where a price is known."""
        return None if self._price is None else self.usd

    def admits(self, usd: float, calls: int = 1) -> bool:
        """Whether so many calls that may cost so much together pass no cap."""
        money = not self._max_usd or self.usd + usd <= self._max_usd
        return money and (not self._max_calls or self.calls + calls <= self._max_calls)

    def reserve(self, usd: float) -> None:
        """A call is about to be made."""
        self.usd += usd
        self.calls += 1

    def settle(
        self, request: TeacherRequest, reserved: float, prompt_tokens: int | None, completion_tokens: int | None
    ) -> float:
        """What a call cost, in place of what was reserved; its worst where the endpoint did not count."""
        cost = reserved
        if self._price is not None and prompt_tokens is not None and completion_tokens is not None:
            cost = self._price.cost(prompt_tokens, completion_tokens)
            self._underrated = max(self._underrated, prompt_tokens / most_prompt_tokens(request))
            self._overlong = max(self._overlong, completion_tokens / request.max_tokens)
        self.usd += cost - reserved
        return cost

    def release(self, reserved: float) -> None:
        """The endpoint turned a call away: it costs nothing."""
        self.usd -= reserved

    def describe_cap(self) -> str:
        """The cap that stands in the way, for people."""
        if self._max_calls and self.calls >= self._max_calls:
            return f"teacher.max_calls = {self._max_calls} is reached"
        return f"the next call could pass teacher.max_usd = {self._max_usd:g} (spent or reserved: {self.usd:.4f})"
