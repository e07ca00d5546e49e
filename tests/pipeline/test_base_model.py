"""A base model without a chat template: the one of the settings is used everywhere and written into every export."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path
from secrets import token_hex

import pytest

from orca_local.export.modelfile import render_modelfile
from orca_local.gguf.bf16 import ensure_bf16_copy
from orca_local.gguf.given_template import GIVEN_SHA256, given_template, with_template
from orca_local.gguf.header import read_header
from orca_local.gguf.tensors import iter_tensors
from orca_local.gguf.writer import TensorSpec, copy_with_metadata, write_gguf
from orca_local.rows.renderer import PromptRenderer
from tests.command import error_of, orca
from tests.workspaces import make_workspace, query, run_command


@pytest.fixture(scope="module")
def bare(tiny_gguf: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    header = read_header(tiny_gguf)
    del header.raw_pairs["tokenizer.chat_template"]
    path = tmp_path_factory.mktemp("bare") / "bare.gguf"
    specs = [TensorSpec(tensor.name, tensor.shape, tensor.type_name) for tensor in header.tensors]
    write_gguf(path, header, specs, (values for _, values in iter_tensors(header)), file_type=1, extra={})
    return path


@pytest.mark.slow
def test_the_template_reaches_rows_generations_and_exports(bare: Path, tmp_path: Path) -> None:
    refused = orca("init", "refused", "--student", str(bare), "--json", cwd=tmp_path)
    assert "init --chat-template chatml" in error_of(refused)["message"]
    mistyped = orca("init", "made", "--student", str(bare), "--chat-template", "chatlm", "--json", cwd=tmp_path)
    assert "there is no template 'chatlm'" in error_of(mistyped)["message"]
    made = orca("init", "made", "--student", str(bare), "--chat-template", "chatml", cwd=tmp_path)
    assert made.returncode == 0, made.stderr
    assert 'chat_template = "chatml"' in (tmp_path / "made" / "orca.toml").read_text()

    workspace = make_workspace(tmp_path / "ws", bare)
    settings = workspace / "orca.toml"
    settings.write_text(settings.read_text().replace("[student]", '[student]\nchat_template = "chatml"'))
    run_command(workspace, "probe", "--samples", "1")
    run_command(workspace, "teach")
    (base,) = (workspace / "exports").glob("*-base-*.gguf")
    assert read_header(base).chat_template == given_template("chatml", workspace, read_header(bare))
    assert 'PARAMETER stop "<|im_end|>"' in base.with_name(base.name + ".Modelfile").read_text()
    rows = json.loads(orca("dataset", "build", "--json", cwd=workspace).stdout)
    assert rows["rows"] == 20

    asked = query(workspace, "select count(*) from generations")
    settings.write_text(settings.read_text().replace('"chatml"', '"llama3"'))
    run_command(workspace, "probe", "--samples", "1")
    assert "<|start_header_id|>" in (read_header(base).chat_template or "")
    assert query(workspace, "select count(*) from generations") > asked, "another template is another model"


@pytest.mark.slow
def test_an_answer_ends_where_the_next_question_would_begin(bare: Path, tmp_path: Path) -> None:
    """The start of a turn is ordinary text where the vocabulary has no token for it."""
    header = read_header(bare)
    template = "{% for m in messages %}\n### {{ m['role'] }}\n{{ m['content'] }}<|im_end|>{% endfor %}"
    given = with_template(header, template)
    copy_with_metadata(tmp_path / "given.gguf", given, {GIVEN_SHA256: "00"})
    with closing(PromptRenderer(tmp_path / "given.gguf")) as renderer:
        assert renderer.stops == ("### user",)
        assert 'PARAMETER stop "### user"' in render_modelfile("given.gguf", renderer, "")
    with closing(PromptRenderer(ensure_bf16_copy(tmp_path / "given.gguf", token_hex(32)))) as renderer:
        assert renderer.stops == ("### user",), "the copy that the probe may compute with"
    with closing(PromptRenderer(given)) as renderer:
        assert renderer.stops == (), "texts of other models end as before"
    named = with_template(header, given_template("chatml", tmp_path, header))
    copy_with_metadata(tmp_path / "named.gguf", named, {GIVEN_SHA256: "00"})
    with closing(PromptRenderer(tmp_path / "named.gguf")) as renderer:
        assert renderer.stops == (), "here a token begins a turn"
