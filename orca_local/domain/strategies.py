"""How to reason: the strategies that a student is tried under, and the form of the answer.

The names are those of the Orca 2 paper (arXiv 2311.11045); the wording is our own.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from orca_local.domain.errors import InputError
from orca_local.domain.types import Kind

ANSWER_FORMAT: Mapping[Kind, str] = {
    "multiple_choice": 'End with a line "Answer: X", where X is the letter of the right option.',
    "number": 'End with a line "Answer: N", where N is the number alone.',
    "boolean": 'End with a line "Answer: yes" or "Answer: no".',
    "exact": 'End with a line "Answer: " and then the answer alone.',
    "span": 'End with a line "Answer: " and then the answer in as few words as possible.',
    "text": 'Write the result after a line that says "Answer:".',
    "free": "Answer in full.",
}
"""One line a kind, the same under every strategy, so that strategies differ in how to reason alone."""

_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")


@dataclass(frozen=True, slots=True)
class Strategy:
    """A way to reason, as told to the student and to the teacher."""

    name: str
    student: str
    teacher: str
    builtin: bool = False

    @property
    def hash(self) -> str:
        """16 hexadecimal digits that change with either text."""
        return hashlib.sha256(f"{self.student}\0{self.teacher}".encode()).hexdigest()[:16]


def _builtin(name: str, student: str, teacher: str = "") -> Strategy:
    return Strategy(name, student, f"{student} {teacher}".strip(), builtin=True)


_SHORT = "Be brief: only what a small model needs to follow."

BUILTIN: tuple[Strategy, ...] = (
    _builtin("direct_answer", "Answer at once, without any explanation."),
    _builtin(
        "extract_generate", "First copy the facts of the text that the question needs, then answer from them.", _SHORT
    ),
    _builtin("recall_then_generate", "First recall a fact or rule that helps, then answer.", _SHORT),
    _builtin("step_by_step", "Think step by step: one small step a line, then answer.", _SHORT),
    _builtin(
        "recall_reason_generate",
        "First recall the rule that applies, then reason from it step by step, then answer.",
        _SHORT,
    ),
    _builtin("explain_then_answer", "First explain in a few sentences how to find the answer, then answer.", _SHORT),
)
"""The six of DESIGN, the ones that cost the fewest tokens first."""


def load_strategies(path: Path | None) -> dict[str, Strategy]:
    """Built-in strategies and those of `path`, by name; a file that is not there adds none.

    The file holds `[[strategy]]` tables with `name`, `text` and, where the teacher is to be told more,
    `teacher`. Raises `InputError` naming file and entry.
    """
    strategies = {strategy.name: strategy for strategy in BUILTIN}
    if path is None or not path.exists():
        return strategies
    hint = 'write [[strategy]] tables with name = "…" and text = "…"'
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"{path}: {error}", hint=hint) from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path} is not UTF-8: byte {error.start}", hint="save the file as UTF-8") from error
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror}", hint="check its permissions") from error
    unknown = set(content) - {"strategy"}
    entries = content.get("strategy", [])
    if unknown or not isinstance(entries, list):
        raise InputError(f"{path}: unknown key {min(unknown, default='strategy')!r}", hint=hint)
    for number, entry in enumerate(entries, 1):
        strategy = _parse(path, number, entry)
        if strategy.name in strategies:
            raise InputError(f"{path}: strategy {number}: the name {strategy.name!r} is taken", hint="choose another")
        strategies[strategy.name] = strategy
    return strategies


def _parse(path: Path, number: int, entry: Any) -> Strategy:
    where = f"{path}: strategy {number}"
    if not isinstance(entry, dict):
        raise InputError(f"{where} is not a table", hint='write [[strategy]] and below it name = "…"')
    unknown = set(entry) - {"name", "text", "teacher"}
    if unknown:
        raise InputError(f"{where}: unknown key {min(unknown)!r}", hint="the keys are name, text and teacher")
    for key, value in entry.items():
        if not isinstance(value, str) or not value.strip():
            raise InputError(f"{where}: {key} must be a text that is not empty", hint=f'write {key} = "…"')
    name, text = entry.get("name", ""), entry.get("text", "")
    if not _NAME.fullmatch(name):
        raise InputError(
            f"{where}: the name {name!r} is not usable",
            hint="use lower-case letters, digits and _, such as units_first",
        )
    if not text:
        raise InputError(f"{where}: {name!r} has no text", hint='add text = "…"')
    return Strategy(name, text.strip(), entry.get("teacher", text).strip())
