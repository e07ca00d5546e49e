"""The generated pages are what they would be if they were made now."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.mark.parametrize("page", ["cli.md", "settings.md", "json.md"])
def test_the_page_is_current(page: str) -> None:
    pages = runpy.run_path(str(ROOT / "scripts" / "make_docs.py"), run_name="docs")["PAGES"]
    written = (ROOT / "docs" / page).read_text(encoding="utf-8")
    assert written == pages[page](), "renew it with `python scripts/make_docs.py`"


def test_the_readme_names_only_commands_that_exist() -> None:
    from orca_local.cli.app import COMMANDS

    text = (ROOT / "README.md").read_text(encoding="utf-8")
    words = {
        line.split("orca-local ")[1].split()[0] for line in text.splitlines() if line.startswith("    orca-local ")
    }
    assert words <= set(COMMANDS)
    assert {"probe", "teach", "train", "export", "evaluate"} <= words
