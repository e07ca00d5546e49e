"""The form of a request: which fields an endpoint takes. It is learned from what the endpoint refuses."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping
from typing import Any

from orca_local.domain.frozen import Frozen
from orca_local.domain.request_fields import LIMITS, OPTIONAL

_USUAL = {"temperature": 0, "top_p": 1}
"""Values that nobody chose: an endpoint that refuses one of them is asked without the field."""

_EXCLUSIVE = re.compile(
    r"\b(both|together|simultaneous|same time|only one|one of|either|mutually|alongside|combin)", re.IGNORECASE
)
_OUT_OF_RANGE = re.compile(
    r"\b(must be|should be|(less|greater|smaller|larger|more|higher|lower) than|at (most|least)|between|range|exceed|"
    r"maximum|minimum|too (large|small|high|low|big|long))|(?<![-=])[<>]=?\s*-?[.\d]",
    re.IGNORECASE,
)
_BEFORE = (
    r"(?:parameters?|arguments?|fields?|keys?|propert(?:y|ies)|name|options?|unknown|unsupported|unrecogni[sz]ed|"
    r"unexpected|extraneous|invalid|supports?|supported|supplied|specify|set)"
)
_AFTER = (
    r"(?:not|unsupported|unknown|unexpected|extra|deprecated|must|cannot|may|should|ensure|required|only|does|isn|"
    r"invalid)"
)
_ALLOWED = re.compile(
    r"(?:expected one of|did you mean|(?<!not )(?<!not a )(?<!not an )\b(?:supported|allowed|valid|permitted|accepted|"
    r"available|known) (?:request )?(?:parameters?|arguments?|fields?|keys?|propert(?:y|ies)|options?|names?))"
    r"(?:(?!\. |\n).)*",
    re.IGNORECASE,
)
"""The part of a message that lists what the endpoint does take."""
_PLACE = re.compile(r"(?<![\w.])(?:body|[$#])(?:\.|/|\s*->\s*)")
"""What stands before a field's name in a place, such as `body.seed`, `$.seed` and `#/seed`."""


class RequestForm(Frozen):
    """How the requests to an endpoint differ from the usual ones."""

    refused: frozenset[str] = frozenset()
    """Fields that the endpoint refuses: they are left out, and the limit of the answer gets its other name."""
    sends_stream: bool = False
    """Whether `"stream": false` is sent, because the endpoint streams or fails without it."""
    recalled: frozenset[str] = frozenset()
    """Those of `refused` that are known from an earlier run; the endpoint may have changed since."""

    @property
    def limit_field(self) -> str:
        """The name of the field that limits an answer."""
        return next((name for name in LIMITS if name not in self.refused), LIMITS[0])

    @property
    def left_out(self) -> frozenset[str]:
        """The fields that no request has."""
        return self.refused.difference(LIMITS)

    def apply(self, body: dict[str, Any]) -> dict[str, Any]:
        """The body of a request in this form; `body` is in the usual one."""
        limit_field, left_out = self.limit_field, self.left_out
        named = {limit_field if name == LIMITS[0] else name: value for name, value in body.items()}
        stream = {"stream": False} if self.sends_stream else {}
        return {name: value for name, value in (named | stream).items() if name not in left_out}

    def after_refusal(self, body: Mapping[str, Any], refused: Iterable[str]) -> RequestForm:
        """The form after the endpoint refused these fields of `body`. A name that cannot be left out is ignored."""
        names = set(refused)
        sends_stream = self.sends_stream or ("stream" in names and "stream" not in body)
        left_out = self.refused | {name for name in names if name in OPTIONAL and name in body}
        limits = left_out | {name for name in names if name in LIMITS and name in body}
        if limits.issuperset(LIMITS):
            # What was refused in an earlier run may be taken now. Refused in this run, it stays refused.
            limits -= self.recalled.intersection(LIMITS)
            left_out -= self.recalled.intersection(LIMITS)
            recalled = self.recalled.difference(LIMITS)
            return RequestForm(left_out if limits.issuperset(LIMITS) else limits, sends_stream, recalled)
        return RequestForm(limits, sends_stream, self.recalled)

    def to_dict(self) -> dict[str, Any]:
        """The form as JSON, for the store; empty for the usual form."""
        values: dict[str, Any] = {"refused": sorted(self.refused)} if self.refused else {}
        return values | ({"stream": False} if self.sends_stream else {})

    @classmethod
    def from_dict(cls, values: Any) -> RequestForm:
        """Read what `to_dict` wrote; anything else is the usual form."""
        if not isinstance(values, Mapping):
            return cls()
        refused = values.get("refused")
        names = {name for name in refused if isinstance(name, str)} if isinstance(refused, list) else set()
        known = frozenset(names.intersection((*LIMITS, *OPTIONAL)))
        return cls(known, values.get("stream") is False, known)


def refused_fields(message: str, content: Any, body: Mapping[str, Any]) -> frozenset[str]:
    """The fields that an error names, of those in `body`, and `stream`, which may have to be sent.

    `content` is the JSON of the error and `message` its text. A field that the error itself points at decides.
    """
    candidates = [name for name in (*body, "stream") if name not in ("model", "messages")]
    pointed = {name for name in _pointed_at(content) if name in candidates}
    named = pointed or {name for name in candidates if _names(_refusing_part(message), name)}
    if LIMITS[0] in body and LIMITS[1] in message:
        named.add(LIMITS[0])
    if {"temperature", "top_p"} <= named and _EXCLUSIVE.search(message):
        named.remove("temperature")
    return frozenset(named)


def is_wrong_value(message: str, name: str, value: Any) -> bool:
    """Whether an endpoint takes a field but not the value that the user chose for it."""
    return value != _USUAL.get(name) and LIMITS[1] not in message and _OUT_OF_RANGE.search(message) is not None


def unknown_field(content: Any) -> str:
    """The field that an error points at, if the error names one; empty if it names none."""
    return next(iter(_pointed_at(content)), "")


def _pointed_at(content: Any) -> list[str]:
    """The fields that an error names as data: OpenAI's `param`, and the places in the errors of FastAPI."""
    found: list[Any] = []
    error = content.get("error") if isinstance(content, dict) else None
    for holder in (content, error):
        if isinstance(holder, dict):
            found += [holder.get("param"), *_places(holder.get("detail")), *_places(holder.get("message"))]
            found += [*_violations(holder.get("details")), *mapping(holder.get("errors"))]
    return [re.split(r"[.\[]", _PLACE.sub("", name))[0] for name in found if isinstance(name, str) and name]


def mapping(value: Any) -> dict[str, Any]:
    """The value if it is an object, else an empty one."""
    return value if isinstance(value, dict) else {}


def _violations(details: Any) -> list[Any]:
    """The fields in Google's list of what is wrong with a request."""
    lists = [mapping(entry).get("fieldViolations") for entry in details] if isinstance(details, list) else []
    return [mapping(entry).get("field") for entries in lists if isinstance(entries, list) for entry in entries]


def _places(detail: Any) -> list[Any]:
    """The last field of each place, such as `["body", "seed"]`, or of the `detail` inside."""
    if isinstance(detail, dict):
        detail = detail.get("detail")
    entries = [entry for entry in detail if isinstance(entry, dict)] if isinstance(detail, list) else []
    places = [entry.get("loc") for entry in entries]
    # A place in a message names the question, not a field of the request.
    return [next((part for part in place if part != "body"), None) for place in places if isinstance(place, list)]


def _refusing_part(message: str) -> str:
    """An error message as plain text, without what it says about fields that the endpoint does take."""
    plain = html.unescape(message).replace("\\n", "\n")
    return _ALLOWED.sub("", _PLACE.sub("", plain))


def _names(message: str, name: str) -> bool:
    """Whether an error message speaks of a field, not only uses the same word."""
    first, *rest = name.split("_")
    spelled = rf"(?:{re.escape(name)}|{first + ''.join(map(str.title, rest))})"
    word = rf"(?<![\w.]){spelled}(?!\w)"
    patterns = (
        rf"['\"`\[(«“‘„]\s?{word}",
        rf"{word}\s*=",
        rf"\b{_BEFORE}\b\W{{1,3}}(?:\w+\W{{1,3}}){{0,5}}?{word}",
        rf"{word}\W{{1,3}}(?:\w+\W{{1,3}}){{0,4}}?{_AFTER}",
    )
    return any(re.search(pattern, message, re.IGNORECASE) for pattern in patterns)
