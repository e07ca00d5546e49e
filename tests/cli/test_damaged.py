"""Whatever is wrong with a database, a command ends with one message."""

from __future__ import annotations

import random
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest

from orca_local.cli.app import run
from tests.store.damage import CONTENTS, FILES, Damage

READING = (
    ("tasks", "list"),
    ("tasks", "show", "sums-0"),
    ("runs", "list"),
    ("runs", "show", "1"),
    ("probe", "--estimate"),
    ("teach", "--estimate"),
    ("dataset", "list"),
    ("dataset", "list", "--search", "answer"),
    ("dataset", "build"),
    ("report",),
    ("bundle", "write", "out.bundle"),
)
SEEDS = 3
AT_ONCE = 3
"""How many of the commands the everyday tests try on each damage; which, goes round."""
MANY_SEEDS = 15


Words = tuple[str, ...]


def try_commands(directory: Path, capsys: pytest.CaptureFixture[str], commands: Sequence[Words] = READING) -> None:
    """Run commands; each works, or ends with one message."""
    for words in commands:
        code = run([*words, "-w", str(directory), "--quiet"])
        out, err = capsys.readouterr()
        assert "Traceback" not in err + out, f"{words}: {err}"
        assert code in (0, 1, 2, 3) and err.count("error: ") == (code != 0), f"{words}: {code} {err}"


def some(number: int) -> Sequence[Words]:
    """A few of the commands, others for each number."""
    return [READING[(AT_ONCE * number + i) % len(READING)] for i in range(AT_ONCE)]


def damaged_copy(full: Path, tmp_path: Path, damage: Damage, seed: int) -> Path:
    """A copy of the workspace with a damaged database."""
    directory = tmp_path / f"ws-{seed}"
    directory.mkdir()
    for name in ("orca.toml", "orca.db"):
        shutil.copy(full / name, directory / name)
    damage(directory / "orca.db", random.Random(seed))
    return directory


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bundles are written into the test's own directory."""
    monkeypatch.chdir(tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("name", FILES)
def test_a_damaged_file_is_one_message(
    full: Path, tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    for seed in range(SEEDS):
        number = seed + SEEDS * [*FILES].index(name)
        try_commands(damaged_copy(full, tmp_path, FILES[name], seed), capsys, some(number))


@pytest.mark.parametrize("name", CONTENTS)
def test_damaged_content_is_one_message(
    full: Path, tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    try_commands(damaged_copy(full, tmp_path, CONTENTS[name], 0), capsys, some([*CONTENTS].index(name)))


@pytest.mark.slow
@pytest.mark.parametrize("name", [*FILES, *CONTENTS])
def test_every_command_on_every_damage(
    full: Path, tmp_path: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    damage = (CONTENTS | FILES)[name]
    for seed in range(MANY_SEEDS if name in FILES else 1):
        try_commands(damaged_copy(full, tmp_path, damage, seed), capsys)
