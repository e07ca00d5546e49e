"""Models whose memory of a text is a state: nothing of a sequence is cut or shared, and each answer is as alone."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from orca_local.domain.settings import EngineSettings
from orca_local.engines.llama_context import LlamaContext, LlamaModel
from orca_local.engines.llama_cpp import LlamaCppEngine
from orca_local.export.quantize import quantize
from tests.engines.drive import prompt, request, run
from tests.engines.test_batch_invariance import alone, shared_prefix, together
from tests.recurrent import write_recurrent


@pytest.fixture(scope="module", params=["mamba", "lfm2"])
def model(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp(request.param)
    quantize(write_recurrent(directory / "f32.gguf", request.param), directory / "q8_0.gguf", "Q8_0")
    return directory / "q8_0.gguf"


def test_a_part_of_a_sequence_cannot_be_removed_and_that_is_said(model: Path) -> None:
    with closing(LlamaModel(model, gpu_layers=0)) as loaded:
        assert not loaded.can_share_prefix
        with closing(LlamaContext(loaded, sequences=1, length=256, threads=1)) as context:
            at = np.arange(20, dtype=np.int32)
            context.decode(prompt(1, 20), at, np.zeros_like(at), at == 19)
            assert not context.truncate(0, 10)
            context.clear(0)


def test_whole_prompts_are_read_and_every_answer_is_the_one_given_alone(model: Path) -> None:
    """To the last bit, although prompts of other lengths run in the same calls."""
    requests = [*shared_prefix([5 + 7 * i for i in range(9)]), request("long", prompt(5, 700), max_tokens=5)]
    seen, read = together(model, requests, 4)
    assert read == sum(len(item.token_ids) for item in requests), "no prefix is shared"
    assert seen == alone(model, requests)


def test_a_text_is_scored_alike_again_and_after_others(model: Path) -> None:
    with closing(LlamaCppEngine(model, EngineSettings(capacity=2, context=512, threads=1))) as engine:
        texts = [prompt(1, 40), prompt(1, 40)[:30] + prompt(2, 20), prompt(1, 40)]
        first, other, again = (np.concatenate([x.copy() for x in engine.iter_logits(text, [38])]) for text in texts)
        assert np.array_equal(first, again) and not np.array_equal(first, other)
        assert len(run(engine, [request("r", prompt(1, 40), max_tokens=3)])) == 1
