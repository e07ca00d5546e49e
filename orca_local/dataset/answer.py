"""An answer as it is trained on, and the reasons why answers are not trained on."""

from __future__ import annotations

from dataclasses import replace

from orca_local.dataset.overlap import HeldOutPrompts
from orca_local.domain.erasure import leaks
from orca_local.domain.frozen import Frozen
from orca_local.domain.strategies import Strategy
from orca_local.domain.types import Sample
from orca_local.kinds.scoring import is_trained_on, verify
from orca_local.kinds.training_text import TrainingText, training_text
from orca_local.kinds.verdict import Verdict
from orca_local.store.demonstrations import DemonstrationRow


class TaughtAnswer(Frozen):
    """A teacher's answer to a sample, with the part of it that is trained on."""

    sample: Sample
    row: DemonstrationRow
    """The answer. Its verdict is that of the part that is trained on."""
    part: TrainingText
    """The part that is trained on."""

    @classmethod
    def of(cls, row: DemonstrationRow, sample: Sample) -> TaughtAnswer:
        """The stored answer `row` to this sample."""
        part = training_text(row.text, sample)
        if part.removed and not cls._is_accepted(row):
            # The answer may have stood in the part that was cut off.
            verdict = verify(sample, part.text)
            row = replace(row, verdict=verdict.value, verified=verdict.verified)
        return cls(sample, row, part)

    @property
    def text(self) -> str:
        """The text that is trained on."""
        return self.part.text

    @property
    def is_good(self) -> bool:
        """Whether the answer matches the reference, has none, or was accepted in review."""
        is_right = self.row.verified is not False and is_trained_on(self.sample, self.row.verdict)
        return is_right or self._is_accepted(self.row)

    @staticmethod
    def _is_accepted(row: DemonstrationRow) -> bool:
        return row.review in ("accepted", "edited")

    def refusal(self, strategy: Strategy, held_out: HeldOutPrompts, *, keep_wrong: bool) -> tuple[str, str] | None:
        """The reason why the answer does not become a row, as one word and as a sentence; None if it does."""
        row = self.row
        if row.review == "rejected":
            return "rejected", "rejected in review"
        if self.part.reason and (row.review == "pending" or not self.text):
            return self.part.reason, self.part.detail
        if not self.text:
            return "empty", "the answer is empty"
        if not self.is_good and not keep_wrong:
            if row.verdict == Verdict.SIMILAR:
                return "similar", "the answer is only similar to the reference"
            return "mismatch", "the answer does not match the reference"
        if held_out.overlaps(self.sample.turns, self.sample.answers):
            return "holdout_overlap", "a probe or holdout sample asks the same question or has most of its words"
        if row.review == "pending" and leaks(self.text, strategy, self.sample.text):
            return "instruction_leak", "the answer repeats or mentions the strategy instruction"
        return None
