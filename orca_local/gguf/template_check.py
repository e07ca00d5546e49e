"""Finds out what a chat template does with a question, before a workspace is made for its model."""

from __future__ import annotations

from contextlib import closing

from orca_local.domain.errors import InputError
from orca_local.domain.frozen import Frozen
from orca_local.domain.types import Message
from orca_local.gguf.answer_text import PLACEHOLDER, RowError, answer_text
from orca_local.gguf.header import Header
from orca_local.gguf.template import ChatTemplate
from orca_local.kinds.reading.reasoning import MARKS

_QUESTION, _ANSWER, _SECOND = "How many legs have 17 dogs?", "They have 68 legs.", "And how many have 3 cats?"
_SYSTEM = Message("system", "You answer questions about animals.")
_ASKED = [_SYSTEM, Message("user", _QUESTION)]
_TURNS = [*_ASKED, Message("assistant", _ANSWER), Message("user", _SECOND)]


class TemplateFindings(Frozen):
    """What a template does that its user should know."""

    problems: tuple[str, ...] = ()
    """Why a model with it cannot be a student."""
    warnings: tuple[str, ...] = ()


def check_template(header: Header) -> TemplateFindings:
    """Render a question, an answer and a second question with the template of a model that has one."""
    bos, eos = _token_text(header, "bos"), _token_text(header, "eos")
    try:
        with closing(ChatTemplate(header.chat_template or "", bos_token=bos, eos_token=eos)) as template:
            prompt, marked, whole, turns = template.render_all(
                [
                    (_ASKED, True),
                    ([*_ASKED, Message("assistant", PLACEHOLDER)], False),
                    (_TURNS[:3], False),
                    (_TURNS, True),
                ]
            )
    except InputError as error:
        return TemplateFindings((_of(error),))
    if isinstance(prompt, InputError):
        return TemplateFindings((_of(prompt),))
    if _QUESTION not in prompt:
        return TemplateFindings(("its chat template does not show the question",))
    return TemplateFindings(tuple(_answer_problems(prompt, marked, whole)), tuple(_warnings(prompt, turns)))


def _token_text(header: Header, name: str) -> str:
    tokens = header.metadata.get("tokenizer.ggml.tokens", ())
    number = header.metadata.get(f"tokenizer.ggml.{name}_token_id", -1)
    return str(tokens[number]) if 0 <= number < len(tokens) else ""


def _of(error: InputError) -> str:
    return error.message.replace("the model's chat template", "its chat template")


def _answer_problems(prompt: str, marked: str | InputError, whole: str | InputError) -> list[str]:
    """Why answers cannot be trained on. A thought that the prompt opens is only warned of."""
    for text in (marked, whole):
        if isinstance(text, InputError):
            return [_of(text)]
    assert isinstance(marked, str) and isinstance(whole, str)
    try:
        answer_text(prompt, marked, whole, question=_QUESTION, content=_ANSWER)
    except RowError as error:
        return [] if error.reason == "thinking" else [f"answers cannot be trained on: {error}"]
    return []


def _warnings(prompt: str, turns: str | InputError) -> list[str]:
    warnings = []
    shown = prompt.count(_QUESTION)
    if shown > 1:
        warnings.append(f"its chat template shows the question {shown} times")
    if mark := _opened_thought(prompt.rpartition(_QUESTION)[2]):
        warnings.append(
            f"its chat template begins every answer with {mark}: the student always thinks aloud first, which takes "
            "more tokens, and answers without such a thought may not be trainable"
        )
    if isinstance(turns, InputError):
        warnings.append(f"{_of(turns)} (a second question, as in a chat and with few-shot examples)")
    elif not all(text in turns for text in (_QUESTION, _ANSWER, _SECOND)):
        warnings.append("its chat template leaves out earlier turns: a chat forgets them")
    return warnings


def _opened_thought(opening: str) -> str:
    """The mark of a thought that the start of an answer opens and does not close; empty if there is none."""
    folded = opening.casefold()
    for start, end in MARKS:
        at = folded.rfind(start.casefold())
        if at >= 0 and end.casefold() not in folded[at:]:
            return start
    return ""
