"""Choose the kind of the rows, with the labels and the line of the prompt that belong to it."""

from __future__ import annotations

from orca_local.domain.errors import InputError
from orca_local.domain.text import counted
from orca_local.tasks.columns.cell import shown_names
from orca_local.tasks.columns.drafts import Drafts
from orca_local.tasks.columns.kind_guess import KindGuess, guess_kind
from orca_local.tasks.columns.layout import Layout
from orca_local.tasks.columns.names import CLASSES, SELF_CONTAINED, SUMMARIES
from orca_local.tasks.columns.steps import AddLine, Constant, NameClass, ReadKey, WriteOptions, WritePrompt
from orca_local.tasks.import_request import ImportRequest


def add_kind(drafts: Drafts, layout: Layout, request: ImportRequest) -> None:
    """Add the kind, and the labels that belong to it.

    Raises `InputError` if the answers are of several kinds, or numbers of classes without names.
    """
    labels = request.labels
    if request.kind is not None:
        drafts.add(Constant("kind", request.kind, "as you say"))
    elif "kind" in layout.columns:
        drafts.add(ReadKey("kind", layout.columns["kind"], is_required=True))
    elif not layout.is_task_format and (guess := _guess(drafts, layout, request)):
        drafts.add(Constant("kind", guess.kind, f"guessed: {guess.reason}"))
        labels = guess.labels
    if labels:
        texts = drafts.texts()
        is_numbered = all(text.isdecimal() for text in texts) and not set(texts) <= set(labels)
        drafts.add(NameClass(labels, is_numbered, request.index_from or 0))
    if line := _instruction(drafts, layout, labels):
        drafts.add(AddLine(line))


def _guess(drafts: Drafts, layout: Layout, request: ImportRequest) -> KindGuess | None:
    """Return the kind that the first rows speak for; None if no row is good."""
    if layout.conversation:
        return KindGuess("free", "the rows are conversations")
    if any(isinstance(step, WriteOptions) for step in drafts.steps):
        return KindGuess("multiple_choice", "the rows have options")
    if not drafts.good:
        return None
    if request.labels:
        return KindGuess("exact", "the answers are labels", request.labels)
    word = layout.answer_word
    texts = drafts.texts()
    if word in CLASSES and texts and all(text.isdecimal() for text in texts):
        numbers = sorted(set(texts), key=int)
        raise InputError(
            f"column {layout.columns['answer'].name!r} holds {counted(len(numbers), 'class number')}: "
            f"{shown_names(numbers)}",
            hint="name the classes in order with --labels NAME,NAME,…, or keep the numbers with --kind number",
        )
    return guess_kind(drafts.good, is_class=word in CLASSES or word == "labeltext", is_summary=word in SUMMARIES)


def _instruction(drafts: Drafts, layout: Layout, labels: tuple[str, ...]) -> str:
    """Return the line that says what to do with a prompt that was guessed and is only a text; empty for others."""
    prompt = next((step for step in drafts.steps if isinstance(step, WritePrompt)), None)
    has_options = any(isinstance(step, WriteOptions) for step in drafts.steps)
    if prompt is None or "prompt" in layout.mapped or has_options or SELF_CONTAINED & set(prompt.parts):
        return ""
    if labels:
        return f"Which label fits: {', '.join(labels[:-1])} or {labels[-1]}?"
    return "Summarize this text." if layout.answer_word in SUMMARIES else ""
