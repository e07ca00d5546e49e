"""Conversations go through every stage: each model gets the sample's own system message and the earlier turns."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from orca_local.domain.settings import DEFAULT_SYSTEM_MESSAGE
from orca_local.domain.strategies import BUILTIN
from orca_local.domain.types import SPLITS, Message, Sample
from orca_local.kinds.table import get_kind
from orca_local.pipeline.pipeline import Pipeline
from orca_local.runs.workspace import Workspace
from orca_local.store.measurements import MeasurementRow
from tests.conversations import OWN, record_of
from tests.openai_server import OpenAIServer, Reply, answer

COUNT = 2
"""Samples per split; the second has a system message of its own."""
LINE = get_kind("number").format_line


def make_sample(number: int, split: Any) -> Sample:
    first = Message("user", f"An apple costs {number} and a pear 3. What do two apples cost?")
    turns = (first, Message("assistant", f"Two apples cost {2 * number}."))
    own = (Message("system", f"{OWN} You are till {number}."),) if number % 2 else ()
    prompt, reference = f"And with one pear for {split} {number}?", str(2 * number + 3)
    return Sample(f"{split}-{number}", "stall", "number", prompt, (reference,), split, messages=(*own, *turns))


SAMPLES = {sample.id: sample for sample in (make_sample(i, split) for split in SPLITS for i in range(COUNT))}


def reply(request: dict[str, Any], _number: int) -> Reply:
    """The right answer, from what the earlier turns say."""
    twice = int(request["messages"][2]["content"].split()[3].strip("."))
    return answer(f"{twice} and 3 make {twice + 3}.\nAnswer: {twice + 3}")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[OpenAIServer]:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    with OpenAIServer(reply) as server:
        yield server


@pytest.fixture
def pipeline(tmp_path: Path, tiny_gguf: Path, server: OpenAIServer) -> Iterator[Pipeline]:
    path = tmp_path / "stall.jsonl"
    path.write_text("".join(json.dumps(record_of(sample)) + "\n" for sample in SAMPLES.values()))
    settings: dict[str, dict[str, Any]] = {
        "engine": {"context": 512, "threads": 1},
        "probe": {"method": "exhaustive", "max_tokens": 3},
        "teacher": {"model": "scripted", "base_url": server.url},
        "evaluate": {"max_tokens": 3},
    }
    workspace = Workspace.create(tmp_path / "ws", str(tiny_gguf), settings)
    with Pipeline(workspace) as pipeline:
        assert pipeline.add_tasks(path).added == 3 * COUNT
        yield pipeline


def prompt_of(pipeline: Pipeline, row: MeasurementRow) -> str:
    found = pipeline.store.generations.get(row.generation_key)
    assert found is not None
    return found.prompt


def turn(role: str, content: str) -> str:
    return f"<|im_start|>{role}\n{content}<|im_end|>\n"


def conversation(system: str, sample: Sample) -> str:
    """The prompt in ChatML."""
    turns = "".join(turn(message.role, message.content) for message in sample.turns)
    return f"{turn('system', system)}{turns}<|im_start|>assistant\n"


def added_to(sample: Sample, text: str) -> str:
    return f"{sample.system_message}\n\n{text}" if sample.system_message else text


@pytest.mark.slow
def test_every_stage_asks_with_the_whole_conversation(pipeline: Pipeline, server: OpenAIServer, tmp_path: Path) -> None:
    """Training renders the rows of `dataset write`; tests/rows tests that."""
    pipeline.probe()
    strategies = {strategy.name: strategy for strategy in BUILTIN}
    probed = pipeline.store.measurements.rows()
    assert len(probed) == COUNT * len(BUILTIN)
    for row in probed:
        sample, strategy = SAMPLES[row.sample_id], strategies[row.strategy]
        expected = added_to(sample, f"{strategy.student}\n{LINE}")
        if row.strategy == "plain":
            expected = sample.system_message or DEFAULT_SYSTEM_MESSAGE
        assert prompt_of(pipeline, row) == conversation(expected, sample)
        assert row.system_message == expected

    assert pipeline.teach().calls.new == COUNT
    chosen = strategies[pipeline.store.selections.current()["stall"].strategy]
    wording = "" if chosen.name == "plain" else f"{chosen.teacher}\n"
    sent = {request["messages"][-1]["content"]: request["messages"] for request in server.requests}
    for sample in (sample for sample in SAMPLES.values() if sample.split == "train"):
        general = wording or f"{DEFAULT_SYSTEM_MESSAGE}\n"
        system = added_to(sample, f"{wording if sample.system_message else general}{LINE}")
        assert sent[sample.prompt] == [{"role": "system", "content": system}, *(m.to_dict() for m in sample.turns)]

    rows_path = tmp_path / "rows.jsonl"
    assert pipeline.build_dataset().rows == pipeline.write_dataset(rows_path) == COUNT
    for line, sample in zip(rows_path.read_text().splitlines(), sorted_train(), strict=True):
        *asked, answered = json.loads(line)["messages"]
        system = sample.system_message or DEFAULT_SYSTEM_MESSAGE
        assert asked == [{"role": "system", "content": system}, *(m.to_dict() for m in sample.turns)]
        assert answered["content"].endswith(f"Answer: {sample.answers[0]}")

    assert [model.model for model in pipeline.evaluate(["base"]).models] == ["base"]
    run = pipeline.store.runs.newest_by_stage()["evaluate"]
    (warned,) = pipeline.store.runs.events_of_kind(run.run_id, "Warned")
    assert warned.payload["message"].startswith("1 of 2 samples have a system message of their own")
    evaluated = pipeline.store.measurements.rows(run_id=run.run_id)
    prompts = {(row.sample_id, row.strategy, row.system_message): prompt_of(pipeline, row) for row in evaluated}
    for sample in (sample for sample in SAMPLES.values() if sample.split == "holdout"):
        for general in pipeline.settings.evaluate.system_messages:
            own = sample.system_message or general
            assert prompts[sample.id, "", general] == conversation(own, sample)
        under_form = added_to(sample, LINE) if sample.system_message else f"{DEFAULT_SYSTEM_MESSAGE}\n{LINE}"
        assert prompts[sample.id, "", under_form] == conversation(under_form, sample)
        under = added_to(sample, f"{chosen.student}\n{LINE}")
        if chosen.name == "plain":
            under = sample.system_message or DEFAULT_SYSTEM_MESSAGE
        assert prompts[sample.id, chosen.name, under] == conversation(under, sample)


def sorted_train() -> list[Sample]:
    return sorted((sample for sample in SAMPLES.values() if sample.split == "train"), key=lambda sample: sample.id)


@pytest.mark.slow
def test_a_conversation_longer_than_the_context_is_a_failed_generation(pipeline: Pipeline) -> None:
    long = Sample("long", "stall", "number", "How many?", ("1",), "probe")
    turns = (Message("user", "word " * 600), Message("assistant", "Yes."))
    pipeline.store.samples.add([(replace(long, messages=turns), "long")], "test")
    summary = pipeline.probe(names=["direct_answer"])
    assert summary.failures is not None and summary.failures.count == 1
    assert "leaves no room for an answer in a context of 512" in str(summary.failures.to_dict())
