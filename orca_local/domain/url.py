"""URLs of servers, as people write them in settings and environment variables."""

from __future__ import annotations

from urllib.parse import urlsplit

INVALID_URL = "is not a URL such as https://host/v1"
URL_HAS_SECRET = "holds a user name, password or query, which would be stored and shown"


def url_problem(url: str) -> str:
    """Return what is wrong with a URL, without repeating it; empty if nothing is."""
    try:
        parts = urlsplit(url.strip())
        _ = parts.port  # raises for one that is no number up to 65535
    except ValueError:
        return INVALID_URL
    if parts.username or parts.password or parts.query:
        return URL_HAS_SECRET
    return "" if parts.scheme in ("http", "https") and parts.hostname else INVALID_URL


def normalize_url(base_url: str) -> str:
    """Return the URL in the form that is stored and compared: without spaces and a slash at the end."""
    return base_url.strip().rstrip("/")


def is_loopback(url: str) -> bool:
    """Whether a URL names this machine itself."""
    return urlsplit(url).hostname in ("localhost", "127.0.0.1", "::1")
