"""Which adapter a conversation gets, and on which models."""

from __future__ import annotations

import shutil
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from orca_local.adapters.adapter import adapter_sha256
from orca_local.chat.adapter_choice import adapter_file
from orca_local.domain.errors import InputError, MissingError
from orca_local.evaluate.stage import Candidate
from orca_local.export.adapter_file import write_adapter
from orca_local.export.merge import write_merged
from orca_local.generation.generate import ModelRef
from orca_local.gguf.header import read_header
from orca_local.models.student import Student
from orca_local.store.store import Store
from orca_local.store.trainings import AdapterRow
from orca_local.system.digest import file_sha256
from tests.engines.drive import prompt_logits
from tests.export.scene import logits_of, open_engine, random_adapter
from tests.limits import small_files

IDS = tuple(range(200, 260))


@pytest.fixture
def adapter(tiny_gguf: Path, tmp_path: Path) -> Path:
    random_adapter(tiny_gguf).save(tmp_path / "trained")
    return tmp_path / "trained"


def candidate(path: Path) -> Candidate:
    return Candidate(path.name, path, ModelRef(1, file_sha256(path)))


def chosen(choice: str, base: Path, store: Store, student: Path) -> np.ndarray:
    """Logits of the base with the adapter that `choice` names."""
    loaded = Student(student, read_header(student), "Q8_0")
    with adapter_file(choice, candidate(base), store, lambda: loaded) as path, closing(open_engine(base)) as engine:
        engine.set_adapter(path)
        return prompt_logits(engine, IDS, range(len(IDS)))


@pytest.mark.slow
def test_a_directory_a_file_and_the_newest_are_the_same_adapter(
    store: Store, tiny_gguf: Path, adapter: Path, tmp_path: Path
) -> None:
    write_adapter(tmp_path / "a.gguf", read_header(tiny_gguf), random_adapter(tiny_gguf), {})
    store.adapters.add(AdapterRow(None, str(adapter), adapter_sha256(adapter), file_sha256(tiny_gguf), 1, None))
    logits = [
        chosen(choice, tiny_gguf, store, tiny_gguf) for choice in (str(tmp_path / "a.gguf"), str(adapter), "newest")
    ]
    assert np.array_equal(logits[0], logits[1]) and np.array_equal(logits[0], logits[2])
    assert np.abs(logits[0] - logits_of(tiny_gguf)).max() > 0.5


def test_what_is_made_for_a_conversation_is_gone_after_it(store: Store, tiny_gguf: Path, adapter: Path) -> None:
    with adapter_file(str(adapter), candidate(tiny_gguf), store, pytest.fail) as path:
        assert path.is_file()
        assert read_header(path).metadata["orca_local.adapter_sha256"] == adapter_sha256(adapter)
    assert not path.parent.exists()


def test_without_a_training_there_is_no_newest(store: Store, tiny_gguf: Path) -> None:
    with pytest.raises(InputError, match="no adapter yet"):
        chosen("newest", tiny_gguf, store, tiny_gguf)


def test_a_directory_without_an_adapter_and_one_of_another_model_are_refused(
    store: Store, tiny_gguf: Path, adapter: Path, tmp_path: Path, student_gguf: Path
) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="cannot read the adapter"):
        chosen(str(tmp_path / "empty"), tiny_gguf, store, tiny_gguf)
    with pytest.raises(InputError, match="_proj' has shapes"):
        chosen(str(adapter), student_gguf, store, student_gguf)


def test_a_file_that_has_the_adapter_already_is_refused(
    store: Store, tiny_gguf: Path, adapter: Path, tmp_path: Path
) -> None:
    """It would change the weights twice."""
    origin = {"orca_local.base_sha256": file_sha256(tiny_gguf), "orca_local.adapter_sha256": adapter_sha256(adapter)}
    write_merged(tmp_path / "tuned.gguf", read_header(tiny_gguf), random_adapter(tiny_gguf), origin)
    write_adapter(tmp_path / "a.gguf", read_header(tiny_gguf), random_adapter(tiny_gguf), origin)
    for choice in (tmp_path / "a.gguf", adapter):
        with pytest.raises(InputError, match="has this adapter merged in already"):
            chosen(str(choice), tmp_path / "tuned.gguf", store, tiny_gguf)


def test_an_adapter_goes_on_what_was_made_of_its_weights_and_on_nothing_else(
    store: Store, tiny_gguf: Path, tmp_path: Path
) -> None:
    def made(name: str, **origin: str) -> Path:
        extra = {f"orca_local.{key}": value for key, value in origin.items()}
        return write_merged(tmp_path / name, read_header(tiny_gguf), None, extra).path

    weights = file_sha256(tiny_gguf)
    origin = {"orca_local.base_sha256": weights, "orca_local.adapter_sha256": "new"}
    write_adapter(tmp_path / "a.gguf", read_header(tiny_gguf), random_adapter(tiny_gguf), origin)
    for fits in (tiny_gguf, made("base.gguf", base_sha256=weights), made("elsewhere.gguf")):
        with adapter_file(str(tmp_path / "a.gguf"), candidate(fits), store, pytest.fail) as path:
            assert path == tmp_path / "a.gguf"
    for other in (made("other.gguf", base_sha256="x"), made("tuned.gguf", base_sha256=weights, adapter_sha256="old")):
        with pytest.raises(InputError, match="trained on other weights"):
            chosen(str(tmp_path / "a.gguf"), other, store, tiny_gguf)


def test_an_adapter_of_other_weights_than_the_students_is_not_the_newest(
    store: Store, tiny_gguf: Path, adapter: Path
) -> None:
    store.adapters.add(AdapterRow(None, str(adapter), adapter_sha256(adapter), "other", 1, None))
    with pytest.raises(InputError, match="trained on other weights"):
        chosen("newest", tiny_gguf, store, tiny_gguf)
    shutil.rmtree(adapter)
    with pytest.raises(InputError, match="does not exist"):
        chosen("newest", tiny_gguf, store, tiny_gguf)


def test_no_room_for_the_file_is_said(store: Store, tiny_gguf: Path, adapter: Path) -> None:
    with small_files(10_000), pytest.raises(MissingError, match="the disk is full"):
        chosen(str(adapter), tiny_gguf, store, tiny_gguf)
