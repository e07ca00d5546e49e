"""Strategies: instructions that tell the student how to reason.

The names are those of the Orca 2 paper (arXiv 2311.11045). The wording is ours.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from orca_local.domain.errors import InputError
from orca_local.domain.frozen import Frozen
from orca_local.domain.settings import DEFAULT_SYSTEM_MESSAGE
from orca_local.domain.toml_file import load_toml

_NAME = re.compile(r"[a-z][a-z0-9_]{0,63}")


class Strategy(Frozen):
    """A way to reason, with an instruction for the student and one for the teacher."""

    name: str
    student: str
    """Instruction for the student; empty for the general system message that the student is trained with."""
    teacher: str
    builtin: bool = False
    asks_form: bool = True
    """Whether the prompt asks for the form of the answer, such as `Answer: 7`. The answers are then read strictly, else
    leniently."""

    @property
    def hash(self) -> str:
        """First 16 hexadecimal digits of the SHA-256 of both instructions and of whether the form is asked for."""
        form = "" if self.asks_form else "\0no form"
        return hashlib.sha256(f"{self.student}\0{self.teacher}{form}".encode()).hexdigest()[:16]


def _builtin(name: str, student: str, teacher: str = "") -> Strategy:
    return Strategy(name, student, f"{student} {teacher}".strip(), builtin=True)


BUILTIN: tuple[Strategy, ...] = (
    _builtin("direct_answer", "Answer at once, without any explanation."),
    _builtin(
        "extract_generate",
        "First copy the facts of the text that the question needs, then answer from them.",
        "Keep the text's own words, one fact a line, and leave out what the answer does not use.",
    ),
    _builtin(
        "recall_then_generate",
        "First recall a fact or rule that helps, then answer.",
        "Put what you recall into one or two general sentences, before the question's own names and values appear.",
    ),
    _builtin(
        "step_by_step",
        "Think step by step: one small step a line, then answer.",
        "Each line uses only what stands above it, and does one thing; leave no step to be guessed.",
    ),
    _builtin(
        "recall_reason_generate",
        "First recall the rule that applies, then reason from it step by step, then answer.",
        "Name the rule in one sentence, then apply it to this question, one short line a step.",
    ),
    _builtin(
        "explain_then_answer",
        "First explain in a few sentences how to find the answer, then answer.",
        "Write three or four plain sentences that a beginner could follow, and no lists.",
    ),
    Strategy("plain", "", DEFAULT_SYSTEM_MESSAGE, builtin=True, asks_form=False),
)
"""Six strategies of the Orca papers, and `plain`, in which the student answers in its own way. The cheapest in tokens
comes first: a tie goes to the earlier one."""

_HINT = 'write [[strategy]] tables with name = "…" and text = "…"'
_KEYS = {"name", "text", "student", "teacher", "asks_form"}


def load_strategies(path: Path | None) -> dict[str, Strategy]:
    """Return the built-in strategies and those of the file `path`, by name. A missing file adds none.

    The file holds `[[strategy]]` tables with `name`, `text` (or `student`) and optionally `teacher`, an instruction of
    its own for the teacher. With `asks_form = false` the student is not told the form of the answer, and the text may
    be empty or left out. Raises `InputError` that names the file and the entry.
    """
    strategies = {strategy.name: strategy for strategy in BUILTIN}
    if path is None or not path.exists():
        return strategies
    content = load_toml(path, _HINT)
    entries = content.get("strategy", [])
    if unknown := set(content) - {"strategy"}:
        raise InputError(f"{path}: unknown key {min(unknown)!r}", hint=_HINT)
    if not isinstance(entries, list):
        raise InputError(f"{path}: 'strategy' must be a list of tables", hint=_HINT)
    for number, entry in enumerate(entries, 1):
        strategy = _parse(f"{path}: strategy {number}", entry)
        if (other := strategies.get(strategy.name)) is not None:
            place = "built in" if other.builtin else "in this file already"
            raise InputError(f"{path}: strategy {number}: {strategy.name!r} is {place}", hint="choose another name")
        strategies[strategy.name] = strategy
    return strategies


def require_strategy(name: str, strategies: Mapping[str, Strategy]) -> Strategy:
    """Return the strategy of this name. Raises `InputError` that lists all of them if there is none."""
    if name not in strategies:
        hint = f"there are {', '.join(strategies)}; add your own in strategies.toml"
        raise InputError(f"no strategy {name!r}", hint=hint)
    return strategies[name]


def _parse(where: str, entry: Any) -> Strategy:
    if not isinstance(entry, dict):
        raise InputError(f"{where} is not a table", hint=_HINT)
    if unknown := set(entry) - _KEYS:
        nearest = get_close_matches(min(unknown), _KEYS, n=1)
        hint = f"did you mean {nearest[0]!r}?" if nearest else f"the keys are {', '.join(sorted(_KEYS))}"
        raise InputError(f"{where}: unknown key {min(unknown)!r}", hint=hint)
    asks_form = entry.get("asks_form", True)
    if not isinstance(asks_form, bool):
        raise InputError(f"{where}: asks_form must be true or false, not {asks_form!r}", hint="write asks_form = false")
    for key in ("name", "text", "student", "teacher"):
        _check_text(where, key, entry.get(key, "-"), may_be_empty=not asks_form and key in ("text", "student"))
    name = entry.get("name", "")
    if not _NAME.fullmatch(name):
        raise InputError(
            f"{where}: {name!r} is not a valid name" if name else f"{where} has no name",
            hint='use lower-case letters, digits and _, such as name = "units_first"',
        )
    texts = [entry[key].strip() for key in ("text", "student") if key in entry]
    if len(texts) > 1 or (asks_form and not texts):
        raise InputError(f"{where}: {name!r} needs one text, but has {len(texts) or 'none'}", hint='write text = "…"')
    text = texts[0] if texts else ""
    teacher = entry.get("teacher", text).strip() or DEFAULT_SYSTEM_MESSAGE
    return Strategy(name, text, teacher, asks_form=asks_form)


def _check_text(where: str, key: str, value: Any, *, may_be_empty: bool) -> None:
    if not isinstance(value, str) or not (value.strip() or may_be_empty):
        raise InputError(f"{where}: {key} must be a text that is not empty, not {value!r}", hint=f'write {key} = "…"')
