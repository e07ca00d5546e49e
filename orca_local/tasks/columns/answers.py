"""Choose what becomes of the answers: letters of options, or the end of a worked answer."""

from __future__ import annotations

from typing import Any

from orca_local.domain.errors import InputError
from orca_local.tasks.columns.cell import BadRow, Column
from orca_local.tasks.columns.choices import OptionColumns, Options, plan_form
from orca_local.tasks.columns.drafts import Drafts
from orca_local.tasks.columns.layout import Layout
from orca_local.tasks.columns.roles import option_columns
from orca_local.tasks.columns.steps import SplitWorkedAnswer, WriteOptions, split_worked
from orca_local.tasks.columns.template import PromptTemplate
from orca_local.tasks.import_request import ImportRequest

_MOST = 0.9
"""Share of the first answers that decides what all of them are."""


def add_options(drafts: Drafts, layout: Layout, request: ImportRequest) -> bool:
    """Make letters of the answers if the rows have options. Returns whether they have.

    Raises `InputError` if the user named a column without options, or if it is not clear which option an answer means.
    """
    options = _option_columns(layout, request)
    if options is None:
        return False
    pairs: list[tuple[Options, Any]] = []
    problem = ""
    for draft in drafts.good:
        try:
            pairs.append((options.read(draft.row), draft.answer))
        except BadRow as error:
            problem = problem or str(error)
    pairs = [(found, answer) for found, answer in pairs if answer is not None]
    if not pairs:
        if "choices" in layout.mapped and drafts.good:
            hint = "name another column with --map choices=COLUMN"
            raise InputError(f"no row has options with an answer: {problem or 'the answers are empty'}", hint=hint)
        return False
    form = plan_form(pairs, request.index_from)
    drafts.add(WriteOptions(options, form, adds_lines=not _is_shown(drafts, options)))
    return True


def add_worked_answers(drafts: Drafts, request: ImportRequest) -> None:
    """Divide answers that end in `#### 18`, if most of the first ones do."""
    if request.kind in ("free", "judged", "text"):
        return
    answers = [draft.answer for draft in drafts.good if isinstance(draft.answer, str)]
    if answers and sum(split_worked(answer) is not None for answer in answers) >= _MOST * len(answers):
        drafts.add(SplitWorkedAnswer())


def _option_columns(layout: Layout, request: ImportRequest) -> OptionColumns | None:
    """Return the columns of the options, if there are any and the answers can be letters."""
    if column := layout.columns.get("choices") if "choices" in layout.mapped else None:
        return OptionColumns((column,))
    is_other = request.kind not in (None, "multiple_choice")
    if is_other or layout.is_task_format or layout.conversation or "choices" in layout.mapped:
        return None
    if column := layout.columns.get("choices"):
        return OptionColumns((column,))
    names = option_columns(layout.names)
    return OptionColumns(tuple(Column(name, (name,)) for name in names)) if names else None


def _is_shown(drafts: Drafts, options: OptionColumns) -> bool:
    """Whether a template writes the options."""
    templates = [step for step in drafts.steps if isinstance(step, PromptTemplate)]
    return any(template.takes_row or set(template.columns) & set(options.columns) for template in templates)
