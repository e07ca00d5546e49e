"""Replies that are not as OpenAI's documentation says, each with what its question fails with."""

from __future__ import annotations

import json
from typing import Any

from tests.openai_server import Reply, answer, sent


def completion(**changes: Any) -> dict[str, Any]:
    """The JSON of a right answer to "What is 1 + 1?", with changes."""
    body: dict[str, Any] = json.loads(answer("1 and 1 make 2.\nAnswer: 2").body)
    return body | changes


def _choice(**changes: Any) -> dict[str, Any]:
    return completion(choices=[{"index": 0, "finish_reason": "stop", "message": {"content": "Answer: 2"}} | changes])


def _nested(depth: int) -> str:
    return "[" * depth + "]" * depth


def _parts(depth: int) -> str:
    return '[{"text": ' * depth + '"2"' + "}]" * depth


DEPTHS = (40, 450, 950, 100_000)

FAILING: dict[str, tuple[Any, str]] = {
    "no JSON": (b"<html>Log in</html>", "no JSON"),
    "nothing": (b"", "no JSON"),
    "a number": (7, "no JSON"),
    "a list": ([1, 2], "no JSON"),
    "an integer of 5,000 digits": (b'{"choices": ' + b"9" * 5000 + b"}", "no JSON"),
    "no choices": (completion(choices=[]), "without choices"),
    "choices null": (completion(choices=None), "without choices"),
    "choices as an object": (completion(choices={"0": {"message": {"content": "2"}}}), "without choices"),
    "choices as a text": (completion(choices="Answer: 2"), "without choices"),
    "a choice that is a text": (completion(choices=["Answer: 2"]), "without choices"),
    "no message": (_choice(message=None), "empty"),
    "a byte order mark": (_choice(message={"role": "assistant", "content": "\ufeff\n"}), "empty"),
    "zero-width spaces": (_choice(message={"role": "assistant", "content": "\u200b \u2060\u200b"}), "empty"),
    "unseen text after thoughts": (
        _choice(message={"role": "assistant", "content": "<think>2</think>\u200b"}),
        "nothing but hidden reasoning",
    ),
    "a message as a text": (_choice(message="Answer: 2"), "empty"),
    "a message as a list": (_choice(message=[{"content": "2"}]), "empty"),
    "content null": (_choice(message={"content": None}), "empty"),
    "content of spaces": (_choice(message={"content": " \n\t"}), "empty"),
    "content as a number": (_choice(message={"content": 2}), "no text"),
    "content true": (_choice(message={"content": True}), "no text"),
    "content as an object": (_choice(message={"content": {"type": "text", "text": "Answer: 2"}}), "no text"),
    "parts of other types": (_choice(message={"content": [{"text": "Answer: 2"}, None, 5]}), "no text"),
    "reasoning alone": (_choice(message={"content": None, "reasoning_content": "so 2"}), "hidden reasoning"),
    "reasoning alone, as OpenRouter names it": (_choice(message={"content": "", "reasoning": "2"}), "hidden reasoning"),
    "a part of reasoning": (_choice(message={"content": [{"type": "reasoning", "text": "2"}]}), "hidden reasoning"),
    "a part of thinking": (_choice(message={"content": [{"type": "thinking", "thinking": "2"}]}), "hidden reasoning"),
    "a picture": (_choice(message={"content": [{"type": "image_url", "image_url": {"url": "x"}}]}), "empty"),
    "a refusing part": (_choice(message={"content": [{"type": "refusal", "refusal": "not I"}]}), "refused: not I"),
    "a refusal of another type": (_choice(message={"content": "", "refusal": {"a": 1}}), "refused: no reason given"),
    "only thoughts": (_choice(message={"content": "<think>2 and 2</think>\n"}), "hidden reasoning"),
    "thoughts without end": (_choice(message={"content": "<think>2 and 2.\nAnswer: 2"}), "hidden reasoning"),
    **{
        f"ended by {word!r}": (_choice(finish_reason=word), problem)
        for word, problem in {
            "length": "cut off at 1024 tokens",
            "max_tokens": "cut off at 1024 tokens",
            "MAX_TOKENS": "cut off at 1024 tokens",
            "model_length": "cut off at the end of the teacher's context",
            "content_filter": "content filter",
            "SAFETY": "content filter",
            "error": "broke the answer off",
            "abort": "broke the answer off",
            "insufficient_system_resource": "broke the answer off",
            "tool_calls": "called a tool",
            "pause_turn": "does not say that the answer is complete .*'pause_turn'",
            "unfinished": "does not say that the answer is complete",
            "": "sent no finish_reason",
            None: "sent no finish_reason",
            3: "sent no finish_reason",
        }.items()
    },
    "a list as finish_reason": (_choice(finish_reason=["stop"]), "sent no finish_reason"),
    **{f"{depth} levels": (f'{{"choices": {_nested(depth)}}}', "without choices|no JSON") for depth in DEPTHS},
    **{
        f"content of {depth} levels": (
            f'{{"choices": [{{"finish_reason": "stop", "message": {{"content": {_nested(depth)}}}}}]}}',
            "no text|empty|no JSON",
        )
        for depth in DEPTHS
    },
    **{
        f"parts of {depth} levels": (
            f'{{"choices": [{{"finish_reason": "stop", "message": {{"content": {_parts(depth)}}}}}]}}',
            "no text|empty|no JSON",
        )
        for depth in DEPTHS
    },
    **{
        f"a refusal of {depth} levels": (
            f'{{"choices": [{{"finish_reason": "stop", "message": {{"refusal": {_parts(depth)}}}}}]}}',
            "refused|no JSON",
        )
        for depth in DEPTHS
    },
    **{
        f"an error of {depth} levels": (f'{{"error": {{"message": {_nested(depth)}, "code": 500}}}}', "error|no JSON")
        for depth in DEPTHS
    },
    "a stream without an end": (
        b'data: {"choices": [{"delta": {"content": "Answer: 2"}}]}\n\n',
        "does not say that the answer is complete",
    ),
    "a stream of nothing": (b": ping\n\ndata: [DONE]\n\n", "no JSON"),
}
"""The body of a reply with the status 200, and what the error of its question contains, as a regular expression."""

_USAGES: dict[str, Any] = {
    "2**70": {"prompt_tokens": 2**70, "completion_tokens": 2**70},
    "negative": {"prompt_tokens": -5, "completion_tokens": -1},
    "fractional": {"prompt_tokens": 1.5, "completion_tokens": 0.5},
    "as texts": {"prompt_tokens": "11", "completion_tokens": "many"},
    "null": {"prompt_tokens": None, "completion_tokens": None},
    "true": {"prompt_tokens": True, "completion_tokens": False},
    "lists": {"prompt_tokens": [11], "completion_tokens": {"n": 5}},
    "a list": [11, 5],
    "a text": "11 and 5",
    "missing": None,
}

_ANSWER = "1 and 1 make 2.\nAnswer: 2"

USABLE: dict[str, tuple[Any, str]] = {
    **{f"usage {name}": (completion(usage=usage), _ANSWER) for name, usage in _USAGES.items()},
    "usage NaN": (json.dumps(completion(usage={"prompt_tokens": float("nan"), "completion_tokens": 1e999})), _ANSWER),
    "parts": (_choice(message={"content": [{"type": "text", "text": "Answer:"}, {"text": " 2"}]}), "Answer: 2"),
    "a part of thinking and one of text": (
        _choice(
            message={
                "content": [
                    {"type": "thinking", "thinking": [{"type": "text", "text": "9"}]},
                    {"type": "reasoning", "text": "8"},
                    {"type": "text", "text": "Answer: 2"},
                ]
            }
        ),
        "Answer: 2",
    ),
    "reasoning beside the answer": (_choice(message={"content": "Answer: 2", "reasoning_content": "7"}), "Answer: 2"),
    "several choices": (
        completion(
            choices=[
                {"index": number, "finish_reason": "stop", "message": {"content": f"Answer: {2 + number}"}}
                for number in range(3)
            ]
        ),
        "Answer: 2",
    ),
    "half of a surrogate pair": (_choice(message={"content": "\ud83d so\nAnswer: 2"}), "\ufffd so\nAnswer: 2"),
    "bytes of half a pair": (
        json.dumps(_choice(), ensure_ascii=False).encode().replace(b"Answer", b"\xed\xa0\xbd Answer"),
        "\ufffd\ufffd\ufffd Answer: 2",
    ),
    "a NUL character": (_choice(message={"content": "so\0\nAnswer: 2"}), "so\ufffd\nAnswer: 2"),
    "control characters that are not escaped": (
        json.dumps(_choice(message={"content": "so@Answer: 2"})).replace("@", "\n"),
        "so\nAnswer: 2",
    ),
    "surrogates everywhere": (
        completion(
            id="\ud800", model="\ud800", object="\ud800", choices=_choice()["choices"], **{"\ud800": ["\ud800"]}
        ),
        "Answer: 2",
    ),
    "UTF-16": (json.dumps(_choice()).encode("utf-16"), "Answer: 2"),
    "a mark of byte order": (b"\xef\xbb\xbf" + json.dumps(_choice()).encode(), "Answer: 2"),
    "an error without a word": (completion(error={"message": "", "code": None, "type": ""}), _ANSWER),
    **{
        f"ended by {word!r}": (_choice(finish_reason=word), "Answer: 2")
        for word in ("eos", "eos_token", "end_turn", "stop_sequence", "STOP", "COMPLETE", "Stop-Sequence", " stop ")
    },
    "a stream": (
        b": ping\r\n\r\n"
        b'data: {"choices": [{"delta": {"role": "assistant", "content": ""}, "finish_reason": null}]}\r\n\r\n'
        b'data: {"choices": [{"delta": {"reasoning_content": "9"}}]}\r\n\r\n'
        b'data: {"choices": [{"delta": {"content": "Answer:"}}]}\r\n\r\n'
        b'data: {"choices": [{"delta": {"content": " 2"}, "finish_reason": "stop"}]}\r\n\r\n'
        b'data: {"choices": [], "usage": {"prompt_tokens": 11, "completion_tokens": 5}}\r\n\r\n'
        b"data: [DONE]\r\n\r\n",
        "Answer: 2",
    ),
    "a stream of two choices": (
        b'data: {"choices": [{"index": 1, "delta": {"content": "Answer: 3"}, "finish_reason": "length"}]}\n\n'
        b'data: {"choices": [{"index": 0, "delta": {"content": "Answer: 2"}, "finish_reason": "stop"}]}\n\n'
        b'data: {"choices": [{"index": 1, "delta": {"content": "!"}, "finish_reason": "length"}]}\n\n'
        b"data: [DONE]\n\n",
        "Answer: 2",
    ),
}
"""The body of a reply with the status 200, and the answer in it."""

ERRORS: dict[str, tuple[Any, str, int]] = {
    "OpenAI": ({"error": {"message": "slow down", "type": "x", "code": "rate_limit_exceeded"}}, "slow down", 429),
    "OpenRouter": ({"error": {"code": 429, "message": "slow down"}}, "slow down", 429),
    "OpenRouter, as a text": ({"error": {"code": "502", "message": "no provider"}}, "no provider", 502),
    "OpenRouter, in the choice": (
        completion(choices=[{"error": {"code": 502, "message": "provider died"}, "finish_reason": "error"}]),
        "provider died",
        502,
    ),
    "a text": ({"error": "model is overloaded"}, "model is overloaded", 503),
    "another text": ({"error": "boom"}, "boom", 500),
    "an error beside an answer": (completion(error={"message": "boom", "code": 500}), "boom", 500),
    "Anthropic": ({"type": "error", "error": {"type": "overloaded_error", "message": "busy"}}, "busy", 503),
    "Gemini": (
        [{"error": {"code": 429, "message": "Resource exhausted", "status": "RESOURCE_EXHAUSTED"}}],
        "Resource exhausted",
        429,
    ),
    "vLLM": ({"object": "error", "message": "too long", "type": "BadRequestError", "code": 400}, "too long", 400),
    "a key": ({"error": {"message": "Incorrect API key provided"}}, "Incorrect API key", 401),
    "a model": ({"error": {"message": "the model `x` does not exist"}}, "does not exist", 404),
    "a quota": ({"error": {"message": "no credit", "type": "insufficient_quota", "code": "429"}}, "no credit", 429),
    "a stream": (b'event: error\ndata: {"error": {"message": "died", "code": 503}}\n\n', "died", 503),
    "a stream with a bare error": (b'event: error\ndata: {"message": "died", "type": "overloaded"}\n\n', "died", 503),
    "a stream with a text": (b"event: error\ndata: rate limit reached\n\n", "rate limit reached", 429),
    "a stream that breaks off": (
        b'data: {"choices": [{"delta": {"content": "An"}}]}\n\ndata: {"error": {"message": "died", "code": 500}}\n\n',
        "died",
        500,
    ),
}
"""The body of a reply with the status 200, a part of the error in it, and the status that it stands for."""


def reply(body: Any) -> Reply:
    """A reply with the status 200."""
    return sent(body)
