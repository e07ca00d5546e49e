"""Clean a completion: keep what the model itself wrote, as plain text."""

from __future__ import annotations

import re

from orca_local.domain.text import printable
from orca_local.kinds.word_match import normalize

_SENTENCE = re.compile(r"(?:[^\n.!?]|[.!?](?!\s|$))+[.!?]*")
_MIN_REPEATED_WORDS = 5
"""Shorter sentences occur in prompt and answer by chance."""


def remove_echo(text: str, prompt: str, format_line: str) -> str:
    """Return the text without control characters, hidden reasoning, and copies of the prompt and the format line."""
    text = printable(text)
    text = re.sub(r"<think>.*?(?:</think>|\Z)", "\n", text, flags=re.DOTALL).rpartition("</think>")[2]
    for repeated in (printable(prompt).strip(), format_line):
        if repeated:
            text = text.replace(repeated, "\n")
    return text


def remove_prompt_sentences(text: str, prompt: str) -> str:
    """Return the text without sentences of five or more words that the prompt holds too."""
    words = f" {normalize(printable(prompt).strip())} "

    def keep(match: re.Match[str]) -> str:
        sentence = normalize(match[0])
        is_repeated = sentence.count(" ") >= _MIN_REPEATED_WORDS - 1 and f" {sentence} " in words
        return "" if is_repeated else match[0]

    return _SENTENCE.sub(keep, text)


def remove_markup(text: str) -> str:
    """Return the text without Markdown, LaTeX wrapping and tags, with ASCII spaces and minus signs; line ends stay."""
    text = re.sub("(?<=\\d)[\u00a0\u202f\u2009](?=\\d{3}\\b)", ",", text)
    text = re.sub("[\u2212\u2010-\u2015\ufe63\uff0d]", "-", re.sub("[\u00a0\u2007\u2009\u202f]", " ", text))
    text = text.replace("：", ":")
    if "\\" in text:
        text = re.sub(r"\\(?:text|mathrm|mathbf|textbf|mbox)\s*\{([^{}]*)\}", r"\1", text)
    text = text.replace("{,}", ",")
    if "\\" in text:
        text = re.sub(r"\\(?:left|right)(?=[()\[\]])", "", text.replace("\\,", "").replace("\\!", ""))
        text = re.sub(r"\\([%$#&_])", r"\1", re.sub(r"\\[()\[\]]", " ", text))
    text = re.sub(r"<answer>\s*", "\nAnswer: ", text, flags=re.IGNORECASE)
    text = re.sub(r"</?[A-Za-z]\w*\s*/?>|<\|[^|<>\n]*\|>", " ", text)
    text = re.sub(r"(?<=[\d)])([^\S\n]*)\*([^\S\n]*)(?=[\d($])", r"\1×\2", text)
    text = re.sub(r"^[^\S\n]*(?:[-*•+]|#+|>)[^\S\n]+", "", text, flags=re.MULTILINE)
    return re.sub(r"\*+|`+|~~|(?<!\w)_+|_+(?!\w)", "", text)
