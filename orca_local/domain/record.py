"""Frozen dataclasses that are printed and stored as JSON objects, and read back."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from types import UnionType
from typing import Any, Self, Union, get_args, get_origin, get_type_hints

from orca_local.domain.frozen import Frozen

FIRST: Mapping[str, Any] = {"is_first": True}
"""Metadata of a field that is written before the fields of the base class."""
OMITTABLE: Mapping[str, Any] = {"is_omittable": True}
"""Metadata of a field that is left out of the JSON object while it is None or empty."""
CI = tuple[float, float]
"""Lower and upper end of a confidence interval."""


class Record(Frozen):
    """Base of frozen dataclasses with a JSON form.

    A field is written under its own name, or under the `key` of its metadata. None is written as null, unless the
    field is `OMITTABLE`.
    """

    def to_dict(self) -> dict[str, Any]:
        """The JSON object, built of dicts, lists and plain values."""
        values = ((spec, getattr(self, spec.name)) for spec in written_fields(type(self)))
        return {json_key(spec): _encode(value) for spec, value in values if not _is_left_out(spec, value)}

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Read a JSON object, also one of another version of this program.

        Unknown keys are ignored. A missing key gives the default of the field, or the empty value of its type. Raises
        `TypeError`, `ValueError` or `AttributeError` for a value of another type.
        """
        types = _types(cls)
        values = {}
        for spec in written_fields(cls):
            key = json_key(spec)
            if key in data:
                values[spec.name] = _decode(types[spec.name], data[key])
            elif spec.default is MISSING and spec.default_factory is MISSING:
                values[spec.name] = _empty(types[spec.name])
        return cls(**values)


def json_key(spec: Field[Any]) -> str:
    """The JSON key of a dataclass field."""
    return spec.metadata.get("key") or spec.name


def is_omittable(spec: Field[Any]) -> bool:
    """Whether the key may be absent."""
    return bool(spec.metadata.get("is_omittable"))


def written_fields(cls: type[Any]) -> list[Field[Any]]:
    """The fields of a record in the order in which they are written."""
    return sorted(fields(cls), key=lambda spec: not spec.metadata.get("is_first"))


_TYPES: dict[type[Any], dict[str, Any]] = {}
"""The types of the fields by class: an evaluation holds thousands of records, and evaluating annotations is slow."""


_NUMBER = (int, float)
_PLAIN: Mapping[type[Any], type[Any] | tuple[type[Any], ...]] = {str: str, int: _NUMBER, float: _NUMBER, bool: bool}
"""The types of JSON values that a field of a plain type is read from."""


def _types(cls: type[Any]) -> dict[str, Any]:
    if cls not in _TYPES:
        _TYPES[cls] = get_type_hints(cls)
    return _TYPES[cls]


def _is_left_out(spec: Field[Any], value: Any) -> bool:
    return is_omittable(spec) and (value is None or value == ())


def _encode(value: Any) -> Any:
    if isinstance(value, Record):
        return value.to_dict()
    if isinstance(value, Mapping):
        return {key: _encode(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_encode(item) for item in value]
    return value


def _decode(hint: Any, value: Any) -> Any:
    """Convert a JSON value to the field type `hint`."""
    if value is None:
        # The store writes NaN as null.
        return math.nan if hint is float else _empty(hint)
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType):
        return _decode(arguments[0], value)
    if origin is tuple:
        return tuple(_decode(arguments[0], item) for item in value)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {key: _decode(arguments[1], item) for key, item in value.items()}
    if isinstance(hint, type) and issubclass(hint, Record):
        return hint.from_dict(value)
    if hint in _PLAIN and not isinstance(value, _PLAIN[hint]):
        raise TypeError(f"{value!r:.60} is not of type {hint.__name__}")
    return value


def _empty(hint: Any) -> Any:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin in (Union, UnionType) or hint is Any:
        return None
    if origin is tuple:
        return () if arguments[-1] is ... else tuple(_empty(argument) for argument in arguments)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {}
    return hint.from_dict({}) if issubclass(hint, Record) else hint()
