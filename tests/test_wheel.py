"""The files of `models/` are read from an installed wheel as they are from a checkout."""

from __future__ import annotations

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
READ = """
from pathlib import Path
import orca_local
from orca_local.hub.benchmarks import load_suites
from orca_local.models.catalog import load_catalog
from orca_local.tasks.ready import find_mix, load_sources
from orca_local.teach.prices import find_price
print(Path(orca_local.__file__).parent.parent)
print(len(load_suites()))
print(len(load_catalog()), len(load_sources()), find_mix("orca2").name, find_price("https://x/v1", "x", Path(".")))
"""


def test_every_file_of_models_is_in_the_wheel() -> None:
    with (ROOT / "pyproject.toml").open("rb") as file:
        included = tomllib.load(file)["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    files = {f"models/{path.name}": f"orca_local/models_data/{path.name}" for path in (ROOT / "models").glob("*.toml")}
    assert included == files


@pytest.mark.slow
def test_a_built_wheel_reads_its_own_files(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "build", "--wheel", "--outdir", str(tmp_path), str(ROOT)]
    subprocess.run(build, check=True, capture_output=True, timeout=280)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    child = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(tmp_path / 'site')!r})\n{READ}"],
        cwd=tmp_path,
        env={"PATH": ""},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert child.returncode == 0, child.stderr
    assert child.stdout.splitlines()[0] == str(tmp_path / "site")
