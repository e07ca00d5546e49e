"""OpenAI's Batch API: many requests in one file, answered within a day at half the price.

https://platform.openai.com/docs/guides/batch
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from orca_local.domain.errors import RemoteError
from orca_local.domain.frozen import Frozen
from orca_local.endpoints.chat import ChatEndpoint
from orca_local.endpoints.response import parse_json

MAX_LINES, MAX_BYTES = 50_000, 190_000_000
"""Limits for one file. The API itself allows 50,000 lines and 200 MB."""
MARK = "orca_local_batch"
"""Metadata field that holds our own name of a batch."""
_READ_RETRIES = 2
"""Retries of requests that create no batch. Creating one is never retried: it could be paid for twice."""
_MAX_LISTED = 1000
_FINAL_STATES = ("completed", "failed", "expired", "cancelled")


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


class BatchEndpoint:
    """The Batch API of an open endpoint, through the same client. Every method may raise `RemoteError`."""

    def __init__(self, chat: ChatEndpoint) -> None:
        self._chat = chat
        self._client = chat.client.with_options(max_retries=_READ_RETRIES)

    def submit(self, requests: Sequence[tuple[str, Mapping[str, Any]]], mark: str) -> str:
        """Send (id, body of a chat completion) pairs as one batch; returns the endpoint's id for the batch."""
        lines = (
            json.dumps({"custom_id": name, "method": "POST", "url": "/v1/chat/completions", "body": body})
            for name, body in requests
        )
        file = io.BytesIO("".join(f"{line}\n" for line in lines).encode())
        with self._readable_errors():
            uploaded = self._client.files.create(file=("orca-local.jsonl", file), purpose="batch")
            batch = self._chat.client.batches.create(
                input_file_id=uploaded.id,
                endpoint="/v1/chat/completions",
                completion_window="24h",
                metadata={MARK: mark},
            )
        return batch.id

    def find(self, mark: str) -> str | None:
        """Id of the batch that was submitted under `mark`; None if the endpoint has no such batch."""
        with self._readable_errors():
            for number, batch in enumerate(self._client.batches.list(limit=100)):
                if (batch.metadata or {}).get(MARK) == mark:
                    return batch.id
                if number >= _MAX_LISTED:
                    break
        return None

    def status(self, remote_id: str) -> BatchStatus:
        """Progress of a batch."""
        with self._readable_errors():
            batch = self._client.batches.retrieve(remote_id)
        counts = batch.request_counts
        errors = batch.errors.data if batch.errors and batch.errors.data else []
        return BatchStatus(
            remote_id,
            batch.status,
            counts.total if counts else 0,
            counts.completed + counts.failed if counts else 0,
            tuple(name for name in (batch.output_file_id, batch.error_file_id) if name),
            tuple(self._chat.redact(str(error.message)) for error in errors),
        )

    def iter_results(self, status: BatchStatus) -> Iterator[BatchResult]:
        """Results line by line, as they are downloaded; unreadable lines are left out."""
        for name in status.files:
            with (
                self._readable_errors(),
                self._client.files.with_streaming_response.content(name) as response,
            ):
                for line in _iter_lines(response.iter_bytes()):
                    result = _parse_result(line)
                    if result is not None:
                        yield result

    @contextmanager
    def _readable_errors(self) -> Iterator[None]:
        """Turn the client's errors into ours."""
        import httpx2
        import openai

        url = self._chat.url
        try:
            yield
        except openai.NotFoundError:
            raise RemoteError(f"{url} has no Batch API", hint="run `orca-local teach` without --batch") from None
        except (openai.OpenAIError, httpx2.RequestError) as error:
            raise RemoteError(
                f"the batch request to {url} failed: {self._chat.redact(str(error))}",
                hint="run `orca-local teach --batch` again; nothing is lost or paid for twice",
            ) from None


def _iter_lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Lines that end in \\n alone: JSON texts may hold other line separators."""
    rest = b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        yield from lines
    yield rest


def _parse_result(line: bytes) -> BatchResult | None:
    try:
        entry = parse_json(line)
        response, error = entry.get("response") or {}, entry.get("error") or {}
        message = error.get("message", "") if isinstance(error, dict) else str(error)
        return BatchResult(entry["custom_id"], int(response.get("status_code") or 0), response.get("body"), message)
    except (ValueError, OverflowError, KeyError, TypeError, AttributeError):
        return None
