"""Parsing what OpenAI-compatible servers send."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest

from orca_local.endpoints.response import parse_completion, parse_error, parse_retry_after


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "2.5"}, 2.5),
        ({"retry-after": " 3 "}, 3.0),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "1.2.3"}, None),
        ({"retry-after": "Mon, 01 Jan 2024 00:00:00 GMT"}, 0.0),
        ({"retry-after": ""}, None),
        ({"retry-after": "9" * 400}, None),
        ({"retry-after": "Fri, 31 Dec 9999 23:59:59 -2400"}, None),
        ({"retry-after": "Fri, 31 Dec 99999 23:59:59 GMT"}, None),
        ({"retry-after-ms": "inf"}, None),
        ({"retry-after-ms": "nan"}, None),
        ({"retry-after-ms": "-5"}, 0.0),
    ],
)
def test_a_pause_is_read_from_the_headers(headers: dict[str, str], seconds: float | None) -> None:
    assert parse_retry_after(headers) == seconds


def test_a_pause_until_a_date_is_read() -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    seconds = parse_retry_after({"retry-after": date})
    assert seconds is not None and 50 < seconds <= 60


@pytest.mark.parametrize(
    ("content", "text", "message", "code"),
    [
        ({"error": {"message": "m", "code": "c", "type": "t"}}, "", "m", "c"),
        ({"error": {"message": "m", "type": "t"}}, "", "m", "t"),
        ({"error": "plain"}, "body", "plain", ""),
        ({"detail": "other"}, "body", "body", ""),
        (None, "", "no message", ""),
    ],
)
def test_errors_are_read_in_every_format(content: Any, text: str, message: str, code: str) -> None:
    assert parse_error(content, text) == (message, code)


@pytest.mark.parametrize(
    "usage",
    [
        None,
        {},
        {"prompt_tokens": "7"},
        {"prompt_tokens": True, "completion_tokens": -1},
        {"prompt_tokens": 10**30},
        [],
        "many",
    ],
)
def test_token_counts_that_are_no_counts_are_unknown(usage: Any) -> None:
    content = {"choices": [{"message": {"content": [{"text": "a"}, {"text": "b"}]}}], "usage": usage}
    result = parse_completion(content, str, str)
    assert (result.text, result.prompt_tokens, result.completion_tokens) == ("ab", None, None)
