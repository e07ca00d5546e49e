"""What the sections of the settings that name an OpenAI-compatible endpoint share."""

from __future__ import annotations

import re
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, JsonValue, ValidationInfo, field_validator

from orca_local.domain.keys import canonical_json
from orca_local.domain.request_fields import OMITTABLE_FIELDS, extra_problem
from orca_local.domain.text import is_storable
from orca_local.domain.url import URL_HAS_SECRET, url_problem

MAX_NUMBER = 1_000_000_000
"""Largest number that a setting may have, unless it says less itself."""
MIN_NUMBER = 1e-12
"""Smallest number above zero."""
MAX_SECONDS = 1_000_000
"""Longest wait: eleven days. Operating systems count no longer ones."""


class Section(BaseModel):
    """The base of all sections: it refuses unknown keys and odd values."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True, allow_inf_nan=False)

    @field_validator("*")
    @classmethod
    def _is_ordinary(cls, value: Any, info: ValidationInfo) -> Any:
        """Refuse numbers that no setting means and texts that cannot be stored; write minus zero as zero."""
        if isinstance(value, bool) or str(info.field_name).endswith("seed"):
            return value
        if isinstance(value, int | float) and abs(value) > MAX_NUMBER:
            raise ValueError(f"at most {MAX_NUMBER:,}")
        if isinstance(value, float):
            if 0 < abs(value) < MIN_NUMBER:
                raise ValueError(f"0 or at least {MIN_NUMBER:g}")
            return value or 0.0
        for text in value if isinstance(value, tuple) else (value,):
            if isinstance(text, str) and not is_storable(text):
                raise ValueError("a text without NUL characters and halves of surrogate pairs")
        return value


def heading(section: str) -> str:
    """How orca.toml begins a section; a label such as `[[model]] "NAME"` is one already."""
    return section if section.startswith("[") else f"[{section}]"


class EndpointSettings(Section):
    """An OpenAI-compatible endpoint."""

    base_url: str = Field(default="", repr=False)
    """URL of the API, including `/v1`."""
    model: str = ""
    """Name of the model at the endpoint."""
    key_env: str = Field(default="", repr=False)
    """Name of the environment variable that holds the API key, in capitals."""
    allow_calls: bool = True
    """Whether anything may be sent to `base_url`. `bundle read` sets false for an endpoint that the bundle names."""
    timeout_s: float = Field(default=120.0, gt=0, le=86_400)
    """Seconds that one call may take in all, from the first byte sent to the last one received."""
    tries: int = Field(default=4, ge=1, le=1000)
    """Attempts per call if errors are temporary."""
    omit: tuple[str, ...] = ()
    """For kind `openai`: fields to leave out of each request, such as `["temperature"]`. What the endpoint refuses is
    also found out by itself."""
    extra: dict[str, JsonValue] = Field(default={}, repr=False)
    """For kind `openai`: further fields of each request, such as `{ reasoning_effort = "low" }`. They are stored: write
    no secret here."""

    @field_validator("base_url")
    @classmethod
    def _holds_no_secret(cls, value: str) -> str:
        """Refuse a URL that may hold a secret, without repeating it: every run stores its settings."""
        if url_problem(value) == URL_HAS_SECRET:
            raise ValueError(
                "a URL without user name, password or query; put the key in the environment variable that key_env names"
            )
        return value

    @field_validator("omit")
    @classmethod
    def _can_be_left_out(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if unknown := [name for name in value if name not in OMITTABLE_FIELDS]:
            raise ValueError(f"a list of {', '.join(OMITTABLE_FIELDS)}; {unknown[0]!r} is none of them")
        return value

    @field_validator("extra")
    @classmethod
    def _can_be_added(cls, value: dict[str, JsonValue]) -> dict[str, JsonValue]:
        if problem := extra_problem(value):
            raise ValueError(problem)
        canonical_json(value)  # raises for what is no JSON, such as NaN
        return value

    @property
    def extra_json(self) -> str:
        """`extra` as JSON that is the same for equal fields; empty without any."""
        return canonical_json(self.extra) if self.extra else ""

    @field_validator("key_env")
    @classmethod
    def _names_a_variable(cls, value: str) -> str:
        """Refuse a key that was written here by mistake, before it is stored."""
        if not re.fullmatch("[A-Z_][A-Z0-9_]*", value):
            raise ValueError("the name of an environment variable in capitals, never the key itself")
        return value


class CallSettings(EndpointSettings):
    """An endpoint that many questions are sent to, with limits on their rate and cost."""

    concurrency: int = Field(default=8, ge=1, le=512)
    """Maximum calls at the same time; fewer while the endpoint limits the rate."""
    requests_per_minute: int = Field(default=0, ge=0)
    """Rate limit of calls; 0: none."""
    tokens_per_minute: int = Field(default=0, ge=0)
    """Rate limit of prompt and answer tokens together; 0: none."""
    patience_s: float = Field(default=300.0, gt=0, le=MAX_SECONDS)
    """Seconds for which the endpoint may refuse every call (HTTP 429) before the run stops."""
    max_usd: float = Field(default=0.0, ge=0)
    """Spending limit of this workspace in US dollars; 0: none. A call that could exceed it is not made."""
    max_calls: int = Field(default=0, ge=0)
    """Maximum calls of this workspace, retries included; 0: no limit."""
