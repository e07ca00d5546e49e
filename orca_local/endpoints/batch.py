"""OpenAI's Batch API: many questions as one file, answered within a day at half the price.

https://platform.openai.com/docs/guides/batch
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from orca_local.domain.errors import RemoteError

MOST_LINES, MOST_BYTES = 50_000, 190_000_000
"""Of one file; the limits of the API are 50,000 and 200 MB."""
ENDED = ("completed", "failed", "expired", "cancelled")
MARK = "orca_local_batch"


@dataclass(frozen=True, slots=True)
class BatchStatus:
    """How far a batch is."""

    remote_id: str
    state: str
    total: int
    done: int
    """Answered or failed."""
    files: tuple[str, ...]
    """Of results, errors last."""
    errors: tuple[str, ...]
    """Why it failed as a whole."""

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will come."""
        return self.state in ENDED


@dataclass(frozen=True, slots=True)
class BatchResult:
    """One line of a result file."""

    custom_id: str
    status: int
    body: Any
    error: str


class BatchEndpoint:
    """The part of an endpoint that takes batches."""

    def __init__(self, url: str, key: str, timeout_s: float) -> None:
        import openai

        self._url = url
        self._client = openai.OpenAI(api_key=key or "none", base_url=url, timeout=timeout_s)

    def close(self) -> None:
        """Close connections."""
        self._client.close()

    def submit(self, requests: Sequence[tuple[str, Mapping[str, Any]]], mark: str) -> str:
        """Send (id, body of a chat completion) pairs as one batch; returns the endpoint's name for it."""
        lines = (
            json.dumps({"custom_id": name, "method": "POST", "url": "/v1/chat/completions", "body": body})
            for name, body in requests
        )
        file = io.BytesIO("".join(f"{line}\n" for line in lines).encode())
        with _explained(self._url):
            uploaded = self._client.files.create(file=("orca-local.jsonl", file), purpose="batch")
            batch = self._client.batches.create(
                input_file_id=uploaded.id,
                endpoint="/v1/chat/completions",
                completion_window="24h",
                metadata={MARK: mark},
            )
        return batch.id

    def find(self, mark: str) -> str | None:
        """The batch that was submitted under `mark`, where the answer to that never arrived."""
        with _explained(self._url):
            for number, batch in enumerate(self._client.batches.list(limit=100)):
                if (batch.metadata or {}).get(MARK) == mark:
                    return batch.id
                if number >= 1000:
                    break
        return None

    def status(self, remote_id: str) -> BatchStatus:
        """How far it is."""
        with _explained(self._url):
            batch = self._client.batches.retrieve(remote_id)
        counts = batch.request_counts
        errors = batch.errors.data if batch.errors and batch.errors.data else []
        return BatchStatus(
            remote_id,
            batch.status,
            counts.total if counts else 0,
            counts.completed + counts.failed if counts else 0,
            tuple(name for name in (batch.output_file_id, batch.error_file_id) if name),
            tuple(str(error.message) for error in errors),
        )

    def results(self, status: BatchStatus) -> Iterator[BatchResult]:
        """What came back, line by line; a line that cannot be read is left out."""
        for name in status.files:
            with _explained(self._url):
                content = self._client.files.content(name).text
            for line in content.splitlines():
                result = _result(line)
                if result is not None:
                    yield result

    def cancel(self, remote_id: str) -> None:
        """Ask for no more of it; what is answered already can still be had."""
        with _explained(self._url):
            self._client.batches.cancel(remote_id)


def _result(line: str) -> BatchResult | None:
    try:
        entry = json.loads(line)
        response, error = entry.get("response") or {}, entry.get("error") or {}
        message = error.get("message", "") if isinstance(error, dict) else str(error)
        return BatchResult(entry["custom_id"], int(response.get("status_code") or 0), response.get("body"), message)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None


@contextmanager
def _explained(url: str) -> Iterator[None]:
    """Turns the client's errors into ours."""
    import openai

    try:
        yield
    except openai.NotFoundError:
        raise RemoteError(f"{url} takes no batches", hint="run `orca-local teach` without --batch") from None
    except openai.OpenAIError as error:
        hint = "run `orca-local teach --batch` again; nothing is lost or paid for twice"
        raise RemoteError(f"the batch at {url} cannot be asked about: {error}", hint=hint) from None
