"""From `base`, `tuned` or a path to a file, without starting or writing anything."""

from __future__ import annotations

from pathlib import Path

import pytest

from orca_local.domain.errors import InputError
from orca_local.domain.settings import Settings
from orca_local.export.adapter_file import write_adapter
from orca_local.gguf.header import read_header
from orca_local.models.finder import ModelFinder, split_name
from orca_local.models.provenance import matrix_key, weights_provenance
from orca_local.store.results import ExportRow
from orca_local.store.store import Store
from orca_local.system.digest import file_sha256
from tests.export.scene import random_adapter


@pytest.fixture
def finder(store: Store, tiny_gguf: Path, tmp_path: Path) -> ModelFinder:
    return ModelFinder(store, Settings.model_validate({"student": {"file": str(tiny_gguf)}}), tmp_path)


def add_export(store: Store, name: str, path: Path, quantization: str, provenance: dict[str, str]) -> Path:
    row = ExportRow(None, name, str(path), file_sha256(path), quantization, 1, None, {"provenance": provenance})
    store.exports.add(row)
    return path


def copy_of(gguf: Path, path: Path) -> Path:
    path.write_bytes(gguf.read_bytes())
    return path


def test_a_base_is_found_if_it_would_be_made_the_same_now(
    finder: ModelFinder, store: Store, tiny_gguf: Path, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="there is no base model at Q8_0 yet"):
        finder.find("base")
    current, old = weights_provenance(file_sha256(tiny_gguf)), weights_provenance("other weights")
    add_export(store, "base", copy_of(tiny_gguf, tmp_path / "old.gguf"), "Q8_0", old)
    assert finder.base("Q8_0") is None
    base = add_export(store, "base", copy_of(tiny_gguf, tmp_path / "base.gguf"), "Q8_0", current)
    changes = store.changes()
    assert finder.find("base") == finder.find("base:q8_0") == finder.base("Q8_0") == base
    assert finder.base("Q4_K_M") is None
    assert store.changes() == changes and store.runs.list() == []
    base.write_bytes(b"changed")
    assert finder.base("Q8_0") is None


def test_a_matrix_of_the_user_belongs_to_the_base_of_types_that_take_one(
    store: Store, tiny_gguf: Path, tmp_path: Path
) -> None:
    settings = {"student": {"file": str(tiny_gguf)}, "export": {"imatrix": "no-matrix.gguf"}}
    finder = ModelFinder(store, Settings.model_validate(settings), tmp_path)
    with pytest.raises(InputError, match="no-matrix"):
        finder.base("Q4_K_M")
    copy_of(tiny_gguf, tmp_path / "no-matrix.gguf")
    assert matrix_key(tmp_path / "no-matrix.gguf") == f"file:{file_sha256(tiny_gguf)}"
    with pytest.raises(InputError):
        finder.base("Q4_K_M")


def test_the_newest_tuned_model_is_found_at_its_type_or_at_any(
    finder: ModelFinder, store: Store, tiny_gguf: Path, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="there is no tuned model yet"):
        finder.find("tuned")
    other = add_export(store, "tuned", copy_of(tiny_gguf, tmp_path / "f16.gguf"), "F16", {})
    assert finder.find("tuned") == finder.find("tuned:f16") == other
    own = add_export(store, "tuned", copy_of(tiny_gguf, tmp_path / "q8.gguf"), "Q8_0", {})
    assert finder.find("tuned") == own and finder.find("tuned:F16") == other
    own.unlink()
    with pytest.raises(InputError, match="there is no tuned model yet"):
        finder.find("tuned")


def test_a_path_is_a_model_unless_it_is_missing_or_an_adapter(
    finder: ModelFinder, tiny_gguf: Path, tmp_path: Path
) -> None:
    assert finder.find(str(tiny_gguf)) == tiny_gguf
    with pytest.raises(InputError, match=r"no model 'nowhere\.gguf'"):
        finder.find("nowhere.gguf")
    adapter = tmp_path / "adapter.gguf"
    write_adapter(adapter, read_header(tiny_gguf), random_adapter(tiny_gguf), {})
    with pytest.raises(InputError, match="is an adapter, not a model"):
        finder.find(str(adapter))


def test_a_name_may_carry_a_type() -> None:
    assert split_name("base") == ("base", "") and split_name("tuned:q4_k_m") == ("tuned", "Q4_K_M")
    assert split_name("C:model.gguf") == ("", "")
    with pytest.raises(InputError, match="no quantization 'Q9'"):
        split_name("base:Q9")
