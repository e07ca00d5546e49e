"""Load TOML files that people write."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from orca_local.domain.errors import InputError


def load_toml(path: Path, hint: str) -> dict[str, Any]:
    """Return the content of a TOML file. `hint` shows a valid line, for the error about an invalid one.

    Raises `InputError` if the file is not valid TOML, and `FileNotFoundError` if it does not exist.
    """
    try:
        # utf-8-sig: some editors write a byte order mark.
        return tomllib.loads(path.read_bytes().decode("utf-8-sig"))
    except FileNotFoundError:
        raise
    except OSError as error:
        raise InputError(
            f"{path} cannot be read: {error.strerror}", hint="check the path and its permissions"
        ) from error
    except UnicodeDecodeError as error:
        raise InputError(
            f"{path} is not UTF-8: {error.reason} at byte {error.start}", hint="save it as UTF-8"
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path} is not valid TOML: {error}", hint=hint) from error
    except RecursionError:
        raise InputError(f"{path} is not valid TOML: its values are nested too deeply", hint=hint) from None
