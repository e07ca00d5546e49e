"""Normalize the words of a text for comparison."""

from __future__ import annotations

import re


def normalize(text: str) -> str:
    """Return the text in lower case with single spaces, without punctuation and articles.

    This is `normalize_answer` of SQuAD's evaluation script (Rajpurkar et al. 2016), with two differences: punctuation
    other than apostrophes separates words, and a text that consists of articles keeps them.
    """
    text = re.sub(r"[^\w\s]", " ", re.sub("['’]", "", text.lower()))
    return " ".join(re.sub(r"\b(?:a|an|the)\b", " ", text).split()) or " ".join(text.split())
