"""Load TOML files that people write."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from orca_local.domain.errors import InputError
from orca_local.domain.input_file import load_text


def load_toml(path: Path, hint: str) -> dict[str, Any]:
    """Return the content of a TOML file. `hint` shows a valid line, for the error about an invalid one.

    Raises `InputError` if the file cannot be read or is not valid TOML.
    """
    text = load_text(path)
    try:
        content = tomllib.loads(text)
        _check_numbers(content)
        return content
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path} is not valid TOML: {error}", hint=hint) from error
    except ValueError:  # also Python's own limit for the digits of a number
        raise InputError(f"{path} is not valid TOML: a number has too many digits", hint="shorten it") from None
    except RecursionError:
        raise InputError(f"{path} is not valid TOML: its values are nested too deeply", hint=hint) from None


def shipped_path(name: str) -> Path:
    """Return the path of a file that ships with the program: in `models/` of a checkout, or in an installed wheel."""
    package = Path(__file__).parent.parent
    checkout = package.parent / "models" / name
    return checkout if checkout.is_file() else package / "models_data" / name


@cache
def load_shipped(name: str) -> dict[str, Any]:
    """Return the content of a TOML file that ships with the program."""
    return tomllib.loads(shipped_path(name).read_text(encoding="utf-8"))


def _check_numbers(value: Any) -> None:
    """Raise `ValueError` for a whole number of more than 64 bits, which TOML does not have."""
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        raise ValueError
    for item in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        _check_numbers(item)
