"""The checks and the queue that a request passes before it runs. All engines share them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Collection, Iterator, Sequence

from orca_local.domain.errors import InputError
from orca_local.domain.types import Request


class ContextFull(InputError):
    """A prompt leaves no room for an answer."""


def check_prompt(token_ids: Sequence[int], context: int) -> None:
    """Raise `ContextFull` if a prompt leaves no room for an answer in `context` tokens, `InputError` if it is empty."""
    count = len(token_ids)
    if not count:
        raise InputError("an empty prompt cannot be completed")
    if count >= context:
        raise ContextFull(
            f"the prompt has {count} tokens and leaves no room for an answer in a context of {context}",
            hint="raise engine.context in orca.toml, up to what the model and the memory allow",
        )


def check_vocabulary(token_ids: Sequence[int], vocab_size: int) -> None:
    """Raise `InputError` if a token id is outside the vocabulary. There must be at least one id."""
    if min(token_ids) < 0 or max(token_ids) >= vocab_size:
        raise InputError(f"a prompt has token ids outside the vocabulary of {vocab_size}")


class RequestQueue:
    """Requests that wait until there is room for them, in order of submission."""

    def __init__(self) -> None:
        self._requests: OrderedDict[str, Request] = OrderedDict()

    def __len__(self) -> int:
        return len(self._requests)

    def __iter__(self) -> Iterator[Request]:
        return iter(self._requests.values())

    def add(self, request: Request, running: Collection[str]) -> None:
        """Append a request. Raises `ValueError` if its id is in the queue or among the `running` ids."""
        if request.id in self._requests or request.id in running:
            raise ValueError(f"request {request.id!r} is already in flight")
        self._requests[request.id] = request

    def first(self) -> Request:
        """The request that is next. The queue must not be empty."""
        return next(iter(self))

    def pop(self) -> Request:
        """Remove and return the request that is next. The queue must not be empty."""
        return self._requests.popitem(last=False)[1]

    def remove(self, request_id: str) -> Request | None:
        """Remove and return the request with this id; None if it is not in the queue."""
        return self._requests.pop(request_id, None)

    def clear(self) -> None:
        """Remove all requests."""
        self._requests.clear()
