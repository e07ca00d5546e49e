"""Dataclasses that share fields with another object."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T", bound="DataclassInstance")


def copy_fields(target: type[T], source: object, **values: Any) -> T:
    """An instance of `target` with the values that `source` has under the same names; `values` take precedence."""
    names = (spec.name for spec in fields(target) if spec.name not in values and hasattr(source, spec.name))
    return target(**{name: getattr(source, name) for name in names}, **values)
