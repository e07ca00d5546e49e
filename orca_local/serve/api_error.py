"""Errors of the API, in the form that OpenAI's clients read."""

from __future__ import annotations

from typing import Any

MAX_LENGTH = 500
"""Characters of a message: it may quote what the client sent."""


class ApiError(Exception):
    """A request cannot be answered. The client gets `message` with an HTTP status."""

    def __init__(
        self, status: int, message: str, *, param: str | None = None, code: str | None = None, retry_after_s: int = 0
    ) -> None:
        """`param` is the parameter at fault, `code` a word for programs, `retry_after_s` when to try again."""
        super().__init__(message)
        self.status, self.code = status, code
        self.message = message if len(message) <= MAX_LENGTH else message[:MAX_LENGTH] + "…"
        self.param = param[:MAX_LENGTH] if param else None
        self.headers = {"Retry-After": str(retry_after_s)} if retry_after_s else {}
        if status == 401:
            self.headers["WWW-Authenticate"] = "Bearer"

    def to_dict(self) -> dict[str, Any]:
        """The body of the response."""
        if self.status == 429:
            kind = "rate_limit_error"
        elif self.status >= 500:
            kind = "server_error"
        else:
            kind = "invalid_request_error"
        return {"error": {"message": self.message, "type": kind, "param": self.param, "code": self.code}}


def bad_request(message: str, *, param: str | None = None, code: str | None = None) -> ApiError:
    """The error of a request that is wrong in itself."""
    return ApiError(400, message, param=param, code=code)


def stopping() -> ApiError:
    """The error of a request that the end of the server cuts off."""
    return ApiError(503, "the server is stopping", code="stopping")
