"""The faults of a teacher's endpoint: what it sends, and what the program must make of it."""

from __future__ import annotations

import gzip
import itertools
import json
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from scripts.campaign.scene import KEY
from scripts.campaign.server import Reply, http

WHOLE, BROKEN, EITHER = "whole", "broken", "either"
"""The answer must be trained on; must not be, and the command must say so; or the program may decide."""
POISON = "POISON7"
"""Stands in each faulty text; no training row may contain it."""

Body = dict[str, Any]


@dataclass(frozen=True)
class Fault:
    """One kind of fault."""

    reply: Callable[[str, Body], Reply]
    """Returns the bytes, given the good answer and the request."""
    outcome: str = BROKEN
    once: bool = False
    """Whether only the first request of a question is hit."""
    hits_all: bool = False
    """Whether all questions are hit, not every third one."""
    ends_run: bool = False
    """Whether the run may end before the other questions are asked."""


def good_text(number: int) -> str:
    """The right answer to `What is 4 plus 4?`."""
    return f"{number} + {number} = {2 * number}.\nAnswer: {2 * number}"


def body_of(text: Any, finish_reason: Any = "stop", **changes: Any) -> Body:
    """A chat completion as an object; `changes` replace its top-level fields."""
    usage = {"prompt_tokens": 30, "completion_tokens": 12, "total_tokens": 42}
    message = text if isinstance(text, dict) and "role" in text else {"role": "assistant", "content": text}
    choice = {"index": 0, "finish_reason": finish_reason, "message": message}
    return {"id": "x", "object": "chat.completion", "created": 0, "model": "m", "choices": [choice], "usage": usage} | (
        changes
    )


def completion(text: Any, finish_reason: Any = "stop", **changes: Any) -> bytes:
    """A chat completion as a response."""
    return http(json.dumps(body_of(text, finish_reason, **changes)).encode())


def error(status: str, message: str, **fields: Any) -> bytes:
    """An error in OpenAI's form."""
    return http(
        json.dumps({"error": {"message": message, "type": "x", "code": None, **fields}}).encode(), status=status
    )


def _fixed(reply: bytes, **options: Any) -> Fault:
    return Fault(lambda good, request: reply, **options)


def _text(change: Callable[[str], Any], finish_reason: Any = "stop", **options: Any) -> Fault:
    return Fault(lambda good, request: completion(change(good), finish_reason), **options)


def _raw(change: Callable[[bytes], Reply], **options: Any) -> Fault:
    """A fault of the response's bytes, given the JSON of a good one."""
    return Fault(lambda good, request: change(json.dumps(body_of(good)).encode()), **options)


def _usage(value: Any, outcome: str = EITHER) -> Fault:
    return Fault(lambda good, request: completion(good, usage=value), outcome)


def _refuses(name: str, message: str) -> Fault:
    def reply(good: str, request: Body) -> bytes:
        return error("400 Bad Request", message, param=name) if name in request else completion(good)

    return Fault(reply, WHOLE, hits_all=True)


def _run_error(status: str, message: str, **fields: Any) -> Fault:
    return _fixed(error(status, message, **fields), hits_all=True, ends_run=True)


def _temporary(status: str, **headers: str) -> Fault:
    return _fixed(http(b'{"error": {"message": "later"}}', status=status, **headers), outcome=WHOLE, once=True)


def _drip(head: bytes, piece: bytes, pause: float, pieces: int) -> Iterator[bytes]:
    yield head
    for _ in range(pieces):
        time.sleep(pause)
        yield piece


def _bomb(encoding: str, data: bytes) -> bytes:
    return http(data, Content_Encoding=encoding)


def _bomb_of(window_bits: int) -> bytes:
    """300 MB of spaces, compressed piece by piece: this process must stay small, its children start as its copies."""
    packer = zlib.compressobj(9, zlib.DEFLATED, window_bits)
    piece = b" " * 1_000_000
    return b"".join(packer.compress(piece) for _ in range(300)) + packer.flush()


GZIP_BOMB, DEFLATE_BOMB = _bomb_of(31), _bomb_of(15)
HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
ENDLESS = HEAD + b"Transfer-Encoding: chunked\r\n\r\n"
CHUNK = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
DEEP = "[" * 100_000 + "]" * 100_000

TRANSPORT: dict[str, Fault] = {
    "closed at once": _raw(lambda body: b"", outcome=WHOLE, once=True),
    "half a status line": _raw(lambda body: b"HTTP/1.", outcome=WHOLE, once=True),
    "half the headers": _raw(lambda body: HEAD[:40], outcome=WHOLE, once=True),
    "half the body": _raw(lambda body: http(body)[:-60], outcome=WHOLE, once=True),
    "half the body, always": _raw(lambda body: http(body)[:-60]),
    "a chunk cut off": _raw(lambda body: ENDLESS + b"400\r\n" + body[:20], outcome=WHOLE, once=True),
    "chunks": _raw(lambda body: ENDLESS + b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body), outcome=WHOLE),
    "no content length": _raw(lambda body: HEAD + b"Connection: close\r\n\r\n" + body, outcome=WHOLE),
    "HTTP/1.0": _raw(lambda body: b"HTTP/1.0 200 OK\r\n\r\n" + body, outcome=WHOLE),
    "a length of 10 GB": _raw(lambda body: HEAD + b"Content-Length: 10000000000\r\n\r\n" + body),
    "a negative length": _raw(lambda body: HEAD + b"Content-Length: -5\r\n\r\n" + body, outcome=EITHER),
    "two lengths": _raw(lambda body: HEAD + b"Content-Length: 5\r\nContent-Length: 900\r\n\r\n" + body, outcome=EITHER),
    "a header of 1 MB": _raw(lambda body: HEAD + b"X: " + b"x" * 1_000_000 + b"\r\n\r\n" + body, outcome=EITHER),
    "10,000 headers": _raw(lambda body: HEAD + b"X: y\r\n" * 10_000 + b"\r\n" + body, outcome=EITHER),
    "no HTTP": _fixed(b"SSH-2.0-OpenSSH_9.6\r\n"),
    "status 999": _raw(lambda body: http(body, status="999 Odd"), outcome=EITHER),
    "status 204": _fixed(b"HTTP/1.1 204 No Content\r\n\r\n"),
    "status 304": _fixed(b"HTTP/1.1 304 Not Modified\r\n\r\n"),
    "early hints": _raw(lambda body: b"HTTP/1.1 103 Early Hints\r\n\r\n" + http(body), outcome=WHOLE),
    "a redirect to itself": _fixed(http(b"", status="302 Found", Location="/v1/chat/completions"), ends_run=True),
    "a redirect to a file": _fixed(http(b"", status="301 Moved", Location="file:///etc/passwd"), ends_run=True),
    "a redirect with the key": _fixed(
        http(b"", status="307 X", Location=f"http://127.0.0.1:9/?k={KEY}"), ends_run=True
    ),
    "endless chunks": _raw(lambda body: itertools.chain([ENDLESS], itertools.repeat(CHUNK, 5_000))),
    "a byte now and then": _raw(lambda body: _drip(HEAD + b"Content-Length: 999\r\n\r\n", b" ", 0.3, 60)),
    "headers now and then": _raw(lambda body: _drip(HEAD, b"X: y\r\n", 0.3, 60)),
    "silence": _raw(lambda body: _drip(HEAD, b"", 20, 1)),
    "gzip": _raw(lambda body: _bomb("gzip", gzip.compress(body)), outcome=WHOLE),
    "a gzip bomb": _fixed(_bomb("gzip", GZIP_BOMB)),
    "a gzip bomb in gzip": _fixed(_bomb("gzip, gzip", gzip.compress(GZIP_BOMB))),
    "a deflate bomb": _fixed(_bomb("deflate", DEFLATE_BOMB)),
    "a gzip bomb as an error": _fixed(http(GZIP_BOMB, status="400 Bad Request", Content_Encoding="gzip")),
    "gzip that is none": _raw(lambda body: _bomb("gzip", body)),
    "half of gzip": _raw(lambda body: _bomb("gzip", gzip.compress(body)[:-9]), outcome=EITHER),
    "an unknown encoding": _raw(lambda body: _bomb("rot13", body), outcome=EITHER),
}
TEMPORARY: dict[str, Fault] = {
    **{
        f"status {status} once": _temporary(status)
        for status in (
            "408 Timeout",
            "409 Conflict",
            "425 Too Early",
            "429 Too Many Requests",
            "500 Error",
            "502 Bad Gateway",
            "503 Unavailable",
            "504 Timeout",
            "520 Unknown",
            "524 Timeout",
            "529 Overloaded",
        )
    },
    **{
        f"Retry-After {value!r}": _temporary("429 Too Many Requests", Retry_After=value)
        for value in ("0", "1", "-5", "nan", "inf", "soon", "", "Mon, 01 Jan 2001 00:00:00 GMT", "0.5")
    },
    **{
        f"Retry-After {value!r}": _fixed(
            http(b"{}", status="429 Too Many Requests", Retry_After=value), outcome=EITHER, once=True, ends_run=True
        )
        for value in ("86400", "1e300", "Fri, 01 Jan 2100 00:00:00 GMT")
    },
    "status 500 always": _fixed(http(b"<h1>500</h1>", status="500 Error", kind="text/html"), ends_run=True),
    "status 429 always": _fixed(error("429 Too Many Requests", "slow down"), ends_run=True),
}
BODIES: dict[str, Fault] = {
    **{
        f"body {body[:30].decode(errors='replace')!r}": _fixed(http(body))
        for body in (
            b"",
            b"null",
            b"[]",
            b"7",
            b'"text"',
            b"{}",
            b"<html>login</html>",
            b"{'a': 1}",
            b"\xff\xfe\x00",
            b'{"choices": []}',
            b'{"choices": null}',
            b'{"choices": {}}',
            b'{"choices": [null]}',
            b'{"choices": [{}]}',
            b'{"choices": [{"message": null, "finish_reason": "stop"}]}',
            b'{"choices": [{"message": [], "finish_reason": "stop"}]}',
            b'{"choices": [{"message": {}, "finish_reason": "stop"}]}',
            b'data: {"choices": []}\n\ndata: [DONE]\n\n',
            DEEP.encode(),
        )
    },
    "two objects": _raw(lambda body: http(body + body)),
    "text behind the object": _raw(lambda body: http(body + b" trailing")),
    "spaces before the object": _raw(lambda body: http(b" \n" * 500 + body), outcome=WHOLE),
    "a byte order mark": _raw(lambda body: http(b"\xef\xbb\xbf" + body), outcome=EITHER),
    "UTF-16": _raw(
        lambda body: http(body.decode().encode("utf-16"), kind="application/json; charset=utf-16"), outcome=EITHER
    ),
    "charset=utf-16 that is not": _raw(
        lambda body: http(body, kind="application/json; charset=utf-16"), outcome=EITHER
    ),
    "charset=nonsense": _raw(lambda body: http(body, kind="application/json; charset=nonsense"), outcome=EITHER),
    "as text/html": _raw(lambda body: http(body, kind="text/html"), outcome=EITHER),
    "invalid UTF-8": _raw(lambda body: http(body.replace(b"Answer", b"POISON7\xff\xfeAnswer")), outcome=EITHER),
    "NaN in JSON": _raw(lambda body: http(body.replace(b'"created": 0', b'"created": NaN')), outcome=EITHER),
    "a number of 10,000 digits": _raw(
        lambda body: http(body.replace(b": 0,", b": " + b"9" * 10_000 + b",")), outcome=EITHER
    ),
    "a deep extra field": _raw(lambda body: http(body[:-1] + b', "x": ' + DEEP.encode() + b"}"), outcome=EITHER),
    "a message of 20 MB": _text(lambda good: POISON * 3_000_000, outcome=EITHER),
    "a message of 60 MB": _text(lambda good: POISON * 9_000_000),
    "several choices": Fault(
        lambda good, request: completion(good, choices=body_of(good)["choices"] + body_of(POISON)["choices"]), EITHER
    ),
}
USAGE: dict[str, Fault] = {
    "usage of zeros": _usage({"prompt_tokens": 0, "completion_tokens": 0}, WHOLE),
    "no usage": _usage(None, WHOLE),
    "usage of 2e15": _usage({"prompt_tokens": 2 * 10**15, "completion_tokens": 2 * 10**15}),
    "usage of 2**70": _usage({"prompt_tokens": 2**70, "completion_tokens": 2**70}),
    "negative usage": _usage({"prompt_tokens": -10, "completion_tokens": -(10**12)}),
    "usage in fractions": _usage({"prompt_tokens": 1.5, "completion_tokens": 2.5}),
    "usage as text": _usage({"prompt_tokens": "12", "completion_tokens": "many"}),
    "usage as a list": _usage([1, 2]),
    "usage true": _usage({"prompt_tokens": True, "completion_tokens": True}),
    "usage null": _usage({"prompt_tokens": None, "completion_tokens": None}),
}
REASONS: tuple[Any, ...] = (
    *("length", "error", "model_length", "max_tokens", "abort", "content_filter", "tool_calls", "cancelled", ""),
    *(None, "unheard of", 5, [], {"a": 1}, "\ud800", KEY),
)
FINISH: dict[str, Fault] = {
    f"finish_reason {reason!r}": _text(lambda good: f"{good} {POISON}", reason) for reason in REASONS
}
CONTENT: dict[str, Fault] = {
    "content null": _text(lambda good: None),
    "content empty": _text(lambda good: ""),
    "content of spaces": _text(lambda good: " \n "),
    "content a number": _text(lambda good: 15, outcome=EITHER),
    "content a dict": _text(lambda good: {"text": POISON}),
    "only thoughts": _text(lambda good: {"role": "assistant", "content": None, "reasoning_content": POISON + good}),
    "only reasoning": _text(lambda good: {"role": "assistant", "content": "", "reasoning": POISON + good}),
    "parts of text": _text(lambda good: [{"type": "text", "text": good}], outcome=WHOLE),
    "parts of reasoning and text": _text(
        lambda good: [{"type": "reasoning", "text": POISON}, {"type": "text", "text": good}], outcome=EITHER
    ),
    "parts of thinking alone": _text(lambda good: [{"type": "thinking", "thinking": POISON + good}]),
    "parts that are odd": _text(lambda good: [None, 5, {"type": "image_url"}, {"text": POISON}]),
    "a refusal": _text(lambda good: {"role": "assistant", "content": None, "refusal": POISON}),
    "a tool call": _text(lambda good: {"role": "assistant", "content": None, "tool_calls": [{"id": POISON}]}),
    "a lone surrogate": _text(lambda good: f"\ud83d {good}", outcome=EITHER),
    "a lone surrogate at the end": _text(lambda good: f"{good} \udc00", outcome=EITHER),
    "NUL": _text(lambda good: f"a\0b {good}", outcome=EITHER),
    "terminal codes": _text(lambda good: f"\x1b[2J\x1b]0;x\x07 {good}", outcome=EITHER),
    "a wrong answer": _text(lambda good: f"{POISON}\nAnswer: 1000000", outcome=EITHER),
    "an endless line": _text(lambda good: POISON + "a" * 1_000_000, outcome=EITHER),
}
THOUGHTS: dict[str, Fault] = {
    name: _text(lambda good, form=form: form.replace("GOOD", good).replace("BAD", POISON), outcome=EITHER)  # type: ignore[misc]
    for name, form in {
        "think": "<think>BAD</think>\n\nGOOD",
        "thinking": "<thinking>BAD</thinking>GOOD",
        "thought": "<thought>BAD</thought>GOOD",
        "reasoning": "<reasoning>BAD</reasoning>GOOD",
        "THINK in brackets": "[THINK]BAD[/THINK]GOOD",
        "an orphan end of thoughts": "BAD</think>GOOD",
        "an orphan start of thoughts": "<think>BAD GOOD",
        "thoughts behind": "GOOD<think>BAD</think>",
        "channels": "<|channel|>analysis<|message|>BAD<|end|><|start|>assistant<|channel|>final<|message|>GOOD",
        "a turn behind im_end": "GOOD<|im_end|>\n<|im_start|>user\nBAD",
        "text behind eot_id": "GOOD<|eot_id|>BAD",
        "text behind endoftext": "GOOD<|endoftext|>BAD",
        "text behind </s>": "GOOD</s>BAD",
        "text behind end_of_turn": "GOOD<end_of_turn>\n<start_of_turn>user\nBAD",
        "text behind end": "GOOD<|end|><|user|>BAD",
        "a human turn": "GOOD\n\nHuman: BAD",
        "a user turn": "GOOD\nUser: BAD\nAssistant: BAD",
        "an instruction": "GOOD\n\n### Instruction:\nBAD",
    }.items()
}
ERRORS: dict[str, Fault] = {
    "wrong key": _run_error("401 Unauthorized", f"Incorrect API key provided: {KEY}"),
    "key in pieces": _run_error("401 Unauthorized", f"bad key {KEY[:8]} {KEY}"),
    "no access": _run_error("403 Forbidden", "no access to this model"),
    "no money": _run_error("402 Payment Required", "add credits"),
    "unknown model": _run_error("404 Not Found", "The model does not exist", code="model_not_found"),
    "a model not pulled": _run_error("404 Not Found", 'model "scripted" not found, try pulling it first'),
    "an empty quota": _run_error(
        "429 Too Many Requests", "quota", code="insufficient_quota", type="insufficient_quota"
    ),
    "a web page": _fixed(
        http(b"<html>not here</html>", status="404 Not Found", kind="text/html"), hits_all=True, ends_run=True
    ),
    "an error in a 200": _fixed(http(b'{"error": {"message": "overloaded", "code": 503}}'), ends_run=True),
    "an error text in a 200": _fixed(http(b'{"error": "something broke"}'), ends_run=True),
    "a wrong key in a 200": _fixed(
        http(b'{"error": {"code": "invalid_api_key", "message": "no"}}'), hits_all=True, ends_run=True
    ),
    "an error with a surrogate": _fixed(
        http(b'{"error": {"message": "\\ud800"}}', status="400 Bad Request"), ends_run=True
    ),
    "an error that is deep": _fixed(
        http(b'{"error": ' + DEEP.encode() + b"}", status="400 Bad Request"), ends_run=True
    ),
    "a filtered prompt": _fixed(error("400 Bad Request", "filtered", code="content_filter")),
    "a prompt too long": _fixed(error("400 Bad Request", "context", code="context_length_exceeded")),
    "the key in a header": _raw(lambda body: http(body, X_Echo=KEY), outcome=WHOLE),
    "the key as the model": Fault(lambda good, request: completion(good, model=KEY, id=KEY), EITHER),
    "the key in a page": _fixed(http(f"<p>{KEY}</p>".encode(), status="500 Error", kind="text/html"), ends_run=True),
    "no max_tokens": _refuses("max_tokens", "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens'."),
    "no temperature": _refuses("temperature", "Unsupported parameter: 'temperature' is not supported here."),
    "no top_p": _refuses("top_p", "`temperature` and `top_p` cannot both be specified"),
    "no seed": _refuses("seed", "Unrecognized request argument supplied: seed"),
}
FAULTS = {**TRANSPORT, **TEMPORARY, **BODIES, **USAGE, **FINISH, **CONTENT, **THOUGHTS, **ERRORS}
