"""Asks an OpenAI-compatible endpoint for chat completions, and says in our words what went wrong."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from orca_local.domain.address import SECRET, address_problem
from orca_local.domain.errors import InputError, MissingError, RemoteError
from orca_local.domain.settings import EndpointSettings
from orca_local.domain.text import printable
from orca_local.domain.types import Message

_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_LONGEST_ERROR = 300


def normalize_endpoint(base_url: str, section: str = "teacher") -> str:
    """The base URL without trailing slash. Raises `InputError` for one that is none or holds a password."""
    problem = address_problem(base_url)
    if problem:
        shown = "" if problem == SECRET else f" {base_url!r}"
        raise InputError(
            f"{section}.base_url{shown} {problem}",
            hint=f"write one such as https://api.openai.com/v1, and the key into the variable of {section}.key_env",
        )
    return base_url.strip().rstrip("/")


@dataclass(frozen=True, slots=True)
class ChatQuestion:
    """One completion to ask for."""

    messages: Sequence[Message]
    max_tokens: int
    temperature: float
    top_p: float = 1.0
    seed: int | None = None
    stop: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ChatAnswer:
    """What came back."""

    text: str = ""
    finish_reason: str = ""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    refusal: str = ""
    error: str = ""
    """Why there is no answer to this question; others may have one."""
    raw: dict[str, Any] = field(default_factory=dict)
    """What may be kept of the response, free of secrets."""


class ChatEndpoint:
    """One model behind one address. Threads may share it once it is open."""

    def __init__(
        self, settings: EndpointSettings, *, section: str, environment: Mapping[str, str] | None = None
    ) -> None:
        """`section` of orca.toml is what hints speak of. Raises `InputError` where address or model is missing."""
        if not settings.model:
            raise InputError(f"{section}.model is not set", hint=f'write model = "…" under [{section}] in orca.toml')
        self.url = normalize_endpoint(settings.base_url, section)
        self.model = settings.model
        self._settings, self._section = settings, section
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
        # The client's own retries handle what may pass.
        try:
            self._client = openai.OpenAI(
                api_key=self._key or "none",
                base_url=self.url,
                timeout=self._settings.timeout_s,
                max_retries=self._settings.attempts - 1,
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
        """One answer; retries what may pass. Raises `RemoteError` where no question could be answered."""
        import openai

        options: dict[str, Any] = {} if question.seed is None else {"seed": question.seed}
        if question.stop:
            options["stop"] = list(question.stop)
        try:
            response = self._client.chat.completions.create(
                model=self.model,
                messages=[message.to_dict() for message in question.messages],
                max_tokens=question.max_tokens,
                temperature=question.temperature,
                top_p=question.top_p,
                **options,
            )
        except (openai.AuthenticationError, openai.PermissionDeniedError) as error:
            raise RemoteError(
                f"{self.url} refuses the key: {self.safe(str(error))}",
                hint=f"check the environment variable {self._settings.key_env}",
            ) from None
        except openai.NotFoundError as error:
            raise RemoteError(
                f"{self.url} does not know the model {self.model!r}: {self.safe(str(error))}",
                hint=f"check {self._section}.model and {self._section}.base_url in orca.toml",
            ) from None
        except openai.APITimeoutError:
            return ChatAnswer(error=f"no answer within {self._settings.timeout_s:g} s")
        except openai.APIConnectionError as error:
            raise RemoteError(
                f"{self.url} cannot be reached: {self.safe(str(error.__cause__ or error))}",
                hint=f"check {self._section}.base_url and the network; answers that are here already need neither: "
                "--offline",
            ) from None
        except openai.APIStatusError as error:
            return ChatAnswer(error=self.safe(f"HTTP {error.status_code}: {error.message}"))
        except (openai.OpenAIError, ValueError) as error:
            return ChatAnswer(error=self.safe(f"unreadable response: {error}"))
        return self._read(response)

    def _read(self, response: Any) -> ChatAnswer:
        """The text of a response, or why it has none; servers send all sorts of things with status 200."""
        choices = getattr(response, "choices", None)
        if not isinstance(choices, list) or not choices:
            what = "an answer without choices" if hasattr(response, "choices") else "something that is no JSON answer"
            return ChatAnswer(error=f"the endpoint sent {what}")
        message, reason = getattr(choices[0], "message", None), getattr(choices[0], "finish_reason", None)
        refusal, content = getattr(message, "refusal", None), getattr(message, "content", None)
        text = self._without_key(content) if isinstance(content, str) else ""
        usage = getattr(response, "usage", None)
        return ChatAnswer(
            text,
            reason if isinstance(reason, str) else "",
            getattr(usage, "prompt_tokens", 0) or 0,
            getattr(usage, "completion_tokens", 0) or 0,
            self.safe(str(refusal)) if refusal else "",
            raw={"text": text, "finish_reason": reason},
        )

    def safe(self, text: str) -> str:
        """Untrusted error text: without the key, control characters, or more length than a line bears."""
        text = re.sub(r"\s+", " ", printable(self._without_key(text))).strip()
        return text if len(text) <= _LONGEST_ERROR else text[:_LONGEST_ERROR] + "…"

    def _without_key(self, text: str) -> str:
        return text.replace(self._key, "[key]") if self._key else text
