"""Shows samples of a task as text."""

from __future__ import annotations

from collections.abc import Sequence

from orca_local.domain.types import SPLITS, Sample
from orca_local.store.samples import TaskCount
from orca_local.store.store import Store
from orca_local.views.conversation import conversation_text

PREVIEW, FULL = (5, 2_000), (100, 20_000)
"""Samples per split and characters per sample: beside the list of tasks, and on the whole screen."""


def read_samples(store: Store, task: str, per_split: int) -> list[Sample]:
    """Return the first samples of each split."""
    return [s for split in SPLITS for s in store.samples.list(split=split, tasks=[task], limit=per_split)]


def samples_text(samples: Sequence[Sample], characters: int) -> str:
    """Return id, conversation and reference of each sample as text."""
    return "\n\n".join(_sample_text(sample, characters) for sample in samples)


def sample_count(samples: Sequence[Sample], count: TaskCount) -> str:
    """Return a text such as `15 of 60 samples`."""
    total = count.probe + count.train + count.holdout
    return f"{total:,} samples" if len(samples) == total else f"{len(samples):,} of {total:,} samples"


def _sample_text(sample: Sample, characters: int) -> str:
    references = " | ".join(sample.answers) or "(no reference)"
    parts = [
        f"── {' '.join(sample.id.split())} · {sample.split} · {sample.kind}",
        conversation_text(sample, lambda text: _cut(text, characters)),
        f"→ {_cut(references, characters)}",
    ]
    if sample.labels:
        parts.append(f"labels: {_cut(', '.join(sample.labels), characters)}")
    if sample.rationale:
        parts.append(f"worked answer: {_cut(sample.rationale, characters)}")
    return "\n".join(parts)


def _cut(text: str, characters: int) -> str:
    left = len(text) - characters
    return text if left <= 0 else f"{text[:characters]}… ({left:,} more characters)"
