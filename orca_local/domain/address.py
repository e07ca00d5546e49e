"""Addresses of servers, as people write them into settings and environment variables."""

from __future__ import annotations

from urllib.parse import urlsplit

NOT_AN_ADDRESS = "is not an address such as https://host/v1"
SECRET = "holds a user name, password or query, which would be stored and shown"


def address_problem(address: str) -> str:
    """What is wrong with an address, never repeating it; empty where nothing is."""
    try:
        parts = urlsplit(address.strip())
    except ValueError:
        return NOT_AN_ADDRESS
    if parts.username or parts.password or parts.query:
        return SECRET
    return "" if parts.scheme in ("http", "https") and parts.hostname else NOT_AN_ADDRESS


def tidy(base_url: str) -> str:
    """The address as it is stored, and compared."""
    return base_url.strip().rstrip("/")
