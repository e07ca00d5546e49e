"""The hub: where it is, whether it may be asked, and how it is asked.

Requests go through the client of huggingface-hub (endpoint, token, proxies, errors). What it sends is never read whole
without a limit, and no request waits without end.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from typing import Any

from orca_local.domain.errors import InputError
from orca_local.domain.url import url_problem
from orca_local.system.certificates import require_certificates


def is_offline() -> bool:
    """Whether the environment forbids requests to the hub."""
    return os.environ.get("HF_HUB_OFFLINE", "").lower() in ("1", "true", "yes", "on")


def endpoint() -> str:
    """The address of the hub. Raises `InputError` if it is invalid or contains a password."""
    address = os.environ.get("HF_ENDPOINT", "https://huggingface.co").rstrip("/")
    problem = url_problem(address)
    if problem:
        hint = "set HF_ENDPOINT to an address such as https://huggingface.co, and HF_TOKEN to your token"
        raise InputError(f"HF_ENDPOINT {problem}", hint=hint)
    return address


def prepare() -> None:
    """Prepare the client for this process: it sends no telemetry and prints nothing. Do this before any request.

    Raises `InputError` if the environment names certificates that are none.
    """
    _prepare((os.environ.get("SSL_CERT_FILE"), os.environ.get("SSL_CERT_DIR")))


@cache
def _prepare(certificates: tuple[str | None, str | None]) -> None:
    """Prepare the client once for each choice of certificates."""
    # The client reads this when it is imported.
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    try:
        from huggingface_hub import constants  # noqa: F401  # reads the environment
        from huggingface_hub.utils import logging
    except ValueError as error:
        raise unusable(endpoint(), error) from error

    # Otherwise it prints what the hub's `X-HF-Warning` headers say.
    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    require_certificates()


def unusable(address: str, error: Exception) -> InputError:
    """The error for a variable of the environment that the client cannot use."""
    return InputError(
        f"no request can be sent to {address}: {type(error).__name__}",
        hint="check HF_TOKEN, HTTPS_PROXY, ALL_PROXY and HF_HUB_DOWNLOAD_TIMEOUT in the environment",
    )


@contextmanager
def get(url: str, *, first: int = 0, last: int | None = None) -> Iterator[Any]:
    """Yield the response to a GET request, whose body is not read yet and is not packed.

    `first` and `last` are the positions of the first and last byte that are asked for; a server may ignore them. The
    token goes to the hub alone: the client removes it when another host takes over. Raises what the client raises, and
    `InputError` for a variable of the environment that it cannot use.
    """
    from huggingface_hub import constants, get_session, hf_raise_for_status
    from huggingface_hub.utils import build_hf_headers  # type: ignore[attr-defined]

    headers = build_hf_headers() | {"Accept-Encoding": "identity"}
    if first or last is not None:
        headers["Range"] = f"bytes={first}-{'' if last is None else last}"
    timeout = constants.HF_HUB_DOWNLOAD_TIMEOUT
    with ExitStack() as stack:
        try:
            request = get_session().stream("GET", url, headers=headers, timeout=timeout)
            response = stack.enter_context(request)
        except (ValueError, OverflowError, ImportError) as error:
            raise unusable(endpoint(), error) from error
        # Without its body, which the client would read whole: it may unpack to gigabytes.
        hf_raise_for_status(_without_body(response) if response.is_error else response)
        yield response


def _without_body(response: Any) -> Any:
    """A failed response with its headers alone."""
    kept = [(name, value) for name, value in response.headers.raw if name.lower() != b"content-encoding"]
    return type(response)(response.status_code, headers=kept, content=b"", request=response.request)
