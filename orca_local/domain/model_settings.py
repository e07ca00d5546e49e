"""The `[[model]]` tables of the settings: further models that are evaluated beside base and tuned."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Self

from pydantic import Field, field_validator, model_validator

from orca_local.domain.endpoint_settings import CallSettings
from orca_local.domain.url import is_loopback

OWN_NAMES = ("base", "tuned")
"""Names that the workspace's own models have."""
MAX_PRICE = 1_000_000
"""US dollars per million tokens. More is a mistake."""
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
_PLACES = ("base_url", "path", "catalog")


class ModelSettings(CallSettings):
    """A further model that is evaluated beside base and tuned: an endpoint, a GGUF file, or a model of the catalog.

    There may be several such tables, each with a name of its own. An endpoint on another machine needs a price and a
    limit (`max_usd` or `max_calls`). Its answers are stored call by call, and none is paid for twice.
    """

    name: str = ""
    """Name in commands and tables: letters, digits, dots, dashes and underscores, at most 40."""
    path: str = ""
    """GGUF file, relative to the workspace."""
    catalog: str = ""
    """Model ID of the catalog."""
    base_url: str = Field(default="", repr=False)
    """URL of an OpenAI-compatible API, including `/v1`."""
    model: str = ""
    """For an endpoint: name of the model there."""
    key_env: str = Field(default="", repr=False)
    """For an endpoint: environment variable that holds the API key, in capitals; this machine itself needs none."""
    input_price: float | None = Field(default=None, ge=0, le=MAX_PRICE)
    """US dollars per million prompt tokens; empty: as in prices.toml."""
    output_price: float | None = Field(default=None, ge=0, le=MAX_PRICE)
    """US dollars per million answer tokens; empty: as in prices.toml."""

    @property
    def label(self) -> str:
        """What messages call the table."""
        return f'[[model]] "{self.name}"'

    @field_validator("name")
    @classmethod
    def _is_a_name(cls, value: str) -> str:
        if value.casefold() in OWN_NAMES:
            raise ValueError(f"another name than {' and '.join(OWN_NAMES)}, which are the models of this workspace")
        if not _NAME.fullmatch(value):
            raise ValueError("at most 40 letters, digits, dots, dashes and underscores")
        return value

    @model_validator(mode="after")
    def _says_one_model(self) -> Self:
        if not self.name:
            raise ValueError('name is not set: write name = "…", as tables should call the model')
        places = [key for key in _PLACES if getattr(self, key)]
        if len(places) != 1:
            found = f"{' and '.join(places)} are set" if places else "neither is set"
            raise ValueError(f"set one of base_url (an endpoint), path (a GGUF) and catalog (a model id); {found}")
        if not self.base_url:
            if others := sorted(self.model_fields_set - {"name", *_PLACES}):
                raise ValueError(f"{others[0]} is for an endpoint, and {places[0]} is on this machine: remove it")
        elif not self.model:
            raise ValueError("model is not set: write the name of the model at the endpoint")
        return self

    @model_validator(mode="after")
    def _cost_is_bounded(self) -> Self:
        if (self.input_price is None) != (self.output_price is None):
            raise ValueError("set input_price and output_price together (US dollars per million tokens)")
        if not self.base_url:
            return self
        is_free = is_loopback(self.base_url) and not (self.input_price or self.output_price)
        if not (is_free or self.max_usd or self.max_calls):
            raise ValueError(
                "an endpoint that costs money needs a limit: set max_usd (US dollars) or max_calls, and "
                "input_price and output_price if prices.toml does not know the model"
            )
        if not is_loopback(self.base_url) and not self.key_env:
            raise ValueError("key_env is not set: name the environment variable that holds the key of the endpoint")
        if self.max_usd and "max_tokens" in self.omit:
            raise ValueError("max_usd needs max_tokens in each request, or an answer could cost any amount: omit less")
        return self


def repeated_name(models: Sequence[ModelSettings]) -> str:
    """What to change if two models have the same name, upper and lower case being equal; empty if none have."""
    seen: dict[str, str] = {}
    for model in models:
        if (earlier := seen.get(model.name.casefold())) is not None:
            both = f'two models are called "{model.name}"'
            if earlier != model.name:
                both = f'"{earlier}" and "{model.name}" differ only in upper and lower case'
            return f"{both}: give each a name of its own"
        seen[model.name.casefold()] = model.name
    return ""
