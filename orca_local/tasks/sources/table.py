"""Every source. A new source is one file and one line of this table."""

from __future__ import annotations

from orca_local.tasks.sources import delimited, jsonl, parquet
from orca_local.tasks.sources.base import Source

SOURCES: tuple[Source, ...] = (jsonl.SOURCE, delimited.SOURCE, parquet.SOURCE)

SUFFIXES: tuple[str, ...] = tuple(suffix for source in SOURCES for suffix in source.suffixes)
"""Endings of the names of all files that can be read."""
PACKED_SUFFIXES: tuple[str, ...] = tuple(
    f"{s}.gz" for source in SOURCES if source is not parquet.SOURCE for s in source.suffixes
)
"""The same of files that are compressed with gzip."""


def find_source(location: str) -> Source:
    """Return the source that reads the file at `location`, by the ending of its name; JSON Lines for any other name.

    An ending `.gz` behind it does not count.
    """
    name = location.lower().removesuffix(".gz")
    return next((source for source in SOURCES if name.endswith(source.suffixes)), jsonl.SOURCE)
