"""A student that can be run but not trained is refused before it costs anything."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from orca_local.gguf.header import Header, read_header
from orca_local.gguf.inspect import describe, training_problems
from orca_local.gguf.tensors import iter_tensors
from orca_local.gguf.writer import TensorSpec, write_gguf
from tests.command import error_of, orca
from tests.tiny import _pair
from tests.workspaces import make_workspace, query


@pytest.fixture(scope="module")
def yarn(tiny_gguf: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model whose positions llama.cpp knows, and training does not."""
    header = read_header(tiny_gguf)
    for key, value in (("type", "yarn"), ("factor", 2.0)):
        name = f"llama.rope.scaling.{key}"
        header.raw_pairs[name] = _pair(name, value)
    path = tmp_path_factory.mktemp("yarn") / "yarn.gguf"
    specs = [TensorSpec(tensor.name, tensor.shape, tensor.type_name) for tensor in header.tensors]
    write_gguf(path, header, specs, (values for _, values in iter_tensors(header)), file_type=1, extra={})
    return path


def test_the_header_alone_says_it(yarn: Path) -> None:
    description = describe(yarn)
    assert description["trainable"] is False
    assert description["untrainable"] == ["rope scaling 'yarn' is not supported"] and not description["problems"]


def changed(header: Header, **values: Any) -> Header:
    return replace(header, metadata=header.metadata | {key.replace("__", "."): value for key, value in values.items()})


def test_every_reason_is_one_for_people(tiny_gguf: Path, tmp_path: Path) -> None:
    header = read_header(tiny_gguf)
    shards, *others = (tmp_path / f"m-0000{part}-of-00003.gguf" for part in (1, 2, 3))
    for path in others:
        path.touch()
    integers = (replace(header.tensors[0], type_name="I32"), *header.tensors[1:])
    cases = [
        (header, ""),
        (changed(header, general__architecture="mamba"), "'mamba' is not supported"),
        (replace(changed(header, split__count=3), path=shards), "it is in 3 files: join them"),
        (changed(header, llama__attention__head_count=0), "attention.head_count is 0"),
        (replace(header, tensors=()), "no weights"),
        (replace(header, tensors=header.tensors[1:]), "not that of a llama model"),
        (replace(header, tensors=header.tensors[:5]), "has no matrix"),
        (replace(header, tensors=integers), "is of type I32, which cannot be read as weights"),
    ]
    for case, expected in cases:
        problems = training_problems(case)
        assert len(problems) == bool(expected) and all(expected in problem for problem in problems), (
            expected,
            problems,
        )


@pytest.mark.slow
def test_it_is_probed_but_neither_trained_nor_run_through(yarn: Path, tmp_path: Path) -> None:
    inspected = orca("models", "inspect", str(yarn), cwd=tmp_path)
    assert "trainable        no" in inspected.stdout and "yarn" in inspected.stdout
    made = orca("init", "new", "--student", str(yarn), cwd=tmp_path)
    assert made.returncode == 0
    assert "chatted with, but not trained here: rope scaling 'yarn' is not supported" in made.stderr
    workspace = make_workspace(tmp_path / "ws", yarn)
    for command in ("run", "train"):
        refused = orca(command, "--json", cwd=workspace)
        assert refused.returncode == 2
        assert "cannot be trained here: rope scaling 'yarn' is not supported" in error_of(refused)["message"]
    assert query(workspace, "select count(*) from runs") == [(0,)], "nothing was begun"
    assert orca("probe", "--samples", "1", cwd=workspace).returncode == 0
    taught = orca("teach", "--json", cwd=workspace)
    assert taught.returncode == 0 and json.loads(taught.stdout)["verified"] == 20
    assert "warning: the student cannot be trained here: rope scaling 'yarn'" in taught.stderr
