"""Text: the answer is a text of any length, compared with a reference text."""

from __future__ import annotations

from collections.abc import Sequence

from orca_local.kinds.base import AnswerKind
from orca_local.kinds.model_text import remove_echo
from orca_local.kinds.similarity import rouge_l
from orca_local.kinds.statement import text_after_heading


class Text(AnswerKind):
    """A text such as a summary. It is compared by ROUGE-L, so a good answer in other words scores below 1."""

    name = "text"
    format_line = 'Write the result after a line that says "Answer:".'
    scorer = "rouge_l"
    accepts_list = True
    threshold = 0.5

    def clean(self, text: str, prompt: str) -> str:
        """Return what the model itself wrote; markup stays, because it is part of the text."""
        return remove_echo(text, prompt, self.format_line)

    def extract(self, text: str, prompt: str, labels: Sequence[str]) -> str | None:
        """Return what follows the last line that begins with `Answer:`, or the whole text."""
        return text_after_heading(text)

    def compare(self, answer: str, reference: str) -> float:
        """Return ROUGE-L; see `rouge_l`."""
        return rouge_l(answer, reference)

    def states_answer(self, text: str, prompt: str) -> bool:
        """Whether a text has a line that begins with `Answer:`."""
        text = self.clean(text, prompt)
        return text_after_heading(text) != text.strip()

    def answer_line(self, reference: str) -> str:
        """Return the reference below a line that says `Answer:`."""
        return f"Answer:\n{reference}"
