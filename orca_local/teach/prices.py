"""What a teacher costs: the prices that ship with the program, and the workspace's own before them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from orca_local.domain.errors import InputError
from orca_local.domain.toml_file import read_toml

PRICES_FILE = "prices.toml"
_PACKAGE = Path(__file__).parent.parent
_PLACES = (_PACKAGE.parent / "models" / PRICES_FILE, _PACKAGE / "models_data" / PRICES_FILE)
"""In a checkout, and in an installed wheel."""
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_HINT = 'write [[price]] tables with model = "…", input = 0.0 and output = 0.0 (US dollars per million tokens)'
_KEYS = {"endpoint", "model", "input", "output", "source", "date"}


@dataclass(frozen=True, slots=True)
class Price:
    """US dollars per million tokens."""

    input: float
    output: float
    basis: str = ""
    """Where the price is from, for people."""

    def cost(self, prompt_tokens: float, completion_tokens: float) -> float:
        """US dollars."""
        return (self.input * prompt_tokens + self.output * completion_tokens) / 1e6


def find_price(endpoint: str, model: str, directory: Path) -> Price | None:
    """The price of `model` at `endpoint`; None where nobody said it.

    `prices.toml` in `directory` goes before what ships. A teacher that is no endpoint, or one on this machine, costs
    nothing unless a price says so. Raises `InputError` for a file that is no table of prices.
    """
    own = directory / PRICES_FILE
    places = [own] if own.exists() else []
    for path in [*places, next(place for place in _PLACES if place.is_file())]:
        for entry in _read(path):
            if entry["model"] == model and entry.get("endpoint", endpoint).rstrip("/") == endpoint:
                basis = f"{path.name}, {entry['date']}" if "date" in entry else str(path)
                return Price(float(entry["input"]), float(entry["output"]), basis)
    if "://" not in endpoint or urlsplit(endpoint).hostname in _LOOPBACK:
        return Price(0.0, 0.0, "on this machine")
    return None


def _read(path: Path) -> list[dict[str, Any]]:
    content = read_toml(path, _HINT)
    entries = content.get("price", [])
    if set(content) - {"price"} or not isinstance(entries, list):
        raise InputError(f"{path}: it holds something other than [[price]] tables", hint=_HINT)
    for number, entry in enumerate(entries, 1):
        _check(f"{path}: price {number}", entry)
    return entries


def _check(where: str, entry: Any) -> None:
    if not isinstance(entry, dict):
        raise InputError(f"{where} is not a table", hint=_HINT)
    if unknown := set(entry) - _KEYS:
        raise InputError(f"{where}: unknown key {min(unknown)!r}", hint=f"the keys are {', '.join(sorted(_KEYS))}")
    for key in ("model", "endpoint"):
        if not isinstance(entry.get(key, "" if key == "endpoint" else None), str):
            raise InputError(f"{where}: {key} must be a text, not {entry.get(key)!r}", hint=_HINT)
    for key in ("input", "output"):
        value = entry.get(key)
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < math.inf:
            raise InputError(f"{where}: {key} must be a price such as 0.15, not {value!r}", hint=_HINT)
