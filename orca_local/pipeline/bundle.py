"""A workspace as one file, from which another person can repeat everything without a network."""

from __future__ import annotations

from pathlib import Path

from orca_local.domain.errors import InputError, os_errors_explained
from orca_local.domain.record import Record
from orca_local.domain.settings import Settings
from orca_local.runs.workspace import DATABASE_FILE, SETTINGS_FILE, Workspace
from orca_local.store.bundle import read_manifest, without_directories
from orca_local.system.digest import file_sha256
from orca_local.system.files import whole_file, write_whole

USER_FILES = ("strategies.toml", "prices.toml")
"""Files of the user that change prompts and costs."""
MAX_FILE_BYTES = 1_000_000


class BundleResult(Record):
    """A bundle that was written, or the workspace that was made from one."""

    path: str
    sha256: str
    """Hash of the bundle."""
    rows: dict[str, int]
    """Number of rows by table."""


def write(workspace: Workspace, path: Path) -> BundleResult:
    """Write the bundle to `path`, completely or not at all. Raises `InputError` if `path` exists."""
    if path.exists():
        raise InputError(f"{path} exists already", hint="name another file, or remove it")
    with os_errors_explained(path, hint="name another path"):
        texts = {name: _read_file(workspace.directory / name) for name in USER_FILES}
        # Without the directories of this machine.
        settings = without_directories(workspace.settings.model_dump(mode="json", exclude_defaults=True))
        extra = {"settings": settings, "files": {n: t for n, t in texts.items() if t}}
        path.with_name(path.name + ".part").unlink(missing_ok=True)  # left by a killed process
        with workspace.store() as store, whole_file(path) as part:
            rows = store.write_bundle(part, extra)
    return BundleResult(str(path), file_sha256(path), rows)


def read(path: Path, directory: Path) -> BundleResult:
    """Make a workspace in `directory` from a bundle. Raises `InputError` for a file that is not an unchanged bundle."""
    if (directory / SETTINGS_FILE).exists() or (directory / DATABASE_FILE).exists():
        raise InputError(f"{directory} is a workspace already", hint="name a new directory")
    manifest = read_manifest(path)
    texts = manifest.get("files", {})
    settings = manifest.get("settings", {})
    try:
        Settings.model_validate(settings)
    except ValueError as error:
        raise InputError(f"{path} contains invalid settings: {error}", hint="do not use it") from error
    if not isinstance(texts, dict) or any(n not in USER_FILES or not isinstance(t, str) for n, t in texts.items()):
        unexpected = sorted(str(name) for name in texts if name not in USER_FILES) or ["a file that is not text"]
        raise InputError(f"{path} would write {unexpected[0]!r}", hint="do not use it")
    workspace = Workspace.create(directory, settings=settings)
    for name in USER_FILES:
        if name in texts:
            write_whole(workspace.directory / name, texts[name], hint="name another directory")
    with workspace.store() as store:
        rows = store.copy_bundle(path)
    return BundleResult(str(workspace.directory), file_sha256(path), rows)


def _read_file(path: Path) -> str:
    if not path.is_file():
        return ""
    if path.stat().st_size > MAX_FILE_BYTES:
        raise InputError(f"{path} is too large for a bundle", hint="make it smaller than a megabyte")
    return path.read_text(encoding="utf-8-sig")
