"""Asks an OpenAI-compatible endpoint for chat completions, and says in our words what went wrong."""

from __future__ import annotations

import os
import random
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

from orca_local.domain.address import SECRET, address_problem, tidy
from orca_local.domain.errors import InputError, MissingError, RemoteError
from orca_local.domain.settings import EndpointSettings
from orca_local.domain.text import printable
from orca_local.domain.types import Message

_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_LONGEST_ERROR = 300
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 30.0
_NOBODY_THERE = ("ConnectError", "ConnectTimeout", "ProxyError", "UnsupportedProtocol")
"""Errors of the HTTP client before anything was sent."""


def normalize_endpoint(base_url: str, section: str = "teacher") -> str:
    """The base URL without trailing slash. Raises `InputError` for one that is none or holds a password."""
    problem = address_problem(base_url)
    if problem:
        shown = "" if problem == SECRET else f" {base_url!r}"
        raise InputError(
            f"{section}.base_url{shown} {problem}",
            hint=f"write one such as https://api.openai.com/v1, and the key into the variable of {section}.key_env",
        )
    return tidy(base_url)


@dataclass(frozen=True, slots=True)
class ChatQuestion:
    """One completion to ask for."""

    messages: Sequence[Message]
    max_tokens: int
    temperature: float
    top_p: float = 1.0
    seed: int | None = None
    stop: tuple[str, ...] = ()
    response_format: str = "text"


@dataclass(frozen=True, slots=True)
class ChatAnswer:
    """What came back."""

    text: str = ""
    finish_reason: str = ""
    prompt_tokens: int | None = None
    """By the endpoint's own count; None where it said none."""
    completion_tokens: int | None = None
    refusal: str = ""
    error: str = ""
    """Why there is no answer to this question."""
    fatal: RemoteError | None = None
    """Where the same would come back for every question."""
    passing: bool = False
    """Whether the same question may be answered later."""
    limited: bool = False
    """Whether the endpoint wants fewer calls."""
    retry_after_s: float | None = None
    billed: bool = True
    """Whether it may cost something: it does, unless the endpoint turned the call away or never had it."""
    raw: dict[str, Any] = field(default_factory=dict)
    """What may be kept of the response, free of secrets."""


class ChatEndpoint:
    """One model behind one address. Threads may share it once it is open."""

    def __init__(
        self,
        settings: EndpointSettings,
        *,
        section: str,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """`section` of orca.toml is what hints speak of. Raises `InputError` where address or model is missing."""
        if not settings.model:
            raise InputError(f"{section}.model is not set", hint=f'write model = "…" under [{section}] in orca.toml')
        self.url = normalize_endpoint(settings.base_url, section)
        self.model = settings.model
        self._settings, self._section = settings, section
        self._limit_field = "max_tokens"
        self._environment = os.environ if environment is None else environment
        self._key = ""
        self._client: Any = None

    def open(self) -> None:
        """Make the client. Raises `MissingError` where a key is needed and is not in the environment."""
        import openai

        # A key out of a file often has a line end, which no header can carry.
        self._key = self._environment.get(self._settings.key_env, "").strip()
        if not re.fullmatch("[!-~]*", self._key):
            raise InputError(
                f"the environment variable {self._settings.key_env} holds characters that no key has",
                hint=f"set {self._settings.key_env} to the key alone, without quotes or spaces",
            )
        if not self._key and urlsplit(self.url).hostname not in _LOOPBACK:
            raise MissingError(
                f"the environment variable {self._settings.key_env} holds no key for {self.url}",
                hint=f"export {self._settings.key_env}=… (the key is never stored), or set {self._section}.key_env",
            )
        try:
            # The connections of openai's client, without its types: filling those takes longer than all the rest.
            self._client = openai.DefaultHttpxClient(
                timeout=self._settings.timeout_s, headers={"Authorization": f"Bearer {self._key or 'none'}"}
            )
        except (ValueError, ImportError) as error:  # it reads the proxies of the environment
            raise InputError(
                f"no connection to {self.url} can be made: {self.safe(str(error))}",
                hint="check HTTPS_PROXY, HTTP_PROXY and ALL_PROXY in the environment",
            ) from error

    def close(self) -> None:
        """Close connections. Safe to call twice."""
        if self._client is not None:
            self._client.close()

    def ask(self, question: ChatQuestion) -> ChatAnswer:
        """One answer, or why there is none; what may pass is tried again.

        Raises `RemoteError` where no question could be answered.
        """
        answer = self.try_once(question)
        for number in range(self._settings.tries - 1):
            if not answer.passing:
                break
            pause = FIRST_PAUSE_S * 2**number * random.uniform(0.5, 1.5)
            time.sleep(max(min(LONGEST_PAUSE_S, pause), answer.retry_after_s or 0.0))
            answer = self.try_once(question)
        if answer.fatal is not None:
            raise answer.fatal
        return answer

    def try_once(self, question: ChatQuestion) -> ChatAnswer:
        """One call, with what is wrong in the answer."""
        try:
            response = self._client.post(f"{self.url}/chat/completions", json=self.options(question))
        except Exception as error:
            if not _is_of_transport(error):
                raise
            return self._unconnected(error)
        try:
            content = response.json()
        except ValueError:
            content = None
        if self._wants_other_limit(response.status_code, content):
            return self.try_once(question)
        return self.read(response.status_code, content, response.text, _retry_after(response.headers))

    def _wants_other_limit(self, status: int, content: Any) -> bool:
        """Newer models want the limit under another name."""
        said = _problem(content, "")[0]
        if status != 400 or self._limit_field != "max_tokens" or "max_completion_tokens" not in said:
            return False
        self._limit_field = "max_completion_tokens"
        return True

    def read(self, status: int, content: Any, text: str = "", retry_after_s: float | None = None) -> ChatAnswer:
        """What a response says: its HTTP status, its JSON (None where it is none), and otherwise its text."""
        if 200 <= status < 300:
            return self._read(content)
        message, code = _problem(content, text)
        return self._turned_away(status, self.safe(message), code, retry_after_s)

    @property
    def key(self) -> str:
        """What the endpoint knows us by; empty before `open`."""
        return self._key

    def options(self, question: ChatQuestion) -> dict[str, Any]:
        """The body of a request."""
        options: dict[str, Any] = {
            "model": self.model,
            "messages": [message.to_dict() for message in question.messages],
            self._limit_field: question.max_tokens,
            "temperature": question.temperature,
            "top_p": question.top_p,
        }
        if question.seed is not None:
            options["seed"] = question.seed
        if question.stop:
            options["stop"] = list(question.stop)
        if question.response_format != "text":
            options["response_format"] = {"type": question.response_format}
        return options

    def _turned_away(self, status: int, said: str, code: str, retry_after_s: float | None) -> ChatAnswer:
        """What an HTTP status that is no success says."""
        fatal: RemoteError | None = None
        if status in (401, 403):
            hint = f"check the environment variable {self._settings.key_env}"
            fatal = RemoteError(f"{self.url} refuses the key: {said}", hint=hint)
        elif status == 404:
            fatal = RemoteError(
                f"{self.url} does not know the model {self.model!r}: {said}",
                hint=f"check {self._section}.model and {self._section}.base_url in orca.toml",
            )
        elif status == 429 and code == "insufficient_quota":
            fatal = RemoteError(f"the quota at {self.url} is used up: {said}", hint="add credit, or take another model")
        return ChatAnswer(
            error=f"HTTP {status}: {said}",
            fatal=fatal,
            passing=fatal is None and (status in (408, 409, 429) or status >= 500),
            limited=status == 429,
            retry_after_s=retry_after_s,
            billed=False,
        )

    def _unconnected(self, error: Exception) -> ChatAnswer:
        """No answer at all: it took too long, it broke off, or nobody was there."""
        name = type(error).__name__
        if name in _NOBODY_THERE:
            fatal = RemoteError(
                f"{self.url} cannot be reached: {self.safe(str(error))}",
                hint=f"check {self._section}.base_url and the network; answers that are here already need neither: "
                "--offline",
            )
            return ChatAnswer(error=fatal.message, fatal=fatal, passing=True, billed=False)
        if "Timeout" in name:
            return ChatAnswer(error=f"no answer within {self._settings.timeout_s:g} s", passing=True)
        return ChatAnswer(error=self.safe(f"the connection broke: {error or name}"), passing=True)

    def _read(self, response: Any) -> ChatAnswer:
        """The text of a response, or why it has none; servers send all sorts of things with status 200."""
        if not isinstance(response, dict):
            return ChatAnswer(error="the endpoint sent something that is no JSON answer", passing=True)
        usage = _mapping(response.get("usage"))
        prompt_tokens, completion_tokens = _count(usage, "prompt_tokens"), _count(usage, "completion_tokens")
        choices = response.get("choices")
        if not isinstance(choices, list) or not choices:
            error = "the endpoint sent an answer without choices"
            return ChatAnswer("", "", prompt_tokens, completion_tokens, error=error, passing=True)
        choice = _mapping(choices[0])
        message, reason = _mapping(choice.get("message")), choice.get("finish_reason")
        text, refusal = self._without_key(_text(message.get("content"))), message.get("refusal")
        return ChatAnswer(
            text,
            reason if isinstance(reason, str) else "",
            prompt_tokens,
            completion_tokens,
            self.safe(str(refusal)) if refusal else "",
            raw={"text": text, "finish_reason": reason},
        )

    def safe(self, text: str) -> str:
        """Untrusted error text: without the key, control characters, or more length than a line bears."""
        text = re.sub(r"\s+", " ", printable(self._without_key(text))).strip()
        return text if len(text) <= _LONGEST_ERROR else text[:_LONGEST_ERROR] + "…"

    def _without_key(self, text: str) -> str:
        return text.replace(self._key, "[key]") if self._key else text


def _is_of_transport(error: Exception) -> bool:
    """Whether it is the HTTP client's own; the module that it comes from changes with openai's version."""
    return any(kind.__name__ in ("TransportError", "HTTPError", "InvalidURL") for kind in type(error).__mro__)


def _problem(content: Any, text: str) -> tuple[str, str]:
    """Message and code of an error, in OpenAI's form or in whatever the server has."""
    problem = _mapping(content).get("error")
    details = _mapping(problem)
    message = details.get("message") or (problem if isinstance(problem, str) else "") or text
    return str(message or "without a word"), str(details.get("code") or details.get("type") or "")


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _text(content: Any) -> str:
    """The text of a message; some servers send it in parts."""
    if isinstance(content, list):
        return "".join(_text(_mapping(part).get("text")) for part in content)
    return content if isinstance(content, str) else ""


def _count(usage: Mapping[str, Any], name: str) -> int | None:
    value = usage.get(name)
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that a `Retry-After` asks for: a number of them, or a date."""
    try:
        if "retry-after-ms" in headers:
            return max(0.0, float(headers["retry-after-ms"]) / 1000)
        value = headers.get("retry-after", "")
        if not value:
            return None
        if re.fullmatch(r"[0-9.]+", value.strip()):
            return float(value)
        return max(0.0, parsedate_to_datetime(value).timestamp() - time.time())
    except ValueError:
        return None
