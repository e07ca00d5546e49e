"""OpenAI's Batch API: many requests in one file, answered within a day at half the price.

https://platform.openai.com/docs/guides/batch
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from orca_local.domain.errors import RemoteError
from orca_local.domain.frozen import Frozen
from orca_local.domain.text import storable
from orca_local.endpoints.chat import ChatEndpoint
from orca_local.endpoints.response import parse_json

MAX_LINES, MAX_BYTES = 50_000, 190_000_000
"""Limits for one file. The API itself allows 50,000 lines and 200 MB."""
MARK = "orca_local_batch"
"""Metadata field that holds our own name of a batch."""
_READ_RETRIES = 2
"""Retries of requests that create no batch. Creating one is never retried: it could be paid for twice."""
_MAX_LISTED = 1000
_UNREADABLE = (TypeError, AttributeError, ValueError, LookupError, RecursionError, OverflowError)
_CUSTOM_ID = re.compile(rb'"custom_id"\s*:\s*"([0-9a-f]{64})"')
_FINAL_STATES = ("completed", "failed", "expired", "cancelled")
MAX_LINE_BYTES = 16_000_000
"""Longest line of a result file that is read. An answer has a few kilobytes."""
MAX_FILE_BYTES = 4_000_000_000
"""Largest result file that is read, after decompression."""
MAX_TRANSFER_S = 3600.0
"""How long sending or receiving one file may take, in seconds."""
_ID = re.compile(r"[0-9A-Za-z._:/+=-]{1,200}")


class BatchStatus(Frozen):
    """Progress of a batch."""

    remote_id: str
    state: str
    total: int
    """Number of requests."""
    done: int
    """Number of requests that were answered or failed."""
    files: tuple[str, ...]
    """Ids of the result files; the file of errors is last."""
    errors: tuple[str, ...]
    """Why the batch as a whole failed."""

    @property
    def has_ended(self) -> bool:
        """Whether there will be no further results."""
        return self.state in _FINAL_STATES


class BatchResult(Frozen):
    """One line of a result file."""

    custom_id: str
    status: int
    """HTTP status; 0 if the request was never run."""
    body: Any
    error: str
    is_too_long: bool = False
    """Whether the line was longer than `MAX_LINE_BYTES`, so that the answer was not read."""
    is_unreadable: bool = False
    """Whether the line is no JSON, so that it is not known whether there was an answer."""


class BatchEndpoint:
    """The Batch API of an open endpoint, through the same client. Every method may raise `RemoteError`."""

    def __init__(self, chat: ChatEndpoint) -> None:
        self._chat = chat
        self._client = chat.client.with_options(max_retries=_READ_RETRIES)
        files_client = chat.make_http_client(MAX_TRANSFER_S)
        self._files = self._client.with_options(http_client=files_client, timeout=chat.timeout_s)

    def submit(self, requests: Sequence[tuple[str, Mapping[str, Any]]], mark: str) -> str:
        """Send (id, body of a chat completion) pairs as one batch; returns the endpoint's id for the batch."""
        lines = (
            json.dumps({"custom_id": name, "method": "POST", "url": "/v1/chat/completions", "body": body})
            for name, body in requests
        )
        file = io.BytesIO("".join(f"{line}\n" for line in lines).encode())
        with self._readable_errors():
            uploaded = self._files.files.create(file=("orca-local.jsonl", file), purpose="batch")
            if not (file_id := _text(uploaded, "id")):
                raise ValueError("the endpoint gave the uploaded file no id")
            batch = self._chat.client.batches.create(
                input_file_id=file_id,
                endpoint="/v1/chat/completions",
                completion_window="24h",
                metadata={MARK: mark},
            )
        return self._checked_id(_text(batch, "id"))

    def find(self, mark: str) -> str | None:
        """Id of the batch that was submitted under `mark`; None if the endpoint has no such batch."""
        with self._readable_errors():
            for number, batch in enumerate(self._client.batches.list(limit=100)):
                if _field(_field(batch, "metadata"), MARK) == mark:
                    return self._checked_id(_text(batch, "id"))
                if number >= _MAX_LISTED:
                    break
        return None

    def status(self, remote_id: str) -> BatchStatus:
        """Progress of a batch."""
        with self._readable_errors():
            batch = self._client.batches.retrieve(remote_id)
            files = [_field(batch, "output_file_id"), _field(batch, "error_file_id")]
            if not all(isinstance(name, str) for name in files if name is not None):
                raise ValueError(f"the files of batch {remote_id} have ids that are no texts")
        counts, errors = _field(batch, "request_counts"), _field(_field(batch, "errors"), "data")
        return BatchStatus(
            remote_id,
            self._chat.redact(_text(batch, "status")),
            _count(counts, "total"),
            _count(counts, "completed") + _count(counts, "failed"),
            tuple(name for name in files if name),
            tuple(self._chat.redact(_text(error, "message")) for error in errors or () if isinstance(errors, list)),
        )

    def iter_results(self, status: BatchStatus) -> Iterator[BatchResult]:
        """Results line by line, as they are downloaded; lines that name no request are left out."""
        for name in status.files:
            with (
                self._readable_errors(),
                self._files.files.with_streaming_response.content(self._checked_id(name)) as response,
            ):
                for line, is_whole in iter_lines(response.iter_bytes()):
                    result = _parse_result(line) if is_whole else _too_long(line)
                    if result is not None:
                        yield result

    def _checked_id(self, name: object) -> str:
        """An id that the endpoint gave, which is stored and shown; empty if it gave none.

        Raises `RemoteError` if it is no plain word, or holds the key.
        """
        text = str(name)
        if text and (not _ID.fullmatch(text) or self._chat.redact(text) != text):
            raise RemoteError(
                f"{self._chat.url} sent an id that is none: {self._chat.redact(text)!r}",
                hint="run `orca-local teach` without --batch",
            )
        return text

    @contextmanager
    def _readable_errors(self) -> Iterator[None]:
        """Turn the client's errors into ours."""
        import httpx2
        import openai

        from orca_local.endpoints.transport import BodyTooLarge, CallTooLong

        url = self._chat.url
        try:
            yield
        except openai.NotFoundError:
            raise RemoteError(f"{url} has no Batch API", hint="run `orca-local teach` without --batch") from None
        # The client does not check what it gets, and fails in many ways on a reply that is not as it should be.
        except (openai.OpenAIError, httpx2.RequestError, BodyTooLarge, CallTooLong, *_UNREADABLE) as error:
            cause = error.__cause__ or error if isinstance(error, openai.APIConnectionError) else error
            text = "it took too long" if isinstance(cause, CallTooLong) else str(cause) or type(cause).__name__
            raise RemoteError(
                f"the batch request to {url} failed: {self._chat.redact(text)}",
                hint="run `orca-local teach --batch` again; nothing is lost or paid for twice",
            ) from None


def iter_lines(chunks: Iterable[bytes]) -> Iterator[tuple[bytes, bool]]:
    """Lines that end in \\n alone, as JSON texts may hold other line separators, and whether each is whole.

    Of a line longer than `MAX_LINE_BYTES` only the beginning is kept. After `MAX_FILE_BYTES` nothing more is read.
    """
    line, length, total = bytearray(), 0, 0
    for chunk in chunks:
        for number, piece in enumerate(chunk.split(b"\n")):
            if number:
                yield bytes(line), length <= MAX_LINE_BYTES
                line.clear()
                length = 0
            line += piece[: max(0, MAX_LINE_BYTES - length)]
            length += len(piece)
        total += len(chunk)
        if total > MAX_FILE_BYTES:
            return
    yield bytes(line), length <= MAX_LINE_BYTES


def _too_long(line: bytes) -> BatchResult | None:
    """The result on a line that was not read to its end; None if its beginning does not name its request."""
    found = _CUSTOM_ID.search(line)
    if found is None:
        return None
    reason = f"the endpoint sent more than {MAX_LINE_BYTES // 1_000_000} MB"
    return BatchResult(found[1].decode(), 200, None, reason, is_too_long=True)


def _parse_result(line: bytes) -> BatchResult | None:
    """The result in a line; None if the line does not name the request."""
    entry = parse_json(line)
    name = _field(entry, "custom_id")
    if not isinstance(name, str):
        # A line that is no JSON may still name the request, which then fails alone and with a reason.
        match = _CUSTOM_ID.search(line)
        error = "the result in the batch's file cannot be read"
        return match and BatchResult(match[1].decode(), 0, None, error, is_unreadable=True)
    response, error = _field(entry, "response"), _field(entry, "error")
    body = _field(response, "body")
    status = _count(response, "status_code") or (200 if isinstance(body, dict) else 0)
    message = error if isinstance(error, str) else _text(error, "message") or _text(error, "code")
    return BatchResult(name, status, body, message or ("" if status else "the batch's file holds no answer"))


def _field(value: Any, name: str) -> Any:
    """A field of an object or a mapping that came from an endpoint; None if there is none."""
    return value.get(name) if isinstance(value, Mapping) else getattr(value, name, None)


def _text(value: Any, name: str) -> str:
    """A field that should be a text; empty if it is none."""
    text = _field(value, name)
    return storable(text) if isinstance(text, str) else ""


def _count(value: Any, name: str) -> int:
    """A field that should be a number of requests or a status; 0 if it is none."""
    number = _field(value, name)
    is_count = isinstance(number, int) and not isinstance(number, bool) and 0 <= number <= MAX_LINES
    return number if is_count else 0
