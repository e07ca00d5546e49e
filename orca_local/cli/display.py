"""Shows the events of a stage: a progress bar on a terminal, plain lines elsewhere."""

from __future__ import annotations

import sys
import time
from typing import Any, Self

from orca_local.cli.diagnostics import note
from orca_local.domain import events
from orca_local.domain.figures import interval, points

PLAIN_INTERVAL_S = 5.0
"""Seconds between two progress lines when stderr is not a terminal."""


class Display:
    """Shows the events of one or more stages on stderr."""

    def __init__(self, *, quiet: bool = False) -> None:
        self._quiet = quiet
        self._has_bar = not quiet and sys.stderr.isatty()
        self._progress: Any = None
        self._bar: Any = None
        self._started = self._last_line = time.monotonic()
        self._total = self._before = 0
        self._unit = ""
        self._stage = ""
        self._failures = 0
        self._validation: float | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        self._stop()

    def __call__(self, event: events.Event) -> None:
        """Show one event."""
        if isinstance(event, events.Warned):
            self.say(f"warning: {event.message}" + (f" ({event.hint})" if event.hint else ""))
        if self._quiet:
            return
        match event:
            case events.StageStarted():
                self._start(event)
            case events.StageProgressed():
                self._advance(event.done, self._rate(event), event.note)
            case events.StepTrained():
                validation = "" if self._validation is None else f" · validation {self._validation:.3f}"
                self._advance(event.step, f"loss {event.loss:.3f}{validation}", "")
            case events.ValidationMeasured():
                self._validation = event.loss
            case events.SampleAnswered():
                text = " ".join(event.text.split())
                self.say(f"  after step {event.step}, {event.sample_id}: {text[:200]}{'' if event.ended else ' …'}")
            case events.ComputeChosen():
                self.say(f"  using {event.reason}")
            case events.JudgePlanned():
                self.say(f"  {event.description}")
            case events.TrainingResumed():
                self._resume(event.step)
            case events.CheckpointSaved() if event.stopping:
                self.say(f"  saved after step {event.step}")
            case events.MemoryPlanned():
                self.say(f"  planned memory: {event.description}")
            case events.StrategyChosen():
                best = f"{100 * event.probability_best:.0f} % likely to be the best"
                self.say(f"  {event.task}: {event.strategy} ({'certain' if event.decided else best})")
            case events.AcceptanceChecked():
                mark = "ok" if event.passed else "FAILED"
                self.say(f"  {mark:6} {event.name}: {event.value}" + (f" (need {event.bound})" if event.bound else ""))
            case events.SeedEvaluated():
                ci = event.ci_low, event.ci_high
                self.say(f"  training seed {event.seed}: gain {points(event.gain)} {interval(ci)}")
            case events.FileWritten():
                self.say(f"  wrote {event.path} ({event.bytes / 1e6:.1f} MB)")
            case events.CallFailed() | events.GenerationFailed():
                self._fail(event)
            case events.StageFinished():
                self._finish(event)
            case _:
                return

    def _start(self, event: events.StageStarted) -> None:
        self._stop()
        self._stage, self._total, self._unit = event.stage, event.total, event.unit
        self._started = self._last_line = time.monotonic()
        self._failures, self._validation, self._before = 0, None, 0
        if not self._has_bar:
            unit = event.unit.removesuffix("s") if event.total == 1 else event.unit
            note(f"{event.stage}: {event.total:,} {unit}")
            return
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        self._progress = Progress(
            TextColumn("{task.description:9}"),
            BarColumn(bar_width=None),
            MofNCompleteColumn(),
            TextColumn("{task.fields[note]}", markup=False),
            TimeRemainingColumn(),
            console=Console(stderr=True),
            transient=True,
        )
        self._progress.start()
        self._bar = self._progress.add_task(event.stage, total=max(event.total, 1), note="")

    def _resume(self, done: int) -> None:
        """Restart the clock: the steps of an earlier run say nothing about the speed of this one."""
        self._before = done
        self._started = time.monotonic()
        self.say(f"  resuming after step {done}")
        if self._progress is not None:
            self._progress.reset(self._bar, completed=done)

    def _rate(self, event: events.StageProgressed) -> str:
        elapsed = time.monotonic() - self._started
        parts = [f"{event.tokens / elapsed:.0f} tokens/s"] if event.tokens and elapsed > 0.5 else []
        if event.usd:
            parts.append(f"${event.usd:.4f} spent or reserved")
        return " · ".join(parts)

    def _advance(self, done: int, rate: str, extra: str) -> None:
        text = " · ".join(part for part in (extra, rate) if part)
        if self._progress is not None:
            self._progress.update(self._bar, completed=done, note=text)
            return
        now = time.monotonic()
        if now - self._last_line >= PLAIN_INTERVAL_S:
            self._last_line = now
            elapsed = now - self._started
            # The first answers arrive late and together: estimate from one hundredth of the work on.
            new = done - self._before
            has_estimate = 0 < self._total <= 100 * new and done < self._total
            left = f", {elapsed * (self._total - done) / new:.0f} s left" if has_estimate else ""
            note(f"{self._stage}: {done}/{self._total} {self._unit}{left}" + (f" · {text}" if text else ""))

    def _fail(self, event: events.CallFailed | events.GenerationFailed) -> None:
        self._failures += 1
        if self._failures <= 5:
            self.say(f"  failed: {event.sample_id} ({event.strategy or 'no strategy'}): {event.error}")
        elif self._failures == 6:
            self.say("  further failures are not shown; `orca-local runs show` lists them all")

    def _finish(self, event: events.StageFinished) -> None:
        elapsed = time.monotonic() - self._started
        self._stop()
        is_timed = event.stage == self._stage  # else it started other stages, whose times were shown
        note(f"{event.stage}: done" + (f" in {elapsed:.1f} s" if is_timed and elapsed >= 0.1 else ""))

    def say(self, text: str) -> None:
        """Show a line above the bar."""
        if self._progress is not None:
            from orca_local.domain.text import printable

            self._progress.console.print(printable(text), markup=False, highlight=False, soft_wrap=True)
        else:
            note(text)

    def _stop(self) -> None:
        if self._progress is not None:
            self._progress.stop()
            self._progress = self._bar = None
