"""Exports of tiny models, against the trainer's own logits."""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from orca_local.adapters.adapter import Adapter
from orca_local.domain.errors import AcceptanceError, InputError, MissingError
from orca_local.domain.events import AcceptanceChecked, Event, FileWritten, StageFinished
from orca_local.domain.settings import EngineSettings
from orca_local.engines.llama_cpp import LlamaCppEngine
from orca_local.export import acceptance, merge
from orca_local.export.acceptance import (
    AcceptanceInputs,
    check_divergence,
    check_metadata,
    check_stops,
    divergence,
    tensor_types,
)
from orca_local.export.merge import match_layers, write_merged
from orca_local.export.quantize import check_type
from orca_local.export.stage import Source, export
from orca_local.gguf.digest import file_sha256
from orca_local.gguf.header import read_header
from orca_local.gguf.layer_names import linear_layers
from orca_local.gguf.tensors import read_tensor
from orca_local.store.store import Store
from orca_local.train.torch_reference import reference_logits

IDS = tuple(range(200, 260))


def open_engine(path: Path) -> LlamaCppEngine:
    return LlamaCppEngine(path, EngineSettings(context=256, capacity=4, threads=1))


def random_adapter(gguf: Path, scale: float = 0.3) -> Adapter:
    rng = np.random.default_rng(3)
    layers = {}
    for layer in linear_layers(read_header(gguf)):
        a = rng.standard_normal((4, layer.in_features)) * layer.in_features**-0.5
        b = rng.standard_normal((layer.out_features, 4)) * scale
        layers[layer.hf_name] = (a.astype(np.float32), b.astype(np.float32))
    return Adapter(4, 8.0, layers)


def logits_of(path: Path) -> np.ndarray:
    with closing(open_engine(path)) as engine:
        return engine.prompt_logits(IDS, range(len(IDS)))


def reference_of(gguf: Path, adapter: Path | None) -> np.ndarray:
    return next(reference_logits(read_header(gguf), adapter, [(IDS, range(len(IDS)))]))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store.open(tmp_path / "orca.db", create=True) as store:
        yield store


def run_id(store: Store) -> int:
    return store.runs.start("export", "{}", {})


@pytest.mark.parametrize("model", ["tiny_gguf", "tiny_gguf_untied"])
def test_a_merged_file_predicts_what_the_trained_model_did(
    model: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    gguf = request.getfixturevalue(model)
    adapter = random_adapter(gguf)
    adapter.save(tmp_path / "adapter")
    write_merged(tmp_path / "merged.gguf", read_header(gguf), adapter, {})
    wanted, base = reference_of(gguf, tmp_path / "adapter"), reference_of(gguf, None)
    found = divergence([wanted], [logits_of(tmp_path / "merged.gguf")])
    assert found.kl < 1e-3
    assert divergence([wanted], [base]).kl > 0.05, "the adapter must matter for this test to mean anything"


def test_an_update_without_the_rotary_order_would_be_caught(
    tiny_gguf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Trap 5: llama files hold q and k permuted; a delta that is not gives another model."""
    adapter = random_adapter(tiny_gguf, scale=1.0)
    adapter.save(tmp_path / "adapter")
    layers = match_layers(read_header(tiny_gguf), adapter)
    wrong = {name: replace(layer, rotary_heads=None) for name, layer in layers.items()}
    monkeypatch.setattr(merge, "match_layers", lambda *_: wrong)
    write_merged(tmp_path / "wrong.gguf", read_header(tiny_gguf), adapter, {})
    found = divergence([reference_of(tiny_gguf, tmp_path / "adapter")], [logits_of(tmp_path / "wrong.gguf")])
    assert not all(check.passed for check in check_divergence(replace(found, positions=1000)))


def test_the_delta_survives_in_the_merged_weights(tiny_gguf: Path, tmp_path: Path) -> None:
    """Trap 4: merged into four bits, a small delta is rounded away; here it goes into F16 first."""
    adapter = random_adapter(tiny_gguf, scale=1e-3)
    header = read_header(tiny_gguf)
    made = write_merged(tmp_path / "m.gguf", header, adapter, {})
    layer = next(x for x in linear_layers(header) if x.hf_name.endswith("mlp.down_proj"))
    change = read_tensor(made, layer.gguf_name) - read_tensor(header, layer.gguf_name)
    delta = adapter.delta(layer.hf_name)
    assert np.corrcoef(change.ravel(), delta.ravel())[0, 1] > 0.9


@pytest.mark.parametrize("name", ["lm_head", "model.embed_tokens", "model.layers.99.mlp.up_proj"])
def test_an_update_that_cannot_be_merged_is_refused_by_name(tiny_gguf: Path, name: str) -> None:
    """Trap 4: an update of a head that is tied to the embedding is lost in silence elsewhere."""
    adapter = random_adapter(tiny_gguf)
    pair = next(iter(adapter.layers.values()))
    with pytest.raises(InputError, match=name.replace(".", r"\.")):
        match_layers(read_header(tiny_gguf), Adapter(4, 8.0, {**adapter.layers, name: pair}))


def test_an_adapter_of_other_shapes_is_refused(tiny_gguf: Path) -> None:
    adapter = random_adapter(tiny_gguf)
    name = next(iter(adapter.layers))
    a, b = adapter.layers[name]
    with pytest.raises(InputError, match="shapes"):
        match_layers(read_header(tiny_gguf), Adapter(4, 8.0, {name: (a[:, :-1], b)}))


def test_a_weight_that_overflows_is_named(tiny_gguf: Path, tmp_path: Path) -> None:
    """Trap 6: an infinite weight must not be written as a model."""
    with pytest.raises(AcceptanceError, match=r"blk\.0.*not finite"):
        write_merged(tmp_path / "m.gguf", read_header(tiny_gguf), random_adapter(tiny_gguf, scale=1e8), {})


def test_a_base_is_its_source_at_another_type(store: Store, tiny_gguf: Path, tmp_path: Path) -> None:
    events = list(run_base(store, tiny_gguf, tmp_path / "out", ["Q8_0", "F16"]))
    summary = next(e for e in events if isinstance(e, StageFinished)).summary
    assert [file["quantization"] for file in summary["files"]] == ["Q8_0", "F16"]
    for file in summary["files"]:
        path = Path(file["path"])
        header = read_header(path)
        assert file_sha256(path) == file["sha256"]
        assert header.quantization == file["quantization"]
        assert check_metadata(read_header(tiny_gguf), header).passed
        assert path.with_name(path.name + ".sha256").read_text() == f"{file['sha256']}  {path.name}\n"
        modelfile = path.with_name(path.name + ".Modelfile").read_text()
        assert 'PARAMETER stop "<|im_end|>"' in modelfile and f"FROM ./{path.name}" in modelfile
    assert not list(tmp_path.rglob("*.part"))
    assert "Q8_0" in tensor_types(read_header(Path(summary["files"][0]["path"])))


def run_base(store: Store, gguf: Path, directory: Path, types: Sequence[str]) -> Iterator[Event]:
    source = Source(read_header(gguf), file_sha256(gguf))
    return export(
        store, source, "base", types, directory, open_engine, inputs=None, system_message="S", run_id=run_id(store)
    )


def test_a_second_export_of_the_same_makes_nothing(store: Store, tiny_gguf: Path, tmp_path: Path) -> None:
    first = list(run_base(store, tiny_gguf, tmp_path / "out", ["Q8_0"]))
    again = list(run_base(store, tiny_gguf, tmp_path / "out", ["Q8_0"]))
    assert [e for e in first if isinstance(e, FileWritten)]
    assert not [e for e in again if isinstance(e, FileWritten | AcceptanceChecked)]
    assert first[-1].payload()["summary"]["files"] == again[-1].payload()["summary"]["files"]


def test_a_file_that_was_changed_is_made_again(store: Store, tiny_gguf: Path, tmp_path: Path) -> None:
    list(run_base(store, tiny_gguf, tmp_path / "out", ["Q8_0"]))
    path = next((tmp_path / "out").glob("*.gguf"))
    path.write_bytes(path.read_bytes()[:-1])
    assert [e for e in run_base(store, tiny_gguf, tmp_path / "out", ["Q8_0"]) if isinstance(e, FileWritten)]
    read_header(path)


def tuned(store: Store, gguf: Path, tmp_path: Path, inputs: AcceptanceInputs) -> Iterator[Event]:
    random_adapter(gguf).save(tmp_path / "adapter")
    source = Source(read_header(gguf), file_sha256(gguf), tmp_path / "adapter", None, {"rank": 4})
    return export(
        store,
        source,
        "tuned",
        ["Q8_0"],
        tmp_path / "out",
        open_engine,
        inputs=inputs,
        system_message="",
        run_id=run_id(store),
    )


def inputs_for(gguf: Path, adapter: Path, prompts: int = 20) -> AcceptanceInputs:
    rows = [(tuple(range(i, i + 40)), range(39)) for i in range(300, 1000, 100)]
    starts = [tuple(range(i, i + 5)) for i in range(prompts)]
    return AcceptanceInputs(rows, starts, lambda wanted: reference_logits(read_header(gguf), adapter, wanted), 8)


def test_a_tuned_model_that_does_not_stop_is_not_written(store: Store, tiny_gguf: Path, tmp_path: Path) -> None:
    """Trap 7: the tuned file must end its turns by itself; this random one cannot."""
    events: list[Event] = []
    with pytest.raises(AcceptanceError, match="ends by itself"):
        events.extend(tuned(store, tiny_gguf, tmp_path, inputs_for(tiny_gguf, tmp_path / "adapter")))
    checks = {e.name: e.passed for e in events if isinstance(e, AcceptanceChecked)}
    assert checks["KL to the trained model"] and checks["same most likely token"]
    assert not list((tmp_path / "out").iterdir())
    assert store.exports.latest("tuned") is None


def test_a_reference_that_disagrees_stops_the_export(store: Store, tiny_gguf: Path, tmp_path: Path) -> None:
    """Trap 8: the file is tested, not the adapter: a merge that went wrong is not shipped."""
    inputs = inputs_for(tiny_gguf, tmp_path / "adapter")
    untrained = replace(inputs, reference_logits=lambda rows: reference_logits(read_header(tiny_gguf), None, rows))
    with pytest.raises(AcceptanceError, match="KL"):
        list(tuned(store, tiny_gguf, tmp_path, untrained))
    assert not list((tmp_path / "out").iterdir())


def test_too_few_positions_or_prompts_prove_nothing() -> None:
    same = [np.zeros((10, 5), np.float32)]
    assert [c.passed for c in check_divergence(divergence(same, same))] == [False, True, True]
    assert not check_stops(acceptance.MIN_PROMPTS - 1, acceptance.MIN_PROMPTS - 1).passed
    assert check_stops(19, 20).passed and not check_stops(18, 20).passed


def test_an_unknown_type_names_the_nearest() -> None:
    assert check_type("q8_0") == "Q8_0"
    with pytest.raises(InputError, match="Q4_K_X") as raised:
        check_type("Q4_K_X")
    assert "Q4_K" in raised.value.hint


def _small_files() -> None:
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (3_000_000, 3_000_000))


def test_a_full_disk_leaves_nothing_and_says_so(tiny_gguf: Path, tmp_path: Path) -> None:
    """Trap 6: a full disk in the middle of a write (here a limit on the size of files)."""
    code = (
        "import sys; from pathlib import Path; from tests.export.test_export import *\n"
        "with Store.open(Path(sys.argv[2]) / 'orca.db', create=True) as store:\n"
        "    list(run_base(store, Path(sys.argv[1]), Path(sys.argv[2]) / 'out', ['Q8_0']))\n"
    )
    child = subprocess.run(
        [sys.executable, "-c", code, str(tiny_gguf), str(tmp_path)],
        preexec_fn=_small_files,
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "PYTHONPATH": str(Path.cwd())},
    )
    assert child.returncode == 1
    assert MissingError.__name__ in child.stderr and "disk is full" in child.stderr
    assert not list((tmp_path / "out").iterdir())
