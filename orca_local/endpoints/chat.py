"""Ask an OpenAI-compatible endpoint for chat completions.

The `openai` client sends the requests. Its own retries are off, and responses are read as raw HTTP, so that retries,
budgets and rate limits stay under our control.
"""

from __future__ import annotations

import os
import random
import re
import threading
import time
from collections.abc import Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from orca_local.domain.endpoint_settings import EndpointSettings, heading
from orca_local.domain.errors import InputError, MissingError, RemoteError
from orca_local.domain.frozen import Frozen
from orca_local.domain.secret import Secret
from orca_local.domain.text import printable
from orca_local.domain.types import Message
from orca_local.domain.url import URL_HAS_SECRET, is_loopback, normalize_url, url_problem
from orca_local.endpoints.answer import ChatAnswer
from orca_local.endpoints.event_stream import is_event_stream
from orca_local.endpoints.failures import Cause, Rejections, find_cause
from orca_local.endpoints.request_form import RequestForm, refused_fields
from orca_local.endpoints.response import parse_body, parse_completion, parse_error, parse_usage, reported_error
from orca_local.endpoints.retry_after import parse_retry_after
from orca_local.system.certificates import require_certificates

if TYPE_CHECKING:
    import openai

    from orca_local.endpoints.transport import BoundedClient, Watchdog

_MAX_ERROR_LENGTH = 300
_MAX_RAW_ERROR = 4000
"""How many characters of a text from outside are looked at to make a message."""
FIRST_PAUSE_S, MAX_PAUSE_S = 0.5, 30.0
MAX_ASKED_PAUSE_S = 300.0
"""A server that asks `complete` for a longer pause is given up."""
_PLATFORM_HEADERS = ("Lang", "Package-Version", "OS", "Arch", "Runtime", "Runtime-Version")


def normalize_endpoint(base_url: str, section: str = "teacher") -> str:
    """The base URL without a trailing slash. Raises `InputError` if it is invalid or holds a password."""
    problem = url_problem(base_url)
    if problem:
        shown = "" if problem == URL_HAS_SECRET else f" {base_url!r}"
        raise InputError(
            f"{section}.base_url{shown} {problem}",
            hint="write an address such as https://api.openai.com/v1, and put the key into the environment variable "
            f"that {section}.key_env names",
        )
    return normalize_url(base_url)


class ChatRequest(Frozen):
    """One completion to ask for."""

    messages: Sequence[Message]
    max_tokens: int
    temperature: float
    top_p: float = 1.0
    seed: int | None = None
    stop: tuple[str, ...] = ()
    response_format: str = "text"


class ChatEndpoint:
    """One model behind one address. Threads may share it after `open`."""

    def __init__(
        self,
        settings: EndpointSettings,
        *,
        section: str,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """`section` is the part of orca.toml that hints name. Raises `InputError` if address or model is missing."""
        if not settings.model:
            hint = f'write model = "…" under {heading(section)} in orca.toml'
            raise InputError(f"{section}.model is not set", hint=hint)
        self.url = normalize_endpoint(settings.base_url, section)
        self.model = settings.model
        self._settings, self._section = settings, section
        self._form, self._form_lock = RequestForm(), threading.Lock()
        self._rejections = Rejections(self.url, self.model, section, settings.key_env)
        self._environment = os.environ if environment is None else environment
        self._key, self._secret = "", Secret("")
        self._client: openai.OpenAI | None = None
        self._http_clients: list[BoundedClient] = []
        self._watchdog: Watchdog | None = None
        self._idle_clients: list[openai.OpenAI] = []
        """Clients with one connection each; see `_call_client`."""

    def open(self) -> None:
        """Create the client.

        Raises `InputError` if nothing may be sent, and `MissingError` if a key is needed and there is none.
        """
        import httpx2
        import openai

        from orca_local.endpoints.transport import Watchdog

        if not self._settings.allow_calls:
            raise InputError(
                f"{self._section}.allow_calls is false, so nothing is sent to {self.url}",
                hint=f"the address and the variable {self._settings.key_env} came with a bundle: if you trust them, "
                f"set allow_calls = true under {heading(self._section)} in orca.toml; --offline uses the stored "
                "answers alone",
            )
        self._key = self._load_key()
        self._secret = Secret(self._key)
        require_certificates()
        try:
            self._ssl_context = httpx2.create_ssl_context()
            self._client = openai.OpenAI(
                api_key=self._key or "none",
                base_url=self.url,
                timeout=self._settings.timeout_s,
                max_retries=0,
                http_client=self.make_http_client(self._settings.timeout_s),
                # The server does not need to know the system and the Python version.
                default_headers=cast(
                    Mapping[str, str], {f"X-Stainless-{name}": openai.Omit() for name in _PLATFORM_HEADERS}
                ),
            )
        except (ValueError, ImportError, httpx2.InvalidURL) as error:  # the client also reads proxies
            raise InputError(
                f"cannot connect to {self.url}: {self.redact(str(error))}",
                hint="check HTTPS_PROXY, HTTP_PROXY and ALL_PROXY in the environment",
            ) from error
        self._watchdog = Watchdog(self._http_clients, self._settings.timeout_s)

    def make_http_client(self, total_s: float) -> BoundedClient:
        """A client whose calls may take `total_s` seconds each; `close` closes it."""
        from orca_local.endpoints.transport import BoundedClient

        client = BoundedClient(total_s, verify=self._ssl_context)
        self._http_clients.append(client)
        return client

    def _load_key(self) -> str:
        name = self._settings.key_env
        # A key read from a file often ends in a newline, which no header can carry.
        key = self._environment.get(name, "").strip()
        if not re.fullmatch("[!-~]*", key):
            raise InputError(
                f"the environment variable {name} holds characters that cannot be part of a key",
                hint=f"set {name} to the key alone, without quotes or spaces",
            )
        if not key and not is_loopback(self.url):
            raise MissingError(
                f"the environment variable {name} holds no key for {self.url}",
                hint=f"export {name}=… (the key is never stored), or set {self._section}.key_env",
            )
        return key

    @property
    def timeout_s(self) -> float:
        """How long a call may take, in seconds."""
        return self._settings.timeout_s

    @property
    def client(self) -> openai.OpenAI:
        """The open client."""
        if self._client is None:
            raise ValueError("the endpoint is not open")
        return self._client

    def close(self) -> None:
        """Close the connections. Safe to call twice."""
        if self._client is not None:
            self._client.close()
        if self._watchdog is not None:
            self._watchdog.stop()
        for client in [*self._http_clients]:
            client.close()

    @contextmanager
    def _call_client(self) -> Iterator[openai.OpenAI]:
        """A client that no other call uses at the same time.

        A client checks all its connections at every request, which takes time when many calls are in flight on one.
        """
        try:
            client = self._idle_clients.pop()
        except IndexError:
            client = self.client.with_options(http_client=self.make_http_client(self._settings.timeout_s))
            if self.client.is_closed():
                client.close()
        try:
            yield client
        finally:
            self._idle_clients.append(client)

    def complete(self, request: ChatRequest) -> ChatAnswer:
        """One answer; after a temporary failure the call is repeated, up to `tries` calls in total.

        Raises `RemoteError` if no request at all could be answered.
        """
        answer = self._complete_in_any_form(request)
        for number in range(self._settings.tries - 1):
            if not answer.retryable:
                break
            asked_s = answer.retry_after_s or 0.0
            if asked_s > MAX_ASKED_PAUSE_S:
                raise RemoteError(
                    f"{self.url} asks to wait for {asked_s:,.0f} s: {answer.error}", hint="run this again later"
                )
            pause = FIRST_PAUSE_S * 2**number * random.uniform(0.5, 1.5)
            time.sleep(max(min(MAX_PAUSE_S, pause), asked_s))
            answer = self._complete_in_any_form(request)
        if answer.fatal is not None:
            raise answer.fatal
        return answer

    def _complete_in_any_form(self, request: ChatRequest) -> ChatAnswer:
        """The answer, after as many calls as it takes to learn which fields the endpoint refuses."""
        while (answer := self.complete_once(request)).resend:
            pass  # each refusal changes the form for good, so this ends
        return answer

    def complete_once(self, request: ChatRequest) -> ChatAnswer:
        """The answer of one HTTP call, or why there is none."""
        import httpx2
        import openai

        from orca_local.endpoints.transport import BodyTooLarge, CallTooLong

        form = self._form
        body = form.apply(self.usual_body(request))
        try:
            # `post` sends the body as it is; `chat.completions.create` would walk through the types of all parameters.
            with self._call_client() as client:
                response = client.post(f"{self.url}/chat/completions", cast_to=httpx2.Response, body=body)
        except openai.APIStatusError as error:
            response = error.response
        except BodyTooLarge as error:
            return ChatAnswer(error=f"the endpoint sent {error}")
        except (CallTooLong, openai.APIConnectionError, httpx2.RequestError) as error:
            return self._connection_error(error)
        data, headers = response.content, response.headers
        content = parse_body(data)
        is_stream = response.is_success and _is_event_stream(headers, data)
        # A stream that holds a whole answer is one, and only later requests have another form.
        if is_stream and self._learn(body, {"stream"}) and content is None:
            return ChatAnswer(error="the endpoint streams its answer", resend=True)
        if response.has_redirect_location:
            return self._redirected(response.status_code, headers["location"])
        text = data[:_MAX_RAW_ERROR].decode("utf-8", "replace")
        answer = self.parse(response.status_code, content, text, parse_retry_after(headers), body)
        differing = form.to_dict()
        return replace(answer, form=differing) if differing else answer

    def parse(
        self,
        status: int,
        content: Any,
        text: str = "",
        retry_after_s: float | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> ChatAnswer:
        """The answer in an HTTP response: its status, its JSON (None if it has none), and its text.

        `body` is what was sent, in the usual form if the form is not known.
        """
        content = self._secret.clean_json(content)
        if not 200 <= status < 300:
            message, code = parse_error(content, text)
            return self._http_error(status, content, message, code, retry_after_s, body or {})
        reported = reported_error(content)
        if reported is None:
            return parse_completion(content, self._secret.clean, self.redact)
        # The error counts as if it had come with its own status. Tokens that it reports were used.
        answer = self._http_error(reported.status, content, reported.message, reported.code, retry_after_s, body or {})
        prompt_tokens, completion_tokens = parse_usage(content)
        return replace(
            answer,
            error=f"the endpoint reports an error: {self.redact(reported.message)}",
            prompt_tokens=prompt_tokens,
            completion_tokens=completion_tokens,
            billed=bool(prompt_tokens or completion_tokens),
        )

    def request_body(self, request: ChatRequest) -> dict[str, Any]:
        """The JSON body of a request, in the form that the endpoint takes as far as it is known."""
        return self._form.apply(self.usual_body(request))

    def usual_body(self, request: ChatRequest) -> dict[str, Any]:
        """The JSON body of a request to an endpoint that has refused nothing yet."""
        body: dict[str, Any] = {
            "model": self.model,
            "messages": [message.to_dict() for message in request.messages],
            "max_tokens": request.max_tokens,
            "temperature": request.temperature,
            "top_p": request.top_p,
        }
        if request.seed is not None:
            body["seed"] = request.seed
        if request.stop:
            body["stop"] = list(request.stop)
        if request.response_format != "text":
            body["response_format"] = {"type": request.response_format}
        kept = {name: value for name, value in body.items() if name not in self._settings.omit}
        return kept | dict(self._settings.extra)

    @property
    def form(self) -> dict[str, Any]:
        """How requests now differ from the usual form, as in `ChatAnswer.form`."""
        return self._form.to_dict()

    def recall_form(self, form: Mapping[str, Any]) -> None:
        """Begin with the form of earlier answers, as `ChatAnswer.form` has it."""
        self._form = RequestForm.from_dict(form)

    def _learn(self, body: Mapping[str, Any], refused: Set[str]) -> bool:
        """Change the form of later requests; returns whether it now differs from that of `body` in what was refused."""
        with self._form_lock:
            self._form = form = self._form.after_refusal(body, refused)
        needs_stream = "stream" in refused and form.sends_stream and "stream" not in body
        return needs_stream or any(name in form.refused and name in body for name in refused)

    def _http_error(
        self,
        status: int,
        content: Any,
        message: str,
        code: str,
        retry_after_s: float | None,
        body: Mapping[str, Any],
    ) -> ChatAnswer:
        """The answer for an HTTP status other than 2xx."""
        cause = find_cause(status, code, message)
        fatal: RemoteError | None = None
        resend = False
        if cause is Cause.REQUEST:
            refused = refused_fields(message, content, body)
            fatal = self._rejections.wrong_value(self.redact(message), refused, body)
            resend = fatal is None and self._learn(body, refused)
            if fatal is None and not resend:
                fatal = self._rejections.of_request(self.redact(message), content, refused, body)
        else:
            fatal = self._rejections.of_run(cause, status, self.redact(message))
        return ChatAnswer(
            error=f"HTTP {status}: {self.redact(message)}",
            fatal=fatal,
            retryable=cause is Cause.TEMPORARY,
            resend=resend,
            unclear=cause is Cause.REQUEST and fatal is None and not resend,
            rate_limited=status == 429 and cause is Cause.TEMPORARY,
            retry_after_s=retry_after_s,
            billed=False,
        )

    def _redirected(self, status: int, location: str) -> ChatAnswer:
        """The answer for a redirect, which is not followed: it could lead prompts to another server."""
        fatal = RemoteError(
            f"{self.url} redirects to another address (HTTP {status}): {self.redact(location)}",
            hint=f"if you trust that address, set {self._section}.base_url in orca.toml to it",
        )
        return ChatAnswer(error=fatal.message, fatal=fatal, billed=False)

    def _connection_error(self, error: Exception) -> ChatAnswer:
        """The answer for a call without a complete response."""
        import httpx2
        import openai

        from orca_local.endpoints.transport import CallTooLong

        cause = error.__cause__ or error if isinstance(error, openai.APIConnectionError) else error
        unsent = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.ProxyError, httpx2.UnsupportedProtocol)
        if isinstance(cause, unsent):
            fatal = RemoteError(
                f"cannot reach {self.url}: {self.redact(str(cause))}",
                hint=f"check {self._section}.base_url and the network; --offline uses the stored answers alone",
            )
            return ChatAnswer(error=fatal.message, fatal=fatal, retryable=True, billed=False)
        if isinstance(cause, httpx2.TimeoutException | CallTooLong):
            return ChatAnswer(error=f"no answer within {self._settings.timeout_s:g} s", retryable=True)
        return ChatAnswer(error=self.redact(f"the connection broke: {cause or type(cause).__name__}"), retryable=True)

    def redact(self, text: str) -> str:
        """Untrusted text for a message: without the key and control characters, at most 300 characters long."""
        if not text:
            return ""
        text = self._secret.hide(re.sub(r"\s+", " ", printable(text[:_MAX_RAW_ERROR])).strip())
        return text if len(text) <= _MAX_ERROR_LENGTH else text[:_MAX_ERROR_LENGTH] + "…"


def _is_event_stream(headers: Mapping[str, str], data: bytes) -> bool:
    """Whether a response is a stream of server-sent events, which was not asked for."""
    is_named = headers.get("content-type", "").startswith("text/event-stream")
    return is_named or is_event_stream(data[:100].decode("utf-8", "replace"))
