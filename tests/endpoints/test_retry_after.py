"""How long a server asks to wait, in every form that was seen and some that were made up."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from orca_local.endpoints.retry_after import parse_retry_after


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "2.5"}, 2.5),
        ({"retry-after": " 3 "}, 3.0),
        ({"retry-after-ms": "250", "retry-after": "9"}, 0.25),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "1.2.3"}, None),
        ({"retry-after": "Mon, 01 Jan 2024 00:00:00 GMT"}, 0.0),
        ({"retry-after": ""}, None),
        ({"retry-after": "9" * 400}, None),
        ({"retry-after": "Fri, 31 Dec 9999 23:59:59 -2400"}, None),
        ({"retry-after": "Fri, 31 Dec 99999 23:59:59 GMT"}, None),
        ({"retry-after-ms": "inf"}, None),
        ({"retry-after-ms": "nan"}, None),
        ({"retry-after-ms": "-5"}, None),
        ({"retry-after": "0"}, 0.0),
        ({"retry-after": "86400"}, 86400.0),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "1e9"}, None),
        ({"retry-after": "+5"}, None),
        ({"retry-after": "5 seconds"}, None),
        ({"retry-after": "5, 7"}, None),
        ({"retry-after": "٣"}, None),
        ({"retry-after": "-0"}, None),
        ({"retry-after-ms": "soon", "retry-after": "2"}, 2.0),
        # The server's clock is a day ahead, a day behind, and not sent in a usable form.
        ({"retry-after": "Tue, 02 Jan 2024 00:00:07 GMT", "date": "Tue, 02 Jan 2024 00:00:00 GMT"}, 7.0),
        ({"retry-after": "Tue, 02 Jan 2094 00:00:07 GMT", "date": "Tue, 02 Jan 2094 00:00:00 GMT"}, 7.0),
        ({"retry-after": "Tue, 02 Jan 2024 00:00:00 GMT", "date": "Tue, 02 Jan 2024 00:00:09 GMT"}, 0.0),
        ({"retry-after": "Tue, 02 Jan 2024 00:00:07 GMT", "date": "yesterday"}, 0.0),
        ({"retry-after": "Tue, 02 Jan 2024 00:00:07", "date": "Tue, 02 Jan 2024 00:00:00 GMT"}, 7.0),
        ({"retry-after": "Tue, 02 Jan 2024 02:00:07 +0200", "date": "Tue, 02 Jan 2024 00:00:00 GMT"}, 7.0),
    ],
)
def test_a_pause_is_read_from_the_headers(headers: dict[str, str], seconds: float | None) -> None:
    assert parse_retry_after(headers) == seconds


def test_a_pause_until_a_date_is_read() -> None:
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    seconds = parse_retry_after({"retry-after": date})
    assert seconds is not None and 50 < seconds <= 60
