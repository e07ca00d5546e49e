"""The student's answers at each validation, as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from orca_local.domain.events import SampleAnswered
from orca_local.domain.types import Sample
from orca_local.views.conversation import conversation_text
from tui.text import one_line

_CUT = " …"
_MAX_WIDTH = 400
"""More than any terminal is wide."""


def render_newest(answers: Sequence[SampleAnswered], samples: Mapping[str, Sample]) -> str:
    """The answers of the last validation, two lines each: the question, then step and answer."""
    newest = [answer for answer in answers if answer.step == answers[-1].step]
    return "\n".join(
        f"? {one_line(_question(answer, samples), _MAX_WIDTH)}\n{answer.step:>4} {one_line(_text(answer), _MAX_WIDTH)}"
        for answer in newest
    )


def render_all(answers: Sequence[SampleAnswered], samples: Mapping[str, Sample]) -> str:
    """The question, the reference and all answers of each sample, the newest answer first."""
    parts = []
    for sample_id in dict.fromkeys(answer.sample_id for answer in answers):
        of_sample = [answer for answer in answers if answer.sample_id == sample_id]
        sample = samples.get(sample_id)
        reference = " | ".join(sample.answers) or sample.rationale if sample is not None else ""
        parts.append(f"━━ {sample_id}\n{_conversation(of_sample[0], samples)}")
        parts.append(f"── reference\n{reference or '(none)'}")
        parts += [f"── after step {answer.step}\n{_text(answer)}" for answer in reversed(of_sample)]
    return "\n\n".join(parts)


def _conversation(answer: SampleAnswered, samples: Mapping[str, Sample]) -> str:
    sample = samples.get(answer.sample_id)
    return conversation_text(sample) if sample is not None else _question(answer, samples)


def _question(answer: SampleAnswered, samples: Mapping[str, Sample]) -> str:
    sample = samples.get(answer.sample_id)
    return sample.prompt if sample is not None else f"(sample {answer.sample_id} was deleted)"


def _text(answer: SampleAnswered) -> str:
    return answer.text + ("" if answer.ended else _CUT)
