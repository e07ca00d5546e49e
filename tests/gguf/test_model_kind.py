"""Files that are no model that answers questions are refused by what they are."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from orca_local.domain.errors import InputError
from orca_local.gguf.header import Header, read_header
from orca_local.gguf.inspect import describe, require_student
from orca_local.gguf.model_kind import kind_problem
from orca_local.gguf.writer import encode_pair
from tests.gguf.files import write_model
from tests.shards import split_model


def changed(header: Header, **values: Any) -> Header:
    return replace(header, metadata=header.metadata | {key.replace("__", "."): value for key, value in values.items()})


def test_each_kind_has_its_name(tiny_gguf: Path) -> None:
    header = read_header(tiny_gguf)
    assert kind_problem(header) == "" == kind_problem(changed(header, llama__pooling_type=0))
    cases = [
        (changed(header, general__architecture="clip"), "vision tower"),
        (changed(header, general__type="mmproj"), "vision tower"),
        (changed(header, general__type="adapter"), "adapter"),
        (changed(header, general__architecture="bert"), "an embedding model"),
        (changed(header, llama__pooling_type=3), "an embedding model"),
        (changed(header, llama__pooling_type=4), "a reranker"),
        (changed(header, llama__classifier__output_labels=["yes", "no"]), "a reranker"),
        (changed(header, general__architecture="dream"), "a diffusion model"),
        (replace(header, tensors=()), "no weights"),
    ]
    for case, expected in cases:
        assert expected in kind_problem(case)


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        ({"general.architecture": "clip"}, "it is the vision tower of a model that sees images"),
        ({"general.architecture": "nomic-bert"}, "it is an embedding model"),
        ({"general.architecture": "shiny-new"}, "unknown model architecture: 'shiny-new'"),
    ],
)
def test_a_file_of_another_kind_is_refused(tmp_path: Path, pairs: dict[str, str], message: str) -> None:
    path = write_model(tmp_path / "m.gguf", **{key: encode_pair(key, value) for key, value in pairs.items()})
    with pytest.raises(InputError, match=message):
        require_student(path)


def test_a_model_in_parts_is_named_by_its_first(tiny_gguf: Path, tmp_path: Path) -> None:
    first, second, third = split_model(tiny_gguf, tmp_path / "m", 3)
    (warning,) = require_student(first)
    assert "not trained here: it is in 3 files: join them" in warning
    whole, found = describe(tiny_gguf), describe(first)
    assert {key: found[key] for key in ("parameters", "tensor_types")} == {
        key: whole[key] for key in ("parameters", "tensor_types")
    }
    with pytest.raises(InputError, match=r"it is part 2 of 3: name the first, m-00001-of-00003\.gguf"):
        require_student(second)
    renamed = first.rename(tmp_path / "other.gguf")
    with pytest.raises(InputError, match="its name does not end with -00001-of-00003"):
        require_student(renamed)
    renamed.rename(first)
    third.unlink()
    with pytest.raises(InputError, match=r"its part m-00003-of-00003\.gguf is missing"):
        require_student(first)
