"""The certificates that connections are checked with, where the user names them in the environment."""

from __future__ import annotations

import os
import ssl
from pathlib import Path

from orca_local.domain.errors import InputError, shown_path
from orca_local.domain.input_file import UnreadableError, open_input


def require_certificates() -> None:
    """Raise `InputError` if `SSL_CERT_FILE` or `SSL_CERT_DIR` names nothing that holds certificates."""
    file, directory = os.environ.get("SSL_CERT_FILE", ""), os.environ.get("SSL_CERT_DIR", "")
    if file:
        try:
            open_input(Path(file)).close()
            ssl.create_default_context(cafile=file)
        except UnreadableError as error:
            raise _unusable("SSL_CERT_FILE", file, error.reason) from error
        except (OSError, ValueError) as error:
            reason = error.reason if isinstance(error, ssl.SSLError) else error
            raise _unusable("SSL_CERT_FILE", file, f"holds no certificates ({reason})") from error
    elif directory and not os.path.isdir(directory):  # noqa: PTH112  # a very long name is no directory either
        raise _unusable("SSL_CERT_DIR", directory, "is not a directory")


def _unusable(variable: str, path: str, reason: str) -> InputError:
    hint = f"set {variable} to certificates in PEM form, or remove it from the environment"
    return InputError(f"{variable}={shown_path(path)}: {reason}", hint=hint)
