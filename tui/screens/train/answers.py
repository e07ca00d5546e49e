"""What the student said in the course of its training, beside what it was asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from orca_local.domain.events import SampleAnswered
from orca_local.domain.types import Sample
from tui.text import one_line

_CUT = " …"
_WIDTH = 400
"""More than a line of any terminal."""


def newest(answers: Sequence[SampleAnswered], samples: Mapping[str, Sample]) -> str:
    """The answers of the last validation, two lines each."""
    last = [answer for answer in answers if answer.step == answers[-1].step]
    lines = [(one_line(_question(answer, samples), _WIDTH), one_line(_said(answer), _WIDTH)) for answer in last]
    return "\n".join(f"? {asked}\n{last[0].step:>4} {said}" for asked, said in lines)


def whole(answers: Sequence[SampleAnswered], samples: Mapping[str, Sample]) -> str:
    """Prompt by prompt, what was asked, the reference, and every answer, the newest first."""
    parts = []
    for sample_id in dict.fromkeys(answer.sample_id for answer in answers):
        mine = [answer for answer in answers if answer.sample_id == sample_id]
        sample = samples.get(sample_id)
        reference = " | ".join(sample.answers) or sample.rationale if sample is not None else ""
        parts.append(f"━━ {sample_id}\n{_question(mine[0], samples)}")
        parts.append(f"── reference\n{reference or '(none)'}")
        parts += [f"── after step {answer.step}\n{_said(answer)}" for answer in reversed(mine)]
    return "\n\n".join(parts)


def _question(answer: SampleAnswered, samples: Mapping[str, Sample]) -> str:
    sample = samples.get(answer.sample_id)
    return sample.prompt if sample is not None else f"(sample {answer.sample_id} is no longer there)"


def _said(answer: SampleAnswered) -> str:
    return answer.text + ("" if answer.ended else _CUT)
