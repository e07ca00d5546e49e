"""Log-probabilities of a given text, for engines that can compute its logits in parts."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from orca_local.engines.base import Logits
from orca_local.engines.sampling import log_probabilities


class Scorer(ABC):
    """Implements `score` on top of `iter_logits`; see `ScoringEngine`."""

    @abstractmethod
    def iter_logits(self, token_ids: Sequence[int], positions: Sequence[int]) -> Iterator[Logits]:
        """See `ScoringEngine`: float32 arrays of shape [some positions, vocabulary]."""

    def score(self, prompt_ids: Sequence[int], continuation_ids: Sequence[int]) -> NDArray[np.float64]:
        """See `ScoringEngine`: log-probabilities, float64 of shape [len(continuation_ids)]."""
        token_ids = [*prompt_ids, *continuation_ids]
        targets = np.asarray(continuation_ids, np.int64)
        scores, done = np.empty(len(targets)), 0
        for logits in self.iter_logits(token_ids, range(len(prompt_ids) - 1, len(token_ids) - 1)):
            part = slice(done, done + len(logits))
            scores[part] = log_probabilities(logits, targets[part])
            done = part.stop
        return scores
