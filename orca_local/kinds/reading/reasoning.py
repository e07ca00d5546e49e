"""Hidden reasoning in a reply: the marks that models write around it, and the reply without it."""

from __future__ import annotations

import re

MARKS: tuple[tuple[str, str], ...] = (
    *((f"<{name}>", f"</{name}>") for name in ("think", "thinking", "thought", "thoughts", "reasoning", "reflection")),
    *((f"<{name}>", f"</{name}>") for name in ("scratchpad", "seed:think", "inner_monologue", "analysis")),
    ("[THINK]", "[/THINK]"),
    ("◁think▷", "◁/think▷"),
    ("<|begin_of_thought|>", "<|end_of_thought|>"),
    ("<|START_THINKING|>", "<|END_THINKING|>"),
    ("<unused94>", "<unused95>"),
    ("<|channel|>analysis<|message|>", "<|end|>"),
    ("<|channel|>commentary<|message|>", "<|end|>"),
)
"""Start and end marks of DeepSeek R1 and Qwen 3, Magistral, Kimi, OpenThoughts, Command A, MedGemma and gpt-oss."""

_STARTS = re.compile("|".join(re.escape(start) for start, _ in MARKS), re.IGNORECASE)
_ENDS = {start.casefold(): re.compile(re.escape(end), re.IGNORECASE) for start, end in MARKS}
# The end mark of gpt-oss also ends its other messages, so that one is no sign of a missing start.
_ORPHAN_END = re.compile("|".join(re.escape(end) for _, end in MARKS if end != "<|end|>"), re.IGNORECASE)
_ANY_MARK = re.compile(rf"\s*(?:{_STARTS.pattern}|{_ORPHAN_END.pattern})\s*", re.IGNORECASE)
_FINAL_CHANNEL = re.compile(r"(?:<\|start\|>assistant)?<\|channel\|>final<\|message\|>")


def remove_reasoning(text: str) -> str:
    """Return a reply without hidden reasoning. Each piece becomes a line end.

    Reasoning without an end mark lasts to the end of the reply. An end mark without a start ends reasoning that began
    in the prompt, as with templates that open it themselves.
    """
    text = "\n".join(_split(text)[0])
    orphans = list(_ORPHAN_END.finditer(text))
    return _FINAL_CHANNEL.sub("\n", text[orphans[-1].end() :] if orphans else text)


def ends_in_reasoning(text: str) -> bool:
    """Whether a reply ends inside hidden reasoning that has a start mark and no end mark."""
    return _split(text)[1]


def opened_mark(opening: str) -> str:
    """The mark of reasoning that the start of an answer opens and does not close; empty if there is none."""
    folded = opening.casefold()
    for start, end in MARKS:
        at = folded.rfind(start.casefold())
        if at >= 0 and end.casefold() not in folded[at:]:
            return start
    return ""


def without_marks(text: str) -> str:
    """A text without start and end marks, and without the white space around them."""
    return _ANY_MARK.sub("", text)


def _split(text: str) -> tuple[list[str], bool]:
    """Return the pieces between hidden reasoning, and whether the text ends inside it."""
    parts, at, is_open = [], 0, False
    while (start := _STARTS.search(text, at)) is not None:
        parts.append(text[at : start.start()])
        end = _ENDS[start[0].casefold()].search(text, start.end())
        is_open = end is None
        at = end.end() if end is not None else len(text)
    return [*parts, text[at:]], is_open
