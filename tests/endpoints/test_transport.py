"""Servers that send too much, too slowly, or packed so that little becomes much."""

from __future__ import annotations

import gzip
import json
import resource
import socket
import threading
import time
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace

import pytest

from orca_local.endpoints.transport import MAX_BODY_BYTES
from tests.endpoints.test_chat import REQUEST, endpoint
from tests.openai_server import OpenAIServer, Reply, answer

PACK: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.compress,
    "deflate": zlib.compress,
    "identity": bytes,
}


def bomb(encoding: str, size: int) -> bytes:
    """Something that unpacks to `size` zeros and is not finished: one block, repeated."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 31 if encoding == "gzip" else 15)
    million = bytes(1_000_000)
    first = packer.compress(million) + packer.flush(zlib.Z_FULL_FLUSH)
    block = packer.compress(million) + packer.flush(zlib.Z_FULL_FLUSH)
    return first + block * (size // len(million) - 1)


@pytest.mark.parametrize("encoding", ["gzip", "deflate"])
@pytest.mark.parametrize("status", [200, 400, 500])
def test_a_body_that_unpacks_to_gigabytes_is_not_unpacked(encoding: str, status: int) -> None:
    reply = Reply(status, bomb(encoding, 2_000_000_000), {"Content-Encoding": encoding})
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with OpenAIServer(lambda *_: reply) as server, endpoint(server.url) as chat:
        result = chat.complete_once(REQUEST)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 300_000, "kilobytes"
    if status == 200:
        assert result.error == "the endpoint sent more than 16 MB" and not result.retryable
    else:
        assert result.error.startswith(f"HTTP {status}: ") and len(result.error) < 400


@pytest.mark.parametrize("encoding", ["gzip, gzip", "gzip,gzip,gzip", "deflate, gzip", "identity, br", "br, zstd"])
@pytest.mark.parametrize("status", [200, 429])
def test_a_body_that_is_packed_repeatedly_is_not_unpacked(encoding: str, status: int) -> None:
    body = gzip.compress(gzip.compress(bytes(1000)))
    with (
        OpenAIServer(lambda *_: Reply(status, body, {"Content-Encoding": encoding})) as server,
        endpoint(server.url) as chat,
    ):
        result = chat.complete_once(REQUEST)
    assert result.error == "the endpoint sent a body that is compressed more than once" and not result.retryable


@pytest.mark.parametrize("encoding", PACK)
def test_a_packed_answer_is_read(encoding: str) -> None:
    good = answer("2")
    packed = replace(good, body=PACK[encoding](good.body), headers={**good.headers, "Content-Encoding": encoding})
    with OpenAIServer(lambda *_: packed) as server, endpoint(server.url) as chat:
        assert chat.complete_once(REQUEST).text == "2"


@pytest.mark.parametrize("encoding", ["br", "zstd", "x-gzip", "compress", "nonsense"])
def test_an_encoding_that_was_not_asked_for_is_an_answer_that_cannot_be_used(encoding: str) -> None:
    reply = Reply(200, b"\x28\xb5\x2f\xfd" * 99, {"Content-Encoding": encoding})
    with OpenAIServer(lambda *_: reply) as server, endpoint(server.url) as chat:
        assert chat.complete_once(REQUEST).error


@pytest.mark.parametrize("size", [MAX_BODY_BYTES - 2000, MAX_BODY_BYTES + 1, 20_000_000])
def test_a_very_long_answer_is_taken_whole_or_fails_alone(size: int) -> None:
    replies = [answer("x" * size), answer("2")]
    with OpenAIServer(lambda _, number: replies[number - 1]) as server, endpoint(server.url) as chat:
        first, second = chat.complete_once(REQUEST), chat.complete_once(REQUEST)
    if size < MAX_BODY_BYTES:
        assert len(first.text) == size and not first.error
    else:
        assert first.error == "the endpoint sent more than 16 MB" and not first.retryable and first.fatal is None
    assert second.text == "2"


def test_of_a_long_error_only_the_beginning_is_read() -> None:
    body = json.dumps({"error": {"message": "x" * 20_000_000}}).encode()
    with OpenAIServer(lambda *_: Reply(500, body, {})) as server, endpoint(server.url) as chat:
        result = chat.complete_once(REQUEST)
    assert result.error.startswith('HTTP 500: {"error": {"message": "xxx') and len(result.error) < 400
    assert result.retryable


def test_a_body_in_chunks_is_limited_whatever_its_length_is_said_to_be() -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
    million = b"f4240\r\n" + bytes(1_000_000) + b"\r\n"
    with _dripping_server(head + 17 * million, b"0\r\n\r\n") as url, endpoint(url) as chat:
        result = chat.complete_once(REQUEST)
    assert result.error == "the endpoint sent more than 16 MB" and not result.retryable


HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n"
PACKED_HEAD = HEAD.replace(b"\r\n\r\n", b"\r\nContent-Encoding: gzip\r\n\r\n")
DRIPS = {
    "a status line": (b"HTTP/1.1 ", b" "),
    "headers": (b"HTTP/1.1 200 OK\r\nX-Long: ", b"x"),
    "many headers": (b"HTTP/1.1 200 OK\r\n", b"X: y\r\n"),
    "a body": (HEAD, b" "),
    "chunks": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
    "a packed body": (PACKED_HEAD + gzip.compress(b"")[:10], b"\0\0\0\xff\xff"),
    "an error": (HEAD.replace(b"200 OK", b"500 Oops"), b" "),
    "interim responses": (b"", b"HTTP/1.1 103 Early Hints\r\n\r\n"),
    "nothing": (b"", b""),
}


@pytest.mark.parametrize("what", DRIPS)
def test_what_arrives_in_drops_is_not_waited_for(what: str) -> None:
    with _dripping_server(*DRIPS[what]) as url, endpoint(url, timeout_s=0.5) as chat:
        result = chat.complete_once(REQUEST)
    assert result.error == "no answer within 0.5 s" and result.retryable and result.billed


@pytest.mark.slow
def test_a_call_that_took_too_long_does_not_end_the_next_one() -> None:
    gave_up = threading.Event()

    def script(_: object, number: int) -> Reply:
        if number == 1:
            gave_up.wait(60)
        return answer(str(number))

    with OpenAIServer(script) as server, endpoint(server.url, timeout_s=1.5) as chat:
        assert chat.complete_once(REQUEST).error == "no answer within 1.5 s"
        gave_up.set()
        assert chat.complete_once(REQUEST).text == "2"


@pytest.mark.slow
def test_a_client_whose_time_is_up_while_idle_can_be_used_again() -> None:
    with OpenAIServer(lambda *_: answer("2")) as server, endpoint(server.url, timeout_s=1.5) as chat:
        assert chat.complete_once(REQUEST).text == "2"
        time.sleep(2)
        assert chat.complete_once(REQUEST).text == "2"


@contextmanager
def _dripping_server(start: bytes, drop: bytes) -> Iterator[str]:
    """The address of a server that sends `start` and then `drop` every 50 ms, for at most twenty seconds."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection, suppress(OSError):
                connection.recv(65536)
                connection.sendall(start)
                connection.settimeout(0.05)
                for _ in range(400):
                    connection.sendall(drop)
                    with suppress(TimeoutError):
                        if not connection.recv(1000):
                            return

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/v1"
    thread.join(20)
