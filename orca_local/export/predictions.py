"""A model's logits on the test rows: computed once, kept on disk, compared with each quantization."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np

from orca_local.domain.frozen import Frozen
from orca_local.export.acceptance import Logits, Row
from orca_local.export.checks import OpenEngine, iter_logits
from orca_local.gguf.header import Header


def prediction_bytes(header: Header, rows: Sequence[Row]) -> int:
    """Size in bytes of a model's float32 logits on some rows."""
    return 4 * header.tensor_map["token_embd.weight"].shape[0] * sum(len(positions) for _, positions in rows)


class Predictions(Frozen):
    """The logits of one model on some rows, in a file."""

    path: Path
    rows: Sequence[Row]

    def ensure(self, model: Path, open_engine: OpenEngine) -> None:
        """Compute the logits of `model` if the file does not exist yet."""
        if self.path.exists():
            return
        with closing(open_engine(model)) as engine:
            self.write(iter_logits(engine, self.rows))

    def write(self, logits: Iterable[Logits]) -> None:
        """Write the logits of all rows, in their order: float32 arrays of [some positions, vocabulary]."""
        with self.path.open("wb") as file:
            for part in logits:
                file.write(np.ascontiguousarray(part).data)
                del part  # before the next part, which is as large

    def read(self) -> Iterator[Logits]:
        """The logits of each position in order, float32, of shape [1, vocabulary]."""
        count = sum(len(positions) for _, positions in self.rows)
        vocab_size = self.path.stat().st_size // 4 // max(1, count)
        with self.path.open("rb") as file:
            for _ in range(count):
                yield np.fromfile(file, dtype=np.float32, count=vocab_size)[None]
