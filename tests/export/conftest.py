from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from orca_local.gguf.tokenizer import Tokenizer
from tests.export.scene import write_ending_model


@pytest.fixture(scope="session")
def ending_gguf(tiny_gguf_untied: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A random model that ends its turns."""
    with closing(Tokenizer(tiny_gguf_untied)) as tokenizer:
        (end,) = tokenizer.encode("<|im_end|>")
    return write_ending_model(tmp_path_factory.mktemp("ending") / "ending.gguf", tiny_gguf_untied, end)
