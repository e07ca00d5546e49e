"""The fields of a request to an OpenAI-compatible endpoint that settings may leave out or add."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

LIMITS = ("max_tokens", "max_completion_tokens")
"""Names of the field that limits an answer, in the order in which they are tried."""
OPTIONAL = ("temperature", "top_p", "seed", "stop", "response_format")
"""Fields that a request can do without."""
OMITTABLE_FIELDS = (LIMITS[0], *OPTIONAL)
_OF_THE_PROGRAM = {"model", "messages", "n", "stream_options", *LIMITS, *OPTIONAL}
_SECRET = re.compile(r"(^|_)(api_?key|secret|password|authorization|access_token)s?($|_)", re.IGNORECASE)


def extra_problem(extra: Mapping[str, Any]) -> str:
    """What is wrong with further fields of a request; empty if nothing is."""
    for name, value in extra.items():
        if name in _OF_THE_PROGRAM:
            return f"fields that the program does not set itself: {name} is one that it sets"
        if name == "stream" and value is not False:
            return "a request whose answer can be read whole: stream must be false"
        if _SECRET.search(name):
            return f"without secrets such as {name}: put the key into the environment variable that key_env names"
    return ""
