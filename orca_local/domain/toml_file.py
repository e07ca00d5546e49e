"""TOML files that people write, and what can be wrong with them."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from orca_local.domain.errors import InputError


def read_toml(path: Path, hint: str) -> dict[str, Any]:
    """The content of `path`; `hint` says how its lines should look.

    Raises `InputError` where it cannot be read as TOML, and `FileNotFoundError` where it is not there.
    """
    try:
        # utf-8-sig: some editors put a byte order mark in front.
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError:
        raise
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}", hint="it must be a readable file") from error
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path} is not UTF-8: {error.reason} at byte {error.start}", hint="save it as UTF-8"
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path} is not valid TOML: {error}", hint=hint) from error
    except RecursionError:
        raise InputError(f"{path} is not valid TOML: its values are nested too deeply", hint=hint) from None
