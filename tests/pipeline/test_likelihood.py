"""Of several right answers, the one that is most likely under the student is chosen."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np

from orca_local.dataset.build import make_dataset
from orca_local.domain.settings import DatasetSettings, EngineSettings
from orca_local.domain.types import Message
from orca_local.engines.llama_cpp import LlamaCppEngine
from orca_local.kinds.prompts import plain_messages
from orca_local.pipeline.likelihood import student_likelihood
from orca_local.rows.renderer import PromptRenderer
from orca_local.store.store import Store
from tests.dataset.test_build import demonstrate
from tests.engines.drive import prompt_logits
from tests.teach.scene import STEPS, fill, sample

TEXTS = ["Two.\nAnswer: 2", "One and one is two.\nAnswer: 2", "1 + 1 = 2\nAnswer: 2", "Count: one, two.\nAnswer: 2"]


def test_the_likeliest_is_trained_on_and_scored_once(tmp_path: Path, tiny_gguf: Path) -> None:
    opened = 0

    def open_engine() -> LlamaCppEngine:
        nonlocal opened
        opened += 1
        return LlamaCppEngine(tiny_gguf, EngineSettings(capacity=1, context=256, threads=1))

    with (
        Store.open(tmp_path / "orca.db", create=True) as store,
        closing(PromptRenderer(tiny_gguf)) as renderer,
        closing(open_engine()) as engine,
    ):
        fill(store, [sample(1), sample(2)])
        for index, text in enumerate(TEXTS):
            demonstrate(store, "s01", text, index=index)
        demonstrate(store, "s02", "Alone.\nAnswer: 4")
        settings = DatasetSettings(prefer="likely")
        chosen = []
        for _ in range(2):
            with student_likelihood(store, renderer, "ab", settings.system_message, open_engine) as likelihood:
                dataset = make_dataset(store, renderer, settings, {"sums": STEPS}, likelihood=likelihood)
                chosen.append([conversation[-1].content for conversation in dataset.conversations])
        assert opened == 2, "once for this test, once for the first time: the second finds all of it in the store"
        values = []
        for text in TEXTS:
            messages = (*plain_messages(sample(1), settings.system_message), Message("assistant", text))
            row = renderer.training_ids(messages)
            positions = range(row.loss_start - 1, len(row.token_ids) - 1)
            logits = prompt_logits(engine, row.token_ids[:-1], positions).astype(np.float64)
            every = np.log(np.exp(logits - logits.max(1, keepdims=True)).sum(1)) + logits.max(1)
            said = logits[np.arange(len(logits)), list(row.token_ids[row.loss_start :])]
            values.append(float((said - every).mean()))
        assert chosen[0] == chosen[1] == [TEXTS[int(np.argmax(values))], "Alone.\nAnswer: 4"]


def test_what_can_be_no_row_is_the_least_likely(tmp_path: Path, tiny_gguf: Path) -> None:
    def open_engine() -> LlamaCppEngine:
        return LlamaCppEngine(tiny_gguf, EngineSettings(capacity=1, context=128, threads=1))

    with Store.open(tmp_path / "orca.db", create=True) as store, closing(PromptRenderer(tiny_gguf)) as renderer:
        fill(store, [sample(1)])
        with student_likelihood(store, renderer, "ab", "", open_engine) as likelihood:
            assert likelihood(sample(1), "word " * 300) == float("-inf") < likelihood(sample(1), "Two.")
            assert likelihood(replace(sample(1)), "word " * 300) == float("-inf")
