"""Prices of teachers: those of the workspace first, then those that ship with the program."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from orca_local.domain.errors import InputError
from orca_local.domain.frozen import Frozen
from orca_local.domain.toml_file import load_toml
from orca_local.domain.url import is_loopback

PRICES_FILE = "prices.toml"
MAX_PRICE = 1_000_000
"""US dollars per million tokens. More is a mistake."""
_PACKAGE = Path(__file__).parent.parent
_SHIPPED = (_PACKAGE.parent / "models" / PRICES_FILE, _PACKAGE / "models_data" / PRICES_FILE)
"""Path in a checkout, and in an installed wheel."""
_HINT = 'write [[price]] tables with model = "…", input = 0.0 and output = 0.0 (US dollars per million tokens)'
_KEYS = {"endpoint", "model", "input", "output", "source", "date"}


class Price(Frozen):
    """US dollars per million tokens."""

    input: float
    output: float
    source: str = ""
    """The source of the price, as text for a message."""

    def cost(self, prompt_tokens: float, completion_tokens: float) -> float:
        """Cost of these tokens in US dollars."""
        return (self.input * prompt_tokens + self.output * completion_tokens) / 1e6


def find_price(endpoint: str, model: str, directory: Path) -> Price | None:
    """The price of `model` at `endpoint`; None if it is unknown.

    `prices.toml` in `directory` takes precedence over the shipped file. A teacher on this machine costs nothing unless
    a price is given. Raises `InputError` for an invalid file.
    """
    own = directory / PRICES_FILE
    for path in [*([own] if own.exists() else []), next(path for path in _SHIPPED if path.is_file())]:
        for entry in _load_entries(path):
            if entry["model"] == model and entry.get("endpoint", endpoint).rstrip("/") == endpoint:
                source = f"{path.name}, {entry['date']}" if "date" in entry else str(path)
                return Price(float(entry["input"]), float(entry["output"]), source)
    if "://" not in endpoint or is_loopback(endpoint):
        return Price(0.0, 0.0, "on this machine")
    return None


def _load_entries(path: Path) -> list[dict[str, Any]]:
    content = load_toml(path, _HINT)
    entries = content.get("price", [])
    if set(content) - {"price"} or not isinstance(entries, list):
        raise InputError(f"{path}: only [[price]] tables are allowed", hint=_HINT)
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
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= MAX_PRICE:
            shown = repr(value)[:40]
            raise InputError(f"{where}: {key} must be a price such as 0.15, not {shown}", hint=_HINT)
