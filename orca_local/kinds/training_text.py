"""The part of a teacher's answer that is trained on: the answer itself, without what other turns and tokens left in it.

Hidden reasoning in front of the answer is cut off, and so is what follows a token that ends the turn, or a turn that
the model invented after its answer. Where it is not clear what belongs to the answer, it is not trained on, unless a
person has reviewed it.
"""

from __future__ import annotations

import re
from bisect import bisect
from collections.abc import Callable
from dataclasses import dataclass, replace

from orca_local.domain.types import Sample
from orca_local.kinds.reading.reasoning import MARKS, ends_in_reasoning, remove_reasoning
from orca_local.kinds.reading.reply import first_exchange, first_turn
from orca_local.kinds.scoring import is_trained_on, verify
from orca_local.kinds.table import get_kind

THOUGHTS, CONTROL_TOKEN, RUN_ON, DAMAGED = "thoughts", "control_token", "run_on", "damaged_text"
"""What is cut off, and why an answer is left out, as words for counting."""
MAX_CHARACTERS = 1_000_000
"""A longer answer does not fit into the context of any student."""


@dataclass(frozen=True, slots=True)
class TrainingText:
    """What is trained on of an answer."""

    text: str
    """Without white space at its ends."""
    removed: tuple[str, ...] = ()
    """What was cut off: `thoughts`, `run_on`."""
    reason: str = ""
    """Why the answer is not trained on without a review, as a word for counting; empty if it is."""
    detail: str = ""
    """The reason as a sentence."""


_DAMAGED = re.compile("[\0-\x08\x0e-\x1f\x7f\ufffd]")
_QUOTES = "`'\"“”‘’«»"
_MARKS = re.compile("|".join(re.escape(mark) for pair in MARKS for mark in pair if mark != "<|end|>"), re.IGNORECASE)
# Tags that look like the marks of hidden reasoning of models that are not in the table.
_LIKE_MARKS = re.compile(
    r"</?\s{0,3}[\w:.-]{0,40}(?:think|thought|reasoning|reflection|scratchpad|monologue)[\w:.-]{0,40}(?:\s[^<>\n]{0,99})?/?>"
    r"|\[/?(?:begin |end )?think(?:ing)?\]|</?cot>|[＜]/?think\w{0,20}＞|&lt;/?think\w{0,20}&gt;"
    r"|<details\s{1,3}type=\"reasoning\"|^```think(?:ing)?$|^\.\.\. ?done thinking\.?$",
    re.IGNORECASE | re.MULTILINE,
)
# The channels of gpt-oss, where the server took the tokens between them out.
_BARE_CHANNELS = re.compile(r"\A\s*analysis(?=[A-Z])(?:(?s:.*?)assistantfinal)?")

_TURN_NAMES = r"im_start|start_header_id|start|user|assistant|system|human|prompter|Human|Assistant|User|System"
_TURNS = rf"<\|(?:{_TURN_NAMES})\|>|<start_of_turn>|<｜(?:User|Assistant)｜>|\[/?INST\]|<</?SYS>>|<\|turn>"
_ENDS = (
    r"<\|(?:im_end|eot_id|eom_id|end|endoftext|end_of_text|end_of_turn|return|call|EOT|eot|eos|END_OF_TURN_TOKEN|"
    r"end_of_sentence|endofturn|endofprompt|role_end|sep)\|>|<(?:end_of_turn|eos|end_of_utterance|eod|eot)>|</s>"
    r"|<｜end▁of▁sentence｜>|<turn\|>|\[e~\["
)
_FIRST = r"<\|(?:begin_of_text|startoftext|bos|end_header_id|message|im_sep)\|>|<bos>|<s>|<｜begin▁of▁sentence｜>"
_OTHERS = (
    r"<\|[^\s<>|]{1,64}\|>|<｜[^\s<>｜]{1,64}｜>|<(?:pad|unk|mask|sep|cls|sop|eop)>|<\|[a-z_]{1,40}>|<[a-z_]{1,40}\|>|<unused\d+>|<0x[0-9A-F]{2}>"
    r"|<(?:fim|extra_id|reserved)_\w{1,30}>|</?tool_(?:call|response)s?>|\[(?:PAD|UNK|CLS|SEP|gMASK|TOOL_CALLS|EOS|BOS)\]"
)
_STRUCK = re.compile(r"<s>.*?</s>", re.DOTALL)
"""In HTML these are no tokens: they strike a text through."""
_CONTROL = re.compile(f"(?P<turn>{_TURNS})|(?P<end>{_ENDS})|(?P<first>{_FIRST})|(?P<other>{_OTHERS})")
_OWN_HEADER = re.compile(
    rf"\s*(?:{_TURNS}|{_FIRST})(?:\s*(?:assistant|model|bot)\b)?(?!\s*(?:user|human|system|tool)\b)"
)
_ROLE = re.compile(
    r"^[^\S\n]*+[#*>]*+[^\S\n]*+(human|user|assistant|(?<=# )instruction)\b[^\S\n]*+\**+[:：]\**+",
    re.IGNORECASE | re.MULTILINE,
)


def training_text(text: str, sample: Sample) -> TrainingText:
    """Return the part of a teacher's answer to a sample that is trained on."""
    whole = text.strip()
    if len(whole) > MAX_CHARACTERS:
        return _unclear(whole, "too_long", f"the answer has {len(whole):,} characters")
    kept = _without_thoughts(whole, sample)
    kept = kept if kept.reason else _without_tokens(kept)
    kept = kept if kept.reason else _without_turns(kept, sample)
    if not (kept.text or kept.reason) and kept.removed:
        return replace(kept, reason=kept.removed[-1], detail="nothing is left of the answer without its thoughts")
    if not kept.reason and _DAMAGED.search(kept.text) and not _DAMAGED.search(sample.text):
        return replace(kept, reason=DAMAGED, detail="the answer holds control characters or damaged ones (U+FFFD)")
    return kept


def is_still_right(sample: Sample, text: str) -> bool:
    """Whether a part of an answer matches the reference, or has none to match."""
    return is_trained_on(sample, verify(sample, text))


def _without_thoughts(text: str, sample: Sample) -> TrainingText:
    """The text after the hidden reasoning."""
    bare = _BARE_CHANNELS.match(text)
    if bare is not None:
        if not bare[0].endswith("assistantfinal"):
            return _unclear(text, THOUGHTS, "the answer is hidden reasoning without an end")
        return TrainingText(text[bare.end() :].strip(), (THOUGHTS,))
    marks = [*_MARKS.finditer(text)]
    begins = bool(marks) and not text[: marks[0].start()].strip()
    quoted = _quoted_places(text)
    for mark in marks:
        if quoted(mark) or (not begins and _is_asked_about(mark[0], sample)):
            return _unclear(text, THOUGHTS, f"it is not clear whether {mark[0]} is a part of the answer")
    if marks and ends_in_reasoning(text):
        return _unclear(remove_reasoning(text).strip(), THOUGHTS, "the answer ends inside its hidden reasoning")
    own = remove_reasoning(text).strip()
    removed = (THOUGHTS,) if marks else ()
    like = next((m for m in _LIKE_MARKS.finditer(own) if not _is_asked_about(m[0], sample)), None)
    if like is not None:
        return TrainingText(own, removed, THOUGHTS, f"the answer holds {like[0][:40]}, a mark of hidden reasoning")
    return TrainingText(own, removed)


def _without_tokens(kept: TrainingText) -> TrainingText:
    """The text between the control tokens of chat templates that begin and end the model's own turn."""
    at = 0
    while (header := _OWN_HEADER.match(kept.text, at)) is not None:
        at = header.end()
    text = kept.text[at:].strip()
    struck = [match.span() for match in _STRUCK.finditer(text, 0, text.rfind("</s>") + len("</s>"))]
    tokens = (m for m in _CONTROL.finditer(text) if not any(start <= m.start() < end for start, end in struck))
    token = next(tokens, None)
    if token is None:
        return replace(kept, text=text)
    if token.lastgroup in ("turn", "end") and token.start() and not _quoted_places(text)(token):
        return replace(kept, text=text[: token.start()].strip(), removed=(*kept.removed, RUN_ON))
    detail = f"it is not clear whether {token[0]}, a control token of chat templates, is a part of the answer"
    return replace(kept, text=text, reason=CONTROL_TOKEN, detail=detail)


def _without_turns(kept: TrainingText, sample: Sample) -> TrainingText:
    """The text up to a turn that the model invented after its answer."""
    kind = get_kind(sample.kind)
    shown = "\n".join((sample.text, *sample.answers)).casefold()
    text = _without_own_role(kept.text, shown)
    kept = replace(kept, text=text)
    role = _ROLE.search(text)
    own = first_exchange(text) if kind.is_long else first_turn(text, sample.prompt)
    # A task about a conversation speaks of its roles.
    is_talk = kind.is_long and _word(text[len(own) :]) in shown
    if role is not None and role.start() < len(own):
        own = text[: role.start()]
        is_talk = role[1].casefold() in shown
    if own.strip() == text or (kind.is_long and is_talk):
        return kept
    if sample.answers and kind.is_scored and is_still_right(sample, own):
        return replace(kept, text=own.strip(), removed=(*kept.removed, RUN_ON))
    if is_talk or (role is None and not kind.is_long):
        return kept  # for example a question that the answer asks itself
    line = text[len(own) :].strip().partition("\n")[0]
    return replace(
        kept, reason=RUN_ON, detail=f"it is not clear whether the line {line[:60]!r} and what follows are the answer"
    )


def _without_own_role(text: str, shown: str) -> str:
    """The text without its own role in front of it, such as `Assistant:`."""
    role = _ROLE.match(text)
    is_own = role is not None and role[1].casefold() == "assistant" and "assistant" not in shown
    return text[role.end() :].strip() if role is not None and is_own else text


def _word(text: str) -> str:
    """The first word of a text, in lower case."""
    word = re.search(r"\w+", text[:100])
    return word[0].casefold() if word is not None else ""


def _unclear(text: str, reason: str, detail: str) -> TrainingText:
    return TrainingText(text, (), reason, detail)


def _is_asked_about(mark: str, sample: Sample) -> bool:
    """Whether the conversation or its reference holds a mark, so that it may be a part of the answer."""
    return any(mark.casefold() in text.casefold() for text in (sample.text, *sample.answers))


def _quoted_places(text: str) -> Callable[[re.Match[str]], bool]:
    """A function that says whether a match is between quotation marks or in a block of code."""
    fences = [fence.start() for fence in re.finditer("```", text)]

    def is_quoted(mark: re.Match[str]) -> bool:
        before, after = text[max(0, mark.start() - 1) : mark.start()], text[mark.end() : mark.end() + 1]
        in_quotes = bool(before and after) and before in _QUOTES and after in _QUOTES
        return in_quotes or bisect(fences, mark.start()) % 2 == 1

    return is_quoted
