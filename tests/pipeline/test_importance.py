"""Which rows a matrix is measured on, and what changes its key."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from orca_local.dataset.build import BuiltRow, Dataset
from orca_local.domain.errors import InputError
from orca_local.domain.settings import ExportSettings, Settings
from orca_local.domain.types import Message, Sample
from orca_local.export.acceptance import measure_divergence
from orca_local.export.merge import write_merged
from orca_local.export.quantize import ImatrixFile, quantize
from orca_local.export.source import ExportSource
from orca_local.gguf.header import read_header
from orca_local.gguf.importance import ColumnSquares, ImportanceMatrix, write_importance
from orca_local.gguf.layer_names import linear_layers
from orca_local.kinds.prompts import plain_messages
from orca_local.pipeline.importance import rows_without_evaluation_prompts, with_matrix, with_user_matrix
from orca_local.rows.renderer import PromptRenderer
from orca_local.rows.training_row import TrainingRow, make_row
from orca_local.starter.install import iter_answers, load_samples
from orca_local.store.store import Store
from orca_local.suites.pulled_questions import ComparedSuite, PulledQuestions
from orca_local.suites.question import Question
from orca_local.suites.sketch import make_sketch
from orca_local.system.digest import file_sha256
from orca_local.tasks.split import content_hash
from tests.engines.drive import prompt_logits
from tests.export.scene import open_engine, random_adapter
from tests.train.data import make_rows

SETTINGS = Settings()


def sample(name: str, prompt: str, split: str) -> tuple[Sample, str]:
    made = Sample(name, "sums", "number", prompt, ("1",), split)  # type: ignore[arg-type]
    return made, content_hash(made)


@pytest.fixture
def dataset(tiny_gguf: Path) -> Dataset:
    rows = make_rows(tiny_gguf)
    conversations: list[tuple[Message, ...]] = [
        (Message("system", ""), Message("user", f"What is {i} + {i}?"), Message("assistant", "so"))
        for i in range(len(rows))
    ]
    return Dataset([BuiltRow(*built) for built in zip(rows, conversations, strict=True)])


@pytest.fixture
def store(tmp_path: Path):  # type: ignore[no-untyped-def]
    with Store.open(tmp_path / "orca.db", create=True) as store:
        store.samples.add([sample("h", "Another question", "holdout"), sample("p", "And one more", "probe")], "x")
        yield store


def source_of(gguf: Path) -> ExportSource:
    return ExportSource(read_header(gguf), file_sha256(gguf))


def test_rows_that_ask_what_is_scored_are_left_out(
    store: Store, dataset: Dataset, tiny_gguf: Path, tmp_path: Path
) -> None:
    """By their text, not by their names, in any turn."""
    assert len(rows_without_evaluation_prompts(dataset, store)) == 24
    store.samples.add([sample("x", "what is 3 + 3", "holdout"), sample("y", "What is 5 + 5?", "probe")], "x")
    shown = dataset.built[7].conversation
    few_shot = (shown[0], Message("user", "What is 5 + 5?"), shown[2], *shown[1:])
    dataset.built[8] = replace(dataset.built[8], conversation=few_shot)
    kept = {row.sample_id for row in rows_without_evaluation_prompts(dataset, store)}
    assert kept == {f"s{i}" for i in range(24)} - {"s3", "s5", "s8"}
    matrix = with_matrix(source_of(tiny_gguf), SETTINGS, tmp_path, store, dataset, optional=True).matrix
    assert matrix is not None and (matrix.rows, matrix.left_out) == (21, 3)


def test_rows_that_ask_a_question_of_a_suite_are_left_out(store: Store, dataset: Dataset) -> None:
    asked = Question("1", "g", "number", "What is 3 + 3?", ("6",), "6")
    dataset.questions = PulledQuestions([ComparedSuite("sums", "", 1)], [make_sketch([asked])])
    kept = {row.sample_id for row in rows_without_evaluation_prompts(dataset, store)}
    assert kept == {f"s{i}" for i in range(24)} - {"s3"}


def test_what_is_measured_is_those_rows_in_the_trained_model(
    store: Store, dataset: Dataset, tiny_gguf: Path, tmp_path: Path
) -> None:
    source = source_of(tiny_gguf)
    random_adapter(tiny_gguf).save(tmp_path / "adapter")
    actual = {}
    for name, given in (("base", source), ("tuned", replace(source, adapter_directory=tmp_path / "adapter"))):
        matrix = with_matrix(given, SETTINGS, tmp_path, store, dataset, optional=True).matrix
        assert matrix is not None and matrix.measure is not None
        actual[name] = matrix.measure()["blk.1.ffn_down.weight"]
        assert actual[name].count == sum(len(row.token_ids) for row in dataset.rows)
    assert not np.allclose(actual["base"].means, actual["tuned"].means, rtol=0.1)


def test_the_key_changes_with_all_that_the_matrix_is_made_of(
    store: Store, dataset: Dataset, tiny_gguf: Path, tmp_path: Path
) -> None:
    source = source_of(tiny_gguf)
    random_adapter(tiny_gguf).save(tmp_path / "adapter")
    fewer = Dataset(dataset.built[1:])
    exact = Settings.model_validate({"train": {"compute": "float32"}})
    matrices = [
        with_matrix(changed, settings, tmp_path, store, rows, optional=True).matrix
        for changed, settings, rows in (
            (source, SETTINGS, dataset),
            (source, SETTINGS, dataset),
            (replace(source, adapter_directory=tmp_path / "adapter"), SETTINGS, dataset),
            (source, SETTINGS, fewer),
            (source, exact, dataset),
        )
    ]
    first, same, *others = [matrix.key for matrix in matrices if matrix is not None]
    assert first == same and first.startswith("rows:") and len({first, *others}) == 4


def test_no_more_rows_than_are_needed(store: Store, dataset: Dataset, tiny_gguf: Path, tmp_path: Path) -> None:
    source = source_of(tiny_gguf)
    matrix = with_matrix(source, SETTINGS, tmp_path, store, dataset, optional=True, max_tokens=100).matrix
    assert matrix is not None and 1 < matrix.rows < 10


def test_none_means_none_and_no_rows_are_told(store: Store, dataset: Dataset, tiny_gguf: Path, tmp_path: Path) -> None:
    none = Settings(export=ExportSettings(imatrix="none"))
    source = source_of(tiny_gguf)
    assert with_matrix(source, none, tmp_path, store, dataset, optional=True).matrix is None
    with pytest.raises(InputError, match="no training row to measure"):
        with_matrix(source, SETTINGS, tmp_path, store, Dataset(), optional=True)
    assert with_user_matrix(source, SETTINGS, tmp_path).matrix is None


def test_a_file_is_looked_for_in_the_workspace_and_has_to_fit(
    store: Store, dataset: Dataset, tiny_gguf: Path, tmp_path: Path
) -> None:
    source, mine = source_of(tiny_gguf), Settings(export=ExportSettings(imatrix="mine.gguf"))
    with pytest.raises(InputError, match="no file"):
        with_user_matrix(source, mine, tmp_path)
    columns = {
        layer.gguf_name: ColumnSquares(np.ones(layer.in_features, np.float32), 1)
        for layer in linear_layers(source.header)
    }
    write_importance(tmp_path / "mine.gguf", ImportanceMatrix(columns), dataset="mine", rows=1)
    for actual in (
        with_user_matrix(source, mine, tmp_path),
        with_matrix(source, mine, tmp_path, store, dataset, optional=True),
    ):
        assert actual.matrix is not None and actual.matrix.file == tmp_path / "mine.gguf"
        assert actual.matrix.key == f"file:{file_sha256(tmp_path / 'mine.gguf')}"
    del columns["blk.0.attn_q.weight"]
    write_importance(tmp_path / "mine.gguf", ImportanceMatrix(columns), dataset="mine", rows=1)
    with pytest.raises(InputError, match=r"mine\.gguf has no entry for blk\.0\.attn_q"):
        with_user_matrix(source, mine, tmp_path)


@pytest.mark.student
def test_the_students_own_matrix_halves_what_quantizing_takes(student_gguf: Path, tmp_path: Path, store: Store) -> None:
    """Measured on some rows of the starter, compared on others."""
    rows, conversations = starter_rows(student_gguf, 20)
    source = source_of(student_gguf)
    dataset = Dataset([BuiltRow(*built) for built in zip(rows[4:], conversations[4:], strict=True)])
    matrix = with_matrix(source, SETTINGS, tmp_path, store, dataset, optional=True).matrix
    assert matrix is not None and matrix.measure is not None
    full = write_merged(tmp_path / "F16.gguf", source.header, None, {}).path
    write_importance(tmp_path / "imatrix.gguf", ImportanceMatrix(matrix.measure()), dataset="rows", rows=matrix.rows)
    lost, expected = {}, list(logits(full, rows[:4]))
    for name, given in (("without", None), ("with", ImatrixFile(tmp_path / "imatrix.gguf", matrix.key))):
        quantize(full, tmp_path / f"{name}.gguf", "Q4_0", given)
        lost[name] = measure_divergence(expected, logits(tmp_path / f"{name}.gguf", rows[:4])).kl
    assert lost["with"] < 0.75 * lost["without"]


def starter_rows(gguf: Path, count: int) -> tuple[list[TrainingRow], list[tuple[Message, ...]]]:
    samples = {sample.id: sample for sample in load_samples()}
    with closing(PromptRenderer(gguf)) as renderer:
        actual: dict[str, tuple[Message, ...]] = {}
        for answer in islice(iter_answers(), 0, None, 31):
            actual[answer.sample_id] = (
                *plain_messages(samples[answer.sample_id], ""),
                Message("assistant", answer.text),
            )
        chosen = list(actual.items())[:count]
        rows = [make_row(renderer, name, conversation, 512) for name, conversation in chosen]
    return [row for row in rows if isinstance(row, TrainingRow)], [conversation for _, conversation in chosen]


def logits(gguf: Path, rows: list[TrainingRow]) -> Iterator[NDArray[np.float32]]:
    with closing(open_engine(gguf)) as engine:
        for row in rows:
            yield prompt_logits(engine, row.token_ids, range(row.loss_start - 1, len(row.token_ids) - 1))
