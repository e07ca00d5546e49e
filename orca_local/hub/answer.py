"""Reads what the hub sends: bounded in size and time, and never a web page in place of data."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from orca_local.domain.errors import RemoteError
from orca_local.hub import client
from orca_local.hub.failures import Wanted, retried, shown

MAX_ANSWER_BYTES = 32_000_000
"""Limit of an answer in JSON, which is in memory as a whole."""
SLOW_AFTER_S = 30.0
"""Seconds that a transfer may take before its rate is looked at."""
SLOW_BYTES_PER_S = 2_000
"""A transfer below this rate is given up."""


def ask(url: str, wanted: Wanted) -> tuple[Any, str]:
    """Return the JSON value at a URL of the hub, and the URL of the rest of a list; empty if that is all.

    Raises `RemoteError` for an answer that is no JSON, too large or too slow; else as the client does.
    """

    def request() -> tuple[bytes, str]:
        with client.get(url) as response:
            body = bytearray()
            for chunk in received(response, wanted):
                body += chunk
                if len(body) > MAX_ANSWER_BYTES:
                    limit = f"{MAX_ANSWER_BYTES // 1_000_000} MB"
                    raise RemoteError(f"{client.endpoint()} sends more than {limit} as {wanted.file}", hint="try later")
            return bytes(body), response.links.get("next", {}).get("url", "")

    body, following = retried(request)
    try:
        return json.loads(body), _on_the_hub(following)
    except (ValueError, RecursionError) as error:
        raise RemoteError(
            f"{client.endpoint()} sent no JSON as {wanted.file}: {shown(repr(body[:60]))}",
            hint="check HF_ENDPOINT, or try later",
        ) from error


def received(response: Any, wanted: Wanted) -> Iterator[bytes]:
    """Yield the body of a response as it arrives.

    Raises `RemoteError` for a web page in place of data, for a packed body, and for one that is too slow.
    """
    address = client.endpoint()
    if response.headers.get("content-type", "").lower().startswith("text/html") and not _is_page(wanted.file):
        raise RemoteError(
            f"{address} answered with a web page instead of {wanted.file}",
            hint=f"open {address}/{wanted.page} in a browser: a login page or a proxy may stand in between; "
            "check HF_ENDPOINT and HTTPS_PROXY",
        )
    if response.headers.get("content-encoding", "identity") != "identity":
        raise RemoteError(f"{address} sent {wanted.file} packed, which was not asked for", hint="check HTTPS_PROXY")
    started, count = time.monotonic(), 0
    for chunk in response.iter_raw():
        count += len(chunk)
        seconds = time.monotonic() - started
        if seconds > SLOW_AFTER_S and count < seconds * SLOW_BYTES_PER_S:
            raise RemoteError(
                f"{address} sends {wanted.file} too slowly: {count:,} bytes in {seconds:.0f} s", hint=wanted.again
            )
        yield chunk


def _is_page(file: str) -> bool:
    return file.lower().endswith((".html", ".htm"))


def _on_the_hub(link: str) -> str:
    """Return the URL of a link on the hub itself: the token goes to no other host, and a mirror lists what it has."""
    parts = urlsplit(link)
    return f"{client.endpoint()}{parts.path}?{parts.query}" if link else ""
