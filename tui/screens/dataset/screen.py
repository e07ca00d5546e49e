"""The answers: looked through, accepted, rejected and edited, before they are trained on."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import Input, Static

from orca_local.dataset import review
from orca_local.dataset.review import Filters, Preview
from orca_local.domain.errors import OrcaError
from orca_local.store.demonstrations import DemonstrationRow, Review
from orca_local.store.store import Store
from tui.dialogs.dialog import Dialog
from tui.screens.base import WorkspaceScreen
from tui.screens.dataset.edit import EditDialog
from tui.screens.dataset.filters import FilterDialog, describe, with_search
from tui.screens.dataset.previewing import Previewing
from tui.screens.dataset.reading import Answers, build_line, read_answers, read_one
from tui.text import plain
from tui.widgets.answer_view import VERDICTS, AnswerView
from tui.widgets.listing import Column, Listing

_MARKS: dict[Review, str] = {
    "pending": "· pending",
    "accepted": "✓ accepted",
    "rejected": "✗ rejected",
    "edited": "✎ edited",
}
_VERBS: dict[Review, str] = {"accepted": "Accept", "rejected": "Reject", "pending": "Take back the decision on"}
_MEANS: dict[Review, str] = {
    "accepted": "They are trained on, whatever the check against the reference said.",
    "rejected": "They are never trained on. They stay here, and u takes it back.",
    "pending": "What happens to them is left to the checks. Edits stay.",
}
EMPTY = "There are no answers yet.\n\nThe teacher gives them: press 4."
NO_MATCH = "No answer matches.\n\nf changes the filters, / the search."


class DatasetScreen(WorkspaceScreen):
    """List above; the answer under the cursor, or what training sees of it, below."""

    MODE = "dataset"
    CSS_PATH = "dataset.tcss"
    HELP = (
        "`a` accepts the answer under the cursor, `r` rejects it, `u` takes that back; `A`, `R` and `U` do so with "
        "all that are listed. `e` edits, `t` shows the tokens that training sees, `f` filters, `/` searches (Enter "
        "finds whole words, Escape ends it), `b` builds the rows, `x` ends a run."
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
        Binding("x", "cancel", "End run", show=False),
        Binding("escape", "end_search", "End the search", show=False),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._filters = Filters()
        self._found = Answers()
        self._previewing: Previewing | None = None
        self._shows_tokens = False

    def compose_body(self) -> ComposeResult:
        """The last build, the filters, the list, the answer."""
        yield Static("", id="outcome")
        yield Static("", id="matching")
        yield Input(placeholder="words that the answer holds", id="search", compact=True)
        yield Listing(
            [
                Column[DemonstrationRow]("review", lambda row: _MARKS[row.review], 10),
                Column[DemonstrationRow]("right", lambda row: VERDICTS[row.verified], 9),
                Column[DemonstrationRow]("task", lambda row: self._found.tasks.get(row.sample_id, ""), 16),
                Column[DemonstrationRow]("sample", lambda row: row.sample_id, 20, at_least=110),
                Column[DemonstrationRow]("strategy", lambda row: row.strategy, 22, at_least=110),
                Column[DemonstrationRow]("answer", lambda row: row.text),
            ],
            lambda row: row.demonstration_id,
            id="answers",
        )
        yield AnswerView()
        yield Static(EMPTY, classes="empty", id="nothing")

    def on_mount(self) -> None:
        """Keys go to the list."""
        self._listing.focus()

    async def on_unmount(self) -> None:
        """Free the student's vocabulary."""
        if self._previewing is not None:
            await self._previewing.close()

    @property
    def _listing(self) -> Listing[DemonstrationRow]:
        return self.query_one("#answers", Listing)

    async def load(self) -> None:
        """The answers that match."""
        workspace, filters = self.orca.workspace, self._filters
        assert workspace is not None
        self._found = found = await self.ask(lambda store: read_answers(store, workspace.directory, filters))
        self._listing.show(found.rows)
        self.query_one("#outcome", Static).update(plain(build_line(found.newest_build)))
        said = f"{len(found.rows):,} of {found.total:,} answers"
        if not filters.is_empty:
            said += f" · {describe(filters)}"
        self.query_one("#matching", Static).update(plain(said + " · A, R, U: accept, reject, undo all of them"))
        self.query_one("#nothing", Static).update(NO_MATCH if found.total else EMPTY)
        self.set_class(not found.rows, "-empty")

    def on_listing_moved(self, event: Listing.Moved) -> None:
        """Another answer is looked at."""
        self._look()

    def action_decide(self, state: Review) -> None:
        """Accept or reject the answer under the cursor and go on to the next, or take that back."""
        row = self._listing.current
        if row is None:
            return
        self._change(row, lambda store: review.decide(store, [row.demonstration_id], state))
        if state != "pending":
            self._listing.action_move(1)

    def action_decide_all(self, state: Review) -> None:
        """The same with all that are listed, after asking."""
        ids = [row.demonstration_id for row in self._listing.rows if row.review != state]
        if not ids:
            self.notify(f"nothing here that is not {state} already")
            return

        async def decide() -> None:
            await self.ask(lambda store: review.decide(store, ids, state))
            self.load_now()

        def answered(yes: bool | None) -> None:
            if yes:
                self.attempt(decide, "review")

        question = f"{_VERBS[state]} {len(ids):,} answers?"
        which = describe(self._filters) or "all there are"
        self.app.push_screen(Dialog(question, f"{which}\n\n{_MEANS[state]}", yes=f"Yes, all {len(ids):,}"), answered)

    def action_edit(self) -> None:
        """Put other words in its place."""
        row = self._listing.current
        if row is None:
            return

        async def save(text: str) -> None:
            def write(store: Store) -> tuple[bool | None, DemonstrationRow]:
                return review.rewrite(store, row, text), store.demonstrations.get(row.demonstration_id)

            verified, changed = await self.ask(write)
            self._listing.change(changed)
            said = {True: "it agrees with the reference", False: "it differs from the reference", None: "saved"}
            self.notify(said[verified])

        async def begin() -> None:
            original = await self.ask(lambda store: review.original(store, row)) if row.edited else row.text
            self.app.push_screen(EditDialog(f"The answer to {row.sample_id}", row.text, original, save))

        self.attempt(begin, "review")

    def action_tokens(self) -> None:
        """Show what training sees, or the answer again."""
        self._shows_tokens = not self._shows_tokens
        self.set_class(self._shows_tokens, "-tokens")
        self._look()

    def action_filter(self) -> None:
        """Choose which answers are listed."""
        tasks = sorted(set(self._found.tasks.values()))

        def answered(filters: Filters | None) -> None:
            if filters is not None:
                self._use(filters)

        self.app.push_screen(FilterDialog(self._filters, tasks, [*self._found.strategies]), answered)

    def action_search(self) -> None:
        """Type what to look for."""
        self.add_class("-searching")
        self.query_one("#search", Input).focus()

    def action_end_search(self) -> None:
        """List what was listed before the search."""
        self.query_one("#search", Input).value = ""
        self.remove_class("-searching")
        self._listing.focus()
        if self._filters.search:
            self._use(with_search(self._filters, ""))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Look for it."""
        if not event.value.strip():
            self.action_end_search()
            return
        self._listing.focus()
        self._use(with_search(self._filters, event.value))

    def action_build(self) -> None:
        """Make the rows."""
        self.orca.start_command("dataset", "build")

    def action_cancel(self) -> None:
        """End the run that goes on."""
        self.orca.cancel_run()

    def _use(self, filters: Filters) -> None:
        self._filters = filters
        self.load_now()

    def _change(self, row: DemonstrationRow, write: Callable[[Store], None]) -> None:
        """Write, and show the answer as it is then."""

        def ask(store: Store) -> DemonstrationRow:
            write(store)
            return store.demonstrations.get(row.demonstration_id)

        async def change() -> None:
            self._listing.change(await self.ask(ask))

        self.attempt(change, "review")

    def _look(self) -> None:
        self.attempt(self._show, "answer", exclusive=True)

    async def _show(self) -> None:
        row, view = self._listing.current, self.query_one(AnswerView)
        if row is None:
            view.clear()
            return
        strategies = self._found.strategies
        sample, notes = await self.ask(lambda store: read_one(store, row, strategies))
        if not self._shows_tokens:
            view.show(row, sample, notes)
            return
        if self._previewing is None:
            view.show_answer(plain("opening the student's vocabulary…"), "what training sees")
            assert self.orca.workspace is not None
            self._previewing = Previewing(self.orca.workspace)
        try:
            view.show_answer(_tokens(await self._previewing.of(row.demonstration_id)), "what training sees")
        except OrcaError:
            self.action_tokens()
            raise


def _tokens(seen: Preview) -> Content:
    """What is trained, underlined and between brackets; what is only read, as it is."""
    if seen.refused:
        return plain(f"This answer cannot become a row: {seen.refused}\n\n{seen.trained}")
    return Content.assemble(
        ("⟦ underlined ⟧", "bold underline"),
        f" {seen.trained_tokens:,} tokens are trained; the {seen.prompt_tokens:,} before it are only read\n\n",
        plain(seen.prompt),
        ("⟦", "bold"),
        plain(seen.trained).stylize("bold underline"),
        ("⟧", "bold"),
    )
