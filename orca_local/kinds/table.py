"""Every answer kind. A new kind is one file and one line of this table."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from orca_local.domain.errors import InputError
from orca_local.kinds.base import AnswerKind
from orca_local.kinds.boolean import Boolean
from orca_local.kinds.exact import Exact
from orca_local.kinds.free import Free
from orca_local.kinds.judged import Judged
from orca_local.kinds.multiple_choice import MultipleChoice
from orca_local.kinds.number import Number
from orca_local.kinds.span import Span
from orca_local.kinds.text import Text

_KINDS: tuple[AnswerKind, ...] = (
    MultipleChoice(),
    Number(),
    Boolean(),
    Exact(),
    Span(),
    Text(),
    Judged(),
    Free(),
)

KINDS: Mapping[str, AnswerKind] = MappingProxyType({kind.name: kind for kind in _KINDS})
"""Answer kinds by name."""


def get_kind(name: str) -> AnswerKind:
    """Return the kind of this name. Raises `InputError` that names the known kinds if there is none."""
    kind = KINDS.get(name)
    if kind is None:
        raise InputError(
            f"unknown kind {name!r}; kinds are {', '.join(KINDS)}",
            hint="correct `kind` in the task file, or install the version of orca-local that added these samples",
        )
    return kind
