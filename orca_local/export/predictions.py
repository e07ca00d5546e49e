"""What a file predicts on the rows it is tested on: computed once, kept on disk, compared with every type."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from orca_local.export.acceptance import Logits, Row
from orca_local.export.checks import OpenEngine, predicted
from orca_local.gguf.header import Header


def prediction_bytes(header: Header, rows: Sequence[Row]) -> int:
    """What a model's predictions on some rows take on the disk."""
    return 4 * header.tensor_map["token_embd.weight"].shape[0] * sum(len(positions) for _, positions in rows)


@dataclass(frozen=True, slots=True)
class Predictions:
    """Logits of one model on some rows."""

    path: Path
    """Where they are kept, or will be."""
    rows: Sequence[Row]

    def compute(self, model: Path, open_engine: OpenEngine) -> None:
        """Ask the model, unless it has been asked."""
        if self.path.exists():
            return
        with closing(open_engine(model)) as engine:
            self.keep(predicted(engine, self.rows))

    def keep(self, logits: Iterable[Logits]) -> None:
        """Write what a model predicted for the rows, in their order."""
        with self.path.open("wb") as file:
            for found in logits:
                file.write(np.ascontiguousarray(found).data)
                del found  # before the next row's, which takes as much

    def read(self) -> Iterator[Logits]:
        """At each position in order: shape [1, vocabulary]."""
        positions = sum(len(positions) for _, positions in self.rows)
        words = self.path.stat().st_size // 4 // max(1, positions)
        with self.path.open("rb") as file:
            for _ in range(positions):
                yield np.fromfile(file, dtype=np.float32, count=words)[None]
