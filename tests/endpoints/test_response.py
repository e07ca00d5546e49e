"""Parsing what OpenAI-compatible servers send."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orca_local.endpoints.response import parse_body, parse_completion, parse_error, reported_error
from tests.endpoints.odd_replies import ERRORS, USABLE, completion, reply


@pytest.mark.parametrize(
    ("content", "text", "message", "code"),
    [
        ({"error": {"message": "m", "code": "c", "type": "t"}}, "", "m", "c"),
        ({"error": {"message": "m", "type": "t"}}, "", "m", "t"),
        ({"error": "plain"}, "body", "plain", ""),
        ({"error": "Bad Request", "message": "no such field", "status": 400}, "body", "Bad Request: no such field", ""),
        ({"error": "invalid", "error_description": "the reason"}, "body", "invalid: the reason", ""),
        ({"error": "plain", "message": "plain", "detail": [3]}, "body", "plain", ""),
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
_VALUES = st.recursive(_LEAVES, lambda inner: st.lists(inner) | st.dictionaries(_NAMES, inner), max_leaves=10)


@settings(max_examples=50)
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
