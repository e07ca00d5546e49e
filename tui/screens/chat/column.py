"""One model and the conversation with it. The first question starts its process; it ends with the column."""

from __future__ import annotations

import signal
from typing import Literal

from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from orca_local.chat import protocol
from orca_local.chat.client import ChatClient
from orca_local.chat.transcript import Setup, Turn, describe
from orca_local.domain.errors import InputError, OrcaError
from tui.screens.chat.exchange import Exchange
from tui.text import one_line, plain

State = Literal["idle", "missing", "loading", "ready", "answering", "failed", "ended"]

ABOUT: dict[State, str] = {
    "idle": "The model is loaded with your first message.",
    "loading": "Loading the model …",
}
"""Text shown in place of a conversation, or below it."""


class Column(VerticalScroll, can_focus=True):
    """A conversation with one model."""

    class Changed(Message):
        """The state changed, so other keys may be enabled."""

    def __init__(self, setup: Setup, share: int) -> None:
        """`share` is the number of models that share the processor."""
        super().__init__()
        self.setup = setup
        self.state: State = "idle"
        self.turns: list[Turn] = []
        self._share = share
        self._client: ChatClient | None = None
        self._pending: Exchange | None = None
        """The question that is being answered, or waits for the model to load."""
        self._ready: protocol.Ready | None = None
        self._used = 0
        """Tokens in the conversation so far."""

    @property
    def pid(self) -> int | None:
        """Id of the model's process; None if there is none."""
        return self._client.pid if self._client else None

    @property
    def can_answer(self) -> bool:
        """Whether a question would be answered, possibly after loading the model."""
        return self.state in ("idle", "ready")

    @property
    def is_busy(self) -> bool:
        """Whether the model is being loaded or is answering."""
        return self.state in ("loading", "answering")

    @property
    def last_answer(self) -> str:
        """The last answer, even if it is still being written."""
        if self._pending is not None and self._pending.answer:
            return self._pending.answer
        return self.turns[-1].answer if self.turns else ""

    def on_mount(self) -> None:
        """Start empty; keep the end visible."""
        self.anchor()
        self.mount(Static("", classes="about"))
        self._enter("idle")

    async def on_unmount(self) -> None:
        """End the process."""
        await self._close()

    def set_missing(self, error: InputError | None) -> None:
        """Show why the model is missing; None if it exists."""
        if error is not None and self.state in ("idle", "missing", "failed"):
            self._explain("missing", error.message, error.hint + "\n\nPress esc, then m, to choose another model.")
        elif error is None and self.state == "missing":
            self._enter("idle")

    async def ask(self, workspace: str, text: str, system: str) -> None:
        """Ask a question; load the model first if necessary."""
        exchange = Exchange(text, system)
        self._pending = exchange
        await self.mount(exchange, before=self.query_one(".about"))
        self.anchor()
        if self.state == "ready":
            self._send_pending()
        else:
            await self.start(workspace)

    async def start(self, workspace: str) -> None:
        """Start a process for the model with the conversation so far, then ask the pending question."""
        await self._close()
        self._enter("loading")
        client = self._client = ChatClient(self._receive)
        turns = tuple((turn.question, turn.answer) for turn in self.turns)
        try:
            await client.start(protocol.Load(workspace, self.setup.model, self._share, turns))
        except OrcaError as error:
            self._explain("failed", error.message, error.hint)

    async def stop(self) -> None:
        """Stop the answer, or the loading of the model."""
        if self.state == "loading":
            await self._close()
            self._drop_pending("stopped before the model was loaded")
            self._enter("idle")
        elif self.state == "answering" and self._client is not None:
            self._client.send(protocol.Stop())

    async def reset(self) -> None:
        """Start over with the same model."""
        if self.state == "loading":
            await self.stop()
        if self._client is not None:
            if self.state == "answering":
                self._client.send(protocol.Stop())
            self._client.send(protocol.Reset())
        self._pending, self._used = None, 0
        self.turns.clear()
        await self.query(Exchange).remove()
        self._enter(self.state)

    async def change(self, setup: Setup) -> None:
        """Change the settings; another model starts over in a new process."""
        is_other = setup.model != self.setup.model
        self.setup = setup
        if is_other:
            await self._close()
            self.state, self._ready = "idle", None
            await self.reset()
        self._enter(self.state)

    async def _close(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            await client.close()

    def _send_pending(self) -> None:
        assert self._pending is not None and self._client is not None
        self._enter("answering")
        self._pending.set_note("reading the prompt …")
        pending, setup = self._pending, self.setup
        self._client.send(protocol.Question(pending.question, pending.system, setup.max_tokens, setup.temperature))

    def _receive(self, message: protocol.FromModel) -> None:
        match message:
            case protocol.Ready():
                self._ready = message
                self._enter("ready")
                if self._pending is not None:
                    self._send_pending()
            case protocol.AnswerDelta() if self._pending is not None:
                self._pending.append(message)
            case protocol.Done():
                self._finish(message)
            case protocol.Refused():
                self._refuse(message)
            case protocol.ProcessExited():
                self._end(message)

    def _finish(self, done: protocol.Done) -> None:
        exchange, self._pending = self._pending, None
        if exchange is not None:
            exchange.finish(done)
            self.turns.append(Turn(exchange.question, exchange.answer, exchange.system, done))
            self._used = done.prompt_tokens + done.completion_tokens
            if done.is_full:
                exchange.set_note(f"{describe(done)}. Press esc, then r, to start over", is_error=True)
        self._enter("ready")

    def _refuse(self, refused: protocol.Refused) -> None:
        if self.state == "loading":
            self._explain(
                "failed",
                refused.message,
                f"{refused.hint}\n\nPress esc, then a, to try again, or m to choose another model.",
            )
            return
        remedy = "press esc, then r, to start over" if refused.is_full and self.turns else refused.hint
        self._drop_pending(f"{refused.message}\n{remedy}")
        self._enter("ready")

    def _end(self, ended: protocol.ProcessExited) -> None:
        self._client = None
        if self.state == "failed":
            return
        if self.state == "answering" and (exchange := self._pending) is not None:
            self.turns.append(Turn(exchange.question, exchange.answer, exchange.system, None))
            self._drop_pending("the answer was cut off")
        output = one_line(ended.stderr.splitlines()[-1] if ended.stderr else "", 200).plain
        hint = "There may be too little memory. Press esc, then a, to restart it; the conversation is kept."
        self._explain("ended", f"The model's process ended ({_status(ended.status)}).", f"{output}\n{hint}".strip())

    def _drop_pending(self, note: str) -> None:
        exchange, self._pending = self._pending, None
        if exchange is not None:
            exchange.set_note(note, is_error=True)

    def _explain(self, state: State, message: str, hint: str) -> None:
        self._enter(state)
        about = self.query_one(".about", Static)
        about.update(Content("\n\n").join([plain(message).stylize("bold"), plain(hint)]))

    def _enter(self, state: State) -> None:
        """Show a state in the title, the subtitle and the text in place of a conversation."""
        self.state = state
        self.set_class(state in ("failed", "ended"), "-failed")
        ready = self._ready
        title = self.setup.label
        if ready is not None and ready.quantization not in title:
            title = f"{self.setup.label} · {ready.quantization}"
        self.border_title = one_line(title, 60)
        labels: dict[State, str] = {"idle": "not loaded", "loading": "loading …"}
        subtitle = labels.get(state, state)
        if ready is not None and state == "ready":
            subtitle += f" · {self._used:,} of {ready.context:,} tokens"
        self.border_subtitle = subtitle
        about = self.query_one(".about", Static)
        if state in ABOUT:
            about.update(ABOUT[state])
        about.display = state in ("missing", "failed", "ended", "loading") or (state == "idle" and not self.turns)
        self.post_message(self.Changed())


def _status(status: int) -> str:
    """Return a text such as `signal SIGSEGV` or `status 1`."""
    if status >= 0:
        return f"status {status}"
    try:
        return f"signal {signal.Signals(-status).name}"
    except ValueError:
        return f"signal {-status}"
