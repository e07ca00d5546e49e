"""Hash samples by their content, and divide them into splits by that hash."""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Sequence

from orca_local.domain.types import Message, Sample, Split

PROBE_SHARE = 0.3
TRAIN_SHARE = 0.5


def content_hash(sample: Sample) -> str:
    """Return a hash of kind, prompt, answers and earlier messages. Task, ID and split do not count.

    Case, white space and the order of the answers make no difference.
    """
    parts = [sample.kind, normalize(sample.prompt), *sorted(normalize(answer) for answer in sample.answers)]
    if sample.messages:
        # No answer is empty, so the empty part tells answers and messages apart.
        parts += ["", *(part for message in sample.messages for part in (message.role, normalize(message.content)))]
    return _sha256("\0".join(parts))


def prompt_hash(prompt: str, messages: Sequence[Message] = ()) -> str:
    """Return a hash of the prompt and of the user turns before it. Case and white space make no difference.

    System message and earlier answers do not count: they do not make it another question.
    """
    earlier = (message.content for message in messages if message.role == "user")
    return _sha256("\0".join(map(normalize, (*earlier, prompt))))


def split_of(digest: str) -> Split:
    """Return the split for a hexadecimal hash: 30 % probe, 50 % train, 20 % holdout.

    The hash must be that of the prompt, so that one question with two answers is in one split.
    """
    # The last digits, so that validation rows, which the first digits choose, are independent of the split.
    share = int(digest[-8:], 16) / 16**8
    if share < PROBE_SHARE:
        return "probe"
    return "train" if share < PROBE_SHARE + TRAIN_SHARE else "holdout"


def normalize(text: str) -> str:
    """Return the text in Unicode form NFKC and lower case, with single spaces."""
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
