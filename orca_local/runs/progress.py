"""Progress, speed and remaining time of a run, from its events."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from orca_local.domain.events import Event, StageProgressed, StageStarted, StepTrained, TrainingResumed, parse_event
from orca_local.store.runs import EventRow

HEAD_EVENTS = 5
"""Number of events at the start of a run that include its `StageStarted`."""
MIN_SHARE = 0.01
"""Share of the work that must be done before the remaining time is estimated: the first answers come late."""


@dataclass(slots=True)
class Progress:
    """The progress of one run."""

    stage: str = ""
    total: int = 0
    unit: str = ""
    done: int = 0
    tokens: int = 0
    note: str = ""
    usd: float | None = None
    _seq: int = 0
    _started_at: datetime | None = None
    _last_at: datetime | None = None
    _start: tuple[int, int] = (0, 0)
    """Units and tokens that were done at `_started_at`, from which the speed is measured."""

    def add(self, rows: Iterable[EventRow]) -> None:
        """Take events of the run, in order. Events may be missing; the speed is then measured from the gap on."""
        for row in rows:
            is_gap = 0 < self._seq < row.seq - 1
            self._seq = row.seq
            self._last_at = datetime.fromisoformat(row.created_at)
            is_start = self._apply(parse_event(row.kind, row.payload))
            if is_gap or is_start:
                self._started_at, self._start = self._last_at, (self.done, self.tokens)

    @property
    def seconds(self) -> float:
        """Seconds over which the speed is measured."""
        return (self._last_at - self._started_at).total_seconds() if self._started_at and self._last_at else 0.0

    @property
    def rate(self) -> float:
        """Tokens per second; 0 if not known yet."""
        tokens = self.tokens - self._start[1]
        return tokens / self.seconds if tokens > 0 and self.seconds > 0.5 else 0.0

    @property
    def seconds_left(self) -> float | None:
        """Remaining seconds at the speed so far; None if too little is done to say."""
        new = self.done - self._start[0]
        if self.done >= self.total or new <= 0 or new < MIN_SHARE * self.total or self.seconds <= 0:
            return None
        return self.seconds * (self.total - self.done) / new

    def _apply(self, event: Event | None) -> bool:
        """Update the numbers; returns whether the measurement of the speed must start again here."""
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
