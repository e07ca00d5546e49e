"""The effects of training and of quantizing, from samples to the table, on a tiny model."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from orca_local.domain.errors import InputError
from orca_local.domain.types import Sample
from orca_local.evaluate.report import render_report
from orca_local.gguf.header import read_header
from orca_local.gguf.importance import KEY
from orca_local.gguf.tokenizer import Tokenizer
from orca_local.kinds.table import get_kind
from orca_local.pipeline.pipeline import Pipeline
from orca_local.pipeline.tuned import ensure_tuned, matching_base
from orca_local.probe.by_hand import choose_by_hand
from orca_local.runs.workspace import Workspace
from orca_local.store.store import Store
from orca_local.tasks.split import content_hash
from tests.export.scene import write_ending_model

SETTINGS: dict[str, dict[str, Any]] = {
    "engine": {"capacity": 4, "context": 256, "threads": 1},
    "probe": {"method": "exhaustive", "samples": 2, "max_tokens": 4},
    "teacher": {"kind": "file"},
    "train": {"max_steps": 2, "batch_size": 4, "learning_rate": 1e-4, "rank": 2, "compute": "float32"},
    "evaluate": {"max_tokens": 4, "system_messages": [""]},
}


def samples() -> Iterator[Sample]:
    for split, count in (("probe", 2), ("train", 40), ("holdout", 4)):
        for i in range(count):
            yield Sample(
                f"{split}{i}",
                "sums",
                "number",
                f"What is {i} in {split}?",
                (str(i),),
                split,  # type: ignore[arg-type]
                rationale=f"It is {i}, as anybody can see.",
            )


@pytest.fixture(scope="module")
def workspace(tiny_gguf_untied: Path, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    directory = tmp_path_factory.mktemp("split")
    with closing(Tokenizer(tiny_gguf_untied)) as tokenizer:
        (end,) = tokenizer.encode("<|im_end|>")
    student = write_ending_model(directory / "ending.gguf", tiny_gguf_untied, end)
    workspace = Workspace.create(directory / "ws", student=str(student), settings=SETTINGS)
    with workspace.store() as store:
        store.samples.add([(sample, content_hash(sample)) for sample in samples()], "test")
        pipeline = pipeline_of(workspace, store)
        pipeline.probe()
        pipeline.teach()
        pipeline.train()
    return workspace


def pipeline_of(workspace: Workspace, store: Store) -> Pipeline:
    return Pipeline(workspace, store)


def names(workspace: Workspace) -> set[str]:
    return {path.name for path in workspace.exports_dir.glob("*.gguf")}


@pytest.mark.slow
def test_the_split_makes_what_is_missing_and_compares_files_that_were_made_alike(workspace: Workspace) -> None:
    """Trap 8: base and tuned are of one type and, where there is one, both with a matrix of their own."""
    with workspace.store() as store:
        pipeline = pipeline_of(workspace, store)
        assert names(workspace) == {"ending-base-Q8_0.gguf"}, "of the probe"
        summary = pipeline.evaluate(quantizations=("IQ3_XXS", "Q8_0"), split=True)
        assert names(workspace) == {
            *("ending-base-Q8_0.gguf", "ending-base-imatrix-IQ3_XXS.gguf", "ending-base.imatrix.gguf"),
            *(
                "ending-tuned-F16.gguf",
                "ending-tuned-IQ3_XXS.gguf",
                "ending-tuned-Q8_0.gguf",
                "ending-tuned.imatrix.gguf",
            ),
        }
        exports = len(store.exports.list())
        again = pipeline.evaluate(quantizations=("IQ3_XXS", "Q8_0"), split=True)
        assert len(store.exports.list()) == exports, "what is there is not made again"
        report = render_report(store)
    assert [model.model for model in summary.models] == ["base", "tuned:F16", "tuned:Q8_0", "tuned"]
    assert [row.quantization for row in summary.types] == ["F16", "IQ3_XXS", "Q8_0"]
    assert summary.split is not None and summary.gain is not None
    assert summary.split.quantization == "IQ3_XXS" and summary.gain.value == summary.split.total.value
    assert summary.types[0].kl == 0 < summary.types[1].kl
    assert (again.split, again.types) == (summary.split, summary.types)
    assert "quantizing (tuned F16 → tuned IQ3_XXS)" in report
    assert "ending-tuned-IQ3_XXS.gguf" in report, "and not the base, which was made after it"


@pytest.mark.slow
def test_base_and_tuned_are_compared_at_the_type_that_is_asked_for(workspace: Workspace) -> None:
    with workspace.store() as store:
        pipeline = pipeline_of(workspace, store)
        tuned = ensure_tuned(pipeline, ["IQ3_XXS", "Q8_0"])
        summary = pipeline.evaluate(quantizations=["IQ3_XXS"])
        assert [model.model for model in summary.models] == ["base", "tuned"] and summary.split is None
        used = {row.model: row.model_id for row in store.evaluations.latest()}
        assert used["tuned"] == pipeline.candidate(tuned[0].path).model.model_id
        base = matching_base(pipeline, pipeline.candidate("tuned:IQ3_XXS"))
        assert used["base"] == base.model.model_id and KEY in read_header(base.path).metadata
        plain = matching_base(pipeline, pipeline.candidate("tuned:Q8_0"))
        assert plain.path.name == "ending-base-Q8_0.gguf", "the type of the probe takes no matrix"


@pytest.mark.slow
def test_what_was_made_with_a_matrix_is_not_compared_with_what_was_not(workspace: Workspace) -> None:
    with workspace.store() as store:
        ensure_tuned(pipeline_of(workspace, store), ["IQ3_XXS"])
        mine = {"imatrix": str(workspace.exports_dir / "ending-tuned.imatrix.gguf")}
        brought = Workspace.open(workspace.directory, overrides={"export": mine})
        ensure_tuned(pipeline_of(brought, store), ["Q4_0"])
        with pytest.raises(InputError, match=r"a matrix from a file, and export\.imatrix is now 'auto'") as raised:
            pipeline_of(workspace, store).evaluate(quantizations=["Q4_0"])
        assert "export --quantization Q4_0" in raised.value.hint
        summary = pipeline_of(brought, store).evaluate(quantizations=["Q4_0"])
        assert [model.model for model in summary.models] == ["base", "tuned"]


@pytest.mark.slow
def test_base_is_also_measured_with_what_prompting_can_do(workspace: Workspace) -> None:
    with workspace.store() as store:
        pipeline = pipeline_of(workspace, store)
        tuned = ensure_tuned(pipeline, ["Q8_0"])
        chosen = store.selections.current()["sums"].strategy
        summary = pipeline.evaluate(("base", tuned[0].path))
        assert summary.prompted is not None and summary.prompted.base_strategy is not None
        assert (summary.prompted.base_format_line.n, summary.prompted.base_strategy.n) == (4, 4)
        line = get_kind("number").format_line
        rows = store.measurements.rows(run_id=summary.run_id, split="holdout")
        assert {row.system_message for row in rows if row.asks_form and not row.strategy} == {line}
        assert {row.strategy for row in rows} == {"", chosen}
        choose_by_hand(store, "sums", "plain", None, 0.05)
        summary = pipeline.evaluate(("base",))
        store.selections.clear_by_hand("sums")
        (message,) = {row.system_message for row in store.measurements.rows(run_id=summary.run_id, strategy="plain")}
        assert message == workspace.settings.dataset.system_message
        off = Workspace.open(workspace.directory, overrides={"evaluate": {"prompted": False}})
        assert pipeline_of(off, store).evaluate(("base",)).prompted is None


def test_f16_has_nothing_to_split(workspace: Workspace) -> None:
    with workspace.store() as store, pytest.raises(InputError, match="F16 is not quantized"):
        pipeline_of(workspace, store).evaluate(quantizations=["F16"], split=True)


def test_a_model_that_is_not_there_is_named_with_the_way_to_it(workspace: Workspace) -> None:
    with workspace.store() as store, pytest.raises(InputError, match="no tuned model at Q5_0") as raised:
        pipeline_of(workspace, store).candidate("tuned:q5_0")
    assert "--quantization Q5_0" in raised.value.hint
