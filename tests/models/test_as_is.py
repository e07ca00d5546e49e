"""The base of a student that cannot be trained is its own file."""

from __future__ import annotations

from pathlib import Path

from orca_local.domain.settings import StudentSettings
from orca_local.gguf.header import read_header
from orca_local.gguf.writer import encode_pair
from orca_local.models.as_is import find_as_is, make_as_is
from orca_local.models.student import load_student
from tests.gguf.files import FLOAT32, UINT32, typed, write_model

CAPPING, END = "llama.final_logit_softcapping", "tokenizer.ggml.eos_token_id"


def test_the_copy_with_a_template_is_of_the_file_and_not_of_larger_weights(tmp_path: Path) -> None:
    for name in ("small", "large"):
        pairs = {CAPPING: typed(CAPPING, FLOAT32, "f", 30.0), END: typed(END, UINT32, "I", 2)}
        pairs["general.name"] = encode_pair("general.name", name)
        write_model(tmp_path / f"{name}.gguf", **pairs)
    settings = StudentSettings(file="small.gguf", weights="large.gguf", chat_template="chatml")
    student, exports = load_student(settings, tmp_path), tmp_path / "exports"
    assert student.is_as_is and find_as_is(student, exports) is None
    copy = read_header(make_as_is(student, exports))
    assert copy.metadata["general.name"] == "small" and "<|im_start|>" in str(copy.chat_template)
    assert find_as_is(student, exports) == copy.path
