"""A workspace as one file: another person reads it and repeats everything without a network."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orca_local.domain.errors import InputError, explain_os_error
from orca_local.domain.settings import Settings
from orca_local.runs.workspace import DATABASE_FILE, SETTINGS_FILE, Workspace
from orca_local.store.bundle import read_manifest, without_directories
from orca_local.system.digest import file_sha256
from orca_local.system.files import whole_file, write_whole

BESIDE = ("strategies.toml", "prices.toml")
"""Files of the user's that change what is asked, and what it costs."""
LARGEST_BESIDE = 1_000_000


@dataclass(frozen=True, slots=True)
class Bundled:
    """What was written or read."""

    path: Path
    sha256: str
    rows: dict[str, int]

    def to_dict(self) -> dict[str, Any]:
        """What `--json` prints."""
        return {"path": str(self.path), "sha256": self.sha256, "rows": self.rows}


def write(workspace: Workspace, path: Path) -> Bundled:
    """Write the bundle to `path`, whole or not at all. Raises `InputError` where something is there already."""
    if path.exists():
        raise InputError(f"{path} is there already", hint="name another file, or remove it")
    try:
        beside = {name: _beside(workspace.directory / name) for name in BESIDE}
        extra = {"settings": _settings(workspace.settings), "files": {n: t for n, t in beside.items() if t}}
        path.with_name(path.name + ".part").unlink(missing_ok=True)  # left by a killed process
        with workspace.store() as store, whole_file(path) as part:
            rows = store.write_bundle(part, extra)
    except OSError as error:
        raise explain_os_error(error, path, hint="name another place") or error from error
    return Bundled(path, file_sha256(path), rows)


def read(path: Path, directory: Path) -> Bundled:
    """Make a workspace in `directory` from a bundle. Raises `InputError` for a file that is none or was changed."""
    if (directory / SETTINGS_FILE).exists() or (directory / DATABASE_FILE).exists():
        raise InputError(f"{directory} is a workspace already", hint="name a new directory")
    manifest = read_manifest(path)
    texts = manifest.get("files", {})
    settings = manifest.get("settings", {})
    try:
        Settings.model_validate(settings)
    except ValueError as error:
        raise InputError(f"{path} holds settings that are none: {error}", hint="do not use it") from error
    if not isinstance(texts, dict) or any(n not in BESIDE or not isinstance(t, str) for n, t in texts.items()):
        odd = sorted(str(name) for name in texts if name not in BESIDE) or ["a file that is no text"]
        raise InputError(f"{path} would write {odd[0]!r}", hint="do not use it")
    workspace = Workspace.create(directory, settings=settings)
    for name in BESIDE:
        if name in texts:
            write_whole(workspace.directory / name, texts[name], hint="name another directory")
    with workspace.store() as store:
        rows = store.copy_bundle(path)
    return Bundled(workspace.directory, file_sha256(path), rows)


def _settings(settings: Settings) -> dict[str, Any]:
    """What differs from the defaults, without directories of this machine."""
    found: dict[str, Any] = without_directories(settings.model_dump(mode="json", exclude_defaults=True))
    return found


def _beside(path: Path) -> str:
    if not path.is_file():
        return ""
    if path.stat().st_size > LARGEST_BESIDE:
        raise InputError(f"{path} is too large for a bundle", hint="make it smaller than a megabyte")
    return path.read_text(encoding="utf-8-sig")
