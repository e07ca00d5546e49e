"""Text: the answer is a text of any length, compared with a reference text."""

from __future__ import annotations

import re
from collections.abc import Sequence

from orca_local.domain.text import fold
from orca_local.kinds.base import AnswerKind, Readings
from orca_local.kinds.question import Question
from orca_local.kinds.reading.addition import labelled, quoted
from orca_local.kinds.reading.phrase import lone_phrase
from orca_local.kinds.reading.reply import clean_reply, first_exchange
from orca_local.kinds.reading.similarity import is_negated, numbers, rouge_l, words
from orca_local.kinds.reading.statement import MAX_CHARACTERS, headings, is_refusal
from orca_local.kinds.reading.wrapping import unwrap, without_period
from orca_local.kinds.verdict import Verdict

_THRESHOLD = 0.5
"""Lowest ROUGE-L at which a text is called similar."""
_MAX_SHORT = 30
"""Number of words up to which one negation turns the meaning of a text."""
_PREAMBLE = re.compile(
    r"\A(?:sure|certainly|of course|okay|here(?:['’]s| is| are))\b[^\n:]{0,100}:\s*(?=\S)", re.IGNORECASE
)
_CLOSING = re.compile(r"\n\s*\n(?:let me know|feel free|i hope th)[^\n]*\s*\Z", re.IGNORECASE)
_FURTHER_HEADING = re.compile(r"\n[^\S\n]*+[*_#]*+\w++[*_]*+:")


class Text(AnswerKind):
    """A text such as a summary. It is compared by ROUGE-L, so a good answer in other words scores below 1."""

    name = "text"
    format_line = 'Write the result after a line that says "Answer:".'
    scorer = "rouge_l"
    accepts_list = True
    is_long = True
    is_text = True
    trains_on_similar = True

    def is_plain(self, reference: str) -> bool:
        """Always false: a text is read in a way of its own."""
        return False

    def read(self, text: str, *, prompt: str = "", labels: Sequence[str] = ()) -> Readings:
        """Return what follows `Answer:`, in any number of lines. Without that line, all of the reply counts."""
        text = clean_reply(text, prompt, self.format_line, is_long=True)
        places = headings(text)
        if not places:
            own = _CLOSING.sub("", _PREAMBLE.sub("", text.strip()))
            own = own if _FURTHER_HEADING.search(own) else labelled(own, prompt) or own
            own = _shown(first_exchange(own), prompt)
            return Readings(None, None if is_refusal(own) and len(own.split()) <= _MAX_SHORT else self._text(own))
        # The text itself may hold such a line or a dialogue, so all that follows the first one counts as written.
        written = text[places[0].end() :].strip()
        own = first_exchange(text)
        last = [place for place in places if place.end() <= len(own)][-1:]
        answer = self._text(own[last[0].end() :]) if last else self._text(own)
        return Readings(answer if last else None, answer, written)

    def read_whole(self, content: str, question: Question) -> str | None:
        """Return the text, if it has a word or a symbol."""
        return self._text(content)

    def compare(self, answer: str, reference: str) -> float:
        """Return ROUGE-L; see `rouge_l`."""
        return 1.0 if fold(answer) == fold(reference) else min(rouge_l(answer, reference), 0.99)

    def verdict(self, answer: str, reference: str) -> Verdict:
        """Return `equal` for the same text, `similar` for much the same words without other numbers or a negation."""
        if fold(answer) == fold(reference):
            return Verdict.EQUAL
        is_short = len(words(reference)) <= _MAX_SHORT
        if numbers(answer) - numbers(reference) or (is_short and is_negated(answer) != is_negated(reference)):
            return Verdict.DIFFERENT
        return Verdict.SIMILAR if rouge_l(answer, reference) >= _THRESHOLD else Verdict.DIFFERENT

    @staticmethod
    def _text(content: str) -> str | None:
        return content.strip() if re.search(r"[^\W_]|[+=<>]", content) else None

    def answer_line(self, reference: str) -> str:
        """Return the reference below a line that says `Answer:`."""
        return f"Answer:\n{reference}"


def _shown(text: str, prompt: str) -> str:
    """Return what a short reply gives as the text: in quotes, as code, or below its working; else all of it."""
    text = re.sub(r"^>[^\S\n]?", "", text.strip(), flags=re.MULTILINE)
    phrase = (quoted(text, prompt) or lone_phrase(text, prompt)) if len(text) <= MAX_CHARACTERS else None
    place = rf"(?:[\"“«„`*→\n]|\bis(?=\s\S+\Z))\s*({re.escape(phrase)}[.!?]?)\s*(?:[\"”»`*]|\Z)" if phrase else r"(?!)"
    marked = re.search(place, text)
    shown = marked[1] if marked else text if "\n" in text else unwrap(text)
    return without_period(shown) if shown[:1].islower() else shown
