"""The examples of docs/extending.md, applied to a copy of the program and run.

A section has new files, changes and a program to try. Each is a block of code below one of these lines:
"New file `PATH`:", "In `PATH`, below `LINE`, add:", "In `PATH`, replace `TEXT` by:", "Try it:".
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PAGE = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
SECTIONS = {part.splitlines()[0]: part for part in PAGE.split("\n## ")[1:]}
BLOCK = re.compile(r"^(?P<instruction>[^\n]+):\n\n```(?:python|text)\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)
NEW = re.compile(r"New file `([^`]+)`")
BELOW = re.compile(r"In `([^`]+)`, below `([^`]+)`, add")
REPLACE = re.compile(r"In `([^`]+)`, replace `([^`]+)` by")


def apply(copy: Path, instruction: str, code: str) -> None:
    """Make one change of the page in the copy."""
    if match := NEW.fullmatch(instruction):
        path = copy / match[1]
        path.parent.mkdir(exist_ok=True)
        (path.parent / "__init__.py").touch()
        assert not path.exists()
        path.write_text(code, encoding="utf-8")
        return
    match = BELOW.fullmatch(instruction) or REPLACE.fullmatch(instruction)
    assert match, f"no instruction that this test knows: {instruction}"
    path = copy / match[1]
    text = path.read_text(encoding="utf-8")
    old = match[2] + "\n" if BELOW.fullmatch(instruction) else match[2]
    new = old + code if BELOW.fullmatch(instruction) else code.rstrip("\n")
    assert text.count(old) == 1, f"{old!r} is {text.count(old)} times in {match[1]}"
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("section", SECTIONS)
def test_the_example_works(section: str, tmp_path: Path) -> None:
    copy, place = tmp_path / "copy", tmp_path / "place"
    for package in ("orca_local", "tui", "models"):
        shutil.copytree(ROOT / package, copy / package, ignore=shutil.ignore_patterns("__pycache__"))
    place.mkdir()
    *changes, (last, program) = BLOCK.findall(SECTIONS[section])
    assert last == "Try it" and changes
    for instruction, code in changes:
        apply(copy, instruction, code)
    environment = os.environ | {"PYTHONPATH": str(copy)}
    result = subprocess.run(
        [sys.executable, "-c", program], cwd=place, env=environment, capture_output=True, text=True, timeout=120
    )
    assert result.returncode == 0, result.stderr


def test_each_example_takes_one_new_file_and_one_table() -> None:
    for section, text in SECTIONS.items():
        files = set(re.findall(r"(?:New file|In) `([^`]+)`", text))
        assert len(files) <= 2, section
