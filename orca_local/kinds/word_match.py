"""Compare texts word by word: the normalized form, and the one name that a text holds."""

from __future__ import annotations

import re
from collections.abc import Mapping


def normalize(text: str) -> str:
    """Return the text in lower case with single spaces, without punctuation and articles.

    This is `normalize_answer` of SQuAD's evaluation script (Rajpurkar et al. 2016), with two differences: punctuation
    other than apostrophes separates words, and a text that consists of articles keeps them.
    """
    text = re.sub(r"[^\w\s]", " ", re.sub("['’]", "", text.lower()))
    return " ".join(re.sub(r"\b(?:a|an|the)\b", " ", text).split()) or " ".join(text.split())


def find_name(text: str, names: Mapping[str, str]) -> str | None:
    """Return the key of the one name that the text holds as whole words; None if it holds none or several.

    A name that contains the others counts as the only one.
    """
    words = re.sub(r"\b(?:not|never|neither|nor) (\w+)", " ", f" {normalize(text)} ")
    keys = [key for key, name in names.items() if (plain := normalize(name)) and f" {plain} " in words]
    longest = max(keys, key=lambda key: len(names[key]), default=None)
    if longest is None:
        return None
    # "New York" contains "York"; two names at different places leave the answer open.
    rest = words.replace(f" {normalize(names[longest])} ", "  ")
    return None if any(f" {normalize(names[key])} " in rest for key in keys if key != longest) else longest
