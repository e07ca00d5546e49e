"""A teacher behind any OpenAI-compatible endpoint."""

from __future__ import annotations

import os
import queue
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import urlsplit

from orca_local.domain.errors import InputError, MissingError, OrcaError, RemoteError
from orca_local.domain.settings import TeacherSettings
from orca_local.domain.text import printable
from orca_local.teach.teacher import Question, TeacherAnswer

_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_LONGEST_ERROR = 300


def normalize_endpoint(base_url: str) -> str:
    """The base URL without trailing slash. Raises `InputError` for one that is none or holds a password."""
    parts = urlsplit(base_url.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise InputError(
            f"teacher.base_url {base_url!r} is not an address", hint="write one such as https://api.openai.com/v1"
        )
    if parts.username or parts.password or parts.query:
        raise InputError(
            "teacher.base_url holds a user name, password or query, which would be stored",
            hint="put the key into the environment variable that teacher.key_env names",
        )
    return base_url.strip().rstrip("/")


class OpenAITeacher:
    """Asks with bounded concurrency; the client's own retries handle what may pass.

    Threads carry the calls and a queue brings the answers back to the caller's thread, which alone touches
    the store.
    """

    def __init__(self, settings: TeacherSettings, environment: Mapping[str, str] | None = None) -> None:
        if not settings.model:
            raise InputError("teacher.model is not set", hint='write model = "…" under [teacher] in orca.toml')
        self.endpoint = normalize_endpoint(settings.base_url)
        self.model = settings.model
        self._settings = settings
        self._environment = os.environ if environment is None else environment

    def answer(self, questions: Sequence[Question]) -> Iterator[TeacherAnswer]:
        """See `Teacher`."""
        if not questions:
            return
        client = self._client()
        waiting: queue.SimpleQueue[Question | None] = queue.SimpleQueue()
        answered: queue.SimpleQueue[TeacherAnswer | OrcaError] = queue.SimpleQueue()
        stop = threading.Event()
        for question in questions:
            waiting.put(question)
        count = min(self._settings.concurrency, len(questions))
        for _ in range(count):
            waiting.put(None)

        def work() -> None:
            while not stop.is_set() and (question := waiting.get()) is not None:
                try:
                    answered.put(self._ask(client, question))
                except OrcaError as error:
                    answered.put(error)
                    return
                except Exception as error:
                    answered.put(TeacherAnswer(question, error=self._safe(f"{type(error).__name__}: {error}")))

        # Daemons: a call that hangs must not keep the program from ending.
        for _ in range(count):
            threading.Thread(target=work, daemon=True).start()
        fatal: OrcaError | None = None
        try:
            for _ in questions:
                item = answered.get()
                if isinstance(item, OrcaError):
                    fatal = item
                    break
                yield item
            if fatal is not None:
                stop.set()
                # Answers that are paid for and already here are not thrown away with the run.
                while not answered.empty():
                    late = answered.get()
                    if isinstance(late, TeacherAnswer):
                        yield late
                raise fatal
        finally:
            stop.set()

    def _client(self) -> Any:
        import openai

        key = self._environment.get(self._settings.key_env, "")
        if not key and urlsplit(self.endpoint).hostname not in _LOOPBACK:
            raise MissingError(
                f"the environment variable {self._settings.key_env} holds no key for {self.endpoint}",
                hint=f"export {self._settings.key_env}=… (the key is never stored), or set teacher.key_env",
            )
        self._key = key
        return openai.OpenAI(
            api_key=key or "none",
            base_url=self.endpoint,
            timeout=self._settings.timeout_s,
            max_retries=self._settings.attempts - 1,
        )

    def _ask(self, client: Any, question: Question) -> TeacherAnswer:
        import openai

        request = question.request
        options: dict[str, Any] = {} if request.seed is None else {"seed": request.seed}
        try:
            response = client.chat.completions.create(
                model=request.model,
                messages=[message.to_dict() for message in request.messages],
                max_tokens=request.max_tokens,
                temperature=request.temperature,
                top_p=request.top_p,
                **options,
            )
        except (openai.AuthenticationError, openai.PermissionDeniedError) as error:
            raise RemoteError(
                f"{self.endpoint} refuses the key: {self._safe(str(error))}",
                hint=f"check the environment variable {self._settings.key_env}",
            ) from None
        except openai.NotFoundError as error:
            raise RemoteError(
                f"{self.endpoint} does not know the model {self.model!r}: {self._safe(str(error))}",
                hint="check teacher.model and teacher.base_url in orca.toml",
            ) from None
        except openai.APITimeoutError:
            return TeacherAnswer(question, error=f"no answer within {self._settings.timeout_s:g} s")
        except openai.APIConnectionError as error:
            raise RemoteError(
                f"{self.endpoint} cannot be reached: {self._safe(str(error.__cause__ or error))}",
                hint="check teacher.base_url and the network; answers that are here already need neither: --offline",
            ) from None
        except openai.APIStatusError as error:
            return TeacherAnswer(question, error=self._safe(f"HTTP {error.status_code}: {error.message}"))
        except (openai.OpenAIError, ValueError) as error:
            return TeacherAnswer(question, error=self._safe(f"unreadable response: {error}"))
        return self._read(question, response)

    def _read(self, question: Question, response: Any) -> TeacherAnswer:
        """The text of a response, or why it has none; servers send all sorts of things with status 200."""
        choices = getattr(response, "choices", None)
        if not isinstance(choices, list) or not choices:
            what = "an answer without choices" if hasattr(response, "choices") else "something that is no JSON answer"
            return TeacherAnswer(question, error=f"the endpoint sent {what}")
        message, reason = getattr(choices[0], "message", None), getattr(choices[0], "finish_reason", None)
        refusal, text = getattr(message, "refusal", None), getattr(message, "content", None)
        usage = getattr(response, "usage", None)
        answer = TeacherAnswer(
            question,
            text if isinstance(text, str) else "",
            prompt_tokens=getattr(usage, "prompt_tokens", 0) or 0,
            completion_tokens=getattr(usage, "completion_tokens", 0) or 0,
            response={"text": text, "finish_reason": reason},
        )
        error = ""
        if refusal:
            error = f"the teacher refused: {self._safe(str(refusal))}"
        elif reason == "length":
            error = f"the answer was cut off at {question.request.max_tokens} tokens: raise teacher.max_tokens"
        elif reason == "content_filter":
            error = "the endpoint's content filter cut the answer"
        elif not answer.text.strip():
            error = "the answer is empty"
        return TeacherAnswer(question, error=error) if error else answer

    def _safe(self, text: str) -> str:
        """Untrusted error text: without the key, control characters, or more length than a line bears."""
        if self._key:
            text = text.replace(self._key, "[key]")
        text = re.sub(r"\s+", " ", printable(text)).strip()
        return text if len(text) <= _LONGEST_ERROR else text[:_LONGEST_ERROR] + "…"
