"""The cache directory, and facts about this machine that are expensive to find out again."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from orca_local.domain.errors import MissingError
from orca_local.system.files import whole_file

FILE = "machine.json"
_NAME = "orca-local"


def cache_directory() -> Path:
    """Directory for models and other files that can be fetched or computed again.

    `ORCA_LOCAL_CACHE` names it; by default it is the system's cache directory for this program. Version 0.1 used
    `~/.cache/orca-local` on every system: where that exists, it stays in use.
    """
    chosen = os.environ.get("ORCA_LOCAL_CACHE")
    if chosen:
        return Path(chosen)
    try:
        earlier = Path.home() / ".cache" / _NAME
    except RuntimeError as error:
        hint = "set HOME, or ORCA_LOCAL_CACHE to a directory of yours"
        raise MissingError("this user has no home directory, where downloaded models are kept", hint=hint) from error
    if not os.environ.get("XDG_CACHE_HOME") and earlier.is_dir():
        return earlier
    from platformdirs import user_cache_path

    return user_cache_path(_NAME, appauthor=False)


def recall(key: str) -> Any:
    """The value that `remember` stored under `key`; None if there is none or the file cannot be read."""
    return _content().get(key)


def remember(key: str, value: Any) -> None:
    """Store a JSON value under `key`. A cache that cannot be written is ignored."""
    path = cache_directory() / FILE
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        with whole_file(path, many_writers=True) as part:
            part.write_text(json.dumps(_content() | {key: value}, indent=1, sort_keys=True), encoding="utf-8")


def _content() -> dict[str, Any]:
    try:
        content = json.loads((cache_directory() / FILE).read_text(encoding="utf-8"))
    except (OSError, ValueError, RuntimeError):  # RuntimeError: there is no home directory
        return {}
    return content if isinstance(content, dict) else {}
