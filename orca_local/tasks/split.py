"""Names samples by their content and divides them by it."""

from __future__ import annotations

import hashlib
import unicodedata

from orca_local.domain.types import Sample, Split

PROBE_SHARE = 0.3
TRAIN_SHARE = 0.5


def content_hash(sample: Sample) -> str:
    """The same for samples that ask and answer the same, whatever their task, id and split.

    Case, the kind of white space and the order of accepted answers make no difference.
    """
    answers = sorted(normalise(answer) for answer in sample.answers)
    return _sha256("\0".join([sample.kind, normalise(sample.prompt), *answers]))


def prompt_hash(prompt: str) -> str:
    """The same for prompts that differ in case and white space alone."""
    return _sha256(normalise(prompt))


def split_of(digest: str) -> Split:
    """The split for a hexadecimal hash: 30 % probe, 50 % train, 20 % holdout.

    Give it the hash of the *prompt*: one question with two answers must not stand in two splits.
    """
    # The last digits: whoever divides the training rows again by the first ones gets other halves.
    share = int(digest[-8:], 16) / 16**8
    if share < PROBE_SHARE:
        return "probe"
    return "train" if share < PROBE_SHARE + TRAIN_SHARE else "holdout"


def normalise(text: str) -> str:
    """`text` in one Unicode form, without case, with single spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
