"""What was found out about this machine, so that it need not be found out again."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

FILE = "machine.json"


def cache_directory() -> Path:
    """Where this program keeps what it can make again: `ORCA_LOCAL_CACHE`, else the user's cache."""
    chosen = os.environ.get("ORCA_LOCAL_CACHE")
    if chosen:
        return Path(chosen)
    cache = os.environ.get("XDG_CACHE_HOME")
    return (Path(cache) if cache else Path.home() / ".cache") / "orca-local"


def recall(key: str) -> Any:
    """What was remembered under `key`; None where nothing was, or the file cannot be read."""
    return _content().get(key)


def remember(key: str, value: Any) -> None:
    """Keep a JSON value. Where the cache cannot be written it is found out again the next time."""
    path = cache_directory() / FILE
    part = path.with_name(f"{FILE}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(json.dumps(_content() | {key: value}, indent=1, sort_keys=True), encoding="utf-8")
        part.replace(path)
    except OSError:
        with suppress(OSError):
            part.unlink()


def _content() -> dict[str, Any]:
    try:
        content = json.loads((cache_directory() / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError, RuntimeError):  # the last one: no home directory
        return {}
    return content if isinstance(content, dict) else {}
