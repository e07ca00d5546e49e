"""The dataset stage: teacher answers become training rows without the strategy instruction (erasure)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

from orca_local.dataset.answer import TaughtAnswer
from orca_local.dataset.few_shot import Conversation, few_shot_conversations
from orca_local.dataset.overlap import HeldOutPrompts
from orca_local.dataset.similar import SIMILAR, DuplicateFilter, Ngrams, ngrams, similarity
from orca_local.domain.events import Event, RowDropped, StageFinished, StageStarted
from orca_local.domain.frozen import Frozen
from orca_local.domain.settings import DatasetSettings
from orca_local.domain.strategies import Strategy
from orca_local.domain.summaries import DatasetSummary, SuiteOverlap
from orca_local.domain.types import Message, Sample
from orca_local.kinds.prompts import plain_messages
from orca_local.rows.renderer import PromptRenderer
from orca_local.rows.training_row import RefusedRow, TrainingRow, make_row
from orca_local.runs.context import StageContext
from orca_local.store.store import Store
from orca_local.suites.pulled_questions import PulledQuestions

Likelihood = Callable[[Sample, str], float]
"""The likelihood of an answer to a sample under the student."""


class BuiltRow(Frozen):
    """A training row with the conversation that it was rendered from."""

    row: TrainingRow
    """Token ids and loss mask."""
    conversation: Conversation
    """The messages; the last one is the answer."""
    shortened: tuple[str, ...] = ()
    """What was cut off the teacher's answer: `thoughts`, `run_on`."""
    is_few_shot: bool = False
    """Whether it shows solved examples before the question."""


@dataclass
class Dataset:
    """The rows to train on, in a fixed order, and the answers that did not become rows."""

    built: list[BuiltRow] = field(default_factory=list)
    dropped: list[RefusedRow] = field(default_factory=list)
    questions: PulledQuestions = field(default_factory=PulledQuestions)
    """The questions of suites that no row asks."""
    in_suites: Counter[str] = field(default_factory=Counter)
    """Number of answers that were dropped because of each suite."""

    @property
    def rows(self) -> list[TrainingRow]:
        """The training rows."""
        return [built.row for built in self.built]

    @property
    def conversations(self) -> list[Conversation]:
        """The conversations, in the order of the rows."""
        return [built.conversation for built in self.built]

    def drop(self, sample_id: str, reason: str, detail: str) -> None:
        """Record why an answer does not become a row: one word for counting, and a sentence."""
        self.dropped.append(RefusedRow(sample_id, reason, detail))


def make_dataset(
    store: Store,
    renderer: PromptRenderer,
    settings: DatasetSettings,
    chosen: Mapping[str, Strategy],
    *,
    keep_mismatches: bool = False,
    likelihood: Likelihood | None = None,
    questions: PulledQuestions | None = None,
) -> Dataset:
    """Make rows from the answers under each task's chosen strategy.

    With `keep_mismatches`, a sample without a right answer keeps its wrong ones. `prefer = "likely"` needs
    `likelihood`, which is called for samples with several good answers. No row asks one of `questions`. An equal store
    and equal settings give equal rows in equal order.
    """
    samples = {sample.id: sample for sample in store.samples.list(split="train")}
    held_out = held_out_prompts(store, samples.values())
    duplicates = DuplicateFilter(_prompts_by_task(samples.values()))
    dataset = Dataset(questions=questions or PulledQuestions())
    builder = _Builder(dataset, renderer, settings, {sample.id: sample.task for sample in samples.values()}, likelihood)
    for sample_id, demonstrations in groupby(store.demonstrations.list(), key=lambda row: row.sample_id):
        sample = samples.get(sample_id)
        if sample is None or sample.task not in chosen:
            continue
        strategy = chosen[sample.task]
        answers = [TaughtAnswer.of(row, sample) for row in demonstrations if row.strategy == strategy.name]
        if suite := dataset.questions.find(sample.text):
            dataset.in_suites[suite] += len(answers)
            for _ in answers:
                dataset.drop(sample.id, "suite_overlap", f"the sample has a question of the suite {suite}")
            continue
        keep_wrong = keep_mismatches and not any(answer.is_good for answer in answers)
        good = []
        for answer in answers:
            refusal = answer.refusal(strategy, held_out, keep_wrong=keep_wrong)
            if refusal is None:
                good.append(answer)
            else:
                dataset.drop(sample.id, *refusal)
        if good and not duplicates.is_new(sample.task, sample.answers, _question(sample), sample.system_message):
            for _ in good:
                dataset.drop(sample.id, "near_duplicate", "an earlier question of the task is almost the same")
            continue
        builder.add(sample, good)
    builder.balance()
    builder.add_few_shot()
    return dataset


def build(context: StageContext, dataset: Dataset) -> Iterator[Event]:
    """Report the rows, and why the other answers were dropped."""
    yield StageStarted("dataset", len(dataset.built) + len(dataset.dropped), "answers")
    for refused in dataset.dropped:
        yield RowDropped(refused.sample_id, refused.reason)
    reasons = Counter(refused.reason for refused in dataset.dropped)
    summary = DatasetSummary(
        run_id=context.run_id,
        rows=len(dataset.built),
        dropped=dict(sorted(reasons.items())),
        shortened=dict(sorted(Counter(name for row in dataset.built for name in row.shortened).items())),
        tokens=sum(len(row.token_ids) for row in dataset.rows),
        loss_tokens=sum(row.loss_tokens for row in dataset.rows),
        few_shot=sum(row.is_few_shot for row in dataset.built),
        suites=tuple(
            SuiteOverlap(suite.name, suite.digest, suite.questions, dataset.in_suites[suite.name])
            for suite in dataset.questions.suites
        ),
    )
    yield StageFinished("dataset", summary)


@dataclass
class _Builder:
    """Adds rows to a dataset."""

    dataset: Dataset
    renderer: PromptRenderer
    settings: DatasetSettings
    tasks: Mapping[str, str]
    """The task of each sample."""
    likelihood: Likelihood | None

    def __post_init__(self) -> None:
        self._hashes: set[str] = set()

    def add(self, sample: Sample, answers: Sequence[TaughtAnswer]) -> None:
        """Add rows of a sample's good answers, preferred ones first, up to `dataset.per_prompt`."""
        kept: list[Ngrams] = []
        for answer in sorted(answers, key=lambda answer: self._preference(sample, answer, len(answers))):
            reasoning = ngrams(answer.text)
            if len(kept) == self.settings.per_prompt:
                self.dataset.drop(sample.id, "surplus", "the sample already has dataset.per_prompt rows")
            elif any(similarity(reasoning, other) >= SIMILAR for other in kept):
                self.dataset.drop(sample.id, "alike", "another answer to the sample has almost the same words")
            elif self._add_row(answer):
                kept.append(reasoning)

    def _preference(self, sample: Sample, answer: TaughtAnswer, answers: int) -> tuple[bool, bool, float]:
        """Sort key: reviewed answers first, then those without a hint, then by `dataset.prefer`."""
        rank = 0.0
        if self.settings.prefer == "shortest":
            rank = len(answer.text)
        elif self.settings.prefer == "likely" and answers > 1:
            if self.likelihood is None:
                raise ValueError('prefer = "likely" needs a likelihood')
            rank = -self.likelihood(sample, answer.text)
        return answer.row.review == "pending", answer.row.hinted, rank

    def _add_row(self, answer: TaughtAnswer) -> bool:
        """Add the row of one answer, unless it is refused or already there; returns whether it was added."""
        sample = answer.sample
        conversation = (*plain_messages(sample, self.settings.system_message), Message("assistant", answer.text))
        row = make_row(self.renderer, sample.id, conversation, self.settings.max_tokens)
        if isinstance(row, RefusedRow):
            self.dataset.dropped.append(row)
            return False
        if row.content_hash in self._hashes:
            self.dataset.drop(sample.id, "duplicate", "another row is exactly the same")
            return False
        self._hashes.add(row.content_hash)
        self.dataset.built.append(BuiltRow(row, conversation, answer.part.removed))
        return True

    def balance(self) -> None:
        """Drop rows of tasks that have too many, in the order of their hashes, which is independent of content."""
        built = self.dataset.built
        counts = Counter(self.tasks[row.sample_id] for row in self.dataset.rows)
        remaining = quotas(counts, cap=self.settings.per_task, temperature=self.settings.balance)
        kept = []
        for number in sorted(range(len(built)), key=lambda number: built[number].row.content_hash):
            sample_id = built[number].row.sample_id
            if remaining[self.tasks[sample_id]]:
                remaining[self.tasks[sample_id]] -= 1
                kept.append(number)
            else:
                self.dataset.drop(sample_id, "balance", "the task already has its share of rows")
        self.dataset.built = [built[number] for number in sorted(kept)]

    def add_few_shot(self) -> None:
        """Add rows that show solved examples before the question."""
        conversations = [
            (self.tasks[built.row.sample_id], built.row.sample_id, built.conversation) for built in self.dataset.built
        ]
        for sample_id, conversation in few_shot_conversations(
            conversations, self.settings.few_shot, self.settings.few_shot_seed
        ):
            row = make_row(self.renderer, sample_id, conversation, self.settings.max_tokens)
            if isinstance(row, RefusedRow):
                self.dataset.drop(sample_id, f"few_shot_{row.reason}", row.detail)
            else:
                self.dataset.built.append(BuiltRow(row, conversation, is_few_shot=True))


def held_out_prompts(store: Store, training: Iterable[Sample]) -> HeldOutPrompts:
    """The prompts of the probe and holdout samples, to compare those of `training` with."""
    held_out = (sample for split in ("probe", "holdout") for sample in store.samples.list(split=split))
    return HeldOutPrompts(held_out, training)


def _prompts_by_task(samples: Iterable[Sample]) -> dict[str, list[str]]:
    prompts: dict[str, list[str]] = {}
    for sample in samples:
        prompts.setdefault(sample.task, []).append(_question(sample))
    return prompts


def _question(sample: Sample) -> str:
    """The prompt after the earlier turns: a prompt such as "And the second?" is no question without them."""
    return "\n".join(turn.content for turn in sample.turns)


def quotas(counts: Mapping[str, int], *, cap: int = 0, temperature: float = 1.0) -> dict[str, int]:
    """Number of rows to keep of each task; `counts` are the rows of each task.

    No task keeps more than `cap` rows (0: no limit). The share of a task is proportional to its size to the power of
    `temperature`: 1 keeps the sizes, 0 makes all tasks equal. No row is repeated, so the task that has the fewest rows
    for its share determines how many the others keep.
    """
    capped = {task: min(count, cap) if cap else count for task, count in counts.items()}
    weights = {task: float(count) ** temperature for task, count in capped.items() if count}
    scale = min((capped[task] / weight for task, weight in weights.items()), default=0.0)
    # The small term: rounding must not take a row from the task that determines the scale.
    return {task: min(capped[task], int(weights.get(task, 0.0) * scale + 1e-6)) for task in capped}
