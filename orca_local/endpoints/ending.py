"""How an answer ended: the words that endpoints send as `finish_reason`.

An answer is whole only where the endpoint says so. A text that was cut off or broken off may look complete, and
training on it teaches the student to stop in the middle of a thought. So a word that is not in the table below, and no
word at all, make an answer that is not used; the message names the word. Case and separators do not matter: Gemini
sends `STOP` for `stop`.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum


class Ending(Enum):
    """How an answer ended."""

    WHOLE = "whole"
    """The model ended its turn, or wrote a text that the request asked to stop at."""
    CUT = "cut"
    """The limit of tokens was reached."""
    BLOCKED = "blocked"
    """A filter of the endpoint stopped or changed the answer."""
    BROKEN = "broken"
    """The endpoint broke the answer off. The same request may succeed later."""
    TOOL = "tool"
    """The model asked for a tool instead of answering."""
    UNKNOWN = "unknown"
    """The endpoint sent no word, or one that is not known."""


_WORDS: dict[Ending, Iterable[str]] = {
    # OpenAI and most others; Together; text-generation-inference; Anthropic; Cohere; AI21; Amazon Titan.
    Ending.WHOLE: ("stop", "eos", "eos_token", "end_turn", "stop_sequence", "complete", "endoftext", "finish"),
    # OpenAI and most others; Anthropic, Gemini and Cohere; Mistral; Anthropic; others.
    Ending.CUT: (
        *("length", "max_tokens", "model_length", "model_context_window_exceeded"),
        *("max_length", "max_output_tokens", "max_completion_tokens", "token_limit"),
    ),
    # OpenAI; Amazon; Gemini; Anthropic; Zhipu.
    Ending.BLOCKED: (
        *("content_filter", "content_filtered", "guardrail_intervened", "safety", "recitation", "blocklist"),
        *("prohibited_content", "spii", "refusal", "sensitive"),
    ),
    # Mistral, Cohere and OpenRouter; SGLang and vLLM; DeepSeek; Zhipu; Gemini.
    Ending.BROKEN: (
        *("error", "abort", "aborted", "cancelled", "canceled", "timeout"),
        *("insufficient_system_resource", "network_error", "other"),
    ),
    Ending.TOOL: ("tool_calls", "tool_call", "function_call", "tool_use"),
}
_ENDINGS = {word: ending for ending, words in _WORDS.items() for word in words}
_CONTEXT = ("model_length", "model_context_window_exceeded")


def ending_of(finish_reason: str) -> Ending:
    """How an answer with this `finish_reason` ended."""
    return _ENDINGS.get(_word(finish_reason), Ending.UNKNOWN)


def fills_context(finish_reason: str) -> bool:
    """Whether the answer was cut off at the end of the model's context, which no setting of ours moves."""
    return _word(finish_reason) in _CONTEXT


def ending_problem(finish_reason: str) -> str:
    """Why an answer that ended like this cannot be used, as a sentence; empty if it is whole or cut."""
    ending = ending_of(finish_reason)
    if ending in (Ending.WHOLE, Ending.CUT):
        return ""
    word = repr(finish_reason[:40])
    return {
        Ending.BLOCKED: f"the endpoint's content filter cut the answer (finish_reason is {word})",
        Ending.BROKEN: f"the endpoint broke the answer off (finish_reason is {word})",
        Ending.TOOL: f"the model called a tool instead of answering (finish_reason is {word})",
        Ending.UNKNOWN: f"the endpoint does not say that the answer is complete (finish_reason is {word})"
        if finish_reason
        else "the endpoint does not say that the answer is complete (it sent no finish_reason)",
    }[ending]


def _word(finish_reason: str) -> str:
    return finish_reason.strip().lower().replace("-", "_").replace(" ", "_")
