"""Where models are looked for, and what a name may stand for."""

from __future__ import annotations

from pathlib import Path

import pytest

from orca_local.domain.errors import InputError, MissingError
from orca_local.models.catalog import find_model, load_catalog
from orca_local.models.locate import check_student, find_local, local_path, models_directory, resolve_student

HUB = find_model("qwen3-0.6b")


@pytest.fixture(autouse=True)
def models(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ORCA_LOCAL_MODELS", str(tmp_path / "models"))
    return tmp_path / "models"


def test_every_model_of_the_catalog_can_be_named_and_fetched() -> None:
    models = load_catalog()
    assert len({model.id for model in models}) == len(models)
    for model in models:
        assert find_model(model.id) == model
        assert model.file.endswith(".gguf") and model.licence and model.parameters and model.memory_gb
        assert not model.sha256 or len(model.sha256) == 64
        assert model.source == "package" or model.repo.count("/") == 1


def test_a_misspelt_id_names_the_nearest() -> None:
    with pytest.raises(InputError, match="no model 'qwen3-06b'") as caught:
        find_model("qwen3-06b")
    assert "did you mean qwen3-0.6b?" in caught.value.hint


def test_the_embedded_student_is_found_in_its_package(student_gguf: Path) -> None:
    assert find_local(find_model("smollm2-135m-instruct")) == student_gguf


def test_the_cache_is_under_home_where_nothing_else_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ORCA_LOCAL_MODELS", "ORCA_LOCAL_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert models_directory() == tmp_path / ".cache" / "orca-local" / "models"


def test_a_model_that_is_not_here_names_the_command_that_fetches_it(tmp_path: Path) -> None:
    with pytest.raises(MissingError) as caught:
        resolve_student(HUB.id, tmp_path)
    assert caught.value.hint == "orca-local models pull qwen3-0.6b"
    assert check_student(HUB.id, tmp_path).name == HUB.id, "a workspace may be made before the model is fetched"


def test_a_fetched_model_is_found(models: Path, tmp_path: Path) -> None:
    path = local_path(HUB)
    assert path is not None and path.is_relative_to(models)
    path.parent.mkdir(parents=True)
    path.touch()
    assert resolve_student(HUB.id, tmp_path) == path


def test_a_path_is_relative_to_its_directory_and_written_down_whole(tmp_path: Path, tiny_gguf: Path) -> None:
    place = tmp_path / "m ü"
    place.mkdir()
    (place / "a.gguf").write_bytes(tiny_gguf.read_bytes())
    assert resolve_student("m ü/a.gguf", tmp_path) == place / "a.gguf"
    assert check_student("m ü/a.gguf", tmp_path).name == str(place / "a.gguf")


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("nowhere.gguf", "there is no model file"),
        ("no/where", "there is no model file"),
        ("nobody", "no model 'nobody' in the catalog"),
        ("empty.gguf", "is empty"),
        ("text.gguf", "is not a GGUF file"),
        ("folder", "is a directory"),
    ],
)
def test_what_can_be_no_student_says_why(tmp_path: Path, name: str, message: str) -> None:
    (tmp_path / "empty.gguf").touch()
    (tmp_path / "text.gguf").write_text("once upon a time")
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError, match=message) as caught:
        check_student(name, tmp_path)
    assert caught.value.hint
