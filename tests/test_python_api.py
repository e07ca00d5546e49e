"""The Python API: the examples of its page, and what importing it loads."""

from __future__ import annotations

import re
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

import orca_local
from orca_local.gguf.tokenizer import Tokenizer
from orca_local.pipeline.pipeline import Pipeline
from orca_local.pipeline.results import Results
from orca_local.runs.workspace import Workspace
from tests.export.scene import write_ending_model

PAGE = Path(__file__).resolve().parents[1] / "docs" / "python-api.md"
LAZY = """
import sys
import orca_local
before = set(sys.modules)
assert not any(name.startswith("orca_local.") for name in before), before
assert {"Pipeline", "Workspace"} <= set(dir(orca_local))
assert not any(name.startswith("orca_local.") for name in sys.modules)
orca_local.Workspace
assert "orca_local.pipeline.pipeline" not in sys.modules and "pydantic" not in sys.modules
orca_local.Pipeline
assert not {"torch", "llama_cpp", "textual", "click"} & set(sys.modules)
"""


@pytest.mark.slow
def test_the_examples_of_the_page_run(tiny_gguf_untied: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with closing(Tokenizer(tiny_gguf_untied)) as tokenizer:
        (end,) = tokenizer.encode("<|im_end|>")
    write_ending_model(tmp_path / "student.gguf", tiny_gguf_untied, end)
    monkeypatch.chdir(tmp_path)
    text = PAGE.read_text(encoding="utf-8")
    blocks = list(re.finditer(r"^```python\n(.*?)^```$", text, flags=re.DOTALL | re.MULTILINE))
    assert len(blocks) >= 7
    namespace: dict[str, object] = {}
    for block in blocks:
        # Empty lines in front, so that a traceback names the line of the page.
        lines = text.count("\n", 0, block.start()) + 1
        exec(compile("\n" * lines + block[1], str(PAGE), "exec"), namespace)
    results = namespace["results"]
    assert isinstance(results, Results)
    documented = set(re.findall(r"^\| `(\w+)\(", text, flags=re.MULTILINE))
    assert documented == {name for name in vars(Results) if not name.startswith("_")}
    with Pipeline.open(tmp_path / "sums") as pipeline:
        for name in documented:
            rows = getattr(pipeline.results, name)()
            assert rows and all(row.keys() == rows[0].keys() for row in rows), name
            assert all(isinstance(v, str | int | float | None) for row in rows for v in row.values()), name


def test_results_of_an_empty_workspace_are_empty(tmp_path: Path) -> None:
    with Pipeline(Workspace.create(tmp_path / "ws")) as pipeline:
        for name in (name for name in vars(Results) if not name.startswith("_")):
            assert getattr(pipeline.results, name)() == [], name


def test_importing_the_package_loads_nothing() -> None:
    subprocess.run([sys.executable, "-c", LAZY], check=True)
    assert orca_local.Workspace is Workspace and orca_local.Pipeline is Pipeline
    with pytest.raises(AttributeError, match="has no attribute 'Pipelin'"):
        getattr(orca_local, "Pipelin")  # noqa: B009
