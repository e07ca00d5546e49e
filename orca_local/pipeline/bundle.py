"""A workspace as one file, from which another person can repeat everything without a network."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import reduce
from pathlib import Path
from typing import Any

from orca_local.domain.endpoint_settings import EndpointSettings
from orca_local.domain.errors import InputError, os_errors_explained
from orca_local.domain.record import Record
from orca_local.domain.secret import Secret
from orca_local.domain.settings import Settings
from orca_local.runs.workspace import DATABASE_FILE, SETTINGS_FILE, Workspace
from orca_local.store.bundle import read_manifest, without_directories
from orca_local.system.digest import file_sha256
from orca_local.system.files import scratch_directory, whole_file, write_whole

USER_FILES = ("strategies.toml", "prices.toml")
"""Files of the user that change prompts and costs."""
MAX_FILE_BYTES = 1_000_000


ALLOW_CALLS = "allow_calls"


class BundleEndpoint(Record):
    """An endpoint that a bundle names, to which this machine has sent nothing yet."""

    section: str
    """Where the settings name it: `teacher`, `engine` or `[[model]] "NAME"`."""
    base_url: str
    """Its address."""
    key_env: str
    """The environment variable whose value would be sent to it."""
    allowed: bool
    """Whether the new workspace may send something to it."""


class BundleResult(Record):
    """A bundle that was written, or the workspace that was made from one."""

    path: str
    """The bundle that was written, or the directory of the new workspace."""
    sha256: str
    """Hash of the bundle."""
    rows: dict[str, int]
    """Number of rows by table."""
    endpoints: tuple[BundleEndpoint, ...] = ()
    """The endpoints that a bundle which was read names."""


def write(workspace: Workspace, path: Path) -> BundleResult:
    """Write the bundle to `path`, completely or not at all. Raises `InputError` if `path` exists."""
    if path.exists():
        raise InputError(f"{path} exists already", hint="name another file, or remove it")
    with os_errors_explained(path, hint="name another path"):
        texts = {name: _read_file(workspace.directory / name) for name in USER_FILES}
        # Without the directories of this machine.
        settings = without_directories(workspace.settings.model_dump(mode="json", exclude_defaults=True))
        for section in settings.values():
            for table in section if isinstance(section, list) else [section]:
                table.pop(ALLOW_CALLS, None)
        extra = {"settings": settings, "files": {n: t for n, t in texts.items() if t}}
        chosen = workspace.settings
        endpoints = (chosen.teacher, chosen.judge, chosen.engine, *chosen.model)
        secrets = [Secret(os.environ.get(endpoint.key_env, "").strip()) for endpoint in endpoints]
        with workspace.store() as store, whole_file(path) as part:
            rows = store.write_bundle(part, extra, clean=lambda text: reduce(_clean, secrets, text))
    return BundleResult(str(path), file_sha256(path), rows)


def read(path: Path, directory: Path, *, allow_endpoints: bool = False) -> BundleResult:
    """Make a workspace in `directory` from a bundle.

    The endpoints that it names serve to find its stored answers. Nothing is sent to them, and no key, unless
    `allow_endpoints` or a person allows it in the settings. Raises `InputError` for a file that is not an unchanged
    bundle; it leaves nothing behind.
    """
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
    named = _endpoints(settings)
    for table, _, _ in named:
        table[ALLOW_CALLS] = allow_endpoints
    endpoints = tuple(BundleEndpoint(label, e.base_url, e.key_env, allow_endpoints) for _, label, e in named)
    with os_errors_explained(directory, hint="name another directory"), _made_whole(directory) as made:
        workspace = Workspace.create(made, settings=settings)
        for name, text in texts.items():
            write_whole(made / name, text, hint="name another directory")
        with workspace.store() as store:
            rows = store.copy_bundle(path)
    return BundleResult(str(directory.absolute()), file_sha256(path), rows, endpoints)


def _clean(text: str, secret: Secret) -> str:
    return secret.clean(text)


def _endpoints(settings: Mapping[str, Any]) -> list[tuple[dict[str, Any], str, EndpointSettings]]:
    """The endpoints for which the settings of a bundle name an address or the variable of a key.

    Each is its table in `settings`, its label, and all its settings.
    """
    complete = Settings.model_validate(settings)
    sections = (("teacher", complete.teacher), ("judge", complete.judge), ("engine", complete.engine))
    found: list[tuple[dict[str, Any], str, EndpointSettings]] = [(settings.get(n, {}), n, e) for n, e in sections]
    found += [(t, e.label, e) for t, e in zip(settings.get("model", ()), complete.model, strict=True)]
    return [one for one in found if {"base_url", "key_env", ALLOW_CALLS} & set(one[0])]


@contextmanager
def _made_whole(directory: Path) -> Iterator[Path]:
    """Yield a new directory whose files are moved into `directory` at the end. A failure leaves nothing behind."""
    created = [path for path in (directory, *directory.parents) if not path.exists()]
    try:
        directory.mkdir(parents=True, exist_ok=True)
        with scratch_directory(directory / "bundle.part") as made:
            yield made
            # The settings last: they make the directory a workspace.
            files = sorted(made.iterdir(), key=lambda file: file.name == SETTINGS_FILE)
            for file in files:
                if (directory / file.name).exists():
                    raise InputError(f"{directory / file.name} exists already", hint="name a new directory")
            for file in files:
                file.rename(directory / file.name)
    except BaseException:
        for path in created:
            with suppress(OSError):
                path.rmdir()
        raise


def _read_file(path: Path) -> str:
    if not path.is_file():
        return ""
    if path.stat().st_size > MAX_FILE_BYTES:
        raise InputError(f"{path} is too large for a bundle", hint="make it smaller than a megabyte")
    return path.read_text(encoding="utf-8-sig")
