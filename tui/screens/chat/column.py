"""One model and the conversation with it: its process is started by the first question, and ends with the column."""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import Literal

from textual.containers import VerticalScroll
from textual.content import Content
from textual.message import Message
from textual.widgets import Static

from orca_local.chat.client import ChatClient
from orca_local.chat.protocol import (
    AnswerDelta,
    Done,
    FromModel,
    Load,
    ProcessExited,
    Question,
    Ready,
    Refused,
    Reset,
    Stop,
)
from orca_local.chat.transcript import Setup, Turn, describe
from orca_local.domain.errors import InputError, OrcaError
from tui.screens.chat.exchange import Exchange
from tui.text import one_line, plain

State = Literal["idle", "missing", "loading", "ready", "answering", "failed", "ended"]

ABOUT: dict[State, str] = {
    "idle": "The model is loaded with your first message.",
    "loading": "Loading the model …",
}
"""What stands in place of a conversation, or below it."""


class Column(VerticalScroll, can_focus=True):
    """A conversation. What it is asked while its model is loaded waits for that."""

    class Changed(Message):
        """Another state: other keys mean something."""

    def __init__(self, setup: Setup, share: int) -> None:
        """`share`: among how many columns the processor is shared out."""
        super().__init__()
        self.setup = setup
        self.state: State = "idle"
        self.turns: list[Turn] = []
        self._share = share
        self._client: ChatClient | None = None
        self._load: Callable[[], Load] | None = None
        self._asked: Exchange | None = None
        """What is being answered, or waits for the model."""
        self._ready: Ready | None = None
        self._used = 0
        """Tokens that the conversation has."""

    @property
    def pid(self) -> int | None:
        """Of the model's process, where there is one."""
        return self._client.pid if self._client else None

    @property
    def can_be_asked(self) -> bool:
        """Whether a question would be answered, now or when the model is loaded."""
        return self.state in ("idle", "ready")

    @property
    def is_busy(self) -> bool:
        """Whether there is something to stop."""
        return self.state in ("loading", "answering")

    @property
    def last_answer(self) -> str:
        """Also one that is still being written."""
        if self._asked is not None and self._asked.answer:
            return self._asked.answer
        return self.turns[-1].answer if self.turns else ""

    def on_mount(self) -> None:
        """Empty, and at its end when it grows."""
        self.anchor()
        self.mount(Static("", classes="about"))
        self._enter("idle")

    async def on_unmount(self) -> None:
        """The process ends with the column."""
        await self._close()

    def miss(self, error: InputError | None) -> None:
        """Say why there is no such model, or that there is one after all."""
        if error is not None and self.state in ("idle", "missing", "failed"):
            self._explain("missing", error.message, error.hint + "\n\nesc, then m: another model")
        elif error is None and self.state == "missing":
            self._enter("idle")

    async def ask(self, workspace: str, text: str, system: str) -> None:
        """Put a question; the model is loaded where it is not yet."""
        exchange = Exchange(text, system)
        self._asked = exchange
        await self.mount(exchange, before=self.query_one(".about"))
        self.anchor()
        if self.state == "ready":
            self._put()
        else:
            await self.begin(workspace)

    async def begin(self, workspace: str) -> None:
        """Start a process for the model, with the conversation so far; a question that waits is asked then."""
        await self._close()
        self._enter("loading")
        client = self._client = ChatClient(self._hear)
        turns = tuple((turn.question, turn.answer) for turn in self.turns)
        try:
            await client.start(Load(workspace, self.setup.model, self._share, turns))
        except OrcaError as error:
            self._explain("failed", error.message, error.hint)

    async def stop(self) -> None:
        """Leave the answer as it is, or do not load the model after all."""
        if self.state == "loading":
            await self._close()
            self._drop("stopped before the model was loaded")
            self._enter("idle")
        elif self.state == "answering" and self._client is not None:
            self._client.send(Stop())

    async def reset(self) -> None:
        """Begin anew with the same model."""
        if self.state == "loading":
            await self.stop()
        if self._client is not None:
            if self.state == "answering":
                self._client.send(Stop())
            self._client.send(Reset())
        self._asked, self._used = None, 0
        self.turns.clear()
        await self.query(Exchange).remove()
        self._enter(self.state)

    async def change(self, setup: Setup) -> None:
        """Talk otherwise; another model begins anew, in a process of its own."""
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

    def _put(self) -> None:
        assert self._asked is not None and self._client is not None
        self._enter("answering")
        self._asked.say("reading the prompt …")
        setup = self.setup
        self._client.send(Question(self._asked.question, self._asked.system, setup.max_tokens, setup.temperature))

    def _hear(self, message: FromModel) -> None:
        match message:
            case Ready():
                self._ready = message
                self._enter("ready")
                if self._asked is not None:
                    self._put()
            case AnswerDelta() if self._asked is not None:
                self._asked.add(message)
            case Done():
                self._finish(message)
            case Refused():
                self._refuse(message)
            case ProcessExited():
                self._end(message)

    def _finish(self, done: Done) -> None:
        asked, self._asked = self._asked, None
        if asked is not None:
            asked.finish(done)
            self.turns.append(Turn(asked.question, asked.answer, asked.system, done))
            self._used = done.prompt_tokens + done.completion_tokens
            if done.is_full:
                asked.say(f"{describe(done)}: esc, then r: begin anew", is_error=True)
        self._enter("ready")

    def _refuse(self, refused: Refused) -> None:
        if self.state == "loading":
            self._explain(
                "failed", refused.message, f"{refused.hint}\n\nesc, then a: try again; esc, then m: another model"
            )
            return
        remedy = "esc, then r: begin anew" if refused.is_full and self.turns else refused.hint
        self._drop(f"{refused.message}\n{remedy}")
        self._enter("ready")

    def _end(self, ended: ProcessExited) -> None:
        self._client = None
        if self.state == "failed":
            return
        if self.state == "answering" and (asked := self._asked) is not None:
            self.turns.append(Turn(asked.question, asked.answer, asked.system, None))
            self._drop("the answer ends here")
        said = one_line(ended.stderr.splitlines()[-1] if ended.stderr else "", 200).plain
        hint = "it may have lacked memory; esc, then a: start it again, the conversation goes on"
        self._explain("ended", f"The model's process has ended ({_status(ended.status)}).", f"{said}\n{hint}".strip())

    def _drop(self, note: str) -> None:
        asked, self._asked = self._asked, None
        if asked is not None:
            asked.say(note, is_error=True)

    def _explain(self, state: State, message: str, hint: str) -> None:
        self._enter(state)
        about = self.query_one(".about", Static)
        about.update(Content("\n\n").join([plain(message).stylize("bold"), plain(hint)]))

    def _enter(self, state: State) -> None:
        """Show a state: title, what stands below the frame, and what is said in place of a conversation."""
        self.state = state
        self.set_class(state in ("failed", "ended"), "-failed")
        ready = self._ready
        title = self.setup.label
        if ready is not None and ready.quantization not in title:
            title = f"{self.setup.label} · {ready.quantization}"
        self.border_title = one_line(title, 60)
        words: dict[State, str] = {"idle": "not loaded", "missing": "not there", "loading": "loading …"}
        subtitle = words.get(state, state)
        if ready is not None and state == "ready":
            subtitle += f" · {self._used:,} of {ready.context:,} tokens"
        self.border_subtitle = subtitle
        about = self.query_one(".about", Static)
        if state in ABOUT:
            about.update(ABOUT[state])
        about.display = state in ("missing", "failed", "ended", "loading") or (state == "idle" and not self.turns)
        self.post_message(self.Changed())


def _status(status: int) -> str:
    """Such as `signal SIGSEGV`, or `status 1`."""
    if status >= 0:
        return f"status {status}"
    try:
        return f"signal {signal.Signals(-status).name}"
    except ValueError:
        return f"signal {-status}"
