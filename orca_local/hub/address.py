"""How a dataset of the hub is named: `hub:OWNER/NAME[@REVISION][/CONFIG][:SPLIT]`."""

from __future__ import annotations

import re

from orca_local.domain.errors import InputError
from orca_local.domain.frozen import Frozen

PREFIX = "hub:"
FORM = "hub:OWNER/NAME[@REVISION][/CONFIG][:SPLIT]"
MAIN = "main"
CONVERTED = "refs/convert/parquet"
"""The branch on which the hub keeps what it converted to Parquet."""
_ADDRESS = re.compile(
    r"(?P<repo>[A-Za-z0-9][\w.-]*/[A-Za-z0-9_][\w.-]*)"
    r"(?:@(?P<revision>refs/[\w.-]+/[\w.-]+|[\w.-]+))?"
    r"(?:/(?P<config>[^:]+?))?/?"
    r"(?::(?P<split>[\w.-]+))?",
    re.ASCII,
)


class DatasetAddress(Frozen):
    """A dataset of the hub, or a part of it."""

    repo: str
    """OWNER/NAME."""
    revision: str = MAIN
    config: str = ""
    """A config, or the path of one file; empty: the only one."""
    split: str = ""
    """Empty: the only one."""

    def __str__(self) -> str:
        revision = f"@{self.revision}" if self.revision != MAIN else ""
        config, split = f"/{self.config}" if self.config else "", f":{self.split}" if self.split else ""
        return f"{PREFIX}{self.repo}{revision}{config}{split}"


def is_address(text: str) -> bool:
    """Whether a text is meant as an address of the hub."""
    return text.startswith(PREFIX)


def parse_address(text: str) -> DatasetAddress:
    """Return the parts of an address. Raises `InputError` if it is none."""
    match = _ADDRESS.fullmatch(text.removeprefix(PREFIX))
    if match is None:
        hint = f"write it as {FORM}, such as hub:openai/gsm8k/main:train"
        if "[" in text:
            hint += "; take the first rows with --limit"
        raise InputError(f"{text!r} names no dataset of the hub", hint=hint)
    parts = {name: value for name, value in match.groupdict().items() if value}
    return DatasetAddress(**parts)
