"""How long a server asks to wait before the next call."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime

_NUMBER = re.compile(r"[0-9]+(?:\.[0-9]*)?|\.[0-9]+")


def parse_retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds, 0 or more, that `Retry-After` or `retry-after-ms` asks to wait; None without a usable one.

    It holds seconds or a date (RFC 9110, 10.2.3). A date is compared with the `Date` of the same response, so that
    neither clock needs to be right; without one, with this machine's clock. A date in the past is 0. A negative number
    and anything else that is no number of seconds counts as no header.
    """
    if "retry-after-ms" not in headers and "retry-after" not in headers:
        return None
    milliseconds = _seconds(headers.get("retry-after-ms", ""))
    if milliseconds is not None:
        return milliseconds / 1000
    value = headers.get("retry-after", "").strip()
    seconds = _seconds(value)
    if seconds is not None:
        return seconds
    until = _timestamp(value)
    if until is None:
        return None
    now = _timestamp(headers.get("date", ""))
    return max(0.0, until - (time.time() if now is None else now))


def _seconds(text: str) -> float | None:
    seconds = float(text) if _NUMBER.fullmatch(text.strip()) else math.inf
    return seconds if math.isfinite(seconds) else None


def _timestamp(text: str) -> float | None:
    """Seconds since 1970 of a date in HTTP's format; None if it is none."""
    try:
        moment = parsedate_to_datetime(text)
        # Without a time zone it is in UTC: HTTP has no other.
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError, IndexError, TypeError):
        return None
