"""Parsing what OpenAI-compatible servers send."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orca_local.endpoints.response import parse_body, parse_completion, parse_error, parse_retry_after, reported_error
from tests.endpoints.odd_replies import ERRORS, USABLE, completion, reply


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


@pytest.mark.parametrize("name", USABLE)
def test_an_answer_is_found_in_an_odd_reply(name: str) -> None:
    body, text = USABLE[name]
    content = parse_body(reply(body).body)
    result = parse_completion(content, str, str)
    assert reported_error(content) is None
    assert (result.text, result.error, result.refusal) == (text, "", "")
    if name.startswith("usage "):
        assert (result.prompt_tokens, result.completion_tokens) == (None, None)


@pytest.mark.parametrize("name", ERRORS)
def test_an_error_with_the_status_of_success_is_the_error_that_it_names(name: str) -> None:
    body, message, status = ERRORS[name]
    found = reported_error(parse_body(reply(body).body))
    assert found is not None and message in found.message and found.status == status


def test_a_whole_number_with_a_decimal_point_is_a_count() -> None:
    result = parse_completion(completion(usage={"prompt_tokens": 11.0, "completion_tokens": 5}), str, str)
    assert (result.prompt_tokens, result.completion_tokens) == (11, 5)


_LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=()))
_NAMES = st.sampled_from(
    ("choices", "error", "message", "content", "text", "type", "code", "usage", "refusal", "finish_reason", "delta")
)
_VALUES = st.recursive(_LEAVES, lambda inner: st.lists(inner) | st.dictionaries(_NAMES, inner), max_leaves=30)


@given(_VALUES)
def test_no_reply_is_beyond_reading(value: Any) -> None:
    for changed in (value, completion(choices=[value]), completion(error=value), _with_message(value)):
        content = parse_body(reply(changed).body)
        result = parse_completion(content, str, str)
        found = reported_error(content)
        for text in (result.text, result.error, result.refusal, result.finish_reason, found.message if found else ""):
            text.encode()
            assert "\0" not in text


def _with_message(message: Any) -> dict[str, Any]:
    return completion(choices=[{"message": message, "finish_reason": message}])
