"""Whole exports of tiny models."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from orca_local.domain.errors import AcceptanceError, InputError
from orca_local.domain.events import AcceptanceChecked, Event, FileWritten, Warned
from orca_local.export.acceptance import check_metadata
from orca_local.export.merge import write_tensors
from orca_local.gguf.header import read_header
from orca_local.gguf.tensors import iter_tensors
from orca_local.gguf.tokenizer import Tokenizer
from orca_local.store.store import Store
from orca_local.system.digest import file_sha256
from orca_local.train.reference.torch_logits import reference_logits
from tests.events import summary_of
from tests.export.scene import inputs_for, random_adapter, run_base, run_tuned, write_ending_model
from tests.tiny import write_tiny_gguf


@pytest.mark.slow
def test_a_base_is_its_source_at_other_types(store: Store, tiny_gguf: Path, tmp_path: Path) -> None:
    events = list(run_base(store, tiny_gguf, tmp_path / "out", ["F16", "q8_0"]))
    summary = summary_of(events)
    assert [file["quantization"] for file in summary["files"]] == ["F16", "Q8_0"]
    for file in summary["files"]:
        path = Path(file["path"])
        header = read_header(path)
        assert path.name == f"tiny-base-{file['quantization']}.gguf"
        assert file_sha256(path) == file["sha256"] and path.stat().st_size == file["bytes"]
        assert header.quantization == file["quantization"]
        assert check_metadata(read_header(tiny_gguf), header).passed
        assert header.metadata["orca_local.base_sha256"] == file_sha256(tiny_gguf)
        assert path.with_name(path.name + ".sha256").read_text() == f"{file['sha256']}  {path.name}\n"
        assert f"FROM ./{path.name}" in path.with_name(path.name + ".Modelfile").read_text()
        assert file["sha256"] in path.with_name(path.name + ".md").read_text()
    quantized = summary["acceptance"]["Q8_0"]
    assert set(quantized["tensor_types"]) == {"F32", "Q8_0"}
    assert 0 < quantized["quantized_vs_f16"]["kl"] < 0.1
    assert {"metadata", "finite", "weights"} <= {check["name"] for check in quantized["checks"]}
    assert not list(tmp_path.rglob("*.part"))


@pytest.mark.slow
def test_a_tuned_model_passes_and_carries_where_it_came_from(store: Store, ending_gguf: Path, tmp_path: Path) -> None:
    """Trap 7: the tuned file ends its turns. Trap 8: the file itself is tested, at its own type."""
    random_adapter(ending_gguf, 0.02).save(tmp_path / "adapter")
    inputs = inputs_for(ending_gguf, tmp_path / "adapter")
    events = list(run_tuned(store, ending_gguf, tmp_path / "adapter", tmp_path / "out", inputs))
    names = [event.name for event in events if isinstance(event, AcceptanceChecked)]
    assert names == [
        "metadata",
        "finite",
        "positions compared",
        "KL from the trained model",
        "same most likely token",
        "metadata",
        "finite",
        "Q8_0 against F16",
        "answers stop on their own",
    ]
    (file,) = summary_of(events)["files"]
    metadata = read_header(Path(file["path"])).metadata
    assert len(metadata["orca_local.adapter_sha256"]) == 64
    assert metadata["orca_local.recipe"] == '{"rank": 4}'
    row = store.exports.latest("tuned", "Q8_0")
    assert row is not None and row.sha256 == file["sha256"]


@pytest.mark.slow
@pytest.mark.parametrize("architecture", ["smollm3", "granite", "olmo2", "exaone4", "qwen3moe"])
def test_every_family_is_exported(architecture: str, store: Store, tmp_path: Path) -> None:
    untied = write_tiny_gguf(tmp_path / "untied.gguf", architecture=architecture, tied=False)
    with closing(Tokenizer(untied)) as tokenizer:
        (end,) = tokenizer.encode("<|im_end|>")
    gguf = write_ending_model(tmp_path / "ending.gguf", untied, end)
    random_adapter(gguf, 0.02).save(tmp_path / "adapter")
    inputs = inputs_for(gguf, tmp_path / "adapter")
    events = list(run_tuned(store, gguf, tmp_path / "adapter", tmp_path / "out", inputs, ["Q4_K_M"]))
    (file,) = summary_of(events)["files"]
    made = read_header(Path(file["path"]))
    assert made.architecture == architecture and made.quantization == "Q4_K_M"
    if architecture == "qwen3moe":
        with pytest.raises(InputError, match="IQ2_XS needs an importance matrix of every expert"):
            list(run_base(store, gguf, tmp_path / "out", ["IQ2_XS"]))


@pytest.mark.slow
def test_a_second_export_of_the_same_makes_nothing(store: Store, tiny_gguf: Path, tmp_path: Path) -> None:
    first = list(run_base(store, tiny_gguf, tmp_path / "out"))
    card = next((tmp_path / "out").glob("*.md"))
    card.unlink()
    again = list(run_base(store, tiny_gguf, tmp_path / "out"))
    assert [e for e in first if isinstance(e, FileWritten)]
    assert not [e for e in again if isinstance(e, FileWritten | AcceptanceChecked)]
    assert summary_of(first)["files"] == summary_of(again)["files"]
    assert card.is_file(), "the files beside the export are restored"
    more = list(run_base(store, tiny_gguf, tmp_path / "out", ["Q8_0", "Q4_0"]))
    assert [Path(e.path).name for e in more if isinstance(e, FileWritten)] == ["tiny-base-Q4_0.gguf"]


@pytest.mark.slow
def test_a_file_that_was_changed_is_made_again(store: Store, tiny_gguf: Path, tmp_path: Path) -> None:
    list(run_base(store, tiny_gguf, tmp_path / "out"))
    path = next((tmp_path / "out").glob("*.gguf"))
    path.write_bytes(path.read_bytes()[:-1])
    assert [e for e in run_base(store, tiny_gguf, tmp_path / "out") if isinstance(e, FileWritten)]
    read_header(path)


@pytest.mark.slow
def test_another_adapter_makes_another_file(store: Store, ending_gguf: Path, tmp_path: Path) -> None:
    """Trap 8: the evaluated file is made from the trained adapter."""
    hashes = []
    for scale in (0.01, 0.02):
        random_adapter(ending_gguf, scale).save(tmp_path / "adapter")
        inputs = inputs_for(ending_gguf, tmp_path / "adapter")
        events = list(run_tuned(store, ending_gguf, tmp_path / "adapter", tmp_path / "out", inputs, ["F16"]))
        hashes.append(summary_of(events)["files"][0]["sha256"])
    assert hashes[0] != hashes[1]
    assert file_sha256(tmp_path / "out" / "ending-tuned-F16.gguf") == hashes[1]


def fails(store: Store, gguf: Path, tmp_path: Path, inputs, match: str, types=("Q8_0",)) -> list[Event]:  # type: ignore[no-untyped-def]
    """Run an export that must fail, and check that it leaves no file."""
    events: list[Event] = []
    with pytest.raises(AcceptanceError, match=match):
        events.extend(run_tuned(store, gguf, tmp_path / "adapter", tmp_path / "out", inputs, types))
    assert not list((tmp_path / "out").iterdir())
    assert store.exports.latest("tuned") is None
    return events


def test_a_tuned_model_that_does_not_stop_is_not_written(store: Store, tiny_gguf: Path, tmp_path: Path) -> None:
    """Trap 7: this random model never ends its turn."""
    random_adapter(tiny_gguf).save(tmp_path / "adapter")
    events: list[Event] = []
    inputs = inputs_for(tiny_gguf, tmp_path / "adapter")
    with pytest.raises(AcceptanceError, match="answers stop on their own"):
        events.extend(run_tuned(store, tiny_gguf, tmp_path / "adapter", tmp_path / "out", inputs))
    checks = {e.name: e.passed for e in events if isinstance(e, AcceptanceChecked)}
    assert (
        checks["KL from the trained model"]
        and checks["same most likely token"]
        and not checks["answers stop on their own"]
    )
    assert not list((tmp_path / "out").iterdir())


def test_a_reference_that_disagrees_stops_the_export(store: Store, tiny_gguf: Path, tmp_path: Path) -> None:
    """Trap 8: the file is tested, not the adapter, so a wrong merge is detected."""
    random_adapter(tiny_gguf).save(tmp_path / "adapter")
    untrained = inputs_for(tiny_gguf, None)
    fails(store, tiny_gguf, tmp_path, untrained, r"KL from the trained model.*≤ 0\.001")


def test_a_reference_of_nothing_stops_the_export(store: Store, tiny_gguf: Path, tmp_path: Path) -> None:
    """Trap 6: a training that diverged to NaN is not exported."""
    random_adapter(tiny_gguf).save(tmp_path / "adapter")
    inputs = inputs_for(tiny_gguf, None)
    broken = replace(inputs, reference_logits=lambda rows: (np.nan * x for x in inputs.reference_logits(rows)))
    fails(store, tiny_gguf, tmp_path, broken, "KL from the trained model")


def test_too_few_answer_positions_stop_the_export(store: Store, tiny_gguf: Path, tmp_path: Path) -> None:
    random_adapter(tiny_gguf).save(tmp_path / "adapter")
    inputs = inputs_for(tiny_gguf, tmp_path / "adapter", rows=6)
    fails(store, tiny_gguf, tmp_path, inputs, r"positions compared.*234 .*≥ 256")


def test_an_update_that_overflows_is_an_event_and_an_error(store: Store, tiny_gguf: Path, tmp_path: Path) -> None:
    """Trap 6: the failed check is in the run's log, with the tensor's name."""
    random_adapter(tiny_gguf, scale=1e8).save(tmp_path / "adapter")
    events: list[Event] = []
    with pytest.raises(AcceptanceError, match="finite"):
        inputs = inputs_for(tiny_gguf, None)
        events.extend(run_tuned(store, tiny_gguf, tmp_path / "adapter", tmp_path / "out", inputs))
    assert isinstance(events[-1], AcceptanceChecked) and not events[-1].passed and "blk.0" in events[-1].value


@pytest.mark.slow
def test_a_type_that_costs_much_is_warned_of(store: Store, tiny_gguf: Path, tmp_path: Path) -> None:
    events = list(run_base(store, tiny_gguf, tmp_path / "out", ["Q2_K"]))
    (warning,) = [event for event in events if isinstance(event, Warned)]
    assert "Q2_K" in warning.message and warning.hint == "choose a larger type"
    assert set(summary_of(events)["acceptance"]["Q2_K"]["tensor_types"]) - {"F32", "Q2_K"}, "fallback types are listed"


@pytest.mark.slow
def test_a_file_whose_predictions_are_no_numbers_is_not_written(store: Store, tiny_gguf: Path, tmp_path: Path) -> None:
    """All its weights are finite, and so are those of the file it is compared with."""
    header = read_header(tiny_gguf)
    # Its values overflow the KV cache, which is F16.
    tensors = (
        values * (6e4 / np.abs(values).max()) if "attn_v" in tensor.name else values
        for tensor, values in iter_tensors(header)
    )
    source = write_tensors(tmp_path / "large.gguf", header, tensors, {}).path
    with pytest.raises(AcceptanceError, match=r"Q8_0 against F16.*KL from F16: nan.*need a finite KL"):
        list(run_base(store, source, tmp_path / "out"))
    assert not list((tmp_path / "out").iterdir())


@pytest.mark.slow
def test_weights_that_were_quantized_before_are_named_as_what_may_be_wrong(
    store: Store, tiny_q8_gguf: Path, tmp_path: Path
) -> None:
    """Training changes weights by less than the steps of a quantized file, so the change is lost."""
    events = list(run_base(store, tiny_q8_gguf, tmp_path / "out", ["Q2_K"]))
    (warning,) = [event for event in events if isinstance(event, Warned)]
    assert "student.weights" in warning.hint


def test_a_stage_that_is_closed_half_way_leaves_nothing(store: Store, tiny_gguf: Path, tmp_path: Path) -> None:
    events = run_base(store, tiny_gguf, tmp_path / "out")
    while "quantizing" not in getattr(next(events), "note", ""):
        pass
    events.close()  # type: ignore[attr-defined]
    assert not list((tmp_path / "out").iterdir())


def test_an_unknown_type_stops_before_any_work(store: Store, tiny_gguf: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="Q9"):
        list(run_base(store, tiny_gguf, tmp_path / "out", ["Q8_0", "Q9"]))
    assert not (tmp_path / "out").exists()


def test_a_directory_that_cannot_be_made_is_an_input_error(store: Store, tiny_gguf: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot write in"):
        list(run_base(store, tiny_gguf, tmp_path / "file" / "out"))


def test_a_reference_is_asked_for_the_rows_that_are_compared(tiny_gguf: Path) -> None:
    inputs = inputs_for(tiny_gguf, None, rows=1)
    (logits,) = reference_logits(read_header(tiny_gguf), None, inputs.rows)
    assert logits.shape == (39, 49152)
