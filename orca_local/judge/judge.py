"""Asks a judge for grades and choices, within limits of its own. Equal questions are asked once."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import replace

from orca_local.domain.events import Event, StageProgressed, Warned
from orca_local.domain.frozen import Frozen
from orca_local.domain.judge_summary import GradeCounts, Judged, JudgeEstimate, PairCounts, grade_score
from orca_local.domain.keys import content_key
from orca_local.domain.settings import JudgeSettings
from orca_local.domain.teacher_request import TeacherRequest
from orca_local.domain.types import Message, Sample
from orca_local.judge.agreement import Choices, count_pairs
from orca_local.judge.file_judge import FileQuestion
from orca_local.judge.prompts import grade_messages, pair_messages, read_choice, read_grade
from orca_local.kinds.scoring import Score, ScoredAnswer, is_graded
from orca_local.kinds.verdict import Verdict
from orca_local.runs.context import StageContext
from orca_local.runs.grading import AnswerToGrade, PairToCompare
from orca_local.store.measurements import JUDGE_SCORER
from orca_local.teach.budget import Budget
from orca_local.teach.call_loop import CallLoop
from orca_local.teach.ledger import AnswerRow, Ledger
from orca_local.teach.prices import Price
from orca_local.teach.purpose import Purpose
from orca_local.teach.request_settings import omitted
from orca_local.teach.stage import make_budget
from orca_local.teach.teacher import Question, Teacher
from orca_local.teach.usage import MAX_BYTES_PER_TOKEN, max_prompt_tokens

REPLY_TOKENS = 80
"""Assumed tokens of what a judge writes about one answer."""
BYTES_PER_TOKEN = 4
"""Assumed bytes of text per token, for the expected cost. The maximum cost counts a token for each byte."""


class _Reply(Frozen):
    """What a judge wrote; an `AnswerRow`."""

    sample_id: str
    strategy: str
    text: str
    verified: bool | None = None
    verdict: str = Verdict.UNCHECKED.value


class _Outcomes(Frozen):
    """The replies to questions, by the key of the question."""

    texts: dict[str, str]
    failed: frozenset[str]
    """Questions that failed for good: the judge refused them, or its reply was cut off."""


class OncePlan:
    """Asks each question once."""

    def __init__(self) -> None:
        self.finished = 0
        """Number of questions without another try."""

    def is_usable(self, question: Question, row: AnswerRow) -> bool:
        """Whatever the reply is, the same question would get it again."""
        return True

    def follow_up(self, question: Question, *, usable: bool | None) -> list[Question]:
        """Nothing follows."""
        self.finished += 1
        return []


class Judge:
    """Grades answers, and compares them in pairs. See `Grader`."""

    def __init__(
        self,
        settings: JudgeSettings,
        make_judge: Callable[[bool], Teacher],
        find_price: Callable[[str, str], Price | None],
        command: str,
    ) -> None:
        """`make_judge` makes what answers, without the network if it is given True; `find_price` gets endpoint and
        model. `command` continues what a limit stops.
        """
        self._settings, self._make, self._find_price = settings, make_judge, find_price
        self._purpose = Purpose("judge", "judge", command, "judge")
        self.compares = settings.pairs and settings.kind != "file"
        self.name = self.key = ""
        """Model and endpoint, and the hash of all that changes the grades; known after the first question."""
        self.cost_usd: float | None = None
        """US dollars of this run so far; None without a price."""
        self.spent_usd: float | None = None
        """US dollars of all runs so far; None without a price."""

    def takes(self, sample: Sample) -> bool:
        """Whether answers to this sample are graded."""
        return is_graded(sample, self._settings)

    def rubric(self, sample: Sample) -> str:
        """The rubric of a sample: its own, that of its task, or the general one."""
        own = sample.metadata.get("rubric")
        if isinstance(own, str) and own.strip():
            return own
        return self._settings.rubrics.get(sample.task, self._settings.rubric)

    def estimate(self, samples: Sequence[Sample], answers: int, pairs: int, answer_tokens: int) -> JudgeEstimate:
        """What grading `answers` answers of up to `answer_tokens` tokens to each sample takes; see `Grader`."""
        settings = self._settings
        if settings.kind in ("local", "self"):  # nothing is loaded for an estimate, and it costs nothing
            count = len(samples) * (answers + 2 * pairs)
            return JudgeEstimate(settings.model or "base", count, 0.0, 0.0)
        teacher = self._make(True)
        price = self._find_price(teacher.endpoint, teacher.model)
        questions = [
            (self._request(teacher, messages), count, texts)
            for sample in samples
            for messages, count, texts in (
                (grade_messages(sample, "", self.rubric(sample)), answers, 1),
                (pair_messages(sample, "", "", self.rubric(sample)), 2 * pairs, 2),
            )
        ]
        calls = sum(count for _, count, _ in questions)
        limits = [f"judge.max_calls = {settings.max_calls}"] if settings.max_calls else []
        limits += [f"judge.max_usd = {settings.max_usd:g}"] if settings.max_usd else []
        limit = f"it stops at {' and '.join(limits)}" if limits else ""
        estimate = JudgeEstimate(_name(teacher), calls, None, None, limit)
        if price is None:
            return estimate
        expected = most = 0.0
        for request, count, texts in questions:
            prompt, given = max_prompt_tokens(request), texts * answer_tokens
            expected += count * price.cost(prompt / BYTES_PER_TOKEN + given / 2, REPLY_TOKENS)
            # A token of an answer may have many bytes, and the bound counts a token for each byte.
            most += count * price.cost(prompt + MAX_BYTES_PER_TOKEN * given, request.max_tokens)
        return replace(estimate, usd=expected, at_most_usd=most)

    def grade(self, context: StageContext, answers: Sequence[AnswerToGrade]) -> Generator[Event, None, GradeCounts]:
        """Grade the answers and store their scores; see `Grader`."""
        grades, counts = yield from self.grade_texts(context, [(one.sample, one.text) for one in answers])
        with context.store.transaction(durable=False):
            for answer, (grade, was_asked) in zip(answers, grades, strict=True):
                if was_asked:
                    context.store.measurements.set_score(answer.generation_key, answer.sample.id, _score(grade))
        return counts

    def grade_texts(
        self, context: StageContext, answers: Sequence[tuple[Sample, str]]
    ) -> Generator[Event, None, tuple[list[tuple[int | None, bool]], GradeCounts]]:
        """Grade answers to samples; returns the grade of each, whether it was asked for, and the counts.

        A grade is None where the judge gave none in the asked form, or was not asked.
        """
        teacher = self._open(context)
        questions: list[Question] = []
        for sample, text in answers:
            request = self._request(teacher, grade_messages(sample, text, self.rubric(sample)))
            questions.append(FileQuestion(request, sample, "", answer=text))
        outcomes = yield from self._ask(context, teacher, questions)
        grades = [_outcome(outcomes, question.key) for question in questions]
        asked = sum(was_asked for _, was_asked in grades)
        graded = sum(grade is not None for grade, _ in grades)
        return grades, GradeCounts(graded, asked - graded, len(grades) - asked)

    def compare(
        self, context: StageContext, pairs: Sequence[PairToCompare], first: str, second: str
    ) -> Generator[Event, None, PairCounts]:
        """Compare answers in both orders; see `Grader`. Equal answers are a tie without a question."""
        teacher = self._open(context)
        questions = []
        for pair in pairs:
            if pair.first.strip() != pair.second.strip():
                for texts in ((pair.first, pair.second), (pair.second, pair.first)):
                    messages = pair_messages(pair.sample, *texts, self.rubric(pair.sample))
                    questions.append(Question(self._request(teacher, messages), pair.sample, ""))
        outcomes = yield from self._ask(context, teacher, questions)
        known = outcomes.texts.keys() | outcomes.failed
        both = list(zip(questions[::2], questions[1::2], strict=True))
        asked = [(one.key, other.key) for one, other in both if {one.key, other.key} <= known]
        choices: list[Choices] = [("tie", "tie")] * (len(pairs) - len(both))
        for one, other in asked:
            choices.append((read_choice(outcomes.texts.get(one, "")), read_choice(outcomes.texts.get(other, ""))))
        return count_pairs(choices, first, second, len(both) - len(asked))

    def summarize(self, counts: GradeCounts, pairs: PairCounts | None = None) -> Judged:
        """What the judge did in this run."""
        return Judged(self.name, self.key, counts, self.cost_usd, self.spent_usd, pairs)

    def _open(self, context: StageContext) -> Teacher:
        """A new teacher for one round of questions: a closed one cannot be asked again."""
        teacher = self._make(context.offline)
        self.name = _name(teacher)
        self.key = content_key([self._request(teacher, ()).to_dict(), self._settings.rubric, self._settings.rubrics])
        return teacher

    def _request(self, teacher: Teacher, messages: tuple[Message, ...]) -> TeacherRequest:
        settings = self._settings
        request = TeacherRequest(
            endpoint=teacher.endpoint,
            model=teacher.model,
            messages=messages,
            max_tokens=settings.max_tokens,
            temperature=settings.temperature,
            top_p=settings.top_p,
            seed=settings.seed,
        )
        if settings.kind == "openai" and (settings.omit or settings.extra):
            request = replace(request, omit=omitted(request, settings.omit), extra=settings.extra_json)
        return request

    def _ask(
        self, context: StageContext, teacher: Teacher, questions: Sequence[Question]
    ) -> Generator[Event, None, _Outcomes]:
        """Ask what is not answered yet; returns all replies, also those of earlier runs."""
        store, settings = context.store, self._settings
        budget = make_budget(teacher, store, settings, self._find_price(teacher.endpoint, teacher.model), self._purpose)
        before = budget.committed_usd
        # Only an endpoint needs the network.
        offline = context.offline and settings.kind == "openai"
        ledger = Ledger(store, budget, context.run_id, offline=offline, purpose=self._purpose, save=_keep)
        tries = 1 if offline else settings.tries
        plan = OncePlan()
        loop = CallLoop(teacher, ledger, plan, settings, tries=tries)
        teacher.recall_form(store.teacher_calls.last_form(teacher.endpoint, teacher.model))
        for event in loop.run(questions):
            if isinstance(event, Warned):
                yield event
            elif isinstance(event, StageProgressed):
                yield StageProgressed(0, note=f"judge: {plan.finished:,} of {len(questions):,}", usd=event.usd)
        self._count_cost(budget, before)
        keys = [question.key for question in questions]
        return _Outcomes(store.teacher_calls.texts(keys), frozenset(store.teacher_calls.failures(keys)))

    def _count_cost(self, budget: Budget, before: float) -> None:
        self.spent_usd = budget.reported_usd
        if self.spent_usd is not None:
            self.cost_usd = (self.cost_usd or 0.0) + self.spent_usd - before


def _name(teacher: Teacher) -> str:
    return f"{teacher.model} at {teacher.endpoint}" if "://" in teacher.endpoint else teacher.model


def _keep(question: Question, text: str) -> AnswerRow:
    """The reply is in the table of calls; nothing more is stored."""
    return _Reply(question.sample.id, question.strategy, text)


def _outcome(outcomes: _Outcomes, key: str) -> tuple[int | None, bool]:
    """The grade of an answer, and whether the judge was asked."""
    text = outcomes.texts.get(key)
    return (None, key in outcomes.failed) if text is None else (read_grade(text), True)


def _score(grade: int | None) -> Score:
    """The score of a grade, in both readings: a judge reads the whole answer."""
    one = ScoredAnswer() if grade is None else ScoredAnswer(f"Grade: {grade}", grade_score(grade))
    return Score(one, one, JUDGE_SCORER)
