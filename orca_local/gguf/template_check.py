"""Finds out what a chat template does with a question, before a workspace is made for its model."""

from __future__ import annotations

from contextlib import closing

from orca_local.domain.errors import InputError
from orca_local.domain.frozen import Frozen
from orca_local.domain.types import Message
from orca_local.gguf.answer_text import PLACEHOLDER, RowError, answer_text, end_text
from orca_local.gguf.header import Header
from orca_local.gguf.template import DATE, ChatTemplate
from orca_local.gguf.tokenizer import Tokenizer
from orca_local.kinds.reading.reasoning import opened_mark

_QUESTION, _ANSWER, _SECOND = "How many legs have 17 dogs?", "They have 68 legs.", "And how many have 3 cats?"
_SYSTEM = Message("system", "You answer questions about animals.")
_ASKED = [_SYSTEM, Message("user", _QUESTION)]
_TURNS = [*_ASKED, Message("assistant", _ANSWER), Message("user", _SECOND)]
_OTHER_DATE = "2021-11-13"


class TemplateFindings(Frozen):
    """What a template does that its user should know."""

    problems: tuple[str, ...] = ()
    """Why a model with it cannot be a student."""
    untrainable: tuple[str, ...] = ()
    """Why its answers cannot be trained on."""
    warnings: tuple[str, ...] = ()


def check_template(header: Header, vocabulary: Tokenizer | None = None) -> TemplateFindings:
    """Render a question, an answer and a second question with the template of a model that has one.

    With its `vocabulary`, also whether the answer's turn ends with a token that ends a generation.
    """
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
            (dated,) = template.render_all([(_ASKED, True)], date=_OTHER_DATE)
    except InputError as error:
        return TemplateFindings((_of(error),))
    if isinstance(prompt, InputError):
        return TemplateFindings((_of(prompt),))
    shown = prompt.count(_QUESTION)
    if shown != 1:
        times = f"shows the question {shown} times" if shown else "does not show the question"
        return TemplateFindings((f"its chat template {times}",))
    warnings = [*_warnings(prompt, turns)]
    if dated != prompt:
        warnings.append(
            f"its chat template writes the date: the student always reads {DATE}, in other programs today's"
        )
    return TemplateFindings((), tuple(_answer_problems(prompt, marked, whole, turns, vocabulary)), tuple(warnings))


def _token_text(header: Header, name: str) -> str:
    tokens = header.metadata.get("tokenizer.ggml.tokens", ())
    number = header.metadata.get(f"tokenizer.ggml.{name}_token_id", -1)
    return str(tokens[number]) if 0 <= number < len(tokens) else ""


def _of(error: InputError) -> str:
    return error.message.replace("the model's chat template", "its chat template")


def _answer_problems(
    prompt: str,
    marked: str | InputError,
    whole: str | InputError,
    turns: str | InputError,
    vocabulary: Tokenizer | None,
) -> list[str]:
    """Why answers cannot be trained on."""
    for text in (marked, whole):
        if isinstance(text, InputError):
            return [_of(text)]
    assert isinstance(marked, str) and isinstance(whole, str)
    try:
        text = answer_text(prompt, marked, whole, question=_QUESTION, content=_ANSWER)
    except RowError as error:
        return [f"answers cannot be trained on: {error}"]
    end = text.rpartition(_ANSWER)[2] + (end_text(whole, turns, _SECOND) if isinstance(turns, str) else "")
    if vocabulary is not None and not any(map(vocabulary.is_end, vocabulary.encode(end))):
        what = f"with {end!r}, which is no end token of its vocabulary" if end.strip() else "with no end token"
        return [f"answers cannot be trained on: the template ends them {what}"]
    return []


def _warnings(prompt: str, turns: str | InputError) -> list[str]:
    warnings = []
    if mark := opened_mark(prompt.rpartition(_QUESTION)[2]):
        warnings.append(
            f"its chat template begins every answer with {mark}: the student always thinks aloud first, which takes "
            "more tokens"
        )
    if isinstance(turns, InputError):
        warnings.append(f"{_of(turns)} (a second question, as in a chat and with few-shot examples)")
    elif not all(text in turns for text in (_QUESTION, _ANSWER, _SECOND)):
        warnings.append("its chat template leaves out earlier turns: a chat forgets them")
    return warnings
