"""The measured results of one task under one strategy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from orca_local.domain.frozen import Frozen

if TYPE_CHECKING:
    from orca_local.domain.statistics import Interval


class Cell(Frozen):
    """The answers to the samples of one task under one strategy."""

    strategy: str
    n: int
    """Number of samples answered."""
    score_sum: float
    """Sum of the scores of the headline reading, each from 0 to 1. It is the strict reading if the strategy asks for
    the form of the answer, else the lenient one."""
    extracted_count: int
    """Number of completions with a readable answer in the headline reading."""
    completion_tokens: int
    """Tokens of all completions."""
    lenient_sum: float = 0.0
    """Sum of the scores of the lenient reading."""
    unreadable_count: int = 0
    """Number of completions without an answer in either reading."""
    truncated_count: int = 0
    """Number of completions that `max_tokens` cut off."""
    task: str = ""

    @property
    def accuracy(self) -> float:
        """Mean score; 0 without samples."""
        return self._share(self.score_sum)

    @property
    def lenient_accuracy(self) -> float:
        """Mean score of the lenient reading; 0 without samples."""
        return self._share(self.lenient_sum)

    @property
    def extracted(self) -> float:
        """Share of completions with a readable answer; 0 without samples."""
        return self._share(self.extracted_count)

    @property
    def unreadable(self) -> float:
        """Share of completions without an answer in either reading; 0 without samples."""
        return self._share(self.unreadable_count)

    @property
    def truncated(self) -> float:
        """Share of completions that `max_tokens` cut off; 0 without samples."""
        return self._share(self.truncated_count)

    @property
    def mean_tokens(self) -> float:
        """Mean tokens of a completion; 0 without samples."""
        return self._share(self.completion_tokens)

    def interval(self, alpha: float) -> Interval:
        """Interval of the accuracy at the error level `alpha`."""
        from orca_local.domain.statistics import accuracy_interval  # here: the store is opened without numpy

        return accuracy_interval(self.score_sum, self.n, alpha)

    def _share(self, total: float) -> float:
        return total / self.n if self.n else 0.0
