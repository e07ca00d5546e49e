"""How far a run is, how fast it goes and how long it will take: told from its events, inside or outside its process."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from orca_local.domain.events import Event, StageProgressed, StageStarted, StepTrained, TrainingResumed, parse_event
from orca_local.store.runs import EventRow

HEAD_EVENTS = 5
"""The first events of a run, among which it says how much it has to do."""
_LEAST = 0.01
"""The first answers come together and late: this share of them says more."""


@dataclass(slots=True)
class Progress:
    """Of one run."""

    stage: str = ""
    total: int = 0
    unit: str = ""
    done: int = 0
    tokens: int = 0
    note: str = ""
    usd: float | None = None
    _seq: int = 0
    _began: datetime | None = None
    _last: datetime | None = None
    _before: tuple[int, int] = (0, 0)
    """What was done, in units and in tokens, when its speed began to be taken."""

    def add(self, rows: Iterable[EventRow]) -> None:
        """Take events of the run, in their order; of a long one some may be missing."""
        for row in rows:
            is_gap = 0 < self._seq < row.seq - 1
            self._seq = row.seq
            self._last = datetime.fromisoformat(row.created_at)
            is_beginning = self._take(parse_event(row.kind, row.payload))
            if is_gap or is_beginning:
                self._began, self._before = self._last, (self.done, self.tokens)

    @property
    def seconds(self) -> float:
        """That its speed was taken over."""
        return (self._last - self._began).total_seconds() if self._began and self._last else 0.0

    @property
    def rate(self) -> float:
        """Tokens per second; 0 where that is not known."""
        tokens = self.tokens - self._before[1]
        return tokens / self.seconds if tokens > 0 and self.seconds > 0.5 else 0.0

    @property
    def seconds_left(self) -> float | None:
        """At the speed so far; None where too little is done to say."""
        new = self.done - self._before[0]
        if self.done >= self.total or new <= 0 or new < _LEAST * self.total or self.seconds <= 0:
            return None
        return self.seconds * (self.total - self.done) / new

    def _take(self, event: Event | None) -> bool:
        """Returns whether what was done before says nothing of the speed from here on."""
        match event:
            case StageStarted():
                self.stage, self.total, self.unit = event.stage, event.total, event.unit
                self.done, self.tokens, self.note, self.usd = 0, 0, "", None
                return True
            case TrainingResumed():
                self.done = event.step
                return True
            case StageProgressed():
                self.done, self.note = event.done, event.note
                self.tokens, self.usd = event.tokens or self.tokens, event.usd
            case StepTrained():
                self.done = event.step
                self.tokens += event.tokens
        return False
