"""Which fields an error names, as servers and routers write it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from orca_local.endpoints.request_form import RequestForm, is_wrong_value, refused_fields
from orca_local.endpoints.response import parse_error

BODY: dict[str, Any] = {
    "model": "m",
    "messages": [],
    "max_tokens": 20,
    "temperature": 0,
    "top_p": 1,
    "seed": 3,
    "top_k": 5,
}
RAW = '{"error": {"message": "Unsupported value: \'temperature\' does not support 0.0 with this model."}}'


@pytest.mark.parametrize(
    ("content", "named"),
    [
        ({"error": {"message": "property 'seed' is unsupported"}}, {"seed"}),
        ({"error": {"message": "Unrecognized request argument supplied: seed"}}, {"seed"}),
        ({"error": {"message": "Unrecognized request arguments supplied: seed, top_k"}}, {"seed", "top_k"}),
        ({"error": "Argument not supported on this model: topP"}, {"top_p"}),
        ({"message": "extraneous key [top_p] is not permitted, please reformat your input"}, {"top_p"}),
        ({"error": {"message": '["At body -> seed: Extra inputs are not permitted"]'}}, {"seed"}),
        ({"error": {"message": "Input validation error: `temperature` must be strictly positive"}}, {"temperature"}),
        ({"error": {"message": "temperature is deprecated for this model."}}, {"temperature"}),
        ({"error": {"message": "no", "param": "top_k"}}, {"top_k"}),
        ({"detail": [{"loc": ["body", "top_p"], "msg": "extra fields not permitted"}]}, {"top_p"}),
        ({"detail": [{"loc": ["body", "a"], "msg": "x"}, {"loc": ["body", "seed"], "msg": "x"}]}, {"seed"}),
        ({"object": "error", "message": "[{'type': 'extra_forbidden', 'loc': ('body', 'seed')}]"}, {"seed"}),
        ({"error": {"message": "Provider returned error", "metadata": {"raw": RAW}}}, {"temperature"}),
        ({"error": {"message": "Unsupported parameter(s): `temperature`, `seed`"}}, {"temperature", "seed"}),
        ({"error": {"message": "temperature and top_p cannot both be specified"}}, {"top_p"}),
        ({"error": {"message": "use max_completion_tokens with this model"}}, {"max_tokens"}),
        ({"error": {"message": "stream must be set to false"}}, {"stream"}),
        (
            {"error": "Input validation error: unknown field `seed`, expected one of `model`, `top_p`, `max_tokens`"},
            {"seed"},
        ),
        ({"error": {"message": "Unsupported parameter 'seed'. Supported parameters: temperature, top_p."}}, {"seed"}),
        ({"error": {"message": "Unknown parameter: 'seed'. Did you mean 'temperature'?"}}, {"seed"}),
        ({"message": 'Unrecognized field "seed" (2 known properties: "top_p", "top_k"])'}, {"seed"}),
        ({"error": {"message": "Allowed fields are top_p and top_k. 'seed' is not allowed"}}, {"seed"}),
        ({"error": {"message": "seed is not a valid parameter. Valid parameters: temperature"}}, {"seed"}),
        ({"error": {"message": "the parameters are not supported: seed"}}, {"seed"}),
        ({"message": "property 'body.top_p' is unsupported", "param": "validation_error"}, {"top_p"}),
        ({"message": "body.seed: property is unsupported", "param": "body.seed"}, {"seed"}),
        ({"title": "Validation failed", "errors": {"$.seed": ["The value is not taken."]}}, {"seed"}),
        ({"error": {"message": "no", "details": [{"fieldViolations": [{"field": "seed"}, 3]}, None]}}, {"seed"}),
        ({"error": {"message": "no", "details": 3, "errors": ["seed"]}}, set()),
        ({"detail": "1 validation error for Request\nseed\n  Extra inputs are not permitted"}, {"seed"}),
        ({"error": "Bad Request", "message": 'Unrecognized field "seed"'}, {"seed"}),
        ({"error": {"message": "Unsupported parameter: &#39;seed&#39;"}}, {"seed"}),
        ({"error": {"message": "Le paramètre « seed » n'est pas pris en charge"}}, {"seed"}),
        ({"error": {"message": "No endpoints found that support the requested parameters: seed."}}, {"seed"}),
        ({"error": {"message": "Bad Request"}}, set()),
        ({"error": {"message": "I cannot talk about the temperature of seed oils"}}, set()),
        ({"error": {"message": "the upstream closed the stream"}}, set()),
        ({"error": {"message": "broken", "param": ["seed"], "detail": 3}}, set()),
        ({"error": {"message": "messages: text content blocks must be non-empty", "param": "messages"}}, set()),
    ],
)
def test_the_fields_that_an_error_names(content: dict[str, Any], named: set[str]) -> None:
    message, _ = parse_error(content, json.dumps(content))
    assert refused_fields(message, content, BODY) == named


@pytest.mark.parametrize(
    ("message", "name", "value", "is_wrong"),
    [
        ("temperature: Input should be less than or equal to 1", "temperature", 1.7, True),
        ("`temperature` must be strictly positive", "temperature", 0.0, False),
        ("Only the default (1) value is supported.", "temperature", 0.5, False),
        ("top_p must be > 0.0 and < 1.0", "top_p", 1.0, False),
        ("max_tokens is too large: 4000", "max_tokens", 4000, True),
        ("max_tokens: must be below 10; use max_completion_tokens", "max_tokens", 4000, False),
        ("Extra inputs are not permitted", "seed", 3, False),
        ("['At body -> seed: Extra inputs are not permitted']", "seed", 3, False),
        ("seed => unknown", "seed", 3, False),
        ("expected seed <= 2", "seed", 3, True),
    ],
)
def test_a_value_that_the_user_chose_is_not_left_out(message: str, name: str, value: float, is_wrong: bool) -> None:
    assert is_wrong_value(message, name, value) is is_wrong


@pytest.mark.parametrize("stored", [None, [], {"refused": "temperature"}, {"refused": [3, "model"]}, {"stream": True}])
def test_a_stored_form_that_is_none_is_the_usual_form(stored: Any) -> None:
    form = RequestForm.from_dict(stored)
    assert form.apply(dict(BODY)) == BODY and form.to_dict() == {}
