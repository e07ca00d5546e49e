"""What causes an error of an endpoint: the question, the settings of the run, or nothing that lasts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Set
from enum import Enum
from typing import Any

from orca_local.domain.errors import RemoteError
from orca_local.domain.frozen import Frozen
from orca_local.domain.request_fields import LIMITS, OMITTABLE_FIELDS
from orca_local.endpoints.request_form import is_wrong_value, unknown_field


class Cause(Enum):
    """The cause of a rejected call, which decides whether it is final and whether the run can go on."""

    KEY = "key"
    QUOTA = "quota"
    MODEL = "model"
    ADDRESS = "address"
    """The address takes no chat completions."""
    QUESTION = "question"
    """This question would be rejected again: it is too long, or a filter refuses it."""
    TEMPORARY = "temporary"
    REQUEST = "request"
    """A field of the request, or something that the endpoint does not name."""


_CODES = {
    "invalid_api_key": Cause.KEY,
    "authentication_error": Cause.KEY,
    "permission_error": Cause.KEY,
    "insufficient_quota": Cause.QUOTA,
    "insufficient_balance": Cause.QUOTA,
    "insufficient_credits": Cause.QUOTA,
    "billing_hard_limit_reached": Cause.QUOTA,
    "billing_not_active": Cause.QUOTA,
    "exceeded_current_quota_error": Cause.QUOTA,
    "model_not_found": Cause.MODEL,
    "model_decommissioned": Cause.MODEL,
    "invalid_model": Cause.MODEL,
    "context_length_exceeded": Cause.QUESTION,
    "exceed_context_size_error": Cause.QUESTION,
    "string_above_max_length": Cause.QUESTION,
    "content_filter": Cause.QUESTION,
    "content_policy_violation": Cause.QUESTION,
    "invalid_prompt": Cause.QUESTION,
    "data_inspection_failed": Cause.QUESTION,
}
_STATUSES = {
    401: Cause.KEY,
    402: Cause.QUOTA,
    403: Cause.KEY,
    404: Cause.MODEL,
    413: Cause.QUESTION,
    414: Cause.QUESTION,
    431: Cause.QUESTION,
    451: Cause.QUESTION,
    304: Cause.TEMPORARY,  # a cache answered one call
    408: Cause.TEMPORARY,
    409: Cause.TEMPORARY,
    425: Cause.TEMPORARY,
    429: Cause.TEMPORARY,
    **dict.fromkeys((405, 406, 407, 410, 411, 415, 421, 426, 501, 505, 511), Cause.ADDRESS),
}
_EMPTY_ACCOUNT = re.compile(r"insufficient (account )?(balance|credits?|funds|quota)", re.IGNORECASE)
_QUOTA = re.compile(
    rf"(credit|balance|funds?|quota)\b.{{0,30}}\b(too low|insufficient|exhausted|depleted|used up|run out)|"
    rf"(not enough|no more|out of|purchase) (balance|credits?|funds|quota)|payment (is )?required|"
    rf"billing.{{0,20}}(limit|inactive|not active)|{_EMPTY_ACCOUNT.pattern}",
    re.IGNORECASE,
)
_FILTER = re.compile(
    r"content.?(filter|policy|management)|moderation|\bflagged\b|safety (system|reasons)|inappropriate content|"
    r"violat\w+ .{0,30}polic",
    re.IGNORECASE,
)
_TOO_LONG = re.compile(
    r"context.{0,3}(length|window|size|limit)|too many (input |prompt )?tokens|"
    r"(prompt|input|message)s? (is|are|too) .{0,20}?long|reduce the length|"
    r"(inputs?|prompts?)`? .{0,40}(exceed|must have less)|`?inputs`? tokens|"
    r"too large for model|request too large|token count .{0,20}exceeds",
    re.IGNORECASE,
)
_KEY = re.compile(
    r"(invalid|incorrect|wrong|missing|expired|no|unauthorized).{0,15}(api|access|auth)\w*.?(key|token)|"
    r"(api|access).?(key|token).{0,25}(invalid|not valid|incorrect|missing|expired|required|not found|disabled)",
    re.IGNORECASE,
)
_FIELDS = re.compile(r"(support|handle) (all |any )?(of )?(the |these )?(requested |given )?parameters", re.IGNORECASE)
"""How a router says that no server behind it takes the fields of a request; it answers with status 404."""
_MODEL = re.compile(
    r"\bmodel\b.{0,80}?(not found|does ?n.t exist|does not exist|not exist|decommissioned|not available|"
    r"no longer|is not a valid|not loaded|try pulling)|(invalid|unknown|no such|unsupported) model|"
    r"not a valid model|no models? loaded",
    re.IGNORECASE,
)
_TEXTS = (
    (Cause.QUESTION, _TOO_LONG),
    (Cause.QUESTION, _FILTER),
    (Cause.KEY, _KEY),
    (Cause.QUOTA, _QUOTA),
)
"""What is looked for, in this order, in errors whose status says nothing."""


def find_cause(status: int, code: str, message: str) -> Cause:
    """The cause of an HTTP error, from its status, its code or type, and its text."""
    known = _CODES.get(code.lower())
    if known is not None:
        return known
    if status == 429 and _EMPTY_ACCOUNT.search(message):
        return Cause.QUOTA
    if status == 403 and _FILTER.search(message) and not _KEY.search(message):
        return Cause.QUESTION  # routers refuse flagged questions so
    if status == 404 and _FIELDS.search(message):
        return Cause.REQUEST
    if status in _STATUSES:
        return _STATUSES[status]
    if status >= 500:
        return Cause.TEMPORARY
    if 300 <= status < 400:
        return Cause.ADDRESS
    return next((cause for cause, pattern in _TEXTS if pattern.search(message)), Cause.REQUEST)


def names_model(message: str) -> bool:
    """Whether a message says that the model is unknown."""
    return _MODEL.search(message) is not None


class Rejections(Frozen):
    """Errors that end a run, because every other question to this model would get them too."""

    url: str
    model: str
    section: str
    """The part of orca.toml that hints name."""
    key_env: str

    def of_run(self, cause: Cause, status: int, message: str) -> RemoteError | None:
        """The error for a cause that is not the question; None for one that is, or that passes."""
        match cause:
            case Cause.KEY:
                text, hint = f"{self.url} rejects the key: {message}", f"check the environment variable {self.key_env}"
            case Cause.QUOTA:
                text, hint = f"the quota at {self.url} is used up: {message}", "add credit, or use another model"
            case Cause.MODEL:
                return self._unknown_model(message)
            case Cause.ADDRESS:
                text = f"{self.url} takes no chat completions: HTTP {status}: {message}"
                hint = f"check {self.section}.base_url in orca.toml"
            case _:
                return None
        return RemoteError(text, hint=f"{hint}; then run the same command again")

    def wrong_value(self, message: str, refused: Set[str], body: Mapping[str, Any]) -> RemoteError | None:
        """The error for a value of the settings that the endpoint does not take; None if that is not the cause."""
        for name in sorted(refused & body.keys()):
            if is_wrong_value(message, name, body[name]):
                return RemoteError(
                    f"{self.url} refuses {name} = {body[name]!r}: {message}",
                    hint=f"change it in orca.toml, or leave it out with {self.section}.omit; then run it again",
                )
        return None

    def of_request(self, message: str, content: Any, refused: Set[str], body: Mapping[str, Any]) -> RemoteError | None:
        """The error for a field that cannot be left out, or that is missing; None if no field is the cause."""
        name = min(refused, default="") or unknown_field(content)
        if name == "model" or (name not in body and names_model(message)):
            return self._unknown_model(message)
        if not name or name in _PROMPT_FIELDS:
            return None
        if name in OMITTABLE_FIELDS or name in LIMITS:
            hint = f"leave it out with {self.section}.omit in orca.toml, and run it again"
        elif name in body:
            hint = f"remove it from {self.section}.extra in orca.toml, and run it again"
        else:
            hint = f"set it with {self.section}.extra in orca.toml, and run it again"
        return RemoteError(f"{self.url} refuses the field {name!r} of the request: {message}", hint=hint)

    def _unknown_model(self, message: str) -> RemoteError:
        pull = f"run `ollama pull {self.model}`, or " if "pull" in message else ""
        return RemoteError(
            f"{self.url} does not know the model {self.model!r}: {message}",
            hint=f"{pull}check {self.section}.model and {self.section}.base_url in orca.toml; then run it again",
        )


_PROMPT_FIELDS = ("messages", "prompt", "input", "contents")
