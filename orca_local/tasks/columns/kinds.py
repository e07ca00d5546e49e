"""Choose the kind of the rows, with the labels and the line of the prompt that belong to it."""

from __future__ import annotations

from collections.abc import Sequence

from orca_local.domain.errors import InputError
from orca_local.domain.frozen import Frozen
from orca_local.domain.text import counted
from orca_local.tasks.columns.cell import shown_names
from orca_local.tasks.columns.drafts import Draft, Drafts, texts_of
from orca_local.tasks.columns.kind_guess import KindGuess, guess_kind
from orca_local.tasks.columns.layout import Layout
from orca_local.tasks.columns.names import CLASSES, SELF_CONTAINED, SUMMARIES
from orca_local.tasks.columns.steps import (
    AddLine,
    Constant,
    NameClass,
    ReadKey,
    Step,
    WriteOptions,
    WritePrompt,
    is_class_number,
)
from orca_local.tasks.import_request import ImportRequest


class KindRule(Frozen):
    """How the kind of a task follows from its first rows."""

    answer_word: str
    """The name of the answer's column, as `names.py` writes it."""
    is_bare_text: bool
    """Whether the prompt is only a text, so that a line must say what to do with it."""
    first_class: int
    """The number of the first label, where answers are numbers of classes."""

    def steps_for(self, drafts: Sequence[Draft]) -> tuple[Step, ...]:
        """Return the steps that write kind, labels and that line.

        Raises `InputError` if the answers are of several kinds, or numbers of classes without names.
        """
        word, texts = self.answer_word, texts_of(drafts)
        if word in CLASSES and texts and all(map(is_class_number, texts)):
            numbers = sorted(set(texts), key=int)
            raise InputError(
                f"the answers are {counted(len(numbers), 'class number')}: {shown_names(numbers)}",
                hint="name the classes in order with --labels NAME,NAME,…, or keep the numbers with --kind number",
            )
        is_class = word in CLASSES or word == "labeltext"
        return self.steps_of(guess_kind(drafts, is_class=is_class, is_summary=word in SUMMARIES), drafts)

    def steps_of(self, guess: KindGuess, drafts: Sequence[Draft]) -> tuple[Step, ...]:
        """Return the steps for a kind that is known."""
        kind = Constant("kind", guess.kind, f"guessed: {guess.reason}")
        return kind, *self.label_steps(guess.labels, drafts)

    def label_steps(self, labels: tuple[str, ...], drafts: Sequence[Draft]) -> tuple[Step, ...]:
        """Return the steps that write the closed set of answers, and the line that asks for one of them."""
        steps: list[Step] = []
        if labels:
            texts = texts_of(drafts)
            is_numbered = all(map(is_class_number, texts)) and not set(texts) <= set(labels)
            steps.append(NameClass(labels, is_numbered, self.first_class))
        if self.is_bare_text and labels:
            steps.append(AddLine(f"Which label fits: {', '.join(labels[:-1])} or {labels[-1]}?"))
        elif self.is_bare_text and self.answer_word in SUMMARIES:
            steps.append(AddLine("Summarize this text."))
        return tuple(steps)


def add_kind(drafts: Drafts, layout: Layout, request: ImportRequest) -> KindRule | None:
    """Add the kind and the labels. Returns the rule instead, if each task has a kind that is still to be guessed.

    Raises `InputError` as `KindRule.steps_for` does.
    """
    rule = KindRule(layout.answer_word, _is_bare_text(drafts, layout), request.index_from or 0)
    if request.kind is not None:
        drafts.add(Constant("kind", request.kind, request.said_by("kind")))
    elif "kind" in layout.columns:
        drafts.add(ReadKey("kind", layout.columns["kind"], is_required=True))
    elif not layout.is_task_format:
        guess = _evident(drafts, layout, request)
        if guess is None and "task" in layout.columns and request.task is None:
            return rule
        if guess is not None or drafts.good:
            steps = rule.steps_for(drafts.good) if guess is None else rule.steps_of(guess, drafts.good)
            for step in steps:
                drafts.add(step)
        return None
    for step in rule.label_steps(request.labels, drafts.good):
        drafts.add(step)
    return None


def _evident(drafts: Drafts, layout: Layout, request: ImportRequest) -> KindGuess | None:
    """Return the kind that does not depend on the answers; None if it does."""
    if layout.conversation:
        return KindGuess("free", "the rows are conversations")
    if any(isinstance(step, WriteOptions) for step in drafts.steps):
        return KindGuess("multiple_choice", "the rows have options")
    if request.labels:
        return KindGuess("exact", "the answers are labels", request.labels)
    return None


def _is_bare_text(drafts: Drafts, layout: Layout) -> bool:
    """Whether the prompt was guessed and asks nothing."""
    prompt = next((step for step in drafts.steps if isinstance(step, WritePrompt)), None)
    has_options = any(isinstance(step, WriteOptions) for step in drafts.steps)
    return not (prompt is None or "prompt" in layout.mapped or has_options or SELF_CONTAINED & set(prompt.parts))
