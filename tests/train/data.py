"""Training rows for tests."""

from __future__ import annotations

from pathlib import Path

from orca_local.domain.types import Message
from orca_local.rows.renderer import PromptRenderer
from orca_local.rows.training_row import TrainingRow, make_row


def make_rows(gguf: Path, count: int = 24) -> list[TrainingRow]:
    """Rows of different lengths on a simple pattern."""
    renderer = PromptRenderer(gguf)
    rows = []
    for i in range(count):
        answer = "so " * (i % 5) + f"Answer: {2 * i}"
        messages = [Message("system", ""), Message("user", f"What is {i} + {i}?"), Message("assistant", answer)]
        row = make_row(renderer, f"s{i}", messages, 512)
        assert isinstance(row, TrainingRow)
        rows.append(row)
    renderer.close()
    return rows
