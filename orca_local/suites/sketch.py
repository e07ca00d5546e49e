"""Recognizes questions of suites in other texts. Of a suite, only hashes of its words are kept: in bounded memory.

A question is known by n-grams of its words, without its options, as in the comparison of PaLM with its benchmarks
(arXiv 2204.02311, section 8): a text that has 70 % of them holds the question, whatever stands around it. A short
question is known by its lines, each of which must be there, in any order.
"""

from __future__ import annotations

import hashlib
import math
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import accumulate
from pathlib import Path
from zipfile import BadZipFile

import numpy as np
import numpy.typing as npt

from orca_local.domain.frozen import Frozen
from orca_local.kinds.reading.option_list import parse_options
from orca_local.suites.question import Question, with_options
from orca_local.system.files import whole_file

Hashes = npt.NDArray[np.uint64]

NGRAM = 8
"""Words per n-gram."""
MIN_NGRAMS, MAX_NGRAMS = 5, 32
"""A question with fewer n-grams is short. Of a longer one, those with the smallest hashes stand for all."""
MIN_SHARE = 0.7
"""A text holds a question if this share of the question's n-grams stands in it."""
COMMON = 4
"""An n-gram of so many questions is part of their wording. Questions about one text count once."""
MIN_WORDS = 4
"""A question with fewer words, options included, says too little to be recognized."""
_VERSION = 1
"""Increase it when equal questions give another sketch."""
_WORD = re.compile(r"\w+(?:[.,]\d+)*|[+*/=^<>()%]|-(?=[\d(])|(?<=\s)-(?=\s)")
_LABEL = re.compile(r"[^\W\d_]+(?: [^\W\d_]+)?:\s+")
"""What a line may begin with, such as `Question:`."""
_SENTENCE_END = re.compile(r"(?<=[.!?:])\s+")
_SECOND_MARK = re.compile(r"(?<!\w)[Bb2][)\]}.:]")
"""Without one, a text shows no options, and is not searched for them."""
_OPTIONS_HEAD = re.compile(r"\s*(?:answer )?(?:options|choices):?\s*\Z", re.IGNORECASE)


class Sketch(Frozen):
    """The questions of one suite or several, as hashes."""

    hashes: Hashes
    """Hashes of n-grams and of lines, sorted; shape (n,)."""
    owners: npt.NDArray[np.uint32]
    """Number of the question of each hash; shape (n,)."""
    needed: npt.NDArray[np.uint16]
    """How many of its hashes a text must have to hold the question; shape (questions,)."""

    def find(self, text: str) -> int | None:
        """Return the number of a question that stands in a text; None if none does."""
        features = _features(text)
        first = np.searchsorted(self.hashes, features, "left")
        end = np.searchsorted(self.hashes, features, "right")
        spans = [self.owners[first[at] : end[at]] for at in np.flatnonzero(end > first)]
        if not spans:
            return None
        owners, counts = np.unique(np.concatenate(spans), return_counts=True)
        found = owners[counts >= self.needed[owners]]
        return int(found[0]) if len(found) else None


def make_sketch(questions: Sequence[Question]) -> Sketch:
    """Return the sketch of the questions of a suite."""
    parts = [_parts(question) for question in questions]
    stems = [_ngrams(_words(stem)) for stem, _ in parts]
    options = [_joined(_ngrams(_words(option)) for option in texts) for _, texts in parts]
    common = _common(questions, stems, options)
    features, needed = [], []
    for (stem, texts), of_stem, of_options in zip(parts, stems, options, strict=True):
        found = np.setdiff1d(of_stem, common)
        if len(found) < MIN_NGRAMS:
            found = np.setdiff1d(np.concatenate((of_stem, of_options)), common)
        if len(found) >= MIN_NGRAMS:
            features.append(found[:MAX_NGRAMS])
            needed.append(math.ceil(MIN_SHARE * len(features[-1])))
        else:
            features.append(_lines_hashes(stem, texts))
            needed.append(max(1, len(features[-1])))
    return _sorted(features, needed)


def join_sketches(sketches: Sequence[Sketch]) -> tuple[Sketch, list[int]]:
    """Return one sketch of several suites, and the number of the first question of each."""
    starts = list(accumulate((len(sketch.needed) for sketch in sketches), initial=0))[:-1]
    hashes = np.concatenate([sketch.hashes for sketch in sketches])
    owners = np.concatenate([s.owners + np.uint32(start) for s, start in zip(sketches, starts, strict=True)])
    order = np.argsort(hashes, kind="stable")
    return Sketch(hashes[order], owners[order], np.concatenate([sketch.needed for sketch in sketches])), starts


def save_sketch(sketch: Sketch, path: Path, digest: str) -> None:
    """Write a sketch of rows with this hash. Raises `OSError` as the system does."""
    with whole_file(path) as part, part.open("wb") as file:
        np.savez(file, name=_name(digest), hashes=sketch.hashes, owners=sketch.owners, needed=sketch.needed)


def load_sketch(path: Path, digest: str) -> Sketch | None:
    """Return the sketch of rows with this hash; None if there is none, or one of an earlier version."""
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            if str(arrays["name"]) != _name(digest):
                return None
            return Sketch(arrays["hashes"], arrays["owners"], arrays["needed"])
    except (OSError, ValueError, KeyError, EOFError, BadZipFile):  # not written yet, or damaged
        return None


def _name(digest: str) -> str:
    return f"{_VERSION} {digest}"


def _parts(question: Question) -> tuple[str, tuple[str, ...]]:
    """Return the text of a question without its options, and their texts."""
    if question.options:
        return question.prompt.removesuffix(with_options("", question.options)), question.options
    return _split_options(question.prompt)


def _split_options(text: str) -> tuple[str, tuple[str, ...]]:
    """Return what stands before the options that a text shows, and the options."""
    options = parse_options(text) if _SECOND_MARK.search(text) else {}
    for mark, option in options.items():
        first = re.search(rf"[(\[{{]?\b{mark}[)\]}}.:]\s*{re.escape(option)}", text, re.IGNORECASE)
        if first is not None:
            return _OPTIONS_HEAD.sub("", text[: first.start()]), tuple(options.values())
        break
    return text, ()


def _common(questions: Sequence[Question], *ngrams: Sequence[Hashes]) -> Hashes:
    """Return the n-grams that many questions have."""
    clusters: dict[str, list[Hashes]] = {}
    for number, question in enumerate(questions):
        name = question.cluster or f"question {number}"
        clusters.setdefault(name, []).extend(found[number] for found in ngrams)
    values, counts = np.unique(_joined(np.unique(_joined(found)) for found in clusters.values()), return_counts=True)
    return values[counts >= COMMON]


def _sorted(features: Sequence[Hashes], needed: Sequence[int]) -> Sketch:
    hashes = _joined(features)
    owners = np.repeat(np.arange(len(features), dtype=np.uint32), [len(found) for found in features])
    order = np.argsort(hashes, kind="stable")
    return Sketch(hashes[order], owners[order], np.asarray(needed, dtype=np.uint16))


def _lines_hashes(stem: str, options: Sequence[str]) -> Hashes:
    """Return the hashes by which a short question is known; none if it says too little."""
    words = [_words(text) for text in (stem, *options)]
    if sum(map(len, words)) < MIN_WORDS:
        return _hashes(())
    return np.unique(_hashes(_whole(line) for line in words if line))


def _features(text: str) -> Hashes:
    """Return the hashes of everything in a text that a question may be known by."""
    lines = _hashes(_whole(words) for words in map(_words, set(_lines(text))) if words)
    return np.unique(_joined((_ngrams(_words(text)), lines)))


def _lines(text: str) -> Iterator[str]:
    """Yield the parts of a text that may be a short question or one of its options."""
    stem, options = _split_options(text)
    yield from options
    for part in (text, stem) if options else (text,):
        yield part
        yield from re.split(r"\n\s*\n", part)
        for line in map(str.strip, part.split("\n")):
            yield line
            if label := _LABEL.match(line):
                yield line[label.end() :]
            sentences = _SENTENCE_END.split(line)
            yield from (" ".join(sentences[number:]) for number in range(1, len(sentences)))


def _words(text: str) -> list[str]:
    """Return words, numbers and signs of arithmetic, in lower case."""
    return _WORD.findall(unicodedata.normalize("NFKC", text).casefold())


@lru_cache(maxsize=1 << 16)
def _hash(word: str) -> int:
    return int.from_bytes(hashlib.blake2b(word.encode("utf-8", "surrogatepass"), digest_size=8).digest())


def _whole(words: Sequence[str]) -> int:
    """Return the hash of a line."""
    return _hash(" ".join(words))


def _ngrams(words: Sequence[str]) -> Hashes:
    """Return the hashes of the n-grams of a text, sorted, each once."""
    count = len(words) - NGRAM + 1
    if count < 1:
        return _hashes(())
    hashes = _hashes(map(_hash, words))
    found = np.zeros(count, dtype=np.uint64)
    for place in range(NGRAM):  # a polynomial of the words' hashes, modulo 2^64
        found = found * np.uint64(0x100000001B3) + hashes[place : place + count]
    found ^= found >> np.uint64(31)  # so that the smallest hashes are a random choice
    return np.unique(found * np.uint64(0x9E3779B97F4A7C15))


def _hashes(values: Iterable[int]) -> Hashes:
    return np.fromiter(values, dtype=np.uint64)


def _joined(arrays: Iterable[Hashes]) -> Hashes:
    return np.concatenate([_hashes(()), *arrays])
