"""Templates that the user gives to a model, and those that a file has under a name only."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from orca_local.domain.errors import InputError
from orca_local.domain.types import Message
from orca_local.gguf.given_template import absolute_template, given_template, used_template, with_template
from orca_local.gguf.header import read_header
from orca_local.gguf.inspect import require_student
from orca_local.gguf.writer import encode_pair
from orca_local.rows.renderer import PromptRenderer
from tests.gguf.files import TEMPLATE, UINT32, header_bytes, model_pairs, model_tensors, typed, write, write_model
from tests.gguf.files import with_template as pair_of

EOS = {"eos": typed("tokenizer.ggml.eos_token_id", UINT32, "I", 2)}
TURNS = "{% for m in messages %}<{{ m['role'] }}>{{ m['content'] }}</s>{% endfor %}<assistant>"
CONVERSATION = [Message("system", "S"), Message("user", "What is 1 + 1?"), Message("assistant", "It is 2.")]


def bare(path: Path, **pairs: bytes) -> Path:
    """The small llama without a template."""
    kept = {key: pair for key, pair in model_pairs().items() if key != "tokenizer.chat_template"}
    return write(path, header_bytes(kept | pairs, model_tensors()))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "chatml",
            "<|im_start|>system\nS<|im_end|>\n<|im_start|>user\nWhat is 1 + 1?<|im_end|>\n"
            "<|im_start|>assistant\nIt is 2.<|im_end|>",
        ),
        (
            "llama3",
            "<|start_header_id|>system<|end_header_id|>\n\nS<|endoftext|><|start_header_id|>user<|end_header_id|>\n\n"
            "What is 1 + 1?<|endoftext|><|start_header_id|>assistant<|end_header_id|>\n\nIt is 2.<|endoftext|>",
        ),
    ],
)
def test_a_named_template_ends_turns_with_a_token_that_the_vocabulary_has(
    student_gguf: Path, name: str, text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    header = read_header(student_gguf)
    header.metadata["tokenizer.ggml.eos_token_id"] = 0  # <|endoftext|>
    header = with_template(header, given_template(name, Path(), header))
    with closing(PromptRenderer(header)) as renderer:
        row = renderer.training_ids(CONVERSATION)
        assert renderer.tokenizer.decode_verbatim(row.token_ids) == text
        assert renderer.tokenizer.is_end(row.token_ids[-1])


def test_a_file_is_taken_as_it_is(tmp_path: Path) -> None:
    path = bare(tmp_path / "m.gguf", **EOS)
    (tmp_path / "mine.jinja").write_text(TURNS)
    assert given_template("mine.jinja", tmp_path, read_header(path)) == TURNS
    assert require_student(path, "mine.jinja", tmp_path) == []
    (tmp_path / "mine.jinja").write_text(TURNS.replace("</s>", "\n"))
    (warning,) = require_student(path, "mine.jinja", tmp_path)
    assert "the template ends them with" in warning and "no end token" in warning
    (tmp_path / "mine.jinja").write_text("{{ 1 +")
    with pytest.raises(InputError, match="its chat template cannot be read"):
        require_student(path, "mine.jinja", tmp_path)


@pytest.mark.parametrize(
    ("setting", "message"),
    [("chatlm", "there is no template 'chatlm'"), ("no.jinja", "no.jinja"), ("empty.jinja", "is empty")],
)
def test_what_names_no_template_is_refused(tmp_path: Path, setting: str, message: str) -> None:
    (tmp_path / "empty.jinja").write_text(" \n")
    with pytest.raises(InputError, match=message) as raised:
        given_template(setting, tmp_path, read_header(bare(tmp_path / "m.gguf", **EOS)))
    assert raised.value.hint


def test_a_vocabulary_without_an_end_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no token that ends a text"):
        given_template("chatml", tmp_path, read_header(bare(tmp_path / "m.gguf")))


def test_the_setting_goes_before_the_file_and_says_so(tmp_path: Path) -> None:
    path = write_model(tmp_path / "m.gguf", **EOS, **pair_of(TEMPLATE + "<s>"))
    header = read_header(path)
    assert used_template("", tmp_path, header) == ""
    assert "<|im_start|>" in used_template("chatml", tmp_path, header)
    (warning, *_) = require_student(path, "chatml")
    assert "takes the place of the file's own chat template" in warning


def test_a_named_template_is_used_if_there_is_no_default(tmp_path: Path) -> None:
    names = {"tool_use": "{{ raise_exception('tools') }}", "plain": TURNS}
    pairs = {f"tokenizer.chat_template.{name}": text for name, text in names.items()}
    path = bare(tmp_path / "m.gguf", **EOS, **{key: encode_pair(key, text) for key, text in pairs.items()})
    header = read_header(path)
    assert header.chat_template == TURNS == used_template("", tmp_path, header)
    (warning,) = require_student(path)
    assert "the one named 'plain' is used" in warning
    changed = with_template(header, TURNS)
    assert [key for key in changed.raw_pairs if "template" in key] == ["tokenizer.chat_template"]


def test_a_template_in_the_home_directory_is_found_from_any_workspace(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert absolute_template("~/turns.jinja", Path("elsewhere")) == str(tmp_path / "turns.jinja")
    assert absolute_template("chatml", tmp_path) == "chatml" and absolute_template("", tmp_path) == ""
