"""A dataset repository as the hub has it: branches with files, each at a commit."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

LARGE = 10_000
"""Bytes from which a repository holds a pointer in place of the file, as it does from 10 MB."""


@dataclass
class HubDataset:
    """A dataset repository that a `HubServer` serves."""

    name: str
    files: dict[str, bytes | Path]
    """The content of `main`, by path."""
    branches: dict[str, dict[str, bytes | Path]] = field(default_factory=dict)
    """Other branches, such as `refs/convert/parquet`."""
    commit: str = ""
    """The commit of `main`; empty: a hash of what it holds."""
    is_gated: bool = False
    """Whether its files need a token."""
    lost: set[str] = field(default_factory=set)
    """Commits that the repository does not have any more."""

    @cached_property
    def commits(self) -> dict[str, str]:
        """The commit of each branch: a hash of what it holds."""
        commits = {branch: _commit(files) for branch, files in {"main": self.files, **self.branches}.items()}
        return commits | ({"main": self.commit} if self.commit else {})

    def find(self, revision: str) -> str:
        """The commit of a branch or of itself; empty if there is none."""
        commit = self.commits.get(revision, revision if revision in self.commits.values() else "")
        return "" if commit in self.lost else commit

    def content(self, commit: str) -> dict[str, bytes | Path]:
        """The files of a commit."""
        branch = next(name for name, other in self.commits.items() if other == commit)
        return self.files if branch == "main" else self.branches[branch]

    def tree(self, commit: str) -> list[dict[str, Any]]:
        """The list of the files of a commit, as the hub's `tree` gives it."""
        files = self.content(commit)
        folders = {str(parent) for path in files for parent in Path(path).parents} - {"."}
        items = [{"type": "directory", "path": folder, "size": 0, "oid": "0" * 40} for folder in folders]
        items += [_item(path, content) for path, content in files.items()]
        return sorted(items, key=lambda item: str(item["path"]))


def size_of(content: bytes | Path) -> int:
    """The number of bytes of a file."""
    return len(content) if isinstance(content, bytes) else content.stat().st_size


def part_of(content: bytes | Path, start: int, end: int) -> bytes:
    """The bytes of a file from `start` to before `end`."""
    if isinstance(content, bytes):
        return content[start:end]
    with content.open("rb") as file:
        file.seek(start)
        return file.read(end - start)


def is_large(content: bytes | Path) -> bool:
    """Whether another host sends a file."""
    return size_of(content) >= LARGE


def _commit(files: dict[str, bytes | Path]) -> str:
    digest = hashlib.sha1(usedforsecurity=False)
    for path in sorted(files):
        digest.update(f"{path}\0{size_of(files[path])}\0".encode())
        digest.update(part_of(files[path], 0, 1 << 16))
    return digest.hexdigest()


def _item(path: str, content: bytes | Path) -> dict[str, Any]:
    data = part_of(content, 0, size_of(content))
    blob = hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()
    item: dict[str, Any] = {"type": "file", "path": path, "size": len(data), "oid": blob}
    if is_large(content):
        item["lfs"] = {"oid": hashlib.sha256(data).hexdigest(), "size": len(data), "pointerSize": 134}
    return item
