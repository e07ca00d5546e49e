"""Checks free disk space."""

from __future__ import annotations

import shutil
from pathlib import Path

from orca_local.domain.errors import MissingError


def require_space(directory: Path, needed: int, purpose: str, *, hint: str) -> None:
    """Raise `MissingError` if `directory` has less than `needed` bytes free for `purpose`."""
    free = shutil.disk_usage(directory).free
    if free < needed:
        message = f"{directory} has {format_bytes(free)} free; {purpose} needs at least {format_bytes(needed)}"
        raise MissingError(message, hint=hint)


def format_bytes(count: int) -> str:
    """A size as text for a message: exact below 10 MB, in gigabytes above."""
    return f"{count:,} bytes" if count < 10_000_000 else f"{count / 1e9:.2f} GB ({count:,} bytes)"
