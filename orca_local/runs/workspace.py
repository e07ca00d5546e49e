"""A workspace: a directory with settings (`orca.toml`), a database, and the files that the stages write."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orca_local.domain.errors import InputError, os_errors_explained
from orca_local.domain.frozen import Frozen
from orca_local.system.files import write_whole

if TYPE_CHECKING:
    from orca_local.domain.settings import Settings
    from orca_local.store.store import Store

SETTINGS_FILE = "orca.toml"
DATABASE_FILE = "orca.db"

_COMMENTS = {
    "student": "The model that learns: an id of `orca-local models list`, or the path of a GGUF file.",
    "teacher": "The model whose answers the student learns from: any OpenAI-compatible endpoint, with the key in the\n"
    '# environment (OPENAI_API_KEY, or the variable named by key_env); or kind = "file" for answers from a file.',
    "probe": "How strategies are compared on the student.",
    "train": "The recipe.",
}
_EXAMPLES = {
    "student": ('# weights = "student-F16.gguf"   # the unquantized original, if you have it',),
    "teacher": ('# base_url = "https://api.openai.com/v1"', '# model = ""'),
    "probe": ("# max_tokens = 256",),
    "train": ("# rank = 16", "# learning_rate = 1e-3", "# epochs = 3"),
}


class Workspace(Frozen):
    """A directory and its settings."""

    directory: Path
    """Absolute."""
    settings: Settings

    @classmethod
    def find(cls, start: str | Path, overrides: Mapping[str, Mapping[str, Any]] | None = None) -> Workspace:
        """The workspace in `start` or the nearest directory above it. Raises `InputError` if there is none."""
        absolute = Path(start).absolute()
        for directory in (absolute, *absolute.parents):
            if (directory / SETTINGS_FILE).is_file():
                return cls.open(directory, overrides)
        raise InputError(
            f"no workspace here: neither {absolute} nor a directory above it has an {SETTINGS_FILE}",
            hint="make one with `orca-local init DIR`, or name one with -w",
        )

    @classmethod
    def open(cls, directory: str | Path, overrides: Mapping[str, Mapping[str, Any]] | None = None) -> Workspace:
        """The workspace in `directory`; `overrides` replace its settings, by section and key.

        Raises `InputError` if there is none or a setting is wrong.
        """
        # Imported here: pydantic takes long to load, and the interface appears before it reads settings.
        from orca_local.runs.settings_file import load_settings

        absolute = Path(directory).absolute()
        if not (absolute / SETTINGS_FILE).is_file():
            what = "has no " + SETTINGS_FILE if absolute.is_dir() else "is not a directory"
            raise InputError(f"no workspace: {absolute} {what}", hint=f"make one with `orca-local init {directory}`")
        return cls(absolute, load_settings(absolute / SETTINGS_FILE, os.environ, overrides))

    @classmethod
    def create(
        cls, directory: str | Path, student: str | Path = "", settings: Mapping[str, Any] | None = None
    ) -> Workspace:
        """Create `directory` with a commented `orca.toml` that holds `student` and `settings`, by section and key.

        The value of `model` is a list of tables.         Raises `InputError` if there is a workspace already.
        """
        directory = Path(directory)
        path = directory.absolute() / SETTINGS_FILE
        if path.exists():
            raise InputError(f"{path} exists already", hint=f"use it with `-w {directory}`, or name another directory")
        for section, content in (settings or {}).items():
            if not isinstance(content, Mapping | list):
                hint = f'give a section with its keys, such as {{"{section}": {{"KEY": {content!r}}}}}'
                raise InputError(f"the settings of section {section!r} are {content!r}, not keys and values", hint=hint)
        values: dict[str, Any] = {s: dict(c) for s, c in (settings or {}).items() if isinstance(c, Mapping)}
        tables = [(section, t) for section, c in (settings or {}).items() if isinstance(c, list) for t in c]
        if student:
            values.setdefault("student", {})["file"] = _inside(student, directory)
        hint = "name another directory"
        try:
            with os_errors_explained(path, hint=hint):
                directory.mkdir(parents=True, exist_ok=True)
                write_whole(path, _render(values, tables), hint=hint)
        except UnicodeEncodeError as error:
            raise InputError(f"{path} cannot be written: {error}", hint=hint) from error
        return cls.open(directory)

    @property
    def output_dir(self) -> Path:
        """The directory of the adapters and exported files, and of the lock that a run holds."""
        return self.directory

    @property
    def adapters_dir(self) -> Path:
        """One directory for each training, with its checkpoints."""
        return self.output_dir / "adapters"

    @property
    def exports_dir(self) -> Path:
        """Exported model files."""
        return self.output_dir / "exports"

    @property
    def runs_dir(self) -> Path:
        """The output of detached runs."""
        return self.directory / "runs"

    def store(self) -> Store:
        """Open the database; creates it if it does not exist."""
        # Imported here: some commands need the settings but no database.
        from orca_local.store.store import Store

        return Store.open(self.directory / DATABASE_FILE, create=True)


def _inside(student: str | Path, directory: Path) -> str:
    """A student as `orca.toml` names it: a file inside the workspace by its place there, so that both can be moved."""
    try:
        return Path(student).relative_to(directory.absolute()).as_posix()
    except ValueError:
        return str(student)


def _render(values: Mapping[str, Mapping[str, Any]], tables: Sequence[tuple[str, Mapping[str, Any]]]) -> str:
    sections = [*_COMMENTS, *(section for section in values if section not in _COMMENTS)]
    parts = ["# Settings of an orca-local workspace. Keys that are left out have their defaults."]
    for section in sections:
        given = values.get(section, {})
        lines = [f"# {_COMMENTS[section]}"] if section in _COMMENTS else []
        lines.append(f"[{section}]")
        lines += [f"{key} = {_toml(value)}" for key, value in given.items()]
        lines += [line for line in _EXAMPLES.get(section, ()) if line.split()[1] not in given]
        parts.append("\n".join(lines))
    for section, table in tables:
        parts.append("\n".join([f"[[{section}]]", *(f"{key} = {_toml(value)}" for key, value in table.items())]))
    return "\n\n".join(parts) + "\n"


def _toml(value: Any) -> str:
    """A string, number, boolean, or a list or table of them. Tables and one character are spelled unlike JSON."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_toml(str(key))} = {_toml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, Path):
        value = str(value)
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
