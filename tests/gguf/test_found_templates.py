"""The chat templates of real models that llama.cpp's sources carry (`models/templates`), tried as `init` tries them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from orca_local.gguf.given_template import with_template
from orca_local.gguf.header import Header, read_header
from orca_local.gguf.template_check import check_template
from tests.gguf.files import UINT32, typed, write_model

FOLDER = os.environ.get("ORCA_TEST_TEMPLATES", "")
"""In llama-cpp-python's source distribution: `vendor/llama.cpp/models/templates`."""
THOUGHT = "the template opens a thinking block"
UNTRAINABLE = {
    "Cohere2MoE": THOUGHT,
    "CohereForAI-c4ai-command-r-plus-tool_use": "the template's generation prompt differs from how it shows an answer",
    "MiniMax-M2": THOUGHT,
    "deepseek-ai-DeepSeek-R1-Distill-Llama-8B": THOUGHT,
    "llama-cpp-deepseek-r1": THOUGHT,
}
"""Templates whose answers cannot be trained on, with the reason."""


@pytest.fixture(scope="module")
def header(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Header]:
    ids = {f"{name}_id": typed(f"tokenizer.ggml.{name}_token_id", UINT32, "I", token) for name, token in BOUNDS.items()}
    yield read_header(write_model(tmp_path_factory.mktemp("found") / "m.gguf", **ids))


BOUNDS = {"bos": 1, "eos": 2}


@pytest.mark.skipif(not FOLDER, reason="ORCA_TEST_TEMPLATES names no folder with real chat templates")
def test_all_show_the_question_and_each_is_trained_on_or_not_with_a_reason(header: Header) -> None:
    paths = sorted(Path(FOLDER).glob("*.jinja"))
    assert len(paths) >= 70
    for path in paths:
        found = check_template(with_template(header, path.read_text(encoding="utf-8")))
        assert not found.problems, path.name
        reason = UNTRAINABLE.get(path.stem, "")
        assert len(found.untrainable) == bool(reason) and all(reason in text for text in found.untrainable), path.name
