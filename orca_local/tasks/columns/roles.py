"""Guess which column is the prompt, the answer and the rest, by the names that well-known data sets give their columns.

The names are in `names.py`. What cannot be decided is an error that shows the `--map` to write.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from orca_local.domain.errors import InputError
from orca_local.tasks.columns.cell import Row, as_text, first_parsed, is_empty, shown_names
from orca_local.tasks.columns.names import ANSWERS, CONVERSATIONS, OPTION, OTHERS, OUTDONE, PROMPT_ROLES, PROMPTS

Roles = dict[str, str]
"""Name of the column of each role."""
_TURN_KEYS = ({"role", "content"}, {"from", "value"})


def normalized(name: str) -> str:
    """Return the letters and digits of a column's name, in lower case."""
    return re.sub(r"[^a-z0-9]", "", name.casefold())


def guess_roles(rows: Sequence[Row], names: Sequence[str], mapped: Mapping[str, str]) -> Roles:
    """Return the role of each column that has one and that the user did not map.

    `mapped` has the keys that the user named, with their columns; an empty column says that there is none. The roles
    are those of `names.py`, and `conversation`. Raises `InputError` if several columns may be the same thing.
    """
    free = [name for name in names if name not in mapped.values()]
    roles: Roles = {}
    if not mapped.keys() & {"prompt", "messages"} and (talk := _conversation(rows, free)):
        return {"conversation": talk} | {role: name for role, name in _others(free, mapped).items() if name != talk}
    if "prompt" not in mapped:
        roles |= _prompt_roles(rows, free, mapped)
    if "answer" not in mapped and (answer := _answer(rows, free)):
        roles["answer"] = answer
    roles |= {role: name for role, name in _others(free, mapped).items() if name not in roles.values()}
    return roles


def option_columns(names: Sequence[str]) -> list[str]:
    """Return the columns that hold one option each, such as A, B, C or option1, option2; empty if there are none."""
    families: dict[str, dict[str, str]] = {}
    for name in names:
        match = OPTION.fullmatch(name.strip())
        if match and (match["stem"] or match["mark"].isupper()):
            families.setdefault(match["stem"].casefold().rstrip(" _-"), {})[match["mark"].casefold()] = name
    for family in families.values():
        for marks in ("abcdefghij", "123456789", "012345678"):
            found = [family[mark] for mark in marks[: len(family)] if mark in family]
            if len(found) == len(family) >= 2:
                return found
    return []


def is_textual(rows: Sequence[Row], name: str) -> bool:
    """Whether most cells of a column that hold anything hold a text or a number."""
    cells = [row[name] for row in rows if not is_empty(row.get(name))]
    return 2 * sum(as_text(cell) is not None for cell in cells) > len(cells)


def _prompt_roles(rows: Sequence[Row], names: Sequence[str], mapped: Collection[str]) -> Roles:
    """Return the columns that the prompt is made of, by role. Raises `InputError` if they are not clear."""
    known = {role: words for role, words in PROMPT_ROLES.items() if role not in mapped}
    found = [(role, name) for role, name in _named(names, known) if is_textual(rows, name)]
    strong = [(role, name) for role, name in found if role != "text"] or found
    roles = dict(strong)
    if len(roles) == len(strong) and frozenset(roles) in PROMPTS:
        return roles
    if found:
        candidates = [name for _, name in strong]
        raise InputError(
            f"several columns may be the prompt: {shown_names(candidates)}",
            hint=f"choose one, such as --map prompt={candidates[0]}, or write the prompt with --template FILE",
        )
    raise InputError(
        f"no column is known to be the prompt; the columns are {shown_names(names)}",
        hint=f"name it, such as --map prompt={_first_text(rows, names)}",
    )


def _answer(rows: Sequence[Row], names: Sequence[str]) -> str | None:
    found = [name for _, name in _named(names, {"answer": ANSWERS}) if _holds_answers(rows, name)]
    words = {normalized(name) for name in found}
    plain = [name for name in found if OUTDONE.get(normalized(name)) not in words]
    if not plain:
        return next((name for _, name in _named(names, {"answer": ("solution",)})), None)
    if len(plain) > 1:
        raise InputError(
            f"several columns may be the answer: {shown_names(plain)}",
            hint=f"choose one, such as --map answer={plain[0]}",
        )
    return plain[0]


def _others(names: Sequence[str], mapped: Collection[str]) -> Roles:
    roles: Roles = {}
    for role, name in _named(names, OTHERS):
        if role not in mapped:
            roles.setdefault(role, name)
    return roles


def _named(names: Sequence[str], table: Mapping[str, tuple[str, ...]]) -> Iterator[tuple[str, str]]:
    """Yield the role and the name of each column that a table names, in the order of the table."""
    by_word: dict[str, list[str]] = {}
    for name in names:
        by_word.setdefault(normalized(name), []).append(name)
    for role, known in table.items():
        for word in known:
            yield from ((role, name) for name in by_word.get(word, ()))


def _conversation(rows: Sequence[Row], names: Sequence[str]) -> str | None:
    """Return the column that holds whole conversations, unless the row has a prompt and an answer beside it."""
    found = [name for _, name in _named(names, {"conversation": CONVERSATIONS}) if _holds_turns(rows, name)]
    if not found or (_has_role(names, ("prompt",)) and _has_role(names, ("answer",))):
        return None
    if len(found) > 1:
        raise InputError(
            f"several columns may be the conversation: {shown_names(found)}",
            hint=f"choose one, such as --map messages={found[0]}",
        )
    return found[0]


def _has_role(names: Sequence[str], known: tuple[str, ...]) -> bool:
    return any(normalized(name) in known for name in names)


def _holds_turns(rows: Sequence[Row], name: str) -> bool:
    first = first_parsed(rows, name)
    return isinstance(first, list) and isinstance(first[0], dict) and any(keys <= set(first[0]) for keys in _TURN_KEYS)


def _holds_answers(rows: Sequence[Row], name: str) -> bool:
    """Whether the first cell that holds anything can be read as an answer: a text, a number, a list of them."""
    first = first_parsed(rows, name)
    if isinstance(first, dict):
        return any(key in first for key in ("text", "spans"))
    return first is not None and not (
        isinstance(first, list) and not all(isinstance(i, str | int | float) for i in first)
    )


def _first_text(rows: Sequence[Row], names: Sequence[str]) -> str:
    """Return the first column whose cells have several words, for an example; else the first column."""

    def has_words(name: str) -> bool:
        return sum(" " in (as_text(row.get(name)) or "").strip() for row in rows) > len(rows) / 2

    return next((name for name in names if has_words(name)), next(iter(names), "COLUMN"))
