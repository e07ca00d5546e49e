"""Errors of the hub's client and of the disk, as errors of this program."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from orca_local.domain.errors import MissingError, RemoteError, is_disk_full
from orca_local.domain.frozen import Frozen
from orca_local.domain.secret import Secret
from orca_local.domain.text import printable
from orca_local.hub.client import endpoint

MAX_ATTEMPTS = 4
"""Maximum number of connections in a row that may break before any byte arrives."""
PAUSE_S = 0.5
"""Seconds between a broken connection and the next one."""
_Result = TypeVar("_Result")


class Wanted(Frozen):
    """What is asked of the hub, and the remedies that messages about it name."""

    repo: str
    file: str
    page: str
    """Address of the page of the repository, below the endpoint."""
    instead: str
    """What a person can do where the hub does not have the file."""
    again: str
    """What goes on where it stopped."""
    variable: str
    """The environment variable that names the directory for downloads."""


@contextmanager
def explained(wanted: Wanted, directory: Path) -> Iterator[None]:
    """Turn errors of the client, and of the disk that holds `directory`, into errors of this program."""
    from huggingface_hub import errors

    address = endpoint()
    try:
        yield
    except errors.GatedRepoError as error:
        raise RemoteError(
            f"the licence of {wanted.repo} must be accepted first",
            hint=f"accept it on {address}/{wanted.page} and set HF_TOKEN",
        ) from error
    except (errors.RepositoryNotFoundError, errors.RevisionNotFoundError, errors.RemoteEntryNotFoundError) as error:
        raise RemoteError(f"{address} has no {wanted.file} in {wanted.repo}", hint=wanted.instead) from error
    except OSError as error:
        if isinstance(error, errors.HfHubHTTPError) and error.response.status_code in (401, 403):
            raise RemoteError(
                f"{address} refuses {wanted.file} from {wanted.repo} (HTTP {error.response.status_code})",
                hint="set HF_TOKEN to a token that may read it",
            ) from error
        if isinstance(error, (errors.HfHubHTTPError, ConnectionError, TimeoutError)):
            raise _unreachable(address, wanted, error) from error
        if is_disk_full(error):
            raise MissingError(f"the disk is full: {directory}", hint=f"free some space and {wanted.again}") from error
        raise MissingError(
            f"cannot write in {directory}: {error.strerror}", hint=f"set {wanted.variable} to a directory of yours"
        ) from error
    except Exception as error:
        if not is_network(error):
            raise
        raise _unreachable(address, wanted, error) from error


def is_network(error: Exception) -> bool:
    """Whether the connection failed. huggingface-hub passes on the errors of its HTTP client."""
    from huggingface_hub import errors

    is_client_error = type(error).__module__.split(".")[0] in ("httpx", "httpcore", "httpx2", "httpcore2")
    return is_client_error and not isinstance(error, errors.HfHubHTTPError)


def retried(request: Callable[[], _Result]) -> _Result:
    """Return the result of a request, which is made again if the connection fails."""
    for attempt in range(MAX_ATTEMPTS):
        try:
            return request()
        except Exception as error:
            if not is_network(error) or attempt == MAX_ATTEMPTS - 1:
                raise
            time.sleep(PAUSE_S)
    raise AssertionError("the last attempt returns or raises")


def shown(text: str) -> str:
    """Return what a hub sent, for a message: short, and without the token, which it may repeat."""
    from huggingface_hub import get_token

    return Secret(get_token() or "").hide(" ".join(printable(text[:4000]).split()))[:200]


def _unreachable(address: str, wanted: Wanted, error: Exception) -> RemoteError:
    reason = shown(str(error)) or type(error).__name__
    return RemoteError(f"{address} did not send {wanted.file}: {reason}", hint=wanted.again)
