"""What the commands of `tasks` print under `--json`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from orca_local.domain.failure_summary import FailureSummary
from orca_local.domain.record import OMITTABLE, Record
from orca_local.domain.types import Sample


class TaskSize(Record):
    """A task with its number of samples in each split."""

    task: str
    """Name of the task."""
    kind: str
    """Kind of its samples; `mixed` if they are of several kinds."""
    probe: int
    """Number of probe samples."""
    train: int
    """Number of training samples."""
    holdout: int
    """Number of holdout samples."""


class FileMap(Record):
    """How the rows of a file became samples."""

    file: str
    """The file."""
    columns: Mapping[str, str]
    """Name of the column by what it is: `prompt`, `answer`, …"""
    lines: tuple[str, ...]
    """What became what, and what was guessed, in plain lines."""


class SamplesElsewhere(Record):
    """Samples that were not added, because another task has the same prompt and answer."""

    task: str
    """Task that the file names."""
    present_in: str
    """Task that has them."""
    samples: int
    """Number of samples."""
    example: str
    """Id of one of them."""


class TasksAdded(Record):
    """Result of `tasks add`."""

    added: int
    """Number of new samples."""
    duplicates: int
    """Number of samples that were there already, or came twice."""
    rejected: int
    """Number of rows that were skipped; with `--skip-bad`."""
    tasks: tuple[TaskSize, ...]
    """The tasks of the files."""
    elsewhere: tuple[SamplesElsewhere, ...]
    """Samples that are present under another task."""
    unprobed: tuple[str, ...]
    """Those of the tasks that have no probe samples."""
    maps: tuple[FileMap, ...] = field(default=(), metadata=OMITTABLE)
    """The map of each file that is not in the task format."""


class Turn(Record):
    """One message of a conversation."""

    role: str
    """`system`, `user` or `assistant`."""
    content: str
    """Its text."""


class ShownSample(Record):
    """One sample."""

    id: str
    """Its id."""
    task: str
    """Its task."""
    split: str
    """`probe`, `train` or `holdout`."""
    kind: str
    """Kind of its answer."""
    prompt: str
    """The prompt."""
    answers: tuple[str, ...]
    """Accepted answers; the first is the reference."""
    messages: tuple[Turn, ...]
    """System message and earlier turns."""
    labels: tuple[str, ...] = field(default=(), metadata=OMITTABLE)
    """The closed set of answers."""
    rationale: str | None = field(default=None, metadata=OMITTABLE)
    """The worked answer."""

    @classmethod
    def of(cls, sample: Sample) -> ShownSample:
        """Return the record of a sample."""
        turns = tuple(Turn(message.role, message.content) for message in sample.messages)
        names = ("id", "task", "split", "kind", "prompt", "answers")
        values = {name: getattr(sample, name) for name in names}
        return cls(**values, messages=turns, labels=sample.labels, rationale=sample.rationale)


class PreviewedSample(Record):
    """What a row would become."""

    line: int
    """Line or row in the file."""
    sample: ShownSample | None
    """The sample; null if the row is bad."""
    problems: tuple[str, ...]
    """What is wrong with the row."""


class FilePreview(Record):
    """The first rows of one file."""

    file: str
    """The file."""
    names: tuple[str, ...]
    """Its columns."""
    map: FileMap
    """How its rows become samples."""
    rows: tuple[PreviewedSample, ...]
    """The first ten rows."""


class TasksPreview(Record):
    """Result of `tasks add --preview`. Nothing was added."""

    files: tuple[FilePreview, ...]
    """The files."""


class TaskList(Record):
    """Result of `tasks list`."""

    tasks: tuple[TaskSize, ...]
    """All tasks."""


class TaskSamples(Record):
    """Result of `tasks show`."""

    task: str
    """Name of the task."""
    samples: tuple[ShownSample, ...]
    """Samples of each split."""


class TaskChoice(Record):
    """Result of `tasks choose`."""

    task: str
    """Name of the task."""
    strategy: str | None
    """The strategy; null if none is chosen yet."""
    chosen_by: str | None
    """`hand` or `probe`; null if none is chosen yet."""


class TaskRemoved(Record):
    """Result of `tasks remove`."""

    task: str
    """Name of the task."""
    samples: int
    """Number of removed samples."""
    demonstrations: int
    """Number of removed teacher answers."""


class SourceInfo(Record):
    """A ready source of tasks on the hub."""

    name: str
    """Its name, for `tasks add ready:NAME`."""
    title: str
    """What it is."""
    repo: str
    """Repository on the hub."""
    revision: str
    """Commit that was read there; empty: the one of the first pull is recorded and kept."""
    config: str
    """Config, directory or file; empty: the only config."""
    split: str
    """Split; empty: the only one."""
    tasks: str
    """Where the name of a row's task is: `column`, `file` or `config`; empty: all rows are one task."""
    kind: str
    """Kind of the answers; empty: it is guessed for each task."""
    licence: str
    """Licence that its card names."""
    rows: int
    """Number of rows; 0: not known."""
    bytes: int
    """Size of its files; 0: not known."""
    card_read: bool
    """Whether its card was read; if not, names and columns are those that other programs use."""


class TaskSources(Record):
    """Result of `tasks sources`."""

    sources: tuple[SourceInfo, ...]
    """The ready sources."""
    mixes: tuple[str, ...]
    """The mixes that are made of them."""


class MixSource(Record):
    """What of a ready source went into a mix."""

    name: str
    """Name of the source."""
    repo: str
    """Repository on the hub."""
    commit: str
    """Commit that was read."""
    licence: str
    """Licence that its card names."""
    card_read: bool
    """Whether its card was read."""
    tasks: int
    """Number of tasks."""
    rows: int
    """Number of samples."""
    bad_rows: int
    """Number of rows that were read and make no sample."""


class NotInMix(Record):
    """A source or a task that is not in a mix."""

    name: str
    """Its name."""
    reason: str
    """Why."""


class TasksMixed(Record):
    """Result of `tasks mix`."""

    mix: str
    """Name of the mix."""
    tasks: int
    """Number of tasks in it."""
    rows: int
    """Number of samples in it."""
    added: int
    """Number of samples that were not in the workspace before."""
    duplicates: int
    """Number of samples that were there already, or are in two tasks."""
    sources: tuple[MixSource, ...]
    """What went in of each source."""
    failed: tuple[NotInMix, ...]
    """Sources that failed; with `--skip-bad`."""
    left_out: tuple[NotInMix, ...]
    """Tasks from whose rows no samples could be made."""
    licences: str
    """The file that lists what went in, with the licences."""
    failures: FailureSummary | None = field(default=None, metadata=OMITTABLE)
    """The number of sources that failed, where there are any."""
