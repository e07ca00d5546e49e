"""The PyTorch backend against llama.cpp, plain autograd and PEFT, and through a stop and resume."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from orca_local.adapters.adapter import Adapter, adapter_sha256
from orca_local.domain.events import CheckpointSaved, StepTrained, TrainingResumed, ValidationMeasured
from orca_local.domain.settings import EngineSettings
from orca_local.engines.llama_cpp import LlamaCppEngine
from orca_local.gguf.header import read_header
from orca_local.rows.training_row import TrainingRow
from orca_local.train.batches import make_batch
from orca_local.train.checkpoint import load_result
from orca_local.train.reference.torch_logits import reference_logits
from orca_local.train.torch.backend import TorchBackend, choose_dtype
from tests.engines.drive import prompt_logits
from tests.hf_model import from_peft, load_hf_model, with_peft
from tests.tiny import VARIANTS, write_variant
from tests.train.data import make_rows
from tests.train.scene import curve, recipe_for, run


@pytest.mark.parametrize("name", VARIANTS)
def test_the_model_says_what_llama_cpp_says(tmp_path: Path, name: str) -> None:
    """Trap 5: rotary rows are permuted in the files of some families and in no others."""
    path = write_variant(tmp_path / "m.gguf", name)
    ids = list(range(100, 140))
    positions = list(range(40))
    ours = next(reference_logits(read_header(path), None, [(ids, positions)]))
    with closing(LlamaCppEngine(path, EngineSettings(context=128, threads=1))) as engine:
        theirs = prompt_logits(engine, ids, positions)
    assert np.abs(ours - theirs).max() < 0.05 * np.abs(theirs).max()
    assert (ours.argmax(1) == theirs.argmax(1)).mean() > 0.95


def test_the_loss_is_the_mean_over_answer_tokens(tiny_gguf: Path, rows: list[TrainingRow]) -> None:
    backend = TorchBackend(read_header(tiny_gguf), recipe_for(rows), "float32")
    model = load_hf_model(read_header(tiny_gguf))
    losses = []
    for row in rows[:5]:
        ids = torch.tensor([row.token_ids])
        logits = model(input_ids=ids).logits[0, row.loss_start - 1 : -1]
        losses.append(torch.nn.functional.cross_entropy(logits, ids[0, row.loss_start :], reduction="none"))
    expected = float(torch.cat(losses).mean().detach())
    assert backend.evaluate(make_batch(rows[:5])).loss == pytest.approx(expected, rel=1e-4)


@pytest.mark.slow
def test_a_step_takes_the_gradients_of_pefts_stock_loss(tiny_gguf: Path, rows: list[TrainingRow]) -> None:
    header, recipe = read_header(tiny_gguf), replace(recipe_for(rows), max_grad_norm=1e9)
    backend = TorchBackend(header, recipe, "float32")
    generator = torch.Generator(backend.device).manual_seed(1)
    for group in backend._groups:
        group.b.data.normal_(0, 0.05, generator=generator)
        group.refresh()
    batch = make_batch(rows[:4])
    theirs = with_peft(load_hf_model(header), backend.adapter())
    labels = torch.full(batch.token_ids.shape, -100)
    labels[torch.from_numpy(batch.row_index), torch.from_numpy(batch.position) + 1] = torch.from_numpy(batch.target)
    loss = theirs(input_ids=torch.from_numpy(batch.token_ids), labels=labels).loss
    loss.backward()
    expected = [x.grad for x in theirs.parameters() if x.grad is not None]
    result = backend.step(batch, 0.0)
    assert result.loss == pytest.approx(float(loss.detach()), rel=1e-4)
    assert result.targets == len(batch.target)
    norm = float(torch.stack([x.square().sum() for x in expected]).sum().sqrt())
    assert result.grad_norm == pytest.approx(norm, rel=1e-3)


def test_a_large_batch_in_parts_is_the_same_step(tiny_gguf: Path, rows: list[TrainingRow]) -> None:
    batch = make_batch(rows[:8])
    results = []
    for tokens in (10**6, 40):
        backend = TorchBackend(read_header(tiny_gguf), recipe_for(rows), "float32", pack_tokens=tokens)
        results.append([backend.step(batch, 5e-3) for _ in range(3)])
    for whole, parted in zip(*results, strict=True):
        assert parted.loss == pytest.approx(whole.loss, rel=1e-5)
        assert parted.grad_norm == pytest.approx(whole.grad_norm, rel=1e-3)


def test_training_lowers_the_loss_and_keeps_the_best(tiny_gguf: Path, rows: list[TrainingRow], tmp_path: Path) -> None:
    events = list(run(tiny_gguf, rows, tmp_path))
    losses = curve(events)
    assert losses[-1][1] < losses[0][1] - 1
    validated = [e for e in events if isinstance(e, ValidationMeasured)]
    assert validated and validated[-1].step == losses[-1][0]
    state, best = load_result(tmp_path)
    assert state.best_loss == min(e.loss for e in validated)
    assert Adapter.load(best).rank == 4


def test_the_same_training_twice_is_the_same(tiny_gguf: Path, rows: list[TrainingRow], tmp_path: Path) -> None:
    assert curve(list(run(tiny_gguf, rows, tmp_path / "a"))) == curve(list(run(tiny_gguf, rows, tmp_path / "b")))


@pytest.mark.parametrize("dropout", [0.0, 0.1])
def test_a_stopped_training_goes_on_exactly(
    tiny_gguf: Path, rows: list[TrainingRow], tmp_path: Path, dropout: float
) -> None:
    """Trap 1: a resume that restores the weights alone gives another curve."""
    recipe = replace(recipe_for(rows), dropout=dropout)
    whole = list(run(tiny_gguf, rows, tmp_path / "whole", recipe))
    stopped = []
    for event in run(tiny_gguf, rows, tmp_path / "stopped", recipe):
        stopped.append(event)
        if isinstance(event, StepTrained) and event.step == 8:
            break
    rest = list(run(tiny_gguf, rows, tmp_path / "stopped", recipe))
    assert max(e.step for e in stopped if isinstance(e, CheckpointSaved)) == 6
    assert [e.step for e in rest if isinstance(e, TrainingResumed)] == [8], (
        "it saves the last step when its consumer stops"
    )
    assert curve(stopped) + curve(rest) == curve(whole)
    assert [e for e in whole if isinstance(e, ValidationMeasured)][-1] == [
        e for e in rest if isinstance(e, ValidationMeasured)
    ][-1]
    assert adapter_sha256(load_result(tmp_path / "whole")[1]) == adapter_sha256(load_result(tmp_path / "stopped")[1])


def test_peft_itself_loads_the_adapter_and_agrees(tiny_gguf: Path, rows: list[TrainingRow], tmp_path: Path) -> None:
    list(run(tiny_gguf, rows, tmp_path))
    header = read_header(tiny_gguf)
    ids = list(rows[0].token_ids)
    best = load_result(tmp_path)[1]
    ours = next(reference_logits(header, best, [(ids, range(len(ids)))]))
    with torch.no_grad():
        theirs = from_peft(load_hf_model(header), best)(input_ids=torch.tensor([ids])).logits[0].numpy()
    assert np.abs(ours - theirs).max() < 1e-3


def test_auto_computes_in_bfloat16_only_where_the_processor_does() -> None:
    chosen = choose_dtype("auto", torch.device("cpu"))
    capabilities = torch.cpu.get_capabilities()
    hardware = any(capabilities.get(name) for name in ("avx512_bf16", "amx_bf16", "bf16"))
    assert (chosen == torch.bfloat16) == bool(hardware)


@pytest.mark.student
def test_training_leaves_llama_cpps_tiles_alone(student_gguf: Path) -> None:
    """Both configure the AMX tiles of their thread; in one thread, the second engine call ended the process."""
    rows = make_rows(student_gguf, 4)
    ids = list(rows[0].token_ids)
    with closing(LlamaCppEngine(student_gguf, EngineSettings(context=128))) as engine:
        before = prompt_logits(engine, ids, range(len(ids)))
        backend = TorchBackend(read_header(student_gguf), recipe_for(rows), "bfloat16")
        backend.step(make_batch(rows), 1e-3)
        backend.evaluate(make_batch(rows))
        after = prompt_logits(engine, ids, range(len(ids)))
    assert np.array_equal(before, after)
