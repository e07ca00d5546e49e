"""The endpoints of the API."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncGenerator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing
from functools import partial

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from orca_local.domain.errors import InputError
from orca_local.domain.types import Completion, Message, Request, TextDelta
from orca_local.engines.request_queue import ContextFull, check_prompt
from orca_local.rows.renderer import PromptRenderer
from orca_local.serve.api_error import ApiError, bad_request, stopping
from orca_local.serve.body import read_body, unless_disconnected
from orca_local.serve.engine_thread import EngineThread
from orca_local.serve.guard import error_response
from orca_local.serve.parameters import Asked, read_chat, read_completion
from orca_local.serve.replies import DONE, Reply, to_event

Read = Callable[[bytes], Asked]


class Api:
    """Answers requests to one model."""

    def __init__(
        self, name: str, engine: EngineThread, renderer: PromptRenderer, *, system: str, context: int, fingerprint: str
    ) -> None:
        """`name` is the model's id, `context` the most tokens of prompt and answer, `fingerprint` the engine's.

        `system` begins the conversations that have no system message; empty: nothing does.
        """
        self._name, self._engine, self._renderer = name, engine, renderer
        self._system, self._context, self._fingerprint = system, context, fingerprint
        self._created = int(time.time())
        self._max_prompt_bytes = context * renderer.tokenizer.longest_piece
        """A longer prompt has too many tokens. Splitting a megabyte into tokens can take seconds."""
        # Long prompts take a while to become tokens: neither the event loop nor the engine waits for them.
        self._prompts = ThreadPoolExecutor(1, thread_name_prefix="prompts")

    def app(self, on_bug: Callable[[BaseException], None]) -> Starlette:
        """The web application. `on_bug` gets exceptions that are no answer to a request."""

        async def bug(request: HttpRequest, error: Exception) -> Response:
            on_bug(error)
            return error_response(ApiError(500, f"the server failed: {type(error).__name__}"))

        return Starlette(
            routes=[
                Route("/health", self._health),
                Route("/v1/models", self._models),
                Route("/v1/models/{name:path}", self._model),
                Route("/v1/chat/completions", partial(self._complete, read_chat), methods=["POST"]),
                Route("/v1/completions", partial(self._complete, read_completion), methods=["POST"]),
            ],
            exception_handlers={ApiError: _api_error, HTTPException: _http_error, Exception: bug},
        )

    def close(self) -> None:
        """End the thread for prompts."""
        self._prompts.shutdown()

    async def _health(self, request: HttpRequest) -> Response:
        alive = self._engine.is_alive
        return JSONResponse({"status": "ok" if alive else "stopping"}, 200 if alive else 503)

    async def _models(self, request: HttpRequest) -> Response:
        return JSONResponse({"object": "list", "data": [self._entry()]})

    async def _model(self, request: HttpRequest) -> Response:
        self._check_model(request.path_params["name"])
        return JSONResponse(self._entry())

    def _entry(self) -> dict[str, object]:
        return {
            "id": self._name,
            "object": "model",
            "created": self._created,
            "owned_by": "orca-local",
            "context_length": self._context,
        }

    def _check_model(self, name: str) -> None:
        if name and name != self._name:
            raise ApiError(
                404,
                f"there is no model {name!r} here; this server has {self._name!r}",
                param="model",
                code="model_not_found",
            )

    async def _complete(self, read: Read, http: HttpRequest) -> Response:
        body = await read_body(http)
        asked, request = await asyncio.get_running_loop().run_in_executor(self._prompts, self._read, read, body)
        reply = Reply(request.id, self._name, self._fingerprint, is_chat=bool(asked.messages))
        if asked.stream:
            return EventStream(self._events(request, reply, with_usage=asked.with_usage))
        completion = await unless_disconnected(http.receive, self._completion(request))
        if completion is None:
            return Response(status_code=499)  # nobody reads it
        if error := _error(completion):
            raise error
        return JSONResponse(reply.whole(completion))

    def _read(self, read: Read, body: bytes) -> tuple[Asked, Request]:
        """What a body asks for, and the engine's request for it. Raises `ApiError`."""
        asked = read(body)
        self._check_model(asked.model)
        renderer = self._renderer
        size = sum(len(text.encode()) for text in [asked.prompt, *[message.content for message in asked.messages]])
        if size > self._max_prompt_bytes:
            raise bad_request(
                f"a prompt of {size:,} bytes cannot fit into a context of {self._context} tokens",
                code="context_length_exceeded",
            )
        try:
            messages = self._with_system(asked.messages)
            ids = renderer.prompt_ids(messages) if messages else renderer.text_ids(asked.prompt)
            check_prompt(ids, self._context)
        except ContextFull as error:
            raise bad_request(error.message, code="context_length_exceeded") from error
        except InputError as error:
            raise bad_request(error.message) from error
        stops = (*asked.stop, *(renderer.stops if messages else ()))
        name = ("chatcmpl-" if asked.messages else "cmpl-") + uuid.uuid4().hex
        return asked, Request(name, messages, ids, asked.sampling, stops, stream=asked.stream)

    def _with_system(self, messages: tuple[Message, ...]) -> tuple[Message, ...]:
        if not messages or not self._system or any(message.role == "system" for message in messages):
            return messages
        return Message("system", self._system), *messages

    async def _completion(self, request: Request) -> Completion:
        async with aclosing(self._engine.answer(request)) as items:
            async for item in items:
                if isinstance(item, Completion):
                    return item
        raise AssertionError("an answer ends with its completion")

    async def _events(self, request: Request, reply: Reply, *, with_usage: bool) -> AsyncGenerator[bytes, None]:
        """The events of a stream. Only a whole answer is followed by `[DONE]`."""
        if reply.is_chat:
            yield to_event(reply.first())
        async with aclosing(self._engine.answer(request)) as items:
            async for item in items:
                if isinstance(item, TextDelta):
                    yield to_event(reply.text(item.text))
                elif error := _error(item):
                    yield to_event(error.to_dict())
                else:
                    yield to_event(reply.last(item))
                    if with_usage:
                        yield to_event(reply.usage(item))
                    yield DONE


class EventStream(Response):
    """A response that sends events as they come. If the client goes away, the generator of the events is closed."""

    media_type = "text/event-stream"

    def __init__(self, events: AsyncGenerator[bytes, None]) -> None:
        """Send `events`, each with its line ends."""
        self.status_code, self.background, self._events = 200, None, events
        self.init_headers({"Cache-Control": "no-store"})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send the response."""
        await unless_disconnected(receive, self._send(send))

    async def _send(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        async with aclosing(self._events) as events:
            async for event in events:
                await send({"type": "http.response.body", "body": event, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def _error(completion: Completion) -> ApiError | None:
    """The error that ended an answer; None if it is whole or cut off at its limit."""
    if completion.finish_reason == "cancelled":
        return stopping()
    if completion.finish_reason == "error":
        return ApiError(500, completion.error)
    return None


async def _api_error(request: HttpRequest, error: Exception) -> Response:
    assert isinstance(error, ApiError)
    return error_response(error)


async def _http_error(request: HttpRequest, error: Exception) -> Response:
    """An unknown path or method, in the form of the other errors."""
    assert isinstance(error, HTTPException)
    place = f"{request.method} {request.url.path}"
    message = f"{place} is not part of this server" if error.status_code == 404 else f"{place}: {error.detail}"
    response = error_response(ApiError(error.status_code, message))
    response.headers.update(error.headers or {})
    return response
