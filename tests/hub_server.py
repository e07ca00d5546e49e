"""A hub-shaped server on loopback: names, commits, lists of files, files with the redirect, and faults on demand."""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import parse_qs, quote, unquote, urlsplit

from tests.hub_dataset import HubDataset, is_large, part_of, size_of

LONGEST_LIFE_S = 120.0
PIECE = 1 << 18


@dataclass
class Faults:
    """What goes wrong, and how often."""

    break_after: list[int] = field(default_factory=list)
    """One download each: bytes after which the connection is closed."""
    ranges: bool = True
    shift: int = 0
    """Bytes behind the place that was asked for at which a range claims to begin."""
    status: int = 200
    error_code: str = ""
    """The hub's own word for a failure, such as `GatedRepo`."""
    etag: str = ""
    """What is announced instead of the file's hash."""
    announce: int | None = None
    """Bytes that are announced instead of the file's size."""
    cdn_status: int = 200
    """The status of the download itself."""
    headers: dict[str, str] = field(default_factory=dict)
    """Added to a download that fails."""
    error_body: bytes = b""
    """The packed body of a download that fails."""
    pause_s: float = 0.0
    """Between one piece and the next."""
    piece: int = PIECE
    """Bytes of a piece."""
    page: str = ""
    """Paths that contain this text are answered with a web page."""
    body: bytes | None = None
    """The body of every answer of the API."""
    per_page: int = 1000
    """Files that one answer lists."""


class HubServer:
    """Serves one file of one model, or datasets, until the block ends, or for two minutes."""

    def __init__(
        self,
        repo: str = "",
        file: str = "",
        content: bytes = b"",
        faults: Faults | None = None,
        *,
        datasets: Sequence[HubDataset] = (),
        life_s: float = LONGEST_LIFE_S,
    ) -> None:
        self.repo, self.file, self.content = repo, file, content
        self.datasets = {dataset.name: dataset for dataset in datasets}
        self.faults = faults or Faults()
        self.requests: list[str] = []
        """Path of every request, but those of downloads."""
        self.downloads: list[tuple[str, int]] = []
        """Range header and bytes sent of every download."""
        self.agents: list[str] = []
        self.sent_tokens: list[str] = []
        self.cdn_tokens: list[str] = []
        """What the other host got as token."""
        self._life_s = life_s

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    @property
    def sent_bytes(self) -> int:
        """Bytes of all downloads."""
        return sum(count for _, count in self.downloads)

    def __enter__(self) -> Self:
        hub = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            wbufsize = -1

            def log_message(self, format: str, *args: Any) -> None:
                return

            def do_HEAD(self) -> None:
                hub.agents.append(self.headers.get("User-Agent", ""))
                hub._answer(self)

            def do_GET(self) -> None:
                hub._answer(self)

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()
        self._timer = threading.Timer(self._life_s, self._server.shutdown)
        self._timer.daemon = True
        self._timer.start()
        return self

    def _answer(self, handler: BaseHTTPRequestHandler) -> None:
        path = unquote(urlsplit(handler.path).path)
        if path.startswith("/cdn/"):
            self.cdn_tokens.append(handler.headers.get("Authorization", ""))
            self._send_file(handler, self._cdn_content(path.removeprefix("/cdn/")))
            return
        self.requests.append(handler.path)
        self.sent_tokens.append(handler.headers.get("Authorization", ""))
        if self.faults.page and self.faults.page in handler.path:
            _reply(handler, 200, b"<html><body>please log in</body></html>", {"Content-Type": "text/html"})
        elif self.faults.status != 200:
            _reply(handler, self.faults.status, headers={"X-Error-Code": self.faults.error_code or "EntryNotFound"})
        elif path.startswith("/api/datasets"):
            self._answer_api(handler, path)
        elif path.startswith("/datasets/"):
            self._answer_dataset(handler, path.removeprefix("/datasets/"))
        elif path == f"/{self.repo}/resolve/main/{self.file}":
            self._redirect(handler, self.file, self.content, "0" * 40)
        else:
            _reply(handler, 404, headers={"X-Error-Code": "EntryNotFound"})

    def _answer_api(self, handler: BaseHTTPRequestHandler, path: str) -> None:
        query = parse_qs(urlsplit(handler.path).query)
        if path == "/api/datasets":
            author, word = query.get("author", [""])[0], query.get("search", [""])[0]
            names = [name for name in self.datasets if name.startswith(f"{author}/" if author else "") and word in name]
            self._reply_json(handler, [{"id": name} for name in names])
            return
        owner, name, what, revision = (path.removeprefix("/api/datasets/") + "//").split("/", 3)
        dataset = self.datasets.get(f"{owner}/{name}")
        commit = dataset.find(revision.rstrip("/")) if dataset else ""
        if dataset is None:  # the hub does not say whether there is a private one
            _reply(handler, 401, headers={"X-Error-Code": "RepoNotFound"})
        elif not commit:
            _reply(handler, 404, headers={"X-Error-Code": "RevisionNotFound"})
        elif what == "revision":
            self._reply_json(handler, {"id": dataset.name, "sha": commit})
        else:
            self._reply_tree(handler, dataset, commit, int(query.get("cursor", ["0"])[0]))

    def _reply_tree(self, handler: BaseHTTPRequestHandler, dataset: HubDataset, commit: str, start: int) -> None:
        items = dataset.tree(commit)
        end = start + self.faults.per_page
        headers = {}
        if end < len(items):  # of the real hub's own address, whatever the mirror's is
            link = f"https://huggingface.co/api/datasets/{dataset.name}/tree/{commit}?recursive=true&cursor={end}"
            headers = {"Link": f'<{link}>; rel="next"'}
        page = [item | self._announced(item) for item in items[start:end]]
        self._reply_json(handler, page, headers)

    def _announced(self, item: dict[str, Any]) -> dict[str, Any]:
        if item["type"] != "file":
            return {}
        size = item["size"] if self.faults.announce is None else self.faults.announce
        if self.faults.etag and "lfs" in item:
            return {"size": size, "lfs": item["lfs"] | {"oid": self.faults.etag}}
        return {"size": size}

    def _answer_dataset(self, handler: BaseHTTPRequestHandler, path: str) -> None:
        owner, name, _, commit, file = path.split("/", 4)
        dataset = self.datasets.get(f"{owner}/{name}")
        found = dataset.find(commit) if dataset else ""
        content = dataset.content(found).get(file) if dataset and found else None
        if dataset and dataset.is_gated and not handler.headers.get("Authorization"):
            _reply(handler, 401, headers={"X-Error-Code": "GatedRepo"})
        elif content is None:
            code = "EntryNotFound" if found else "RevisionNotFound"
            _reply(handler, 404, headers={"X-Error-Code": code})
        elif is_large(content):
            self._redirect(handler, f"{owner}/{name}/{commit}/{file}", content, commit)
        else:
            self._send_file(handler, content)

    def _cdn_content(self, path: str) -> bytes | Any:
        if path == self.file:
            return self.content
        owner, name, commit, file = path.split("/", 3)
        return self.datasets[f"{owner}/{name}"].content(commit)[file]

    def _redirect(self, handler: BaseHTTPRequestHandler, path: str, content: bytes | Any, commit: str) -> None:
        """The metadata of a file, on a redirect to another host, as the real hub does it."""
        size = size_of(content) if self.faults.announce is None else self.faults.announce
        etag = self.faults.etag or (self.sha256 if path == self.file else "")
        headers = {
            "Location": f"{self.url.replace('127.0.0.1', 'localhost')}/cdn/{quote(path)}",
            "X-Linked-Size": str(size),
            "X-Repo-Commit": commit,
        }
        _reply(handler, 302, headers=headers | ({"X-Linked-Etag": f'"{etag}"'} if etag else {}))

    def _reply_json(self, handler: BaseHTTPRequestHandler, value: Any, headers: dict[str, str] | None = None) -> None:
        body = json.dumps(value).encode() if self.faults.body is None else self.faults.body
        _reply(handler, 200, body, {"Content-Type": "application/json"} | (headers or {}))

    def _send_file(self, handler: BaseHTTPRequestHandler, content: bytes | Any) -> None:
        if self.faults.cdn_status != 200:
            handler.close_connection = True
            headers = self.faults.headers | {"Content-Encoding": "gzip"}
            _reply(handler, self.faults.cdn_status, self.faults.error_body, headers)
            return
        asked = handler.headers.get("Range", "") if self.faults.ranges else ""
        first, _, last = asked.removeprefix("bytes=").partition("-")
        size = size_of(content)
        start, end = int(first or 0), min(int(last) + 1, size) if last else size
        if asked and start >= size:
            _reply(handler, 416, headers={"Content-Range": f"bytes */{size}"})
            return
        handler.send_response(206 if asked else 200)
        handler.send_header("Content-Length", str(end - start))
        if asked:
            handler.send_header("Content-Range", f"bytes {start + self.faults.shift}-{end - 1}/{size}")
        handler.end_headers()
        cut = min(self.faults.break_after.pop(0) if self.faults.break_after else end - start, end - start)
        self.downloads.append((handler.headers.get("Range", ""), cut))
        try:
            for place in range(start, start + cut, self.faults.piece):
                handler.wfile.write(part_of(content, place, min(place + self.faults.piece, start + cut)))
                if self.faults.pause_s:
                    handler.wfile.flush()
                    time.sleep(self.faults.pause_s)
            handler.wfile.flush()
        except OSError:  # the client hangs up, or was killed
            handler.close_connection = True
        if cut < end - start:
            handler.close_connection = True

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._timer.cancel()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _reply(
    handler: BaseHTTPRequestHandler, status: int, body: bytes = b"", headers: dict[str, str] | None = None
) -> None:
    handler.send_response(status)
    for name, value in (headers or {}).items():
        handler.send_header(name, value)
    handler.send_header("Content-Length", str(len(body)))
    handler.end_headers()
    if handler.command != "HEAD":
        with suppress(OSError):  # the client hangs up
            handler.wfile.write(body)
            handler.wfile.flush()
