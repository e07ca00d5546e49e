"""The adapter to export is the newest one, unchanged, and trained on the same weights."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from orca_local.adapters.adapter import WEIGHTS_FILE, adapter_sha256
from orca_local.domain.errors import InputError
from orca_local.gguf.header import read_header
from orca_local.models.student import Student
from orca_local.pipeline.export_source import tuned_source
from orca_local.store.store import Store
from orca_local.store.trainings import AdapterRow
from tests.export.scene import random_adapter
from tests.tiny import write_tiny_gguf


@pytest.fixture
def student(tiny_gguf: Path) -> Student:
    return Student(tiny_gguf, read_header(tiny_gguf), "Q8_0")


@pytest.fixture
def adapter(tmp_path: Path, store: Store, student: Student) -> Path:
    """A trained adapter, and a later training that has not finished."""
    path = tmp_path / "adapter"
    random_adapter(student.weights.path).save(path)
    for key, recipe in (("a", {"rank": 4}), ("b", {"rank": 8})):
        run_id = store.runs.start("train", "{}", {})
        weights = student.weights_sha256
        store.trainings.start(key, run_id, weights_sha256=weights, recipe=recipe, rows=3, directory=str(tmp_path))
    store.adapters.add(AdapterRow(1, str(path), adapter_sha256(path), student.weights_sha256, 5, None))
    return path


def test_the_adapter_comes_with_its_own_recipe(store: Store, student: Student, adapter: Path) -> None:
    source = tuned_source(store, student)
    assert source.adapter_directory == adapter and source.recipe == {"rank": 4}
    assert source.provenance["orca_local.adapter_sha256"] == adapter_sha256(adapter)


def test_there_may_be_none(store: Store, student: Student) -> None:
    with pytest.raises(InputError, match="no adapter yet"):
        tuned_source(store, student)


def test_an_adapter_of_another_base_is_refused(store: Store, student: Student, adapter: Path, tmp_path: Path) -> None:
    path = write_tiny_gguf(tmp_path / "other.gguf", seed=1)
    other = Student(path, read_header(path), "Q8_0")
    with pytest.raises(InputError) as raised:
        tuned_source(store, other)
    for said in (student.weights_sha256[:12], other.weights_sha256[:12], str(path)):
        assert said in raised.value.message
    assert "orca-local train" in raised.value.hint and "student.weights" in raised.value.hint


def _edit(adapter: Path) -> None:
    content = bytearray((adapter / WEIGHTS_FILE).read_bytes())
    content[-2] ^= 1  # a number that is as finite as before
    (adapter / WEIGHTS_FILE).write_bytes(content)


def _cut(adapter: Path) -> None:
    (adapter / WEIGHTS_FILE).write_bytes((adapter / WEIGHTS_FILE).read_bytes()[:-10])


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (_edit, "was changed since it was trained"),
        (_cut, "was changed since it was trained"),
        (lambda path: (path / WEIGHTS_FILE).unlink(), "cannot read the adapter"),
        (shutil.rmtree, "does not exist"),
    ],
)
def test_an_adapter_that_is_not_what_was_trained_is_refused(
    store: Store, student: Student, adapter: Path, change: Callable[[Path], None], said: str
) -> None:
    change(adapter)
    with pytest.raises(InputError, match=said) as raised:
        tuned_source(store, student)
    assert "orca-local train" in raised.value.hint
