"""Reads settings: options of a command override the environment, which overrides `orca.toml`."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from orca_local.domain.errors import InputError
from orca_local.domain.json_text import parse_json
from orca_local.domain.model_settings import ModelSettings
from orca_local.domain.settings import Settings
from orca_local.domain.text import is_storable
from orca_local.domain.toml_file import load_toml
from orca_local.engines.make import engine_kind

ENVIRONMENT_PREFIX = "ORCA_LOCAL_"
"""Followed by SECTION__KEY, as in `ORCA_LOCAL_TRAIN__RANK=8`."""
MAX_SHOWN = 200
"""Characters of a value that a message shows."""
_SECRET_KEYS = ("key", "api_key", "token")
_API_KEYS = tuple(f"teacher.{key}" for key in _SECRET_KEYS)
"""Keys under which a user may try to store the teacher's API key, which must not be in the file."""
TABLES = "model"
"""The section that may be there several times, each under `[[model]]`."""


def load_settings(
    path: Path, environment: Mapping[str, str], overrides: Mapping[str, Mapping[str, Any]] | None = None
) -> Settings:
    """The settings in `path`, overridden by the environment and then by `overrides`, both by section and key.

    Raises `InputError` that names every bad key, its source, and the nearest valid key.
    """
    values: dict[str, Any] = {}
    sources: dict[str, str] = {}
    problems: list[str] = []
    layers = (_from_file(path), _from_environment(environment), _from_options(overrides or {}))
    for section, key, value, source in (entry for layer in layers for entry in layer):
        name = f"{section}.{key}" if key else section
        if section == TABLES:
            problems += [f"{source}: {problem}" for problem in _table_problems(key, value)]
            values[section], sources[name] = value, source
            continue
        if not key or _field(section, key) is None:
            problems.append(f"{source}: {_unknown(name)}")
            continue
        if isinstance(value, str) and not is_storable(value):
            problems.append(f"{source}: {name} = …: should be valid text, without NUL characters")
            continue
        values.setdefault(section, {})[key] = value
        sources[name] = source
    if not problems:
        try:
            # Validated strictly, as JSON: `rank = "16"` or `rank = true` is an error, a list for a tuple is not.
            settings = Settings.model_validate_json(json.dumps(values, default=str), strict=True)
            engine_kind(settings.engine.kind)
            return settings
        except ValidationError as error:
            problems = [_wrong_value(details, values, sources) for details in error.errors()]
        except InputError as error:
            problems = [f"{sources['engine.kind']}: {error.message}"]
    raise InputError("\n".join(problems), hint=f"correct {path} or the setting named above; defaults may be left out")


def _from_file(path: Path) -> Iterator[tuple[str, str, Any, str]]:
    if not path.exists():
        raise InputError(f"there is no {path}", hint=f"make a workspace with `orca-local init {path.parent}`")
    data = load_toml(path, "correct that line; strings need quotes")
    for section, content in data.items():
        if section == TABLES or not isinstance(content, dict):
            yield section, "", content, str(path)
            continue
        if not content and section not in Settings.model_fields:
            yield section, "", content, str(path)
        for key, value in content.items():
            yield section, key, value, str(path)


def _from_environment(environment: Mapping[str, str]) -> Iterator[tuple[str, str, Any, str]]:
    for variable in sorted(environment):
        name = variable.removeprefix(ENVIRONMENT_PREFIX)
        # A name without a double underscore is not a setting, such as ORCA_LOCAL_MODELS.
        if name == variable or "__" not in name:
            continue
        section, _, key = name.lower().partition("__")
        field = _field(section, key)
        value = environment[variable]
        yield section, key, value if field is None else _parse(field, value), f"environment variable {variable}"


def _from_options(overrides: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, str, Any, str]]:
    for section, content in overrides.items():
        for key, value in content.items():
            yield section, key, value, "option"


def _section(name: str) -> type[BaseModel] | None:
    """The class of a section; for `model` that of one table."""
    field = Settings.model_fields.get(name)
    if field is None:
        return None
    return field.annotation if isinstance(field.annotation, type) else ModelSettings


def _field(section: str, key: str) -> FieldInfo | None:
    model = _section(section)
    return None if model is None else model.model_fields.get(key)


def _parse(field: FieldInfo, text: str) -> Any:
    """The value of an environment variable: the text itself for a string setting, else a JSON value."""
    if isinstance(field.default, str):
        return text
    try:
        value = parse_json(text.lower() if text.lower() in ("true", "false") else text)
    except ValueError:
        value = text
    return [text] if isinstance(field.default, tuple) and not isinstance(value, list) else value


def _shorten(text: str) -> str:
    return text if len(text) <= MAX_SHOWN else f"{text[:MAX_SHOWN]}… ({len(text):,} characters)"


def _unknown(name: str) -> str:
    name = _shorten(name)
    keys = [
        f"{section}.{key}" for section in Settings.model_fields for key in (_section(section) or Settings).model_fields
    ]
    keys += Settings.model_fields
    section, dot, key = name.rpartition(".")
    is_unknown = bool(dot) and section not in Settings.model_fields
    sections = difflib.get_close_matches(section.lower(), Settings.model_fields, n=1) if is_unknown else []
    meant = f"{sections[0]}.{key}" if sections else name
    near = [meant] if meant in keys else [other for other in keys if other.rpartition(".")[2] == key]
    if not near and (sections or not is_unknown):
        near = difflib.get_close_matches(meant, keys, n=1, cutoff=0.5)
    if name in _API_KEYS:
        return f"unknown key {name}: API keys are not stored here; export the variable that teacher.key_env names"
    if name in Settings.model_fields:
        return f"{name} is a section: write [{name}] and its keys below it"
    return f"unknown key {name}" + (
        f"; did you mean {near[0]}?" if near else f"; sections are {', '.join(Settings.model_fields)}"
    )


def _table_problems(key: str, tables: Any) -> Iterator[str]:
    """What is wrong with the form of the `[[model]]` tables, or with the names of their keys."""
    if key or not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        yield f"{TABLES} is a list of tables: write [[{TABLES}]] into orca.toml, and its keys below it"
        return
    for number, table in enumerate(tables):
        for name in sorted(set(table) - set(ModelSettings.model_fields)):
            near = difflib.get_close_matches(name, ModelSettings.model_fields, n=1, cutoff=0.5)
            remedy = f"; did you mean {near[0]}?" if near else f"; keys are {', '.join(ModelSettings.model_fields)}"
            if name in _SECRET_KEYS:
                remedy = ": API keys are not stored here; export the variable that key_env names"
            yield f"{_table(tables, number)}: unknown key {_shorten(name)}{remedy}"


def _table(tables: Sequence[Any], number: int) -> str:
    """What a message calls the table with this number, from 0."""
    name = tables[number].get("name")
    return f'[[{TABLES}]] "{_shorten(name)}"' if isinstance(name, str) and name else f"[[{TABLES}]] number {number + 1}"


def _wrong_table(details: Mapping[str, Any], tables: Sequence[Any], source: str) -> str:
    message, place = _message(details), details["loc"][1:]
    if not place:
        return f"{source}: {message}"
    label = f"{source}: {_table(tables, place[0])}"
    if len(place) == 1:
        return f"{label}: {message}"
    return f"{label}: {place[1]} = {_shown(ModelSettings.model_fields[place[1]], details)}: should be {message}"


def _message(details: Mapping[str, Any]) -> str:
    return str(details["msg"]).removeprefix("Input should be ").removeprefix("Value error, ")


def _shown(field: FieldInfo | None, details: Mapping[str, Any]) -> str:
    """The wrong value; not that of a field without a repr, which may contain a secret."""
    return "…" if field is not None and not field.repr else _shorten(json.dumps(details["input"], default=str))


def _wrong_value(details: Mapping[str, Any], values: Mapping[str, Any], sources: Mapping[str, str]) -> str:
    if details["loc"][0] == TABLES:
        return _wrong_table(details, values[TABLES], sources[TABLES])
    name = ".".join(str(part) for part in details["loc"][:2])
    field = _field(*name.split(".")) if "." in name else None
    return f"{sources.get(name, name)}: {name} = {_shown(field, details)}: should be {_message(details)}"
