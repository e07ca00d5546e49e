"""Limits on money and calls. The maximum cost of each call is reserved before the call is made."""

from __future__ import annotations

from orca_local.domain.teacher_request import TeacherRequest
from orca_local.teach.prices import Price
from orca_local.teach.usage import max_prompt_tokens


class Budget:
    """Spending of a workspace, with reservations for calls in flight. Pure: the caller stores what it reserves."""

    def __init__(
        self,
        price: Price | None,
        *,
        max_usd: float = 0.0,
        max_calls: int = 0,
        spent_usd: float = 0.0,
        calls: int = 0,
        section: str = "teacher",
    ) -> None:
        """`spent_usd` and `calls` are what the workspace has used so far; a limit of 0 is no limit.

        `section` is the part of `orca.toml` that has the limits, for messages.
        """
        self._section = section
        self._price = price
        self._max_usd, self._max_calls = max_usd, max_calls
        self.committed_usd = spent_usd
        """US dollars spent or reserved."""
        self.calls = calls
        """Calls made or reserved."""
        self._prompt_ratio = self._completion_ratio = 1.0
        """Largest ratio of the endpoint's token count to our bound."""

    def max_cost(self, request: TeacherRequest) -> float:
        """Maximum cost of one call in US dollars; 0 without a price."""
        return 0.0 if self._price is None else self._price.cost(*self._max_tokens(request))

    def _max_tokens(self, request: TeacherRequest) -> tuple[float, float]:
        """Most tokens of the prompt and of the answer that the endpoint may count."""
        return self._prompt_ratio * max_prompt_tokens(request), self._completion_ratio * request.max_tokens

    @property
    def reported_usd(self) -> float | None:
        """`committed_usd`, or None without a price."""
        return None if self._price is None else self.committed_usd

    def allows(self, usd: float, calls: int = 1) -> bool:
        """Whether `calls` more calls that cost at most `usd` together stay within the limits."""
        within_usd = not self._max_usd or self.committed_usd + usd <= self._max_usd
        return within_usd and (not self._max_calls or self.calls + calls <= self._max_calls)

    def reserve(self, usd: float) -> None:
        """Reserve the maximum cost of a call."""
        self.committed_usd += usd
        self.calls += 1

    def settle(
        self, request: TeacherRequest, reserved_usd: float, prompt_tokens: int | None, completion_tokens: int | None
    ) -> float:
        """Replace a reservation by the actual cost and return it.

        A count is None if the endpoint sent none that can be believed; the most that it can be is then charged. The
        cost never exceeds the reservation: counts above our bound raise what later calls reserve.
        """
        cost = reserved_usd
        if self._price is not None:
            most = self._max_tokens(request)
            prompt = most[0] if prompt_tokens is None else prompt_tokens
            completion = most[1] if completion_tokens is None else completion_tokens
            cost = min(reserved_usd, self._price.cost(prompt, completion))
            self._prompt_ratio = max(self._prompt_ratio, prompt / max_prompt_tokens(request))
            self._completion_ratio = max(self._completion_ratio, completion / request.max_tokens)
        self.committed_usd += cost - reserved_usd
        return cost

    def release(self, reserved_usd: float) -> None:
        """Drop the reservation of a call that costs nothing."""
        self.committed_usd -= reserved_usd

    def describe_limit(self) -> str:
        """The limit that stops the next call, as text for a message."""
        if self._max_calls and self.calls >= self._max_calls:
            return f"{self._section}.max_calls = {self._max_calls} is reached"
        return (
            f"the next call could exceed {self._section}.max_usd = {self._max_usd:g} "
            f"(${self.committed_usd:.4f} spent or reserved)"
        )
