"""Measures the time per answer and the memory of `evaluate --suite` itself, with the fake engine on a made suite.

python scripts/bench_suites.py [--questions 14042]
"""

from __future__ import annotations

import argparse
import resource
import tempfile
import time
from contextlib import closing
from pathlib import Path

from orca_local.domain.events import StageFinished
from orca_local.domain.settings import EvaluateSettings
from orca_local.domain.suite_evaluation import SuiteEvaluation
from orca_local.domain.types import Request
from orca_local.engines.fake import FakeEngine
from orca_local.evaluate.named_model import NamedModel
from orca_local.evaluate.stage import LoadedModel
from orca_local.evaluate.suites import evaluate_suites
from orca_local.generation.generate import ModelRef
from orca_local.hub.benchmarks import load_suites
from orca_local.models.locate import resolve_student
from orca_local.rows.renderer import PromptRenderer
from orca_local.runs.context import StageContext
from orca_local.store.store import Store
from orca_local.suites.choose import ChosenQuestions
from orca_local.suites.question import Question, with_options

SUBJECTS = 57
WORDS = "the council of the province decided in the year that a tax on salt should be paid twice by every merchant "
"""Repeated to the mean length of a question of MMLU."""


def main() -> None:
    """Print seconds, milliseconds per answer and the growth of memory: of the questions, and beyond them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--questions", type=int, default=14_042)
    count = parser.parse_args().questions
    student = resolve_student("smollm2-135m-instruct", Path.cwd())
    with (
        tempfile.TemporaryDirectory() as directory,
        Store.open(Path(directory) / "orca.db", create=True) as store,
        closing(PromptRenderer(student)),
    ):
        before = peak_mb()
        chosen = make_suite(count)
        with_questions = peak_mb()
        model = ModelRef(store.models.ensure(str(student), "ab" * 32, "llama", "Q4_1", 1), "ab" * 32)
        context = StageContext(store, store.runs.start("suites", "{}", {}))
        started = time.perf_counter()
        named = NamedModel("made", model, lambda: LoadedModel(make_engine(), PromptRenderer(student)))
        *_, last = evaluate_suites(context, [named], [chosen], EvaluateSettings())
        seconds = time.perf_counter() - started
        after = peak_mb()
    assert isinstance(last, StageFinished) and isinstance(last.summary, SuiteEvaluation)
    answers = last.summary.new + last.summary.cached
    print(f"{count:,} questions, {answers:,} answers in {seconds:.1f} s: {1000 * seconds / answers:.2f} ms an answer")
    print(
        f"memory: the questions {with_questions - before:.0f} MB, the evaluation {after - with_questions:.0f} MB more"
    )


def make_suite(count: int) -> ChosenQuestions:
    """A suite of the size of MMLU."""
    questions = tuple(
        Question(
            id=str(i),
            group=f"subject {i % SUBJECTS}",
            kind="multiple_choice",
            prompt=with_options(f"Question {i}: {WORDS * 4}?", [f"merchant {i + k}" for k in range(4)]),
            answers=("ABCD"[i % 4],),
            target="ABCD"[i % 4],
            options=tuple(f"merchant {i + k}" for k in range(4)),
            labels=("A", "B", "C", "D"),
        )
        for i in range(count)
    )
    return ChosenQuestions(load_suites()["mmlu"], questions, "d" * 64, "made", "", count, 0)


def make_engine() -> FakeEngine:
    """An engine that answers at once, and keeps no requests."""
    engine = FakeEngine(
        lambda request: f"It is a hard question. Answer: {'ABCD'[len(request.token_ids) % 4]}", capacity=24
    )
    engine.requests = _NoRequests()
    return engine


def peak_mb() -> float:
    """The largest memory of this process so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


class _NoRequests(list[Request]):
    """Drops what the fake engine records, which would fill the memory here."""

    def append(self, item: Request) -> None:
        """Drop the request."""


if __name__ == "__main__":
    main()
