"""Read the marked options of a multiple-choice prompt: A), (B), c), 4."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from types import MappingProxyType

_MARKUP = r"[*_`]{0,3}"
_LINE_START = rf"^[^\S\n]{{0,12}}(?:[-*•>]\s)?{_MARKUP}(?:(?:[Oo]ption|[Cc]hoice|[Aa]nswer)\s)?{_MARKUP}"
_AFTER_SPACE = rf"(?:{_LINE_START}|(?<=[^\S\n])|(?<=[?:;,]))"
_UPPER = rf"(?:[(\[{{（【]([A-Z])[)\]}}）】]|([A-Z])[)\].:、．）])(?![A-Za-z]\.){_MARKUP}"
_LOWER = r"(?:[(\[（]([a-z])[)\]）]|([a-z])[)\]）])"
_DIGIT = r"(?:[(\[（](\d{1,2})[)\]）]|(\d{1,2})[).:、．](?!\d))"
_FORMS = tuple(
    re.compile(form, re.MULTILINE)
    for form in (
        *(start + mark for mark in (_UPPER, _LOWER, _DIGIT) for start in (_LINE_START, _AFTER_SPACE)),
        r"[(（](?:([A-Z])|([a-z]))[)）]",
        rf"{_LINE_START}([A-Z])(?=[^\S\n]?[–—-][^\S\n])",
    )
)
"""Patterns of option marks, in the order in which they are tried: each at the start of lines, then anywhere."""

# In lower case only with a bracket, or each "e.g." would be an option.
_ANY_MARK = re.compile(r"(?<![A-Za-z0-9])(?:[(\[]?([A-Z])[)\].:]|[(\[]?([a-z])[)\]])")


@lru_cache(maxsize=256)
def parse_options(prompt: str) -> Mapping[str, str]:
    """Return the options that a prompt shows, as mark → text; empty if it shows none.

    A mark is an upper-case letter or a number. The last list counts.
    """
    for form in _FORMS:
        options = _last_list(prompt, form)
        if len(options) > 1:
            return MappingProxyType(options)
    return MappingProxyType({})


def shown_marks(prompt: str) -> list[str]:
    """Return the marks of the options that a prompt shows.

    If `parse_options` reads none, every letter that looks like a mark counts.
    """
    return list(parse_options(prompt)) or sorted(
        {(upper or lower).upper() for upper, lower in _ANY_MARK.findall(prompt)}
    )


def _last_list(prompt: str, form: re.Pattern[str]) -> dict[str, str]:
    lists: list[list[tuple[str, int, int]]] = []
    for match in form.finditer(prompt):
        mark = next(group for group in match.groups() if group).upper()
        item = (mark, match.start(), match.end())
        if mark in ("A", "1"):
            lists.append([item])
            continue
        # A mark out of order, such as the initial of "J. Smith", belongs to the text of its option.
        open_lists = [items for items in lists if mark == _next_mark(items[-1][0])]
        with_text = [items for items in open_lists if prompt[items[-1][2] : match.start()].strip()]
        if open_lists:
            (with_text or open_lists)[-1].append(item)
    complete = [items for items in lists if len(items) > 1]
    return dict(_texts(prompt, complete[-1])) if complete else {}


def _next_mark(mark: str) -> str:
    return str(int(mark) + 1) if mark.isdigit() else chr(ord(mark) + 1)


def _texts(prompt: str, items: list[tuple[str, int, int]]) -> Iterable[tuple[str, str]]:
    """Yield each mark with the text up to the next one, or to the end of its line."""
    ends = [start for _, start, _ in items[1:]] + [len(prompt)]
    for (mark, _, start), end in zip(items, ends, strict=True):
        text = prompt[start:end].lstrip(" \t-–—*_").split("\n", 1)[0]
        yield mark, text.strip().rstrip("*_").rstrip(" ,;|").strip()
