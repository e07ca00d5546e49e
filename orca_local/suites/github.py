"""Files of a suite that is published on GitHub, at one commit. They are small, and fetched whole.

Nothing is sent but the address of a file: no token, not even that of the hub.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import httpx2

from orca_local.domain.errors import InputError, RemoteError
from orca_local.domain.text import printable
from orca_local.domain.url import normalize_url, url_problem
from orca_local.endpoints.transport import BodyTooLarge, BoundedClient, CallTooLong
from orca_local.hub.benchmarks import Suite
from orca_local.hub.failures import retried
from orca_local.system.certificates import require_certificates

VARIABLE = "ORCA_LOCAL_GITHUB"
"""Names a mirror that has files at OWNER/NAME/COMMIT/PATH and commits at repos/OWNER/NAME/commits/BRANCH."""
CALL_S = 120.0
"""Longest time for one file."""
_COMMIT = re.compile("[0-9a-f]{40}")


def fetch(suite: Suite, directory: Path) -> str:
    """Fetch the files of a suite into a directory, and return their commit.

    It is the one that `models/suites.toml` names, else that of the main branch. Raises `RemoteError` if GitHub does not
    give them, and `InputError` if the environment names no address.
    """
    files, commits = _addresses()
    require_certificates()
    try:
        opened = BoundedClient(CALL_S, verify=httpx2.create_ssl_context())
    except (ValueError, ImportError, httpx2.InvalidURL) as error:  # the client also reads proxies
        hint = "check HTTPS_PROXY, HTTP_PROXY and ALL_PROXY in the environment"
        raise InputError(f"no request can be sent to {files}: {type(error).__name__}", hint=hint) from error
    with opened as client:
        commit = suite.revision or _ask_commit(client, f"{commits}/repos/{suite.repo}/commits/main", suite)
        for name in suite.files:
            content = _get(client, f"{files}/{suite.repo}/{commit}/{quote(name)}", suite, name)
            path = directory / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
    return commit


def _addresses() -> tuple[str, str]:
    """Return where files are, and where commits are asked for."""
    mirror = os.environ.get(VARIABLE)
    if not mirror:
        return "https://raw.githubusercontent.com", "https://api.github.com"
    if problem := url_problem(mirror):
        raise InputError(f"{VARIABLE} {problem}", hint=f"set {VARIABLE} to the address of a mirror, or remove it")
    return normalize_url(mirror), normalize_url(mirror)


def _ask_commit(client: BoundedClient, url: str, suite: Suite) -> str:
    # This form of the answer is the commit alone.
    answer = _get(client, url, suite, "its commit", accept="application/vnd.github.sha").decode("ascii", "replace")
    answer = answer.strip()
    if not _COMMIT.fullmatch(answer):
        raise RemoteError(f"{url} names no commit: {printable(answer[:60])!r}", hint=_by_hand(suite))
    return answer


def _get(client: BoundedClient, url: str, suite: Suite, what: str, accept: str = "*/*") -> bytes:
    def request() -> bytes:
        response = client.get(url, headers={"Accept": accept, "User-Agent": "orca-local"})
        if response.status_code != 200:
            raise RemoteError(
                f"{url} was not sent (HTTP {response.status_code}): {what} of {suite.name}", hint=_by_hand(suite)
            )
        return response.content

    return _explained(lambda: retried(request), url, suite)


def _explained(request: Callable[[], bytes], url: str, suite: Suite) -> bytes:
    try:
        return request()
    except (httpx2.HTTPError, BodyTooLarge, CallTooLong) as error:
        reason = printable(str(error))[:200] or type(error).__name__
        hint = f"run the command again, or {_by_hand(suite)}"
        raise RemoteError(f"{url} was not sent: {reason}", hint=hint) from error


def _by_hand(suite: Suite) -> str:
    return f"take the files from https://github.com/{suite.repo} by hand, and name their directory with --from"
