"""What the student said in the course of its training, beside what it was asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from orca_local.domain.events import SampleAnswered
from orca_local.domain.types import Sample

_CUT = " …"


def newest(answers: Sequence[SampleAnswered], samples: Mapping[str, Sample]) -> str:
    """The answers of the last validation, two lines each."""
    last = [answer for answer in answers if answer.step == answers[-1].step]
    return "\n".join(
        f"? {_line(_question(answer, samples))}\n{answer.step:>4} {_line(_said(answer))}" for answer in last
    )


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


def _line(text: str) -> str:
    return " ".join(text.split())
