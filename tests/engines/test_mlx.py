"""MLX compared with llama.cpp, for the same file and ids."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from orca_local.domain.errors import InputError
from orca_local.domain.settings import EngineSettings
from orca_local.engines.llama_cpp import LlamaCppEngine
from orca_local.engines.mlx import MlxEngine
from orca_local.gguf.header import read_header
from orca_local.train.reference.torch_logits import reference_logits
from tests.engines.drive import prompt, prompt_logits, request, run
from tests.tiny import OTHER_VARIANTS, VARIANTS, write_variant

pytest.importorskip("mlx_lm", reason="MLX has no build for this machine")

SETTINGS = EngineSettings(context=256, capacity=4, threads=1)


@pytest.mark.parametrize("name", [*VARIANTS, *OTHER_VARIANTS])
def test_it_predicts_what_llama_cpp_and_pytorch_predict(name: str, tmp_path: Path) -> None:
    path = write_variant(tmp_path / "m.gguf", name)
    ids = list(range(100, 140))
    exact = next(reference_logits(read_header(path), None, [(ids, range(len(ids)))]))
    with closing(MlxEngine(path, SETTINGS)) as ours, closing(LlamaCppEngine(path, SETTINGS)) as theirs:
        actual, expected = prompt_logits(ours, ids, range(len(ids))), prompt_logits(theirs, ids, range(len(ids)))
        assert np.abs(actual - exact).max() < 2e-5 * np.abs(exact).max()
        assert np.abs(actual - expected).max() < 0.05 * np.abs(expected).max()
        assert (actual.argmax(1) == expected.argmax(1)).mean() > 0.95
        np.testing.assert_allclose(ours.score(ids[:10], ids[10:]), theirs.score(ids[:10], ids[10:]), atol=0.05)


@pytest.mark.parametrize("name", ["llama", "gemma3", "phi3", "smollm3", "granite"])
def test_greedy_texts_are_those_of_llama_cpp(name: str, tmp_path: Path) -> None:
    """Includes blocks with a window, heads that are rotated only in part or not at all, and scaled logits."""
    path = write_variant(tmp_path / "m.gguf", name)
    requests = [request(f"r{i}", prompt(i, 8 + 3 * i), max_tokens=6) for i in range(8)]
    with closing(MlxEngine(path, SETTINGS)) as ours, closing(LlamaCppEngine(path, SETTINGS)) as theirs:
        actual, expected = run(ours, requests), run(theirs, requests)
    same = sum(actual[r.id].text == expected[r.id].text for r in requests)
    assert same >= 6, "random weights have near ties, which rounding decides"


def test_what_it_cannot_compute_is_refused(tiny_gguf: Path, tmp_path: Path) -> None:
    path = tmp_path / "other.gguf"
    path.write_bytes(tiny_gguf.read_bytes().replace(b"llama", b"lamma"))
    with pytest.raises(InputError, match=r"MLX does not support the architecture 'lamma'") as raised:
        MlxEngine(path, SETTINGS)
    assert "llama_cpp" in raised.value.hint
