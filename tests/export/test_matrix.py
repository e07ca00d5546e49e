"""Exports with an importance matrix. The models are tiny, so most types fall back to others, but use the matrix."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest

from orca_local.domain.errors import AcceptanceError, InputError, MissingError
from orca_local.domain.events import Event, FileWritten, Warned
from orca_local.export.general_text import CONVERSATIONS
from orca_local.export.matrix import MatrixSource
from orca_local.export.source import ExportSource
from orca_local.export.stage import export
from orca_local.gguf.file_type import NEEDS_MATRIX
from orca_local.gguf.header import read_header
from orca_local.gguf.importance import KEY, ColumnSquares, ImportanceMatrix, read_importance, write_importance
from orca_local.gguf.layer_names import linear_layers
from orca_local.gguf.llama import library
from orca_local.store.store import Store
from orca_local.system.digest import file_sha256
from tests.events import summary_of
from tests.export.scene import export_context, inputs_for, open_engine, random_adapter

ONE_TEXT = CONVERSATIONS[-1:]
"""The exact divergence from F16 does not matter here, and measuring it takes most of the time."""


@dataclass
class Measured:
    """Measures a matrix and counts how often it does."""

    gguf: Path
    seed: int = 0
    power: int = 8
    """The higher it is, the fewer columns are important."""
    times: int = 0
    columns: dict[str, ColumnSquares] = field(default_factory=dict)

    def __call__(self) -> Mapping[str, ColumnSquares]:
        self.times += 1
        rng = np.random.default_rng(self.seed)
        for layer in linear_layers(read_header(self.gguf)):
            self.columns[layer.gguf_name] = ColumnSquares(
                (rng.random(layer.in_features) ** self.power).astype(np.float32), 9
            )
        return self.columns

    def source(self, key: str = "rows:1", left_out: int = 0, *, optional: bool = False) -> ExportSource:
        matrix = MatrixSource(key, measure=self, rows=3, left_out=left_out, optional=optional)
        return ExportSource(read_header(self.gguf), file_sha256(self.gguf), matrix=matrix)


def run(store: Store, source: ExportSource, directory: Path, *types: str) -> list[Event]:
    context = export_context(store)
    return list(
        export(
            context,
            source,
            "base",
            types,
            directory,
            open_engine,
            inputs=None,
            system_message="",
            general_texts=ONE_TEXT,
        )
    )


def written(events: list[Event]) -> list[str]:
    return [Path(event.path).name for event in events if isinstance(event, FileWritten)]


@pytest.mark.slow
def test_the_matrix_is_measured_once_and_kept_beside_the_files(store: Store, tiny_gguf: Path, tmp_path: Path) -> None:
    measure = Measured(tiny_gguf)
    events = run(store, measure.source(), tmp_path / "out", "Q8_0", "Q4_K_M", "IQ2_XXS")
    assert written(events) == ["tiny-base-Q8_0.gguf", "tiny-base-imatrix-Q4_K_M.gguf", "tiny-base-imatrix-IQ2_XXS.gguf"]
    assert measure.times == 1
    kept = read_importance(tmp_path / "out" / "tiny-base.imatrix.gguf")
    assert kept.key == "rows:1" and kept.columns.keys() == measure.columns.keys()
    for name, squares in measure.columns.items():
        np.testing.assert_array_equal(kept.columns[name].sums, squares.sums)
    types = {row["quantization"]: row for row in summary_of(events)["types"]}
    assert [types[q]["imatrix"] for q in ("Q8_0", "Q4_K_M", "IQ2_XXS")] == [False, True, True]
    for file, key in zip(summary_of(events)["files"], (None, "rows:1", "rows:1"), strict=True):
        assert read_header(Path(file["path"])).metadata.get(KEY) == key
        assert summary_of(events)["acceptance"][file["quantization"]]["provenance"].get(KEY) == key
    card = (tmp_path / "out" / "tiny-base-imatrix-Q4_K_M.gguf.md").read_text()
    assert "importance matrix: measured on 3 training rows" in card
    more = run(store, measure.source(), tmp_path / "out", "Q4_K_M", "IQ4_XS")
    assert written(more) == ["tiny-base-imatrix-IQ4_XS.gguf"] and measure.times == 1
    assert not list(tmp_path.rglob("*.part"))


@pytest.mark.slow
def test_another_matrix_makes_the_file_again(store: Store, tiny_gguf: Path, tmp_path: Path) -> None:
    first, second = Measured(tiny_gguf), Measured(tiny_gguf, seed=1)
    run(store, first.source("rows:1"), tmp_path / "out", "Q4_0", "Q8_0")
    path = tmp_path / "out" / "tiny-base-imatrix-Q4_0.gguf"
    before = file_sha256(path)
    assert written(run(store, second.source("rows:2"), tmp_path / "out", "Q4_0", "Q8_0")) == [path.name]
    assert file_sha256(path) != before and second.times == 1
    assert read_importance(tmp_path / "out" / "tiny-base.imatrix.gguf").key == "rows:2"


@pytest.mark.slow
def test_a_base_without_a_matrix_stays_beside_one_with(store: Store, tiny_gguf: Path, tmp_path: Path) -> None:
    """The base that was probed is reused after the one that the tuned model is compared with."""
    measure = Measured(tiny_gguf)
    plain = replace(measure.source(), matrix=None)
    for source, files in (
        (plain, ["tiny-base-Q4_0.gguf"]),
        (measure.source(), ["tiny-base-imatrix-Q4_0.gguf"]),
        (plain, []),
        (measure.source(), []),
    ):
        assert written(run(store, source, tmp_path / "out", "Q4_0")) == files
    with_it, without = tmp_path / "out" / "tiny-base-imatrix-Q4_0.gguf", tmp_path / "out" / "tiny-base-Q4_0.gguf"
    assert file_sha256(with_it) != file_sha256(without)


def test_a_matrix_of_the_users_is_used_where_it_lies(store: Store, tiny_gguf: Path, tmp_path: Path) -> None:
    measure, mine = Measured(tiny_gguf), tmp_path / "mine.gguf"
    write_importance(mine, ImportanceMatrix(measure()), dataset="mine", rows=1)
    source = replace(measure.source(), matrix=MatrixSource("file:abc", file=mine))
    events = run(store, source, tmp_path / "out", "Q4_K_M")
    assert written(events) == ["tiny-base-Q4_K_M.gguf"] and measure.times == 1
    assert summary_of(events)["acceptance"]["Q4_K_M"]["imatrix"] == {"file": str(mine), "used": True}
    assert not list((tmp_path / "out").glob("*.imatrix.gguf"))
    assert "importance matrix: mine.gguf" in (tmp_path / "out" / "tiny-base-Q4_K_M.gguf.md").read_text()


@pytest.mark.parametrize("name", NEEDS_MATRIX)
def test_a_type_that_needs_a_matrix_is_refused_without_one(
    name: str, store: Store, tiny_gguf: Path, tmp_path: Path
) -> None:
    source = replace(Measured(tiny_gguf).source(), matrix=None)
    with pytest.raises(InputError, match=f"{name} needs an importance matrix") as raised:
        run(store, source, tmp_path / "out", "Q8_0", name)
    assert "export.imatrix" in raised.value.hint and not (tmp_path / "out").exists()


@pytest.mark.slow
def test_rows_that_were_left_out_are_told(store: Store, tiny_gguf: Path, tmp_path: Path) -> None:
    measure = Measured(tiny_gguf)
    for types, told in ((["Q8_0"], 0), (["Q8_0", "Q4_0"], 1), (["Q4_0"], 0)):
        events = run(store, measure.source(left_out=2), tmp_path / "out", *types)
        warnings = [event.message for event in events if isinstance(event, Warned) and "matrix" in event.message]
        assert len(warnings) == told and all(message.startswith("2 training rows") for message in warnings)


def test_a_matrix_that_does_not_cover_the_model_ends_the_export(store: Store, tiny_gguf: Path, tmp_path: Path) -> None:
    source = Measured(tiny_gguf).source()
    matrix = MatrixSource("rows:1", measure=dict, rows=3)
    with pytest.raises(InputError, match=r"no entry for blk\.0\.attn_q\.weight"):
        run(store, replace(source, matrix=matrix), tmp_path / "out", "Q4_0")
    assert not list((tmp_path / "out").iterdir())


@pytest.mark.slow
def test_a_matrix_file_that_was_damaged_is_measured_again(store: Store, tiny_gguf: Path, tmp_path: Path) -> None:
    measure = Measured(tiny_gguf)
    run(store, measure.source(), tmp_path / "out", "Q4_0")
    kept = tmp_path / "out" / "tiny-base.imatrix.gguf"
    kept.write_bytes(kept.read_bytes()[:-100])
    run(store, measure.source(), tmp_path / "out", "Q4_1")
    assert measure.times == 2 and read_importance(kept).key == "rows:1"


@pytest.mark.slow
def test_an_export_that_fails_leaves_no_matrix(store: Store, tiny_gguf: Path, tmp_path: Path) -> None:
    random_adapter(tiny_gguf).save(tmp_path / "adapter")
    measure = Measured(tiny_gguf)
    source = replace(measure.source(), adapter_directory=tmp_path / "adapter")
    inputs = inputs_for(tiny_gguf, tmp_path / "adapter")
    with pytest.raises(AcceptanceError, match="answers stop on their own"):
        context, types = export_context(store), ["Q4_0"]
        list(export(context, source, "tuned", types, tmp_path / "out", open_engine, inputs=inputs, system_message=""))
    assert measure.times == 1 and not list((tmp_path / "out").iterdir())


def test_a_llama_cpp_that_takes_no_matrix_is_named_before_the_work(
    store: Store, tiny_gguf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Older versions need a C++ object. Continuing without a matrix would give another file than requested."""
    monkeypatch.delattr(library(), "llama_model_imatrix_data")
    with pytest.raises(MissingError, match="does not accept an importance matrix") as raised:
        run(store, Measured(tiny_gguf).source(), tmp_path / "out", "Q4_0")
    assert "pip install -U" in raised.value.hint and not (tmp_path / "out").exists()
    run(store, Measured(tiny_gguf).source(), tmp_path / "out", "Q8_0")


@pytest.mark.slow
@pytest.mark.parametrize("power", [0, 40])
def test_where_it_is_optional_the_nearer_file_is_kept(
    power: int, store: Store, tiny_gguf: Path, tmp_path: Path
) -> None:
    """A matrix of ones makes the quantizer more accurate; a wrong matrix makes it worse."""
    measure = Measured(tiny_gguf, power=power)
    made = {}
    for name, source in (
        ("with", measure.source()),
        ("without", replace(measure.source(), matrix=None)),
        ("chosen", measure.source("rows:2", optional=True)),
    ):
        summary = summary_of(run(store, source, tmp_path / name, "Q4_0"))
        made[name] = (summary["files"][0]["sha256"], summary["types"][0]["kl"], summary)
        assert not list(tmp_path.rglob("*plain*"))
    used = power == 0
    assert (made["with"][1] < made["without"][1]) == used
    record = made["chosen"][2]["acceptance"]["Q4_0"]["imatrix"]
    assert record == {
        "rows": 3,
        "left_out": 0,
        "used": used,
        "kl_with": made["with"][1],
        "kl_without": made["without"][1],
    }
    assert made["chosen"][1] == min(record["kl_with"], record["kl_without"])
    assert made["chosen"][2]["types"][0]["imatrix"] == used
    path = Path(made["chosen"][2]["files"][0]["path"])
    assert read_header(path).metadata.get(KEY) == ("rows:2" if used else None)
    assert ("importance matrix" in path.with_name(path.name + ".md").read_text()) == used
    again = run(store, measure.source("rows:2", optional=True), tmp_path / "chosen", "Q4_0")
    assert not written(again), "the choice is not repeated"


@pytest.mark.slow
def test_a_type_that_needs_the_matrix_is_not_tried_without(store: Store, tiny_gguf: Path, tmp_path: Path) -> None:
    measure = Measured(tiny_gguf, power=40)
    summary = summary_of(run(store, measure.source(optional=True), tmp_path / "out", "IQ3_XXS"))
    assert summary["acceptance"]["IQ3_XXS"]["imatrix"] == {"rows": 3, "left_out": 0, "used": True}
