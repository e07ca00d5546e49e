"""What failed in a stage: how many samples, why, and how to try them again."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

from orca_local.domain.record import Record

MAX_REASONS = 20
"""Number of reasons in a summary; the others are counted together."""
OTHER_REASONS = "other reasons"


class FailureSummary(Record):
    """The samples of a stage that failed, or the sources of a mix. With this key, the command ends with exit code 5."""

    count: int
    """Number of samples without an answer; in `probe` and `evaluate`, of answers that are missing; in `tasks mix`, of
    sources."""
    final: int
    """Of these, those whose cause is the question itself: they are not tried again unless you ask for it."""
    reasons: Mapping[str, int]
    """Number of failures by reason, the most frequent first."""
    again: str
    """How to try them again."""


def merged(*summaries: FailureSummary | None) -> FailureSummary | None:
    """The failures of several stages together; None if there are none."""
    found = [summary for summary in summaries if summary is not None]
    reasons: Counter[str] = Counter()
    for summary in found:
        reasons.update(summary.reasons)
    count, final = sum(summary.count for summary in found), sum(summary.final for summary in found)
    again = "; ".join(summary.again for summary in found)
    return FailureSummary(count, final, dict(reasons.most_common()), again) if found else None


@dataclass
class FailureCounts:
    """Counts the failures of a stage while it runs."""

    reasons: Counter[str] = field(default_factory=Counter)
    final: int = 0
    last: str = ""
    """The last reason."""

    @property
    def count(self) -> int:
        """Number of failures."""
        return self.reasons.total()

    def add(self, reason: str, *, is_final: bool = False) -> None:
        """Count one failure."""
        self.reasons[reason] += 1
        self.final += is_final
        self.last = reason

    def summarize(self, again: str) -> FailureSummary | None:
        """The summary; None without failures."""
        if not self.count:
            return None
        reasons = dict(self.reasons.most_common(MAX_REASONS))
        if others := self.count - sum(reasons.values()):
            reasons[OTHER_REASONS] = others
        return FailureSummary(self.count, self.final, reasons, again)
