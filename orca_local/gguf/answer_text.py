"""Finds the answer in the text that a chat template makes of a conversation."""

from __future__ import annotations

from orca_local.kinds.reading.reasoning import opened_mark, without_marks

PLACEHOLDER = "\u241eorca\u241e"
"""Stands for the answer while its position in the template's text is searched. No template changes it."""


class RowError(Exception):
    """A conversation cannot be trained on with this template. `reason` is a short word for counting."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


def answer_text(prompt: str, marked: str, whole: str, *, question: str, content: str) -> str:
    """The text after the prompt: the answer, with what the template writes in front of it and after it.

    `prompt` ends where the answer to `question` begins, `whole` is the conversation with the answer `content`, and
    `marked` the same with the placeholder instead of it. Raises `RowError` if the answer cannot be found.
    """
    if marked.count(PLACEHOLDER) != 1:
        raise RowError("template", "the template does not show the answer exactly once")
    head, _, after = marked.partition(PLACEHOLDER)
    tail = content + after
    if not whole.endswith(tail):
        raise RowError("template", "the template changes the answer's text")
    if question and not head.startswith(prompt) and not prompt.startswith(head):
        # Some templates show the system message only while the question is the last message (Mistral). The row has the
        # prompt that the model is asked with, so only what follows the question must agree.
        prompt, head = (text.rpartition(question)[2] for text in (prompt, head))
    return _text_between(prompt, head) + tail


def end_text(whole: str, followed: str, question: str) -> str:
    """What the template writes between an answer and the next `question`; empty if it shows the answer otherwise then.

    Some templates end a turn only when another follows (GLM, Apertus). `whole` ends with the answer, `followed` is the
    same conversation with the question.
    """
    return followed[len(whole) :].partition(question)[0] if followed.startswith(whole) else ""


def _text_between(prompt: str, head: str) -> str:
    """The text that the template puts between the generation prompt and the answer; usually empty.

    `head` is the whole conversation's text up to the answer. Some prompts are longer than it, for example by the empty
    thinking block that turns thinking off. Then the answer follows the prompt directly.
    """
    if head.startswith(prompt):
        return head[len(prompt) :]
    is_longer = prompt.startswith(head)
    if opened_mark(prompt[len(head) :] if is_longer else prompt):
        raise RowError("thinking", "the template opens a thinking block that the answer would not close")
    if is_longer:
        return ""
    # Some prompts have an empty thinking block, and shown answers a part of it or none (DeepSeek V3.2, Command R7B).
    prompt, head = without_marks(prompt), without_marks(head)
    if not head.startswith(prompt):
        raise RowError("template", "the template's generation prompt differs from how it shows an answer")
    return head[len(prompt) :]
