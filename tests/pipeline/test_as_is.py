"""What llama.cpp loads is probed, taught and evaluated, also where nothing can train it."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest

from orca_local.domain.settings import EngineSettings
from orca_local.engines.llama_cpp import LlamaCppEngine
from orca_local.gguf.header import read_header
from orca_local.gguf.writer import copy_with_metadata
from tests.command import error_of, orca
from tests.engines.drive import prompt, request, run
from tests.recurrent import write_recurrent
from tests.shards import split_model
from tests.workspaces import make_workspace, query, run_command


@pytest.mark.slow
def test_a_hybrid_model_is_used_as_it_is(tmp_path: Path) -> None:
    student = write_recurrent(tmp_path / "hybrid.gguf", "lfm2")
    made = orca("init", "new", "--student", str(student), cwd=tmp_path)
    assert made.returncode == 0 and "not trained here: training the architecture 'lfm2'" in made.stderr
    workspace = make_workspace(tmp_path / "ws", student)
    run_command(workspace, "probe", "--samples", "1")
    assert query(workspace, "select path from models") == [(str(student),)], "no copy is made"
    taught = orca("teach", cwd=workspace)
    assert taught.returncode == 0 and "cannot be trained here" in taught.stderr
    evaluated = orca("evaluate", "--model", "base", "--json", cwd=workspace)
    assert evaluated.returncode == 0 and json.loads(evaluated.stdout)["models"]
    assert "cannot be trained here" in error_of(orca("train", "--json", cwd=workspace))["message"]
    refused = error_of(orca("evaluate", "--model", "base:Q4_0", "--json", cwd=workspace))
    assert "its base is only its own file, in F32" in refused["message"]


@pytest.mark.slow
def test_a_hybrid_base_model_gets_a_template_in_a_copy(tmp_path: Path) -> None:
    whole = read_header(write_recurrent(tmp_path / "whole.gguf", "mamba"))
    whole.raw_pairs.pop("tokenizer.chat_template")
    copy_with_metadata(tmp_path / "bare.gguf", whole, {})
    workspace = make_workspace(tmp_path / "ws", tmp_path / "bare.gguf")
    settings = workspace / "orca.toml"
    settings.write_text(settings.read_text().replace("[student]", '[student]\nchat_template = "chatml"'))
    for _ in range(2):
        run_command(workspace, "probe", "--samples", "1")
    copy = read_header(workspace / "exports" / "bare-base.gguf")
    assert "<|im_start|>" in (copy.chat_template or "") and copy.tensor_types == whole.tensor_types
    assert query(workspace, "select path from models") == [("exports/bare-base.gguf",)]


@pytest.mark.slow
def test_a_model_in_parts_answers_as_the_whole(tiny_gguf: Path, tmp_path: Path) -> None:
    first, *_ = split_model(tiny_gguf, tmp_path / "parts", 3)
    answers = []
    for path in (first, tiny_gguf):
        with closing(LlamaCppEngine(path, EngineSettings(capacity=1, context=256, threads=1))) as engine:
            answers.append(run(engine, [request("r", prompt(1))])["r"].text)
    assert answers[0] == answers[1]
    workspace = make_workspace(tmp_path / "ws", first)
    run_command(workspace, "probe", "--samples", "1", "--strategy", "plain")
    (row,) = query(workspace, "select path, parameters from models")
    assert row == (str(first), read_header(tiny_gguf).parameters)
