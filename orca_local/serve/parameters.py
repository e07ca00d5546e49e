"""Reads the JSON body of a request: what it asks for, or why this server cannot answer it.

A parameter that would change the answer and is not supported is refused. An answer that silently ignores it would be
taken for what was asked.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_core import from_json

from orca_local.domain.frozen import Frozen
from orca_local.domain.types import Message, SamplingSettings
from orca_local.serve.api_error import bad_request
from orca_local.serve.messages import read_messages

MAX_STOPS, MAX_STOP_LENGTH = 16, 256
_MAX_COUNT = 2**31 - 1
_GREEDY_BELOW = 1e-4
"""Dividing by a temperature below this would exceed the numbers of a computer; the most likely token is as good."""

NEUTRAL: Mapping[str, tuple[Any, ...]] = {
    "n": (1,),
    "best_of": (1,),
    "echo": (False,),
    "suffix": ("",),
    "logprobs": (False, 0),
    "top_logprobs": (0,),
    "logit_bias": ({},),
    "presence_penalty": (0,),
    "frequency_penalty": (0,),
    "repeat_penalty": (1,),
    "repetition_penalty": (1,),
    "response_format": ({"type": "text"},),
    "grammar": ("",),
    "modalities": (["text"],),
    "tools": ([],),
    "functions": ([],),
    "tool_choice": ("none", "auto"),
    "function_call": ("none", "auto"),
}
"""Parameters that are not supported, and the values with which they change nothing."""
IGNORED = {
    "user",
    "metadata",
    "store",
    "service_tier",
    "safety_identifier",
    "prompt_cache_key",
    "parallel_tool_calls",
}
"""Parameters that never change an answer."""


class _StreamOptions(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    include_usage: bool = False
    include_obfuscation: bool = False


class _Parameters(BaseModel):
    """The parameters that chat and plain completions share. Those that are null are left out before."""

    model_config = ConfigDict(extra="forbid", strict=True, allow_inf_nan=False)

    model: str = ""
    max_tokens: int = Field(default=_MAX_COUNT, ge=1, le=_MAX_COUNT)
    max_completion_tokens: int = Field(default=_MAX_COUNT, ge=1, le=_MAX_COUNT)
    temperature: float = Field(default=0.0, ge=0, le=2)
    top_p: float = Field(default=1.0, ge=0, le=1)
    top_k: int = Field(default=0, ge=-1, le=_MAX_COUNT)
    min_p: float = Field(default=0.0, ge=0, le=1)
    seed: int | None = Field(default=None, ge=-(2**63), lt=2**63)
    stop: list[str] = []
    stream: bool = False
    stream_options: _StreamOptions = _StreamOptions()

    @field_validator("stop", mode="before")
    @classmethod
    def _check_stop(cls, value: Any) -> Any:
        texts = [value] if isinstance(value, str) else value
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            raise ValueError("should be a text or a list of texts")
        if len(texts) > MAX_STOPS or max(map(len, texts), default=0) > MAX_STOP_LENGTH:
            raise ValueError(f"at most {MAX_STOPS} texts of at most {MAX_STOP_LENGTH} characters are taken")
        return texts


class _ChatParameters(_Parameters):
    messages: list[Any]


class _TextParameters(_Parameters):
    prompt: str


class Asked(Frozen):
    """What a request asks for."""

    model: str
    """The name of the model; empty if the request names none."""
    sampling: SamplingSettings
    stop: tuple[str, ...]
    stream: bool
    with_usage: bool
    """Whether a stream ends with the number of tokens."""
    messages: tuple[Message, ...] = ()
    """The conversation of a chat request."""
    prompt: str = ""
    """The text that a plain completion continues."""


def read_chat(body: bytes) -> Asked:
    """What the body of `/v1/chat/completions` asks for. Raises `ApiError`."""
    parameters = _validate(_ChatParameters, _read_object(body))
    return _asked(parameters, messages=read_messages(parameters.messages))


def read_completion(body: bytes) -> Asked:
    """What the body of `/v1/completions` asks for. Raises `ApiError`."""
    values = _read_object(body)
    if isinstance(values.get("prompt"), list) and len(values["prompt"]) == 1:
        values["prompt"] = values["prompt"][0]
    parameters = _validate(_TextParameters, values)
    return _asked(parameters, prompt=parameters.prompt)


def _read_object(body: bytes) -> dict[str, Any]:
    """The parameters in a body that are not null and that matter."""
    try:
        values = from_json(body)  # it refuses what is nested too deeply
    except ValueError as error:
        raise bad_request(f"the body is not valid JSON: {error}", code="invalid_json") from error
    if not isinstance(values, dict):
        raise bad_request("the body must be a JSON object", code="invalid_json")
    known = {}
    for name, value in values.items():
        if value is None or name in IGNORED:
            continue
        if name not in NEUTRAL:
            known[name] = value
        elif value not in NEUTRAL[name]:
            neutral = " or ".join(map(json.dumps, NEUTRAL[name]))
            raise bad_request(
                f"{name} is not supported by this server; leave it out or set it to {neutral}",
                param=name,
                code="unsupported",
            )
    return known


_Kind = TypeVar("_Kind", bound=_Parameters)


def _validate(kind: type[_Kind], values: dict[str, Any]) -> _Kind:
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = ".".join(map(str, first["loc"]))
        if first["type"] == "extra_forbidden":
            raise bad_request(f"unknown parameter {name!r}", param=name, code="unknown_parameter") from None
        raise bad_request(f"{name}: {first['msg'].removeprefix('Value error, ')}", param=name) from None


def _asked(parameters: _Parameters, *, messages: tuple[Message, ...] = (), prompt: str = "") -> Asked:
    temperature = parameters.temperature if parameters.temperature >= _GREEDY_BELOW else 0.0
    sampling = SamplingSettings(
        max_tokens=min(parameters.max_tokens, parameters.max_completion_tokens),
        temperature=temperature,
        top_p=parameters.top_p,
        top_k=max(0, parameters.top_k),
        min_p=parameters.min_p,
        seed=secrets.randbits(63) if parameters.seed is None else parameters.seed,
    )
    return Asked(
        parameters.model,
        sampling,
        tuple(parameters.stop),
        parameters.stream,
        parameters.stream_options.include_usage,
        messages,
        prompt,
    )
