"""The Dataset screen: accept, reject and edit the teacher's answers before training on them."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Input, Static

from orca_local.dataset import review
from orca_local.dataset.review import Filters, Preview
from orca_local.domain.errors import OrcaError
from orca_local.kinds.verdict import SENTENCES, Verdict
from orca_local.store.demonstrations import DemonstrationRow, Review
from orca_local.store.store import Store
from orca_local.views.previews import Previews
from tui.dialogs.dialog import Dialog
from tui.screens.base import WorkspaceScreen
from tui.screens.dataset.answers import Answers, build_line, read_answers, read_one
from tui.screens.dataset.edit import EditDialog
from tui.screens.dataset.filters import FilterDialog, describe, with_search
from tui.text import plain
from tui.thread_reader import ThreadReader
from tui.widgets.answer_view import AnswerView, verdict_mark
from tui.widgets.listing import Column, Listing

_MARKS: dict[Review, str] = {
    "pending": "· pending",
    "accepted": "✓ accepted",
    "rejected": "✗ rejected",
    "edited": "✎ edited",
}
_VERBS: dict[Review, str] = {"accepted": "Accept", "rejected": "Reject", "pending": "Undo the review of"}
_MEANS: dict[Review, str] = {
    "accepted": "They are trained on even if they do not match the reference.",
    "rejected": "They are never trained on. They stay in this list; u undoes it.",
    "pending": "The checks decide whether they are trained on. Edits are kept.",
}
EMPTY = "There are no answers yet.\n\nPress 4 to ask the teacher."
NO_MATCH = "No answer matches.\n\nPress f to change the filters, / to change the search."


class DatasetScreen(WorkspaceScreen):
    """A list of answers; below it the answer under the cursor, or what training sees of it."""

    CSS_PATH = "dataset.tcss"
    AUTO_FOCUS = "#answers"
    HELP = (
        "`a` accepts the answer under the cursor, `r` rejects it, `u` undoes that; `A`, `R` and `U` apply to all "
        "listed answers. `e` edits, `t` shows the tokens that training sees, `f` filters, `/` searches for whole "
        "words (Enter: search, Esc: end the search), `b` builds the training rows, `x` stops a run."
    )
    STAGES = frozenset({"teach", "dataset"})
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("a", "decide('accepted')", "Accept"),
        Binding("r", "decide('rejected')", "Reject"),
        Binding("u", "decide('pending')", "Undo"),
        Binding("e", "edit", "Edit"),
        Binding("t", "tokens", "Tokens"),
        Binding("f", "filter", "Filter"),
        Binding("slash", "search", "Find", key_display="/"),
        Binding("b", "build", "Build"),
        Binding("A", "decide_all('accepted')", "Accept all", show=False),
        Binding("R", "decide_all('rejected')", "Reject all", show=False),
        Binding("U", "decide_all('pending')", "Undo all", show=False),
        Binding("x", "cancel", "Stop run", show=False),
        Binding("escape", "end_search", "End the search", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._filters = Filters()
        self._answers = Answers()
        self._previews: ThreadReader[Previews] | None = None
        self._shows_tokens = False

    def compose_body(self) -> ComposeResult:
        """Yield the newest build, the filters, the list and the answer."""
        yield Static("", id="build")
        yield Static("", id="matching")
        yield Input(placeholder="words in the answer", id="search", compact=True)
        yield Listing(
            [
                Column[DemonstrationRow]("review", lambda row: _MARKS[row.review], 10),
                Column[DemonstrationRow]("reference", lambda row: verdict_mark(row), 11),
                Column[DemonstrationRow]("task", lambda row: self._answers.tasks.get(row.sample_id, ""), 16),
                Column[DemonstrationRow]("sample", lambda row: row.sample_id, 20, min_list_width=110),
                Column[DemonstrationRow]("strategy", lambda row: row.strategy, 22, min_list_width=110),
                Column[DemonstrationRow]("answer", lambda row: row.text),
            ],
            lambda row: row.demonstration_id,
            id="answers",
        )
        yield AnswerView()
        yield Static(EMPTY, classes="empty", id="nothing")

    async def on_unmount(self) -> None:
        """Close the student's vocabulary."""
        if self._previews is not None:
            await self._previews.close()

    @property
    def _listing(self) -> Listing[DemonstrationRow]:
        return self.query_one("#answers", Listing)

    async def load(self) -> None:
        """Load the answers that match the filters."""
        directory, filters = self.workspace.directory, self._filters
        self._answers = answers = await self.call_store(lambda store: read_answers(store, directory, filters))
        self._listing.show(answers.rows)
        self.query_one("#build", Static).update(plain(build_line(answers.build)))
        text = f"{len(answers.rows):,} of {answers.total:,} answers"
        if not filters.is_empty:
            text += f" · {describe(filters)}"
        self.query_one("#matching", Static).update(plain(text + " · A, R, U: accept, reject, undo all of them"))
        self.query_one("#nothing", Static).update(NO_MATCH if answers.total else EMPTY)
        self.set_class(not answers.rows, "-empty")

    def on_listing_moved(self, event: Listing.Moved) -> None:
        """Show the answer under the cursor."""
        self._show_answer_soon()

    def action_decide(self, state: Review) -> None:
        """Accept or reject the answer under the cursor and go to the next one, or undo that."""
        row = self._listing.current
        if row is None:
            return
        self._change(row, lambda store: review.decide(store, [row.demonstration_id], state))
        if state != "pending":
            self._listing.action_move(1)

    def action_decide_all(self, state: Review) -> None:
        """Do the same with all listed answers, after asking."""
        ids = [row.demonstration_id for row in self._listing.rows if row.review != state]
        if not ids:
            self.notify(f"all listed answers are {state} already")
            return

        async def decide() -> None:
            await self.call_store(lambda store: review.decide(store, ids, state))
            self.load_now()

        question = f"{_VERBS[state]} {len(ids):,} answers?"
        which = describe(self._filters) or "all answers"
        dialog = Dialog(question, f"{which}\n\n{_MEANS[state]}", yes=f"Yes, all {len(ids):,}")
        self.orca.ask(dialog, lambda _: self.attempt(decide, "review"))

    def action_edit(self) -> None:
        """Edit the answer under the cursor."""
        row = self._listing.current
        if row is None:
            return

        async def save(text: str) -> None:
            def write(store: Store) -> tuple[Verdict, DemonstrationRow]:
                return review.rewrite(store, row, text), store.demonstrations.get(row.demonstration_id)

            verdict, changed = await self.call_store(write)
            self._listing.replace(changed)
            self.notify(SENTENCES[verdict])

        async def open_dialog() -> None:
            original = await self.call_store(lambda store: review.original(store, row)) if row.edited else row.text
            self.app.push_screen(EditDialog(f"Answer to {row.sample_id}", row.text, original, save))

        self.attempt(open_dialog, "review", holds_keys=True)

    def action_tokens(self) -> None:
        """Switch between the answer and what training sees of it."""
        self._shows_tokens = not self._shows_tokens
        self.set_class(self._shows_tokens, "-tokens")
        self._show_answer_soon()

    def action_filter(self) -> None:
        """Change the filters."""
        tasks = sorted(set(self._answers.tasks.values()))
        self.orca.ask(FilterDialog(self._filters, tasks, [*self._answers.strategies]), self._apply)

    def action_search(self) -> None:
        """Open the search field."""
        self.add_class("-searching")
        self.set_focus(self.query_one("#search", Input))

    def action_end_search(self) -> None:
        """End the search."""
        self.query_one("#search", Input).value = ""
        self.remove_class("-searching")
        self.set_focus(self._listing)
        if self._filters.search:
            self._apply(with_search(self._filters, ""))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Search for the words; without words, end the search."""
        if not event.value.strip():
            self.action_end_search()
            return
        self.set_focus(self._listing)
        self._apply(with_search(self._filters, event.value))

    def action_build(self) -> None:
        """Build the training rows."""
        self.orca.start_command("dataset", "build")

    def _apply(self, filters: Filters) -> None:
        self._filters = filters
        self.load_now(holds_keys=True)  # the next key acts on a row of the new list

    def _change(self, row: DemonstrationRow, write: Callable[[Store], None]) -> None:
        """Write to the store and show the changed answer."""

        def write_and_read(store: Store) -> DemonstrationRow:
            write(store)
            return store.demonstrations.get(row.demonstration_id)

        async def change() -> None:
            self._listing.replace(await self.call_store(write_and_read))

        self.attempt(change, "review")

    def _show_answer_soon(self) -> None:
        self.attempt(self._show_answer, "answer", exclusive=True)

    async def _show_answer(self) -> None:
        row, view = self._listing.current, self.query_one(AnswerView)
        if row is None:
            view.clear()
            return
        strategies = self._answers.strategies
        sample, notes = await self.call_store(lambda store: read_one(store, row, strategies))
        if not self._shows_tokens:
            view.show(row, sample, notes)
            return
        if self._previews is None:
            view.show_answer(plain("loading the student's vocabulary…"), "what training sees")
            self._previews = ThreadReader(partial(Previews, self.workspace))
        try:
            preview = await self._previews.call(lambda previews: previews.load(row.demonstration_id))
            view.show_answer(_tokens(preview), "what training sees")
        except OrcaError:
            self.action_tokens()
            raise


def _tokens(seen: Preview) -> Content:
    """Return the row: trained tokens are underlined and in brackets, tokens that are only read are plain."""
    if seen.refused:
        return plain(f"No training row: {seen.refused}\n\n{seen.trained}")
    return Content.assemble(
        ("⟦ underlined ⟧", "bold underline"),
        f" trained on {seen.trained_tokens:,} tokens; the {seen.prompt_tokens:,} tokens before them are only read\n\n",
        plain(seen.prompt),
        ("⟦", "bold"),
        plain(seen.trained).stylize("bold underline"),
        ("⟧", "bold"),
    )
